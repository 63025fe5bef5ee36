//! One line: through the pipeline, again where that may help.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::catalog::Refusal;
use crate::failure::{Failure, FailureCause, FailureKind};
use crate::intake::Update;
use crate::intake::inbox::Inbox;
use crate::pipeline::{Pipeline, TaskReport};

/// Attempts of a line, the first included: a file has no delay queues.
const ATTEMPTS_MAX: u32 = 3;

/// A run does not wait longer than this for a model server, an account or a cap: it ends, and goes on from there when
/// it is started again.
pub(super) const WAIT_MAX: Duration = Duration::from_mins(1);

/// How long a line waits whose job is paused.
const PARKED_WAIT: Duration = Duration::from_secs(5);

/// What became of a line.
pub(super) enum LineResult {
    Refused {
        line: u64,
        error: Refusal,
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
    /// Nothing is wrong with it, but it waits for the next run.
    Stopped {
        line: u64,
        /// The locales that are done.
        reports: Vec<TaskReport>,
        /// Why it has to wait for longer than a run lasts; `None` where the run ends for another reason.
        reason: Option<String>,
    },
}

/// What a line does after an attempt.
enum Next {
    /// Its result stands.
    Ends,
    /// It is worked again after this time.
    Again(Duration, String),
}

/// Why the line that began to wait last does so, for people.
#[derive(Clone, Debug, Default)]
pub(super) struct LastWait(Arc<Mutex<Option<String>>>);

impl LastWait {
    fn set(&self, reason: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }

    /// Takes it, so that it is said once.
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Works a line until it is done, failed for good, or has to wait: for too long, or while the run is `stopping`.
pub(super) async fn work(
    pipeline: &Pipeline,
    inbox: &Inbox,
    stopping: &CancellationToken,
    last_wait: &LastWait,
    line: u64,
    update: Update,
) -> LineResult {
    let mut entry = inbox.enter(Arc::new(update));
    let mut attempt = 1;
    let mut waited = Duration::ZERO;
    let mut done: Vec<TaskReport> = Vec::new();
    loop {
        let turn = entry.lock_sku().await;
        let result = pipeline.run(&entry).await;
        drop(turn);
        let (failed, failure) = match result {
            Ok(reports) => (keep(&mut done, reports), None),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        let failures = failed.iter().filter_map(|report| report.result.as_ref().err()).chain(&failure);
        let none_answers = pipeline.models().none_answers();
        let (wait, reason) = match next(failures, attempt, none_answers) {
            Next::Again(wait, reason) => (wait, reason),
            Next::Ends => {
                let update = Arc::clone(entry.update());
                done.extend(failed);
                return match failure {
                    None => LineResult::Done { line, update, reports: done },
                    Some(failure) => LineResult::Failed { line, update, failure },
                };
            }
        };
        (waited, attempt) = (waited.saturating_add(wait), attempt + 1);
        if waited >= WAIT_MAX {
            return LineResult::Stopped { line, reports: done, reason: Some(reason) };
        }
        last_wait.set(&reason);
        tokio::select! {
            biased;
            () = stopping.cancelled() => return LineResult::Stopped { line, reports: done, reason: None },
            () = tokio::time::sleep(wait) => {}
        }
        // Locales that are finished carry the operation id: the next attempt leaves them alone. What was paid
        // for and not stored is found in history.
        entry = inbox.enter(Arc::new(entry.update().seen_again()));
    }
}

/// Keeps the locales that an attempt finished, as they were finished first; gives those that it did not.
fn keep(done: &mut Vec<TaskReport>, reports: Vec<TaskReport>) -> Vec<TaskReport> {
    let (finished, failed): (Vec<_>, Vec<_>) = reports.into_iter().partition(|report| report.result.is_ok());
    for report in finished {
        if done.iter().all(|kept| kept.locale != report.locale) {
            done.push(report);
        }
    }
    failed
}

/// What a line does after an attempt with these failures, while no model answers or some do.
fn next<'a>(failures: impl Iterator<Item = &'a Failure>, attempt: u32, none_answers: bool) -> Next {
    let mut next = Next::Ends;
    for failure in failures {
        let wait = match failure.kind {
            FailureKind::Permanent => continue,
            FailureKind::Snooze { after } | FailureKind::Paused { after } => after,
            FailureKind::Parked => PARKED_WAIT,
            FailureKind::Retry { cause, after } => {
                // A server that is down or asks for fewer calls says nothing about the line.
                let of_the_line = match cause {
                    FailureCause::RateLimit => false,
                    FailureCause::Server => !none_answers,
                    FailureCause::Store | FailureCause::Broker | FailureCause::Conflict => true,
                };
                if of_the_line && attempt >= ATTEMPTS_MAX {
                    continue;
                }
                after.unwrap_or_default().max(Duration::from_secs(u64::from(attempt)))
            }
        };
        if !matches!(&next, Next::Again(longest, _) if *longest >= wait) {
            next = Next::Again(wait, failure.message.clone());
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: FailureKind, attempt: u32, none_answers: bool, expected_s: Option<u64>) {
        let failure = Failure { stage: "generate", kind, message: "why".to_owned() };
        let wait = match next([&failure].into_iter(), attempt, none_answers) {
            Next::Ends => None,
            Next::Again(wait, _) => Some(wait.as_secs()),
        };
        assert_eq!(wait, expected_s, "{kind:?} {attempt} {none_answers}");
    }

    #[test]
    fn a_line_is_given_up_for_its_own_failures_alone() {
        let retry = FailureKind::retry;
        check(FailureKind::Permanent, 1, false, None);
        check(retry(FailureCause::Server), 1, false, Some(1));
        check(retry(FailureCause::Server), 3, false, None);
        check(retry(FailureCause::Server), 3, true, Some(3));
        check(retry(FailureCause::Store), 3, true, None);
        check(retry(FailureCause::RateLimit), 5, false, Some(5));
        let asked =
            FailureKind::Retry { cause: FailureCause::RateLimit, after: Some(Duration::from_secs(20)) };
        check(asked, 1, false, Some(20));
        check(FailureKind::Snooze { after: Duration::from_secs(30) }, 9, false, Some(30));
    }
}
