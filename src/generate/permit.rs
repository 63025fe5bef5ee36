//! The permit for one call: the circuit breaker's, a slot, and a place in the quota.

use crate::limits::breaker::BreakerPermit;
use crate::limits::quota::{Estimate, Reservation};
use crate::limits::slots::LaneSlot;
use skuscribe_check::content::money::Nanos;

/// The permit for one call: the circuit breaker's, a slot, and a place in the quota for what the call is expected to take.
#[derive(Debug)]
pub struct CallPermit {
    /// The model's place in the chain.
    pub(super) place: usize,
    pub(super) estimate: Estimate,
    pub(super) slot: LaneSlot,
    pub(super) reservation: Reservation,
    pub(super) breaker: BreakerPermit,
}

impl CallPermit {
    /// What the call is expected to cost, in billionths.
    #[must_use]
    pub fn expected_cost(&self) -> Nanos {
        self.reservation.request().cost
    }
}
