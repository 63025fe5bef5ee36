//! Enrich: file → pipeline → summary. The counterpart of the worker for files.

mod line;
mod models;
mod rejected;
mod summary;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::catalog::{CatalogReader, Record, RecordDecoder};
use crate::intake::inbox::Inbox;
use crate::pipeline::Pipeline;
use crate::shutdown::Shutdown;
use line::{LastWait, LineResult, work};
use models::{ModelWatch, given_up};
use rejected::RejectedLines;
pub use summary::Summary;

/// Most lines that are read ahead.
const READ_AHEAD_MAX: usize = 10_000;
/// How long lines in work may still take after a signal.
const FINISH_MAX: Duration = Duration::from_secs(15);
/// The same where no model answers: what they wait for is not coming.
const FINISH_MAX_UNANSWERED: Duration = Duration::from_secs(2);
/// After so long without a finished line people are told that the run waits.
const SILENT_FOR: Duration = Duration::from_secs(30);

/// How a run is done.
#[derive(Debug)]
pub struct Run {
    /// The stages.
    pub pipeline: Arc<Pipeline>,
    /// Lines in work at the same time.
    pub slots: usize,
    /// Where refused lines are written.
    pub rejected: PathBuf,
}

/// What a run tells while it lasts.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Another line ended: the sums and the time so far.
    Line(&'a Summary, Duration),
    /// Something that people need to know at once.
    Note(String),
}

impl Run {
    /// Looks whether a model server answers, before anything is begun; costs no tokens.
    ///
    /// # Errors
    /// Why none does, and what to do.
    pub async fn look(&self) -> Result<(), String> {
        models::look(self.pipeline.models()).await
    }

    /// Works every line of a source. The first signal stops reading and finishes what is in work, within limits; where no
    /// model answers any more the run stops likewise. `progress` is called after every line, and with notes.
    ///
    /// # Errors
    /// When the file cannot be read to its end, or refused lines cannot be written.
    pub async fn run(
        &self,
        source: CatalogReader,
        shutdown: &Shutdown,
        progress: impl FnMut(Progress<'_>),
    ) -> anyhow::Result<Summary> {
        let lines = Lines {
            run: self,
            decoder: Arc::new(source.decoder()),
            inbox: Inbox::default(),
            rejected: RejectedLines::new(self.rejected.clone())?,
            summary: Summary::default(),
            tasks: JoinSet::new(),
            stopping: CancellationToken::new(),
            last_wait: LastWait::default(),
            started: Instant::now(),
            progress,
        };
        let closing = CancellationToken::new();
        let work = async {
            let worked = lines.work(read_ahead(source, self.slots), shutdown).await;
            closing.cancel();
            worked
        };
        let (worked, ()) = tokio::join!(work, self.pipeline.ledger().keep(&closing));
        let (summary, rejected) = worked?;
        rejected.finish()?;
        Ok(summary)
    }
}

/// The lines of a run, while it lasts.
struct Lines<'a, P> {
    run: &'a Run,
    decoder: Arc<RecordDecoder>,
    inbox: Inbox,
    rejected: RejectedLines,
    summary: Summary,
    tasks: JoinSet<LineResult>,
    /// Lines that wait end when it is cancelled.
    stopping: CancellationToken,
    last_wait: LastWait,
    started: Instant,
    progress: P,
}

impl<P: FnMut(Progress<'_>)> Lines<'_, P> {
    async fn work(
        mut self,
        mut lines: mpsc::Receiver<std::io::Result<Record>>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<(Summary, RejectedLines)> {
        let models = self.run.pipeline.models();
        let (watch, mut notes) = ModelWatch::new();
        let given_up = given_up(models, watch);
        tokio::pin!(given_up);
        let (mut reading, mut deadline, mut told) = (true, None, self.started);
        loop {
            let stopping = self.stopping.is_cancelled();
            // While no model answers, one line alone looks whether one does again.
            let slots = if models.none_answers() { 1 } else { self.run.slots };
            let free = reading && !stopping && self.tasks.len() < slots;
            tokio::select! {
                biased;
                () = shutdown.abort.cancelled() => {
                    self.summary.interrupted = true;
                    break;
                }
                () = until(deadline), if stopping => break,
                () = shutdown.drain.cancelled(), if !stopping => {
                    self.summary.interrupted = true;
                    deadline = Some(self.stop());
                }
                Some(result) = self.tasks.join_next() => {
                    told = Instant::now();
                    if let Some(reason) = self.add(&result.context("a task broke down")?)? && !stopping {
                        deadline = Some(self.give_up(reason));
                    }
                }
                Some(note) = notes.recv() => (self.progress)(Progress::Note(note)),
                reason = &mut given_up, if !stopping => deadline = Some(self.give_up(reason)),
                () = tokio::time::sleep_until(told + SILENT_FOR), if !self.tasks.is_empty() => {
                    told = Instant::now();
                    let (count, secs) = (self.tasks.len(), SILENT_FOR.as_secs());
                    let why = self.last_wait.take().map(|why| format!("; one waits: {why}")).unwrap_or_default();
                    (self.progress)(Progress::Note(format!("no line was finished for {secs} s; {count} are in work{why}")));
                }
                record = lines.recv(), if free => match record {
                    Some(record) => self.begin(record.context("the file cannot be read to its end")?),
                    None => reading = false,
                },
            }
            if (!reading || self.stopping.is_cancelled()) && self.tasks.is_empty() {
                break;
            }
        }
        self.summary.left += self.tasks.len() as u64;
        // What they were paying for is settled before the ledger is written.
        self.tasks.shutdown().await;
        Ok((self.summary, self.rejected))
    }

    fn begin(&mut self, record: Record) {
        self.summary.lines += 1;
        let (pipeline, decoder) = (Arc::clone(&self.run.pipeline), Arc::clone(&self.decoder));
        let (inbox, stopping) = (self.inbox.clone(), self.stopping.clone());
        let last_wait = self.last_wait.clone();
        self.tasks.spawn(async move {
            let line = record.line;
            match decoder.update(record) {
                Ok(update) => work(&pipeline, &inbox, &stopping, &last_wait, line, update).await,
                Err(error) => LineResult::Refused { line, error },
            }
        });
    }

    /// Adds a line's result; gives why the run has to stop, if it has.
    fn add(&mut self, result: &LineResult) -> anyhow::Result<Option<String>> {
        self.summary.add(result);
        self.rejected.add(result)?;
        (self.progress)(Progress::Line(&self.summary, self.started.elapsed()));
        Ok(match result {
            LineResult::Stopped { reason: Some(reason), .. } => {
                let stopped = self.run.pipeline.models().stopped();
                Some(if stopped.is_empty() { reason.clone() } else { stopped })
            }
            _ => None,
        })
    }

    /// Stops because nothing can be done any more; gives until when lines in work may end.
    fn give_up(&mut self, reason: String) -> Instant {
        self.summary.stopped = Some(reason);
        self.stop()
    }

    fn stop(&mut self) -> Instant {
        self.stopping.cancel();
        let unanswered = self.run.pipeline.models().none_answers();
        let finish = if unanswered { FINISH_MAX_UNANSWERED } else { FINISH_MAX };
        if !self.tasks.is_empty() {
            let (count, secs) = (self.tasks.len(), finish.as_secs());
            let again = if self.summary.interrupted { "; another signal drops them" } else { "" };
            (self.progress)(Progress::Note(format!(
                "stopping: {count} lines in work may end within {secs} s{again}"
            )));
        }
        Instant::now() + finish
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Reads lines on a blocking thread, so that files never block the runtime.
fn read_ahead(source: CatalogReader, slots: usize) -> mpsc::Receiver<std::io::Result<Record>> {
    let (sender, receiver) = mpsc::channel(slots.clamp(16, READ_AHEAD_MAX));
    tokio::task::spawn_blocking(move || {
        for record in source {
            if sender.blocking_send(record).is_err() {
                break;
            }
        }
    });
    receiver
}
