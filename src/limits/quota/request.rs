//! What a call asks of the quota, and why it may not be made now.

use std::sync::Arc;
use std::time::Duration;

use crate::lane::Lane;
use crate::limits::spend::Billing;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;

/// How long a message waits whose call could not be booked: the store is asked again then.
const NOT_BOOKED: Duration = Duration::from_secs(5);

/// What a call is going to take, and who pays.
#[derive(Clone, Debug)]
pub struct QuotaRequest {
    /// Who pays.
    pub billing: Billing,
    /// Tokens, as the server counts them against its limit.
    pub tokens: u64,
    /// The tokens that it is expected to take.
    pub usage: Usage,
    /// What those cost, in billionths.
    pub cost: Nanos,
    /// What the call can cost, in billionths: with an answer as long as its cap.
    pub most: Nanos,
}

/// Why a call may not be made now.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QuotaRefusal {
    /// The quota is used up for longer than a delivery is held.
    #[error("the quota of {model} is used up for the next {:.0} s", after.as_secs_f64())]
    Later {
        /// The model.
        model: Arc<str>,
        /// How long.
        after: Duration,
    },
    /// The day's cap is reached.
    #[error(
        "the lane {lane} has reached its share of quota.spend_per_day; it resumes tomorrow (UTC), or at once with a higher cap"
    )]
    DayCap {
        /// The lane.
        lane: Lane,
        /// How long the day still lasts.
        after: Duration,
    },
    /// There is a cap, and what the call can cost could not be booked under it.
    #[error("the call could not be booked in the day's budget: {reason}")]
    NotBooked {
        /// What happened.
        reason: String,
    },
    /// The job's cap is reached.
    #[error("the job {job} has reached quota.spend_per_job; it resumes tomorrow (UTC), or with a higher cap")]
    JobCap {
        /// The job.
        job: Arc<str>,
        /// How long the message should wait.
        after: Duration,
    },
}

impl QuotaRefusal {
    /// How long the message should wait.
    #[must_use]
    pub fn after(&self) -> Duration {
        match self {
            Self::Later { after, .. } | Self::DayCap { after, .. } | Self::JobCap { after, .. } => *after,
            Self::NotBooked { .. } => NOT_BOOKED,
        }
    }
}
