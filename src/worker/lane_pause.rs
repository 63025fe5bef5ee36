//! Paused lanes: every circuit breaker is open, or the day's cap is reached. Their messages wait in their queue and use up
//! no attempt. Where models failed, a lane resumes on trial: one message at a time, until one is answered.

use std::time::Duration;

use crate::generate::{LanePause, Models};
use crate::lane::Lane;

/// A lane is checked again after this time at most: no notification says that a day ended.
const CHECK_AGAIN: Duration = Duration::from_mins(1);

/// Longest trial: a lane without a message that needs a model cannot end it.
const TRIAL_MAX: Duration = Duration::from_secs(30);

/// Waits until a lane is paused; gives the reason.
pub(super) async fn until_paused(models: &Models, lane: Lane) -> LanePause {
    let mut changes = models.changes();
    loop {
        if let Some(pause) = models.paused(lane) {
            return pause;
        }
        let woken = tokio::time::timeout(CHECK_AGAIN, changes.changed()).await;
        if matches!(woken, Ok(Err(_))) {
            return std::future::pending().await;
        }
    }
}

/// Waits until a lane resumes.
pub(super) async fn until_resumed(models: &Models, lane: Lane) {
    let mut changes = models.changes();
    while let Some(pause) = models.paused(lane) {
        let again = pause.after.clamp(Duration::from_millis(10), CHECK_AGAIN);
        tokio::select! {
            () = tokio::time::sleep(again) => {}
            woken = changes.changed() => if woken.is_err() { return },
        }
    }
}

/// Waits until a trial is over: a model answers, or no message has tried one for too long.
pub(super) async fn until_tried(models: &Models) {
    let answers = async {
        let mut changes = models.changes();
        while models.none_answers() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    };
    let _over_in_any_case = tokio::time::timeout(TRIAL_MAX, answers).await;
}
