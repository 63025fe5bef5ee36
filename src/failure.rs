//! What a failed task means for its message: try again later, or give up with a diagnosis.

use std::time::Duration;

/// The decision that every stage's error is turned into, exactly once, where it is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The same message may succeed later. Uses up an attempt.
    Retry {
        /// Why; it says how long the next attempt waits.
        cause: FailureCause,
        /// The wait that the other side asked for (`Retry-After`), if it stated one.
        after: Option<Duration>,
    },
    /// Nothing failed: it is not the message's turn yet. Uses up no attempt.
    Snooze {
        /// How long the message waits.
        after: Duration,
    },
    /// Its lane is paused: the message waits in the lane's own queue. Uses up no attempt.
    Paused {
        /// How long that takes, as far as it is known.
        after: Duration,
    },
    /// Its job is paused: the message waits in the queue of paused jobs. Uses up no attempt.
    Parked,
    /// The same message can never succeed.
    Permanent,
}

/// Why a message failed that may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// A server asked for fewer calls.
    RateLimit,
    /// The model server failed or did not answer.
    Server,
    /// The content store failed or did not answer.
    Store,
    /// The broker did not confirm.
    Broker,
    /// Others wrote the same object all the time.
    Conflict,
}

/// A failed task: the stage it failed in, what to do about it, and the chain of causes as text.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{stage}: {message}")]
pub struct Failure {
    /// The stage that failed, in the words of the pipeline (`intake`, `generate`, …).
    pub stage: &'static str,
    /// Retry, wait for a while, or give up.
    pub kind: FailureKind,
    /// The error and its causes, outermost first, joined by `: `; free of secrets and bodies.
    pub message: String,
}

impl FailureKind {
    /// Another attempt after the wait that is usual for the cause.
    #[must_use]
    pub fn retry(cause: FailureCause) -> Self {
        Self::Retry { cause, after: None }
    }
}

impl Failure {
    /// Turns an error into a failure of `stage`, keeping its chain of causes as text.
    pub fn new(stage: &'static str, kind: FailureKind, error: &dyn std::error::Error) -> Self {
        Self { stage, kind, message: chain(error) }
    }

    /// Whether the same message may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind != FailureKind::Permanent
    }
}

/// An error and its causes, outermost first, joined by `: `.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // Many libraries repeat their cause in their own text.
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        source = cause.source();
    }
    message
}
