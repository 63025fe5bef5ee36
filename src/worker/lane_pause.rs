//! Paused lanes: the store takes nothing, every circuit breaker is open, or the day's cap is reached. Their messages wait in
//! their queue and use up no attempt. Where models failed, a lane resumes on trial: one message at a
//! time, until one is answered.

use std::time::Duration;

use super::Worker;
use crate::generate::{LanePause, Models};
use crate::lane::Lane;

/// A lane is checked again after this time at most: no notification says that a day ended.
const CHECK_AGAIN: Duration = Duration::from_mins(1);

/// Longest trial: a lane without a message that needs a model cannot end it.
const TRIAL_MAX: Duration = Duration::from_secs(30);

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::limits::spend::{Billing, CallCost};
    use crate::store::FolderStore;
    use skuscribe_check::content::Usage;
    use skuscribe_check::content::money::nanos;

    #[tokio::test(start_paused = true)]
    async fn a_lane_under_the_cap_resumes_by_itself_when_the_day_turns_and_at_once_with_a_higher_cap() {
        // Another test of this process may have been first.
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut config = Config::defaults().unwrap();
        config.quota.spend_per_day = 1.0;
        let clock = Clock::fixed("2026-03-01T23:00:00Z".parse().unwrap());
        let folder = std::env::temp_dir().join(format!("skuscribe-lane-pause-{}", std::process::id()));
        let store = Arc::new(FolderStore::open(&folder).unwrap());
        let worker = Worker::from_config(&config, store, clock.clone()).unwrap();
        let models = worker.pipeline.models();
        let billing = Billing::new(Lane::Updates, None);
        let cost = nanos(2.0);
        let call = CallCost { billing, model: "m".into(), usage: Usage::default(), cost, most: cost };
        let pause = async || {
            assert!(models.spend().book(&call, Duration::ZERO).await.is_err());
            let pause = until_paused(&worker, Lane::Updates).await;
            assert!(pause.reason.contains("quota.spend_per_day"), "{pause:?}");
        };
        pause().await;
        let minutes = Duration::from_mins(10);
        assert!(tokio::time::timeout(minutes, until_resumed(&worker, Lane::Updates)).await.is_err());
        let Clock::Fixed(micros) = &clock else { panic!("it is fixed") };
        micros.fetch_add(3_600_000_000, Ordering::Relaxed);
        until_resumed(&worker, Lane::Updates).await;
        pause().await;
        config.quota.spend_per_day = 3.0;
        models.reconfigure(&config);
        until_resumed(&worker, Lane::Updates).await;
        assert!(models.spend().book(&call, Duration::ZERO).await.is_ok());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
