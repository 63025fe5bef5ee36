//! Enrich: file → pipeline → summary. The counterpart of the worker for files.

mod line;
mod rejected;
mod summary;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::catalog::{CatalogReader, Record, RecordDecoder};
use crate::intake::inbox::Inbox;
use crate::pipeline::Pipeline;
use crate::shutdown::Shutdown;
use line::{LineResult, work};
use rejected::RejectedLines;
pub use summary::Summary;

/// Most lines that are read ahead.
const READ_AHEAD_MAX: usize = 10_000;

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

impl Run {
    /// Works every line of a source. The first signal stops reading and finishes what is in flight. `progress` is called
    /// after every line with the sums and the time so far.
    ///
    /// # Errors
    /// When the file cannot be read to its end, or refused lines cannot be written.
    pub async fn run(
        &self,
        source: CatalogReader,
        shutdown: &Shutdown,
        progress: impl FnMut(&Summary, Duration),
    ) -> anyhow::Result<Summary> {
        let mut rejected = RejectedLines::new(self.rejected.clone())?;
        let closing = CancellationToken::new();
        let work = async {
            let summary = self.work_lines(source, shutdown, &mut rejected, progress).await;
            closing.cancel();
            summary
        };
        let (summary, ()) = tokio::join!(work, self.pipeline.ledger().keep(&closing));
        let summary = summary?;
        rejected.finish()?;
        Ok(summary)
    }

    async fn work_lines(
        &self,
        source: CatalogReader,
        shutdown: &Shutdown,
        rejected: &mut RejectedLines,
        mut progress: impl FnMut(&Summary, Duration),
    ) -> anyhow::Result<Summary> {
        let started = Instant::now();
        let decoder = Arc::new(source.decoder());
        let inbox = Inbox::default();
        let mut lines = read_ahead(source, self.slots);
        let mut summary = Summary::default();
        let mut tasks: JoinSet<LineResult> = JoinSet::new();
        let mut reading = true;
        loop {
            let free = reading && tasks.len() < self.slots;
            tokio::select! {
                biased;
                () = shutdown.abort.cancelled() => {
                    // What they were paying for is booked before the ledger is closed.
                    tasks.shutdown().await;
                    summary.interrupted = true;
                    break;
                }
                () = shutdown.drain.cancelled(), if reading => {
                    reading = false;
                    summary.interrupted = true;
                }
                Some(result) = tasks.join_next() => {
                    let result = result.context("a task broke down")?;
                    if matches!(result, LineResult::Stopped { .. }) {
                        (reading, summary.interrupted) = (false, true);
                    }
                    summary.add(&result);
                    rejected.add(&result)?;
                    progress(&summary, started.elapsed());
                }
                record = lines.recv(), if free => match record {
                    Some(record) => {
                        let record = record.context("the file cannot be read to its end")?;
                        summary.lines += 1;
                        tasks.spawn(work_record(Arc::clone(&self.pipeline), Arc::clone(&decoder), inbox.clone(), record));
                    }
                    None => reading = false,
                },
                else => break,
            }
            if !reading && tasks.is_empty() {
                break;
            }
        }
        Ok(summary)
    }
}

async fn work_record(
    pipeline: Arc<Pipeline>,
    decoder: Arc<RecordDecoder>,
    inbox: Inbox,
    record: Record,
) -> LineResult {
    let line = record.line;
    match decoder.update(record) {
        Ok(update) => work(&pipeline, &inbox, line, update).await,
        Err(error) => LineResult::Refused { line, error },
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
