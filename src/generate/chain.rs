//! The chain of models: the first that may be called is; what the breakers and caps have stopped is told.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::WriteRequest;
use super::error::GenerateError;
use super::model::Model;
use super::opening::CallPermit;
use crate::clock::Clock;
use crate::config::Config;
use crate::lane::Lane;
use crate::limits::breaker::Changes;
use crate::limits::quota::Refusal;
use crate::limits::spend::Spend;
use crate::redis::Redis;

/// The models of the settings, the first one first.
#[derive(Debug)]
pub struct Models {
    chain: Vec<Model>,
    spend: Arc<Spend>,
    changes: Changes,
}

/// Why a lane has nothing to do for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What stands in the way.
    pub reason: String,
    /// For how long from now, as far as it is known.
    pub after: Duration,
    /// Whether somebody has to mend something.
    pub alarm: bool,
}

impl Models {
    /// Prepares the clients. Nothing is sent yet.
    ///
    /// # Errors
    /// When an HTTP client cannot be set up.
    pub fn from_config(config: &Config, redis: Option<&Redis>, clock: &Clock) -> anyhow::Result<Self> {
        let spend = Arc::new(Spend::new(&config.quota, clock));
        let changes = Changes::default();
        let model = |model| Model::from_config(model, config, redis.cloned(), &spend, &changes, clock);
        Ok(Self { chain: config.models().map(model).collect::<Result<_, _>>()?, spend, changes })
    }

    /// Every model, the first one first.
    #[must_use]
    pub fn all(&self) -> &[Model] {
        &self.chain
    }

    /// The books.
    #[must_use]
    pub fn spend(&self) -> &Arc<Spend> {
        &self.spend
    }

    /// Changes how many calls may be in flight, the floors of the lanes, and the caps on the bill.
    pub fn reconfigure(&self, config: &Config) {
        for (model, own) in self.chain.iter().zip(config.models()) {
            model.resize(own, &config.worker.lane_floors);
        }
        self.spend.reconfigure(&config.quota);
        self.changes.send_modify(|version| *version += 1);
    }

    /// Waits for leave to call the first model that may be called.
    ///
    /// # Errors
    /// When none may be called now, or the quota or a cap stands in the way.
    pub async fn open(&self, wanted: &WriteRequest<'_>) -> Result<CallPermit, GenerateError> {
        self.open_from(0, wanted).await
    }

    /// The same for the models from a place on.
    pub(super) async fn open_from(
        &self,
        first: usize,
        wanted: &WriteRequest<'_>,
    ) -> Result<CallPermit, GenerateError> {
        let mut stopped = None;
        for (place, model) in self.chain.iter().enumerate().skip(first) {
            match model.open(place, wanted).await {
                Ok(opening) => return Ok(opening),
                Err(error @ (GenerateError::LeftAlone { .. } | GenerateError::TooLong { .. })) => {
                    // One that is left alone comes back: it says more about the message's future.
                    if !matches!(stopped, Some(GenerateError::LeftAlone { .. })) {
                        stopped = Some(error);
                    }
                }
                Err(error) => {
                    if let GenerateError::Quota(Refusal::DayCap { .. }) = &error {
                        self.changes.send_modify(|version| *version += 1);
                    }
                    return Err(error);
                }
            }
        }
        Err(stopped.unwrap_or_else(|| GenerateError::Rejected {
            provider: String::new(),
            reason: "no further model is configured".to_owned(),
        }))
    }

    pub(super) fn get(&self, place: usize) -> Option<&Model> {
        self.chain.get(place)
    }

    /// Why a lane has nothing to do for now; `None` where its calls may be made.
    #[must_use]
    pub fn stopped(&self, lane: Lane) -> Option<Stop> {
        if self.spend.is_stopped(lane) {
            return Some(Stop {
                reason: format!("the lane {lane} has reached its share of quota.spend_per_day"),
                after: self.spend.until_tomorrow(),
                alarm: false,
            });
        }
        let mut all = self.chain.iter().map(|model| Some((model, model.left_alone()?)));
        let (first, mut alone) = all.next()??;
        for other in all {
            let (_, other) = other?;
            alone.after = alone.after.min(other.after);
            alone.account &= other.account;
        }
        let reason = format!("{} is left alone: {}", first.label(), alone.reason);
        Some(Stop { reason, after: alone.after, alarm: alone.account })
    }

    /// Wakes whenever [`Self::stopped`] may have another answer, but for the time that passes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Whether any model's server answers at all; costs no tokens.
    ///
    /// # Errors
    /// When none can be reached: the first one's error.
    pub async fn reachable(&self) -> Result<(), GenerateError> {
        let mut first = None;
        for model in &self.chain {
            match model.reachable().await {
                Ok(()) => return Ok(()),
                Err(error) => first = first.or(Some(error)),
            }
        }
        first.map_or(Ok(()), Err)
    }
}
