//! One model behind an OpenAI-compatible server: its client, its quota, its circuit breaker, and permits for calls.

mod adapt;
mod complete;
mod key_header;
mod probe;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use key_header::key_header;
pub use probe::ModelReport;

use super::error::GenerateError;
use super::form::memory::FormMemory;
use super::form::shared::SharedForm;
use super::form::{Adaptation, RequestForm};
use super::permit::CallPermit;
use super::quote::Quote;
use super::request::WriteRequest;
use super::transport::{RetryPolicy, Transport};
use crate::clock::{Clock, today};
use crate::config::Config;
use crate::config::broker::shown;
use crate::config::model::ModelConfig;
use crate::config::server::{ChosenProfile, ServerProfiles};
use crate::lane::Lane;
use crate::limits::breaker::{Breaker, BreakerOpen, Changes};
use crate::limits::quota::{Estimate, Estimator, Quota, QuotaRequest};
use crate::limits::spend::Spend;
use crate::redis::Redis;
use crate::store::ContentStore;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::{Nanos, nanos};

/// So many times as long as expected an answer is booked that nothing caps.
const UNCAPPED: u64 = 4;

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
    profiles: ServerProfiles,
    /// The profile that settings, address or answers showed.
    profile: Mutex<Option<ChosenProfile>>,
    form: SharedForm,
    memory: Option<FormMemory>,
    /// Set once the form is known: remembered, fixed by settings, or found by probing.
    ready: OnceCell<()>,
    /// Refusals since the last answer.
    refused: AtomicU32,
    clock: Clock,
}

/// The share of its cap that an answer of unknown length is expected to take, as a divisor.
const UNKNOWN_SHARE: u64 = 4;

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
        let profiles = ServerProfiles::load()?;
        let profile = profiles.choose(&model.server, &model.url)?;
        let mut openai = OpenAIConfig::new()
            .with_api_base(model.url.trim_end_matches('/'))
            .with_api_key(key.expose_secret());
        if let Some(header) = key_header(model, profile.as_ref())? {
            openai = openai
                .with_header(header, key.expose_secret())
                .with_context(|| format!("{}: the key cannot be sent in a header", model.key_variable))?;
        }
        let form = RequestForm::start(model, profile.as_ref().map(|chosen| &chosen.profile));
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
            form: SharedForm::new(form),
            profiles,
            profile: Mutex::new(profile),
            memory: None,
            ready: OnceCell::new(),
            refused: AtomicU32::new(0),
            label: model.label(),
            provider,
            config: model.clone(),
            clock: clock.clone(),
        })
    }

    /// Remembers in a store what the server refuses, and begins with what an earlier process learnt.
    pub(super) fn remember_in(&mut self, store: &Arc<dyn ContentStore>, is_read_only: bool) {
        let (store, form) = (Arc::clone(store), self.form.current());
        self.memory = Some(FormMemory::new(store, &self.config, &self.provider, &form, is_read_only));
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

    /// What of the usual request the server refuses, for people.
    #[must_use]
    pub fn adapted(&self) -> Vec<String> {
        self.form.learnt().iter().map(Adaptation::shown).collect()
    }

    /// The profile that is known of the server, and why, for people.
    #[must_use]
    pub fn profile(&self) -> Option<ChosenProfile> {
        self.profile.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// The cap that an answer gets after one that was cut at `cap`; `None` where there is no larger one, or where the
    /// model's context has no room for it beside so many tokens of prompt.
    pub(super) fn larger_cap(&self, cap: u32, prompt_tokens: u64) -> Option<u32> {
        let room = match self.context_tokens() {
            0 => u32::MAX,
            context => u32::try_from(context.saturating_sub(prompt_tokens)).unwrap_or(u32::MAX),
        };
        let taken = self.form.current().cap_max.unwrap_or(u32::MAX).min(room);
        let ceiling =
            self.config.output_tokens_ceiling.min(taken.saturating_sub(self.config.thinking_tokens));
        let larger = cap.saturating_mul(4).min(ceiling);
        (cap > 0 && larger > cap).then_some(larger)
    }

    /// Tokens that prompt and answer may have together, as settings or server say; 0 where it is not known.
    fn context_tokens(&self) -> u64 {
        let said = self.form.current().context_tokens.unwrap_or(0);
        match self.config.context_tokens {
            0 => said,
            set => set,
        }
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
        let context = self.context_tokens();
        let counts = self.quota.counts_tokens() || !self.config.prices.is_empty() || context > 0;
        let estimate = if counts { self.estimate(request).await } else { Estimate::default() };
        if context > 0 && estimate.total() > context {
            return Err(GenerateError::TooLong {
                model: self.label.clone(),
                tokens: estimate.input,
                context,
            });
        }
        let expected =
            Usage { input_tokens: estimate.input, output_tokens: estimate.output, ..Usage::default() };
        let cap = request.cap.unwrap_or(self.config.output_tokens_max);
        let tokens = if self.quota.counts_caps() {
            estimate.input.saturating_add(u64::from(cap.saturating_add(self.config.thinking_tokens)))
        } else {
            estimate.total()
        };
        let most = Usage { output_tokens: self.output_most(&estimate, cap), ..expected };
        let quota_request = QuotaRequest {
            billing: request.billing(),
            tokens,
            usage: expected,
            cost: self.cost(&expected),
            most: self.cost(&most).max(self.cost(&expected)),
        };
        let reservation = self.quota.reserve(&quota_request).await.map_err(GenerateError::Quota)?;
        Ok(CallPermit { place, estimate, slot, reservation, breaker })
    }

    /// How many tokens an answer can have: as many as its cap or, where none is sent, as fit beside the prompt.
    fn output_most(&self, estimate: &Estimate, cap: u32) -> u64 {
        match (cap, self.context_tokens()) {
            (0, 0) => estimate.output.saturating_mul(UNCAPPED),
            (0, context) => context.saturating_sub(estimate.input),
            (cap, _) => u64::from(cap.saturating_add(self.config.thinking_tokens)),
        }
    }

    /// What a call is going to take.
    pub async fn estimate(&self, request: &WriteRequest<'_>) -> Estimate {
        self.warmed.get_or_init(|| self.estimator.warm()).await;
        let recipes = request.due.recipes().iter().map(|due| &**due.recipe());
        let mut estimate = self.estimator.estimate(request.brief, request.texts(), recipes);
        // Nothing is known of the length of an answer that is for no recipe.
        if request.due.recipes().is_empty() {
            estimate.output = u64::from(request.cap.unwrap_or(self.config.output_tokens_max)) / UNKNOWN_SHARE;
        }
        estimate
    }
}
