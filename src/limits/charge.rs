//! A charge: what a call is booked at before it is sent, until it is known what it cost.

use std::sync::Arc;

use jiff::civil::Date;

use super::day_spend::{Billing, Sum};
use super::spend::Spend;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;

/// What a call is expected to cost, and can cost.
#[derive(Clone, Debug)]
pub struct CallCost {
    /// Who pays.
    pub billing: Billing,
    /// What the model is called in the ledger where no server says it.
    pub model: Arc<str>,
    /// The tokens that it is expected to take.
    pub usage: Usage,
    /// What those cost, in billionths.
    pub cost: Nanos,
    /// What it can cost, in billionths.
    pub most: Nanos,
}

/// What is known of a call when it is over.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told<'a> {
    /// What it cost.
    Usage { model: &'a str, usage: Usage, cost: Nanos },
    /// It was answered by this model, without a count that can be believed: what was expected is booked.
    Answered { model: &'a str },
    /// Nothing, and it may have been worked on: what was reserved stays booked.
    Nothing,
    /// It costs nothing: it was refused, or never got to the server.
    Free,
}

/// What a call is booked at. Dropped, it costs nothing if it was not sent, and all that was reserved if it was: who hangs
/// up, runs out of time or is cut off has it paid for all the same.
#[derive(Debug)]
pub struct Charge {
    spend: Arc<Spend>,
    cost: CallCost,
    /// The day (UTC) that pays, also where the call outlasts it.
    day: Date,
    reserved: Nanos,
    sent: bool,
    settled: bool,
}

impl Charge {
    pub(super) fn new(spend: Arc<Spend>, cost: CallCost, day: Date, reserved: Nanos) -> Self {
        Self { spend, cost, day, reserved, sent: false, settled: false }
    }

    /// The call goes out now.
    pub(super) fn send(&mut self) {
        self.sent = true;
    }

    /// What is booked for it.
    #[cfg(test)]
    pub(super) fn reserved(&self) -> Nanos {
        self.reserved
    }

    /// Whether the call went out.
    pub(super) fn is_sent(&self) -> bool {
        self.sent
    }

    /// The call is over.
    pub(super) fn settle(mut self, told: Told<'_>) {
        self.close(told);
    }

    fn close(&mut self, told: Told<'_>) {
        self.settled = true;
        let estimated =
            |usage, nanos| Sum { calls: 1, usage, nanos, estimated_calls: 1, estimated_nanos: nanos };
        let own = &self.cost.model;
        let made = match told {
            Told::Usage { model, usage, cost } if usage.estimated_tokens > 0 => {
                Some((model, estimated(usage, cost.max(0))))
            }
            Told::Usage { model, usage, cost } => {
                Some((model, Sum { calls: 1, usage, nanos: cost.max(0), ..Sum::default() }))
            }
            Told::Answered { model } => Some((model, estimated(self.cost.usage, self.cost.cost))),
            Told::Nothing => Some((&**own, estimated(self.cost.usage, self.reserved))),
            Told::Free => None,
        };
        let made = made.as_ref().map(|(model, sum)| (*model, sum));
        self.spend.settle(self.day, &self.cost.billing, self.reserved, made);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if !self.settled {
            self.close(if self.sent { Told::Nothing } else { Told::Free });
        }
    }
}
