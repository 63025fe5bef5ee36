//! `[quota]`: who gets how much of the model's quota, and what may be spent.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use serde::Deserialize;

use crate::lane::Lane;

/// Settings of the quota.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaConfig {
    /// Longest wait for quota while a delivery is held, in milliseconds.
    pub wait_max_ms: u64,
    /// Most money per day (UTC); 0 for no cap.
    pub spend_per_day: f64,
    /// Most money per job and day; 0 for no cap.
    pub spend_per_job: f64,
    /// How much of the day's cap is spent when a lane is paused.
    pub spend_shares: BTreeMap<Lane, f64>,
    /// The currency of all prices, to be shown.
    pub currency: String,
}

impl QuotaConfig {
    /// Longest wait for quota while a delivery is held.
    #[must_use]
    pub fn wait_max(&self) -> Duration {
        Duration::from_millis(self.wait_max_ms)
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        for (key, value) in [("spend_per_day", self.spend_per_day), ("spend_per_job", self.spend_per_job)] {
            ensure!(
                (0.0..1e9).contains(&value),
                "quota.{key} = {value} is not allowed; write an amount of money, 0 for no cap"
            );
        }
        for (lane, share) in &self.spend_shares {
            ensure!(
                *share > 0.0 && *share <= 1.0,
                "quota.spend_shares.{lane} = {share} is not allowed; write a share above 0 and up to 1, or take the lane out of worker.lanes"
            );
        }
        Ok(())
    }

    /// What the caps mean, in words; `store` is where the budget of the day lies.
    #[must_use]
    pub fn caps(&self, store: &str) -> String {
        let cap =
            |amount: f64, of: &str| (amount > 0.0).then(|| format!("{amount} {} a day{of}", self.currency));
        let caps = [cap(self.spend_per_day, ""), cap(self.spend_per_job, " for each job")];
        format!(
            "at most {}, for all processes on {store} together, with a Redis or without one",
            caps.into_iter().flatten().collect::<Vec<_>>().join(", and ")
        )
    }

    /// Whether anything is capped.
    #[must_use]
    pub fn is_capped(&self) -> bool {
        self.spend_per_day > 0.0 || self.spend_per_job > 0.0
    }
}
