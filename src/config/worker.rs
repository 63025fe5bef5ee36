//! `[worker]`: lanes, slots, attempts, draining.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde::Deserialize;

use crate::lane::Lane;

/// Settings of the worker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfig {
    /// Deliveries held at the same time.
    pub delivery_slots: usize,
    /// Lanes to consume, most urgent first.
    pub lanes: Vec<Lane>,
    /// Share of the delivery slots that the broker may send ahead, per lane.
    pub lane_shares: BTreeMap<Lane, f64>,
    /// Attempts of a message before it becomes a dead letter.
    pub attempts_max: u32,
    /// How long tasks in flight may go on after SIGTERM, in milliseconds.
    pub grace_period_ms: u64,
}

impl WorkerConfig {
    /// How many deliveries of a lane the broker may send ahead: at least one.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "slots are small and shares lie between 0 and 1"
    )]
    pub fn prefetch(&self, lane: Lane) -> u16 {
        let total: f64 = self.lanes.iter().map(|own| self.share(*own)).sum();
        let share = if total > 0.0 { self.share(lane) / total } else { 1.0 };
        ((self.delivery_slots as f64 * share).round() as u64).clamp(1, 60_000) as u16
    }

    fn share(&self, lane: Lane) -> f64 {
        self.lane_shares.get(&lane).copied().unwrap_or(0.0)
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            !self.lanes.is_empty(),
            "worker.lanes is empty; name at least one of interactive, updates, backfill"
        );
        ensure!(self.delivery_slots > 0, "worker.delivery_slots = 0 is not allowed; write at least 1");
        ensure!(self.attempts_max > 0, "worker.attempts_max = 0 is not allowed; write at least 1");
        for (lane, share) in &self.lane_shares {
            ensure!(
                (0.0..=1.0).contains(share),
                "worker.lane_shares.{lane} = {share} is not allowed; write 0 to 1"
            );
        }
        Ok(())
    }
}
