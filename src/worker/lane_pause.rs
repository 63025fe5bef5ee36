//! Paused lanes: the store takes nothing, every circuit breaker is open, or the day's cap is reached. Their messages wait in
//! their queue and use up no attempt.

use std::time::Duration;

use super::Worker;
use crate::generate::LanePause;
use crate::lane::Lane;

/// A lane is checked again after this time at most: no notification says that a day ended.
const CHECK_AGAIN: Duration = Duration::from_mins(1);

impl Worker {
    /// Why a lane is paused; `None` while it is not.
    #[must_use]
    pub fn paused(&self, lane: Lane) -> Option<LanePause> {
        let of_store = self.store.outage().map(|outage| LanePause {
            reason: outage.reason,
            // Workers that all lost the store must not all come back at once.
            after: Duration::from_millis(fastrand::u64(1_000..5_000)),
            alarm: outage.refused,
        });
        of_store.or_else(|| self.pipeline.models().paused(lane))
    }
}

/// Waits until a lane is paused; gives the reason.
pub(super) async fn until_paused(worker: &Worker, lane: Lane) -> LanePause {
    let mut changes = worker.pipeline.models().changes();
    loop {
        if let Some(pause) = worker.paused(lane) {
            return pause;
        }
        tokio::select! {
            woken = changes.changed() => if woken.is_err() { return std::future::pending().await },
            () = worker.store.changed() => {}
            () = tokio::time::sleep(CHECK_AGAIN) => {}
        }
    }
}

/// Waits until a lane resumes; meanwhile the store is asked now and then, for nothing else is.
pub(super) async fn until_resumed(worker: &Worker, lane: Lane) {
    let mut changes = worker.pipeline.models().changes();
    while let Some(pause) = worker.paused(lane) {
        let again = pause.after.clamp(Duration::from_millis(10), CHECK_AGAIN);
        tokio::select! {
            () = tokio::time::sleep(again) => {}
            woken = changes.changed() => if woken.is_err() { return },
            () = worker.store.changed() => {}
        }
        if worker.store.outage().is_some() {
            worker.store.look().await;
        }
    }
}
