//! One model behind an OpenAI-compatible server: its client, its quota, its circuit breaker, and permits for calls.

mod complete;
mod probe;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

pub use probe::ModelReport;

use super::error::GenerateError;
use super::permit::CallPermit;
use super::quote::Quote;
use super::request::WriteRequest;
use super::structured::Structured;
use super::transport::{RetryPolicy, Transport};
use crate::clock::{Clock, today};
use crate::config::Config;
use crate::config::broker::shown;
use crate::config::model::ModelConfig;
use crate::lane::Lane;
use crate::limits::breaker::{Breaker, BreakerOpen, Changes};
use crate::limits::quota::{Estimate, Estimator, Quota, QuotaRequest};
use crate::limits::spend::Spend;
use crate::redis::Redis;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::{Nanos, nanos};

/// A model behind an OpenAI-compatible server.
#[derive(Debug)]
pub struct Model {
    client: Client<OpenAIConfig>,
    probe: Client<OpenAIConfig>,
    config: ModelConfig,
    label: String,
    provider: String,
    quota: Arc<Quota>,
    breaker: Breaker,
    estimator: Estimator,
    warmed: OnceCell<()>,
    structured: OnceCell<Structured>,
    clock: Clock,
}

impl Model {
    /// Prepares the client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub(super) fn from_config(
        model: &ModelConfig,
        config: &Config,
        redis: Option<Redis>,
        spend: &Arc<Spend>,
        changes: &Changes,
        clock: &Clock,
    ) -> anyhow::Result<Self> {
        // reqwest has no time-outs of its own; HTTP/1.1, so that one connection does not carry all calls.
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_millis(model.connect_timeout_ms))
            .timeout(Duration::from_millis(model.timeout_ms))
            .pool_max_idle_per_host(model.slots)
            .http1_only()
            // A redirect would take prompt and key to another server.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let key = model.key.clone().unwrap_or_else(|| SecretString::from(String::new()));
        let openai = OpenAIConfig::new()
            .with_api_base(model.url.trim_end_matches('/'))
            .with_api_key(key.expose_secret());
        let provider = shown(model.url.trim_end_matches('/'));
        let policy = RetryPolicy { attempts_max: model.attempts_max, retry_500: true };
        let client = |policy| {
            let quote = Quote::new(key.clone());
            let transport = Transport::new(http.clone(), provider.clone(), quote, policy, clock.clone());
            Client::build(http.clone(), openai.clone()).with_http_service(transport)
        };
        let floors = &config.worker.lane_floors;
        Ok(Self {
            client: client(policy),
            probe: client(RetryPolicy { retry_500: false, ..policy }),
            quota: Arc::new(Quota::new(model, &config.quota, floors, redis, Arc::clone(spend))),
            breaker: Breaker::new(model.label(), Arc::clone(changes)),
            estimator: Estimator::new(&model.encoding, &model.name),
            warmed: OnceCell::new(),
            structured: OnceCell::new_with(Structured::named(&model.structured)),
            label: model.label(),
            provider,
            config: model.clone(),
            clock: clock.clone(),
        })
    }

    /// Changes how many calls may be in flight, and the floors of the lanes.
    pub(super) fn resize(&self, config: &ModelConfig, lane_floors: &BTreeMap<Lane, f64>) {
        self.quota.resize(config, lane_floors);
    }

    /// The server's address, without credentials.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The model and its server's host.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Its quota.
    #[must_use]
    pub fn quota(&self) -> &Arc<Quota> {
        &self.quota
    }

    /// Its estimates.
    #[must_use]
    pub fn estimator(&self) -> &Estimator {
        &self.estimator
    }

    /// Why no calls are made now; `None` while the circuit breaker is closed or one call probes the server.
    #[must_use]
    pub fn breaker_open(&self) -> Option<BreakerOpen> {
        self.breaker.opened()
    }

    /// Why calls fail, until one is answered; `None` while the circuit breaker is closed.
    #[must_use]
    pub fn stopped(&self) -> Option<BreakerOpen> {
        self.breaker.stopped()
    }

    /// Whether a call probes it now.
    pub(super) fn is_probed(&self) -> bool {
        self.breaker.is_half_open()
    }

    /// What a call costs today.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Nanos {
        let price = self.config.price(today(self.clock.now()));
        price.map_or(0, |price| nanos(price.cost(usage)))
    }

    /// The cap that an answer gets after one that `cap` has cut; `None` where there is no larger one.
    pub(super) fn larger_cap(&self, cap: u32) -> Option<u32> {
        (cap > 0 && cap < self.config.output_tokens_ceiling)
            .then(|| (cap.saturating_mul(4)).min(self.config.output_tokens_ceiling))
    }

    /// Waits for a permit: the breaker's, a slot, and a place in the quota.
    pub(super) async fn permit(
        &self,
        place: usize,
        request: &WriteRequest<'_>,
    ) -> Result<CallPermit, GenerateError> {
        let breaker_open = |open| GenerateError::BreakerOpen { model: self.label.clone(), open };
        let breaker = self.breaker.permit().await.map_err(breaker_open)?;
        let slot = self.quota.slot(request.due.task().lane).await;
        let counts =
            self.quota.counts_tokens() || !self.config.prices.is_empty() || self.config.context_tokens > 0;
        let estimate = if counts { self.estimate(request).await } else { Estimate::default() };
        let context = self.config.context_tokens;
        if context > 0 && estimate.total() > context {
            return Err(GenerateError::TooLong {
                model: self.label.clone(),
                tokens: estimate.input,
                context,
            });
        }
        let expected =
            Usage { input_tokens: estimate.input, cached_tokens: 0, output_tokens: estimate.output };
        let tokens = if self.quota.counts_caps() {
            estimate.input + u64::from(request.cap.unwrap_or(self.config.output_tokens_max))
        } else {
            estimate.total()
        };
        let quota_request = QuotaRequest { billing: request.billing(), tokens, cost: self.cost(&expected) };
        let reservation = self.quota.reserve(&quota_request).await.map_err(GenerateError::Quota)?;
        Ok(CallPermit { place, estimate, slot, reservation, breaker })
    }

    /// What a call is going to take.
    pub async fn estimate(&self, request: &WriteRequest<'_>) -> Estimate {
        self.warmed.get_or_init(|| self.estimator.warm()).await;
        let recipes = request.due.recipes().iter().map(|due| &**due.recipe());
        self.estimator.estimate(request.brief, request.texts(), recipes)
    }
}
