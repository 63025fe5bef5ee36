//! `[worker]`: lanes, slots, attempts, draining.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::lane::Lane;

/// How often workers look at paused jobs: not so often that the store notices, nor so seldom that nobody does.
const PAUSED_MS_MIN: u64 = 100;
const PAUSED_MS_MAX: u64 = 3_600_000;

/// Settings of the worker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfig {
    /// Deliveries worked at the same time.
    pub delivery_slots: usize,
    /// Lanes to consume, most urgent first.
    #[serde(deserialize_with = "lanes")]
    pub lanes: Vec<Lane>,
    /// Share of the slots handed out that a lane gets at least while it waits.
    pub lane_floors: BTreeMap<Lane, f64>,
    /// Attempts of a message before it becomes a dead letter.
    pub attempts_max: u32,
    /// How soon a worker notices that a paused job goes on, in milliseconds.
    pub paused_ms: u64,
    /// How long tasks in flight may run after SIGTERM, in milliseconds.
    pub grace_period_ms: u64,
}

impl WorkerConfig {
    /// How many deliveries of a lane the broker may send ahead: enough for any lane alone to fill the slots.
    #[must_use]
    pub fn prefetch(&self) -> u16 {
        u16::try_from(self.delivery_slots).unwrap_or(u16::MAX).max(1)
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            !self.lanes.is_empty(),
            "worker.lanes is empty; name at least one of interactive, updates, backfill"
        );
        ensure!(self.delivery_slots > 0, "worker.delivery_slots = 0 is not allowed; write at least 1");
        ensure!(self.attempts_max > 0, "worker.attempts_max = 0 is not allowed; write at least 1");
        ensure!(
            (PAUSED_MS_MIN..=PAUSED_MS_MAX).contains(&self.paused_ms),
            "worker.paused_ms = {} is not allowed; write {PAUSED_MS_MIN} to {PAUSED_MS_MAX}",
            self.paused_ms
        );
        for (lane, floor) in &self.lane_floors {
            ensure!(
                (0.0..=1.0).contains(floor),
                "worker.lane_floors.{lane} = {floor} is not allowed; write 0 to 1"
            );
        }
        Ok(())
    }
}

/// Lanes by name; an unknown one is answered with the names there are.
fn lanes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Lane>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    names.iter().map(|name| name.parse().map_err(D::Error::custom)).collect()
}
