//! The chain of models: a call goes to the first whose circuit breaker lets it; lanes pause while none does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::error::GenerateError;
use super::model::Model;
use super::permit::CallPermit;
use super::request::WriteRequest;
use crate::clock::Clock;
use crate::config::Config;
use crate::lane::Lane;
use crate::limits::breaker::{BreakerOpen, Changes};
use crate::limits::server_state::ServerState;
use crate::limits::spend::Spend;
use crate::redis::Redis;
use crate::store::ContentStore;

/// The models of the settings, the first one first.
#[derive(Debug)]
pub struct Models {
    chain: Vec<Model>,
    spend: Arc<Spend>,
    changes: Changes,
}

/// Why a lane is paused: no call of it may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanePause {
    /// The reason.
    pub reason: String,
    /// For how long from now, as far as it is known.
    pub after: Duration,
    /// Whether a person has to act.
    pub alarm: bool,
}

impl Models {
    /// Prepares the clients. Nothing is sent yet. What calls can cost is booked in the store, where there is one.
    ///
    /// # Errors
    /// When an HTTP client cannot be set up.
    pub fn from_config(
        config: &Config,
        redis: Option<&Redis>,
        store: Option<&Arc<dyn ContentStore>>,
        clock: &Clock,
    ) -> anyhow::Result<Self> {
        let changes = Changes::default();
        let spend = Arc::new(Spend::new(&config.quota, clock, store.cloned(), Arc::clone(&changes)));
        let model = |model| Model::from_config(model, config, redis.cloned(), &spend, &changes, clock);
        Ok(Self { chain: config.models().map(model).collect::<Result<_, _>>()?, spend, changes })
    }

    /// Remembers in a store what each server refuses, and begins with what an earlier process learnt; `is_read_only`: only
    /// the latter.
    #[must_use]
    pub fn remembering(mut self, store: &Arc<dyn ContentStore>, is_read_only: bool) -> Self {
        self.chain.iter_mut().for_each(|model| model.remember_in(store, is_read_only));
        self
    }

    /// Every model, the first one first.
    #[must_use]
    pub fn all(&self) -> &[Model] {
        &self.chain
    }

    /// What this process spent, and the caps.
    #[must_use]
    pub fn spend(&self) -> &Arc<Spend> {
        &self.spend
    }

    /// Changes how many calls may be in flight, the floors of the lanes, and the caps on the bill.
    pub fn reconfigure(&self, config: &Config) {
        for (model, settings) in self.chain.iter().zip(config.models()) {
            model.resize(settings, &config.worker.lane_floors);
        }
        self.spend.reconfigure(&config.quota);
        self.changes.send_modify(|version| *version += 1);
    }

    /// Waits for the permit to call the first model that may be called.
    ///
    /// # Errors
    /// When none may be called now, or the quota or a cap forbids it.
    pub async fn permit(&self, request: &WriteRequest<'_>) -> Result<CallPermit, GenerateError> {
        self.permit_from(0, request).await
    }

    /// The same for the models from a place on.
    pub(super) async fn permit_from(
        &self,
        first: usize,
        request: &WriteRequest<'_>,
    ) -> Result<CallPermit, GenerateError> {
        let mut unavailable = None;
        for (place, model) in self.chain.iter().enumerate().skip(first) {
            // While one call probes a model, the others go to the next one that answers.
            let others = self.chain.iter().skip(place + 1);
            if model.is_probed() && others.into_iter().any(|other| other.stopped().is_none()) {
                continue;
            }
            match model.permit(place, request).await {
                Ok(permit) => return Ok(permit),
                Err(error @ (GenerateError::BreakerOpen { .. } | GenerateError::TooLong { .. })) => {
                    // A breaker closes again: it says more about the message's future.
                    if !matches!(unavailable, Some(GenerateError::BreakerOpen { .. })) {
                        unavailable = Some(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Err(unavailable.unwrap_or_else(|| GenerateError::Rejected {
            provider: String::new(),
            reason: "no further model is configured".to_owned(),
        }))
    }

    pub(super) fn get(&self, place: usize) -> Option<&Model> {
        self.chain.get(place)
    }

    /// Why a lane is paused; `None` where its calls may be made.
    #[must_use]
    pub fn paused(&self, lane: Lane) -> Option<LanePause> {
        if self.spend.is_capped_out(lane) {
            return Some(LanePause {
                reason: format!("the lane {lane} has reached its share of quota.spend_per_day"),
                after: self.spend.until_tomorrow(),
                alarm: false,
            });
        }
        let all: Vec<_> = self.chain.iter().map(Model::breaker_open).collect::<Option<_>>()?;
        let after = all.iter().map(|open| open.after).min()?;
        let alarm = all.iter().all(|open| open.state.is_some());
        Some(LanePause { reason: self.stopped(), after, alarm })
    }

    /// Whether no model is known to answer: each has failed and waits for its probe, or is probed.
    #[must_use]
    pub fn none_answers(&self) -> bool {
        self.chain.iter().all(|model| model.stopped().is_some())
    }

    /// Whether every model is in a state that somebody has to mend, beyond doubt.
    #[must_use]
    pub fn none_will_answer(&self) -> bool {
        let lasts = |open: &BreakerOpen| open.state.is_some() && !open.doubtful;
        self.chain.iter().all(|model| model.stopped().as_ref().is_some_and(lasts))
    }

    /// Which models are not called, since when, why, and what to do; empty where all are.
    #[must_use]
    pub fn stopped(&self) -> String {
        let stopped = self.chain.iter().filter_map(|model| {
            let open = model.stopped()?;
            let remedy = open
                .state
                .map_or("check that the server runs and that model.url is its address", ServerState::remedy);
            Some(format!("{} for {} s: {}; {remedy}", model.label(), open.since.as_secs(), open.reason))
        });
        stopped.collect::<Vec<_>>().join(". ")
    }

    /// Changes whenever [`Self::paused`] may give another answer, except by the mere passing of time.
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
