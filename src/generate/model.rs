//! One model behind an OpenAI-compatible server: its client, its quota, its breaker, and one call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use super::WriteRequest;
use super::answer::{Completion, Reply};
use super::call::Call;
use super::error::GenerateError;
use super::opening::CallPermit;
use super::request::{Message, Request};
use super::structured::{ResponseFormat, Structured};
use super::transport::{RetryPolicy, Transport};
use crate::clock::Clock;
use crate::clock::today;
use crate::config::Config;
use crate::config::broker::shown;
use crate::config::model::ModelConfig;
use crate::lane::Lane;
use crate::limits::breaker::{Breaker, Changes, Health, LeftAlone, Pass};
use crate::limits::quota::{Estimator, Quota, Spent};
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
            .build()?;
        let key = model.key.clone().unwrap_or_else(|| SecretString::from(String::new()));
        let openai = OpenAIConfig::new()
            .with_api_base(model.url.trim_end_matches('/'))
            .with_api_key(key.expose_secret());
        let provider = shown(model.url.trim_end_matches('/'));
        let policy = RetryPolicy { attempts_max: model.attempts_max, retry_500: true };
        let client = |policy| {
            let transport = Transport::new(http.clone(), provider.clone(), policy, clock.clone());
            Client::build(http.clone(), openai.clone()).with_http_service(transport)
        };
        let floors = &config.worker.lane_floors;
        Ok(Self {
            client: client(policy),
            probe: client(RetryPolicy { retry_500: false, ..policy }),
            quota: Arc::new(Quota::new(model, &config.quota, floors, redis, Arc::clone(spend))),
            breaker: Breaker::new(Arc::clone(changes)),
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

    /// Whether the server is left alone now.
    #[must_use]
    pub fn left_alone(&self) -> Option<LeftAlone> {
        self.breaker.left_alone()
    }

    pub(super) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    pub(super) fn warmed(&self) -> &OnceCell<()> {
        &self.warmed
    }

    pub(super) fn probing(&self) -> &Client<OpenAIConfig> {
        &self.probe
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

    /// One call; its answer's tokens are capped.
    pub(super) async fn call(
        &self,
        opening: CallPermit,
        wanted: &WriteRequest<'_>,
        cap: u32,
    ) -> Result<Reply, GenerateError> {
        let CallPermit { slot, reservation, pass, .. } = opening;
        let structured = match self.structured.get_or_try_init(|| self.negotiate()).await {
            Ok(structured) => *structured,
            Err(error) => {
                self.failed(pass, &error);
                return Err(error);
            }
        };
        let WriteRequest { brief, facts, previous, .. } = wanted;
        let system = if structured.schema_in_prompt() { &brief.system_with_schema } else { &brief.system };
        let mut messages =
            vec![Message { role: "system", content: system }, Message { role: "user", content: facts }];
        if let Some((answer, complaint)) = previous {
            if !answer.is_empty() {
                messages.push(Message { role: "assistant", content: answer });
            }
            messages.push(Message { role: "user", content: complaint });
        }
        let call = Call::new(&self.quota, reservation);
        let format = structured.response_format(&brief.schema);
        let result = self.complete(&self.client, &messages, format, cap, &call).await;
        drop(slot);
        match &result {
            Ok(_) => pass.tell(Health::Good),
            Err(error) => self.failed(pass, error),
        }
        result
    }

    /// Tells the breaker of a failed call, and people of what only they can mend.
    fn failed(&self, pass: Pass, error: &GenerateError) {
        if let GenerateError::Account { reason, .. } = error {
            tracing::error!(
                model.name = %self.label, reason,
                "ALARM: the model server turns the account away; its calls stop until the key or the account is mended"
            );
        }
        pass.tell(error.health());
    }

    /// One completion, with its attempts; corrects the quota by what it took.
    pub(super) async fn complete(
        &self,
        client: &Client<OpenAIConfig>,
        messages: &[Message<'_>],
        response_format: Option<ResponseFormat<'_>>,
        output_tokens_max: u32,
        call: &Arc<Call>,
    ) -> Result<Reply, GenerateError> {
        let started = Instant::now();
        let request = Request { config: &self.config, messages, response_format, output_tokens_max };
        let completed: Result<Completion, OpenAIError> =
            call.run(async { client.chat().create_byot(&request).await }).await;
        let latency = started.elapsed();
        let outcome = if completed.is_ok() { "answered" } else { "failed" };
        metrics::counter!("skuscribe_model_calls_total", "model" => self.label.clone(), "outcome" => outcome)
            .increment(1);
        metrics::histogram!("skuscribe_model_call_seconds", "model" => self.label.clone())
            .record(latency.as_secs_f64());
        let completion = match completed {
            Ok(completion) => completion,
            Err(error) => {
                // An answer that is no completion may have been paid for.
                call.settle(&Spent::Failed).await;
                return Err(self.error(error));
            }
        };
        let usage = completion.usage.map(|usage| usage.usage()).unwrap_or_default();
        let model = completion.model.unwrap_or_else(|| self.config.name.clone());
        let cost = self.cost(&usage);
        call.settle(&Spent::Answered { usage, cost, model: model.clone() }).await;
        self.record(&usage, cost);
        let choice = completion.choices.into_iter().next();
        let (message, finish_reason) =
            choice.map(|choice| (choice.message, choice.finish_reason)).unwrap_or_default();
        let text = message.content.unwrap_or_default();
        let attempts = call.attempts();
        Ok(Reply { text, finish_reason, refusal: message.refusal, model, usage, cost, attempts, latency })
    }

    fn record(&self, usage: &Usage, cost: Nanos) {
        let tokens = |kind: &'static str, count: u64| {
            metrics::counter!("skuscribe_model_tokens_total", "model" => self.label.clone(), "kind" => kind)
                .increment(count);
        };
        tokens("input", usage.input_tokens.saturating_sub(usage.cached_tokens));
        tokens("cached", usage.cached_tokens);
        tokens("output", usage.output_tokens);
        metrics::counter!("skuscribe_model_cost_nanos_total", "model" => self.label.clone())
            .increment(u64::try_from(cost).unwrap_or(0));
        metrics::gauge!("skuscribe_model_in_flight_limit", "model" => self.label.clone())
            .set(self.quota.in_flight_limit() as f64);
    }

    pub(super) fn error(&self, error: OpenAIError) -> GenerateError {
        let reason = match error {
            OpenAIError::Boxed(inner) => match inner.downcast::<GenerateError>() {
                Ok(own) => return *own,
                Err(other) => other.to_string(),
            },
            OpenAIError::JSONDeserialize(error, _) => format!("its answer is no chat completion: {error}"),
            other => other.to_string(),
        };
        GenerateError::Unavailable { provider: self.provider.clone(), reason, status: None, after: None }
    }
}
