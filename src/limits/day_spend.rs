//! What one process spent on one day: sums by lane, job and model.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lane::Lane;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;

/// Most jobs whose sums are kept for a day; those beyond it are summed under [`OTHER_JOBS`].
pub(super) const JOBS_KEPT: usize = 10_000;
/// The name under which jobs beyond [`JOBS_KEPT`] are summed.
pub(super) const OTHER_JOBS: &str = "(others)";

/// A sum of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sum {
    /// Calls made.
    pub calls: u64,
    /// Their tokens.
    pub usage: Usage,
    /// What they cost, in billionths of the currency.
    pub nanos: Nanos,
    /// Calls of them whose usage no server told: they timed out, were cut off, or were answered without a count.
    #[serde(default)]
    pub estimated_calls: u64,
    /// What those were booked at, in billionths of the currency.
    #[serde(default)]
    pub estimated_nanos: Nanos,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.usage += other.usage;
        self.nanos = self.nanos.saturating_add(other.nanos);
        self.estimated_calls = self.estimated_calls.saturating_add(other.estimated_calls);
        self.estimated_nanos = self.estimated_nanos.saturating_add(other.estimated_nanos);
    }
}

/// `spend.v1`: what one process spent on one day (UTC).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DaySpend {
    /// Everything.
    pub total: Sum,
    /// By lane.
    pub lanes: BTreeMap<Lane, Sum>,
    /// By job; calls without one are left out.
    pub jobs: BTreeMap<String, Sum>,
    /// By the model that answered.
    pub models: BTreeMap<String, Sum>,
}

impl DaySpend {
    /// Adds a sum of the same day.
    pub fn add(&mut self, other: &Self) {
        self.total.add(&other.total);
        for (lane, sum) in &other.lanes {
            self.lanes.entry(*lane).or_default().add(sum);
        }
        for (job, sum) in &other.jobs {
            self.jobs.entry(job.clone()).or_default().add(sum);
        }
        for (model, sum) in &other.models {
            self.models.entry(model.clone()).or_default().add(sum);
        }
    }

    pub(super) fn note(&mut self, billing: &Billing, model: &str, sum: &Sum) {
        self.total.add(sum);
        self.lanes.entry(billing.lane).or_default().add(sum);
        if let Some(job) = &billing.job {
            let known = self.jobs.contains_key(&**job) || self.jobs.len() < JOBS_KEPT;
            self.jobs
                .entry(if known { job.to_string() } else { OTHER_JOBS.to_owned() })
                .or_default()
                .add(sum);
        }
        self.models.entry(model.to_owned()).or_default().add(sum);
    }
}

/// Who pays for a call.
#[derive(Clone, Debug)]
pub struct Billing {
    /// The lane of the message.
    pub lane: Lane,
    /// The job that it belongs to.
    pub job: Option<Arc<str>>,
}
