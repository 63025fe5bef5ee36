//! Paused lanes: every circuit breaker is open, or the day's cap is reached. Their messages wait in their queue and use up
//! no attempt.

use std::time::Duration;

use crate::generate::{LanePause, Models};
use crate::lane::Lane;

/// A lane is checked again after this time at most: no notification says that a day ended.
const CHECK_AGAIN: Duration = Duration::from_mins(1);

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

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::limits::spend::{Billing, CallCost};
    use skuscribe_check::content::Usage;
    use skuscribe_check::content::money::nanos;

    #[tokio::test(start_paused = true)]
    async fn a_lane_under_the_cap_resumes_by_itself_when_the_day_turns_and_at_once_with_a_higher_cap() {
        // Another test of this process may have been first.
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut config = Config::defaults().unwrap();
        config.quota.spend_per_day = 1.0;
        let clock = Clock::fixed("2026-03-01T23:00:00Z".parse().unwrap());
        let models = Models::from_config(&config, None, None, &clock).unwrap();
        let billing = Billing { lane: Lane::Updates, job: None };
        let cost = nanos(2.0);
        let call = CallCost { billing, model: "m".into(), usage: Usage::default(), cost, most: cost };
        let pause = async || {
            assert!(models.spend().book(&call, Duration::ZERO).await.is_err());
            let pause = until_paused(&models, Lane::Updates).await;
            assert!(pause.reason.contains("quota.spend_per_day"), "{pause:?}");
        };
        pause().await;
        let minutes = Duration::from_mins(10);
        assert!(tokio::time::timeout(minutes, until_resumed(&models, Lane::Updates)).await.is_err());
        let Clock::Fixed(micros) = &clock else { panic!("it is fixed") };
        micros.fetch_add(3_600_000_000, Ordering::Relaxed);
        until_resumed(&models, Lane::Updates).await;
        pause().await;
        config.quota.spend_per_day = 3.0;
        models.reconfigure(&config);
        until_resumed(&models, Lane::Updates).await;
        assert!(models.spend().book(&call, Duration::ZERO).await.is_ok());
    }
}
