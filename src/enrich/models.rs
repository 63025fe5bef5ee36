//! The models of a run: whether one answers before it starts, and when the run gives them up.

use std::time::Duration;

use tokio::sync::mpsc;

use super::line::WAIT_MAX;
use crate::failure::chain;
use crate::generate::{GenerateError, Model, Models};

/// Longest wait for a server's first answer.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// What to do where no answer came.
const UNREACHED: &str = "check that it runs and that model.url is its address";

/// Looks whether a model server answers; costs no tokens.
pub(super) async fn look(models: &Models) -> Result<(), String> {
    match tokio::time::timeout(LOOK_MAX, models.reachable()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error @ GenerateError::Unavailable { .. })) => Err(format!("{}; {UNREACHED}", chain(&error))),
        Ok(Err(error)) => Err(chain(&error)),
        Err(_) => {
            let providers: Vec<&str> = models.all().iter().map(Model::provider).collect();
            let (providers, secs) = (providers.join(", "), LOOK_MAX.as_secs());
            Err(format!("the model server {providers} did not answer within {secs} s; {UNREACHED}"))
        }
    }
}

/// Tells what is seen of the models.
pub(super) struct ModelWatch {
    notes: mpsc::UnboundedSender<String>,
}

impl ModelWatch {
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (notes, receiver) = mpsc::unbounded_channel();
        (Self { notes }, receiver)
    }

    fn note(&self, note: String) {
        if self.notes.send(note).is_err() {
            tracing::debug!("the run that is told of its models has ended");
        }
    }
}

/// Waits until the run gives the models up: all are in a state that somebody has to mend, or none has answered for too
/// long. Gives the reason.
pub(super) async fn given_up(models: &Models, tell: ModelWatch) -> String {
    let mut changes = models.changes();
    loop {
        let mut waiting = None;
        while models.none_answers() {
            if models.none_will_answer() {
                return models.stopped();
            }
            let limit = waiting.get_or_insert_with(|| {
                tell.note(format!("waiting for up to {} s: {}", WAIT_MAX.as_secs(), models.stopped()));
                Box::pin(tokio::time::sleep(WAIT_MAX))
            });
            tokio::select! {
                () = limit => return models.stopped(),
                news = changes.changed() => if news.is_err() { return std::future::pending().await },
            }
        }
        if waiting.is_some() {
            tell.note("the model answers again".to_owned());
        }
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}
