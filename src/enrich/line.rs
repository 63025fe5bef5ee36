//! One line: through the pipeline, again where that may help.

use std::sync::Arc;
use std::time::Duration;

use crate::failure::{Failure, FailureKind};
use crate::intake::inbox::Inbox;
use crate::intake::{IntakeError, Update};
use crate::pipeline::{Pipeline, TaskReport};

/// Attempts of a line, the first included: a file has no delay queues.
const ATTEMPTS_MAX: u32 = 3;

/// A run does not wait longer than this for a model server, an account or a cap: it ends, and goes on from there when
/// it is started again.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// What became of a line.
pub(super) enum LineResult {
    Refused {
        line: u64,
        error: IntakeError,
    },
    Done {
        line: u64,
        update: Arc<Update>,
        reports: Vec<TaskReport>,
    },
    Failed {
        line: u64,
        update: Arc<Update>,
        failure: Failure,
    },
    /// Nothing is wrong with it, but it has to wait for longer than a run lasts.
    Stopped {
        reason: String,
    },
}

/// Works a line until it is done, failed for good, or has to wait for too long.
pub(super) async fn work(pipeline: &Pipeline, inbox: &Inbox, line: u64, update: Update) -> LineResult {
    let mut entry = inbox.enter(Arc::new(update));
    let mut attempt = 1;
    let mut waited = Duration::ZERO;
    loop {
        let turn = entry.lock_sku().await;
        let result = pipeline.run(&entry).await;
        drop(turn);
        let failures: Vec<&Failure> = match &result {
            Ok(reports) => reports.iter().filter_map(|report| report.result.as_ref().err()).collect(),
            Err(failure) => vec![failure],
        };
        let retry = failures.iter().any(|failure| matches!(failure.kind, FailureKind::Retry { .. }));
        let snooze = failures.iter().find_map(|failure| match failure.kind {
            FailureKind::Snooze { after } | FailureKind::Paused { after } => Some((after, &failure.message)),
            _ => None,
        });
        let wait = match (retry && attempt < ATTEMPTS_MAX, snooze) {
            (true, _) => {
                attempt += 1;
                Duration::from_secs(u64::from(attempt - 1))
            }
            (false, Some((after, reason))) => {
                waited = waited.saturating_add(after);
                if waited >= WAIT_MAX {
                    return LineResult::Stopped { reason: reason.clone() };
                }
                after
            }
            (false, None) => {
                let update = Arc::clone(entry.update());
                return match result {
                    Ok(reports) => LineResult::Done { line, update, reports },
                    Err(failure) => LineResult::Failed { line, update, failure },
                };
            }
        };
        tokio::time::sleep(wait).await;
        // Locales that are finished carry the operation id: the next attempt leaves them alone. What was paid
        // for and not stored is found in history.
        entry = inbox.enter(Arc::new(entry.update().seen_again()));
    }
}
