//! Lanes that have nothing to do for now: the models are left alone, or the day's cap is reached. Their messages wait
//! in their queue, where nothing burns them.

use std::time::Duration;

use crate::generate::{Models, Stop};
use crate::lane::Lane;

/// A lane is looked at again after so long at most: clocks and days change without a word.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Waits until a lane has to stop; says why.
pub(super) async fn until_stopped(models: &Models, lane: Lane) -> Stop {
    let mut changes = models.changes();
    loop {
        if let Some(stop) = models.stopped(lane) {
            return stop;
        }
        let woken = tokio::time::timeout(LOOK_AGAIN, changes.changed()).await;
        if matches!(woken, Ok(Err(_))) {
            return std::future::pending().await;
        }
    }
}

/// Waits until a lane may go on.
pub(super) async fn until_free(models: &Models, lane: Lane) {
    let mut changes = models.changes();
    while let Some(stop) = models.stopped(lane) {
        let again = stop.after.clamp(Duration::from_millis(10), LOOK_AGAIN);
        tokio::select! {
            () = tokio::time::sleep(again) => {}
            woken = changes.changed() => if woken.is_err() { return },
        }
    }
}
