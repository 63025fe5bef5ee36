//! The model server: one call, its slots, and the way it wants structured output to be asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use secrecy::{ExposeSecret, SecretString};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tokio::sync::OnceCell;

use super::answer::{Completion, Reply};
use super::error::GenerateError;
use super::structured::{ResponseFormat, Structured};
use super::transport::{RetryPolicy, Transport};
use crate::clock::Clock;
use crate::config::broker::shown;
use crate::config::model::ModelConfig;
use crate::content::Usage;
use crate::lane::Lane;
use crate::recipe::Brief;
use crate::slots::{LaneSlots, Slot};

/// Tokens that a probe's answer may have; reasoning models spend some before they answer.
const PROBE_TOKENS: u32 = 512;

/// A model behind an OpenAI-compatible server.
#[derive(Debug)]
pub struct Model {
    client: Client<OpenAIConfig>,
    probe: Client<OpenAIConfig>,
    config: ModelConfig,
    provider: String,
    slots: LaneSlots,
    structured: OnceCell<Structured>,
}

/// What `doctor` found out about a server.
#[derive(Debug)]
pub struct ModelReport {
    /// Models that the server lists; empty where it lists none.
    pub models: Vec<String>,
    /// How it wants structured output to be asked for.
    pub structured: Structured,
    /// Tokens of the probe.
    pub usage: Usage,
}

impl Model {
    /// Prepares the client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn from_config(
        config: &ModelConfig,
        lane_floors: &BTreeMap<Lane, f64>,
        clock: &Clock,
    ) -> anyhow::Result<Self> {
        // reqwest has no time-outs of its own; HTTP/1.1, so that one connection does not carry all calls.
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
            .timeout(Duration::from_millis(config.timeout_ms))
            .pool_max_idle_per_host(config.slots)
            .http1_only()
            .build()?;
        let key = config.key.clone().unwrap_or_else(|| SecretString::from(String::new()));
        let openai = OpenAIConfig::new()
            .with_api_base(config.url.trim_end_matches('/'))
            .with_api_key(key.expose_secret());
        let provider = shown(config.url.trim_end_matches('/'));
        let policy = RetryPolicy {
            attempts_max: config.attempts_max,
            retry_after_max: Duration::from_millis(config.retry_after_max_ms),
            retry_500: true,
        };
        let client = |policy| {
            let transport = Transport::new(http.clone(), provider.clone(), policy, clock.clone());
            Client::build(http.clone(), openai.clone()).with_http_service(transport)
        };
        Ok(Self {
            client: client(policy),
            probe: client(RetryPolicy { retry_500: false, ..policy }),
            slots: LaneSlots::new(config.slots, lane_floors),
            structured: OnceCell::new_with(Structured::named(&config.structured)),
            provider,
            config: config.clone(),
        })
    }

    /// Changes how many calls may be in flight, and the floors of the lanes.
    pub fn resize(&self, slots: usize, lane_floors: &BTreeMap<Lane, f64>) {
        self.slots.resize(slots, lane_floors);
    }

    /// The server's address, without credentials.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// What a call costs by the price table.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> f64 {
        self.config.cost(usage)
    }

    /// Waits for one of the slots that calls are made in.
    pub async fn slot(&self, lane: Lane) -> Slot {
        self.slots.acquire(lane).await
    }

    /// One call, for whoever holds a slot. `previous` is an earlier answer with the complaint about it.
    pub(super) async fn call(
        &self,
        brief: &Brief,
        facts: &str,
        previous: Option<&(String, String)>,
    ) -> Result<Reply, GenerateError> {
        let structured = *self.structured.get_or_try_init(|| self.negotiate()).await?;
        let system = if structured.schema_in_prompt() { &brief.system_with_schema } else { &brief.system };
        let mut messages =
            vec![Message { role: "system", content: system }, Message { role: "user", content: facts }];
        if let Some((answer, complaint)) = previous {
            if !answer.is_empty() {
                messages.push(Message { role: "assistant", content: answer });
            }
            messages.push(Message { role: "user", content: complaint });
        }
        let format = structured.response_format(&brief.schema);
        self.complete(&self.client, &messages, format, self.config.output_tokens_max).await
    }

    async fn complete(
        &self,
        client: &Client<OpenAIConfig>,
        messages: &[Message<'_>],
        response_format: Option<ResponseFormat<'_>>,
        output_tokens_max: u32,
    ) -> Result<Reply, GenerateError> {
        let request = Request { config: &self.config, messages, response_format, output_tokens_max };
        let completion: Completion =
            client.chat().create_byot(&request).await.map_err(|error| self.error(error))?;
        let usage = completion.usage.map(|usage| usage.usage()).unwrap_or_default();
        let model = completion.model.unwrap_or_else(|| self.config.name.clone());
        let choice = completion.choices.into_iter().next();
        let (message, finish_reason) =
            choice.map(|choice| (choice.message, choice.finish_reason)).unwrap_or_default();
        let text = message.content.unwrap_or_default();
        Ok(Reply { text, finish_reason, refusal: message.refusal, model, usage })
    }

    fn error(&self, error: OpenAIError) -> GenerateError {
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

    /// Finds the best way to ask for structured output that the server understands.
    async fn negotiate(&self) -> Result<Structured, GenerateError> {
        Ok(self.probe_structured().await?.0)
    }

    async fn probe_structured(&self) -> Result<(Structured, Usage), GenerateError> {
        let schema = r#"{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"],"additionalProperties":false}"#;
        let schema: Box<RawValue> = serde_json::from_str(schema).map_err(|error| {
            GenerateError::Rejected { provider: self.provider.clone(), reason: error.to_string() }
        })?;
        let messages = [
            Message {
                role: "system",
                content: "Answer with a JSON object that has the one key \"ok\", a boolean.",
            },
            Message { role: "user", content: "Are you ready? Answer {\"ok\": true}." },
        ];
        let mut last = None;
        for way in Structured::ALL {
            let format = way.response_format(&schema);
            match self.complete(&self.probe, &messages, format, PROBE_TOKENS).await {
                Ok(reply) => {
                    let parsed: Option<serde_json::Value> = serde_json::from_str(reply.text.trim()).ok();
                    let obeyed = parsed
                        .is_some_and(|value| value.get("ok").is_some_and(serde_json::Value::is_boolean));
                    // A reasoning model may spend the whole cap on thinking: the server took the request, that counts.
                    let cut =
                        reply.finish_reason.as_deref() == Some("length") && way == Structured::JsonSchema;
                    if obeyed || cut || way == Structured::Prompt {
                        tracing::debug!(model.provider = %self.provider, model.structured = way.as_str(), "structured output is negotiated");
                        return Ok((way, reply.usage));
                    }
                }
                // A server that refuses the account or cannot be reached refuses every way alike.
                Err(error @ GenerateError::Account { .. }) => return Err(error),
                Err(error @ GenerateError::Unavailable { status, .. })
                    if !matches!(status, Some(500 | 501)) =>
                {
                    return Err(error);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| GenerateError::Rejected {
            provider: self.provider.clone(),
            reason: "no way of structured output works".to_owned(),
        }))
    }

    async fn list(&self) -> Result<serde_json::Value, GenerateError> {
        let listed: Result<serde_json::Value, OpenAIError> = self.probe.models().list_byot().await;
        listed.map_err(|error| self.error(error))
    }

    /// Whether the server answers at all; costs no tokens.
    ///
    /// # Errors
    /// When it cannot be reached or turns the key away.
    pub async fn reachable(&self) -> Result<(), GenerateError> {
        match self.list().await {
            // Some servers list no models, and one that asks for fewer calls is there.
            Ok(_)
            | Err(GenerateError::Rejected { .. } | GenerateError::Unavailable { status: Some(429), .. }) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Asks the server for its models, and for one tiny completion in each way of structured output.
    ///
    /// # Errors
    /// When it cannot be reached, turns the key away, or answers unusably.
    pub async fn examine(&self) -> Result<ModelReport, GenerateError> {
        let models = match self.list().await {
            Ok(list) => list
                .get("data")
                .and_then(serde_json::Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|model| {
                    model.get("id").and_then(serde_json::Value::as_str).map(ToOwned::to_owned)
                })
                .collect(),
            // Some servers list no models; what counts is the completion.
            Err(GenerateError::Rejected { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let (structured, usage) = self.probe_structured().await?;
        Ok(ModelReport { models, structured, usage })
    }
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

/// The request's body; written by hand because the cap's name is a setting.
struct Request<'a> {
    config: &'a ModelConfig,
    messages: &'a [Message<'a>],
    response_format: Option<ResponseFormat<'a>>,
    output_tokens_max: u32,
}

impl Serialize for Request<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", &self.config.name)?;
        map.serialize_entry("messages", self.messages)?;
        if let Some(format) = &self.response_format {
            map.serialize_entry("response_format", format)?;
        }
        if self.config.output_tokens_max > 0 && self.output_tokens_max > 0 {
            map.serialize_entry(&self.config.output_tokens_field, &self.output_tokens_max)?;
        }
        if self.config.temperature >= 0.0 {
            map.serialize_entry("temperature", &self.config.temperature)?;
        }
        map.end()
    }
}
