//! Leave to make a call: the breaker's, a slot, and a place in the quota for what the call is thought to take.

use super::WriteRequest;
use super::error::GenerateError;
use super::model::Model;
use crate::limits::breaker::Pass;
use crate::limits::quota::{Ask, Estimate, Reservation};
use crate::limits::slots::Slot;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;

/// Leave to make one call: a slot, a place in the quota, and the breaker's pass.
#[derive(Debug)]
pub struct CallPermit {
    /// The model's place in the chain.
    pub(super) place: usize,
    pub(super) estimate: Estimate,
    pub(super) slot: Slot,
    pub(super) reservation: Reservation,
    pub(super) pass: Pass,
}

impl CallPermit {
    /// What the call is thought to cost, in billionths.
    #[must_use]
    pub fn expected_cost(&self) -> Nanos {
        self.reservation.ask().cost
    }
}

impl Model {
    /// Waits for leave to make a call: for a slot, and for its place in the quota.
    pub(super) async fn open(
        &self,
        place: usize,
        wanted: &WriteRequest<'_>,
    ) -> Result<CallPermit, GenerateError> {
        let left_alone = |left_alone| GenerateError::LeftAlone { model: self.label().to_owned(), left_alone };
        let pass = self.breaker().pass().await.map_err(left_alone)?;
        let slot = self.quota().slot(wanted.due.task().lane).await;
        let counted = self.quota().counts_tokens()
            || !self.config().prices.is_empty()
            || self.config().context_tokens > 0;
        let estimate = if counted { self.estimate(wanted).await } else { Estimate::default() };
        let context = self.config().context_tokens;
        if context > 0 && estimate.total() > context {
            return Err(GenerateError::TooLong {
                model: self.label().to_owned(),
                tokens: estimate.input,
                context,
            });
        }
        let expected =
            Usage { input_tokens: estimate.input, cached_tokens: 0, output_tokens: estimate.output };
        let tokens = if self.quota().counts_caps() {
            estimate.input + u64::from(wanted.cap.unwrap_or(self.config().output_tokens_max))
        } else {
            estimate.total()
        };
        let ask = Ask { purse: wanted.purse(), tokens, cost: self.cost(&expected) };
        let reservation = self.quota().reserve(&ask).await.map_err(GenerateError::Quota)?;
        Ok(CallPermit { place, estimate, slot, reservation, pass })
    }

    /// What a call is going to take.
    pub async fn estimate(&self, wanted: &WriteRequest<'_>) -> Estimate {
        self.warmed().get_or_init(|| self.estimator().warm()).await;
        let recipes = wanted.due.recipes().iter().map(|due| &**due.recipe());
        self.estimator().estimate(wanted.brief, wanted.texts(), recipes)
    }
}
