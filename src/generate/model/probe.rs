//! Finding out what a model server can do: its models, and how it wants structured output to be asked for.

use async_openai::error::OpenAIError;
use serde_json::value::RawValue;

use super::Model;
use crate::generate::call::Call;
use crate::generate::completion::CompletionMessage;
use crate::generate::error::GenerateError;
use crate::generate::structured::Structured;
use crate::lane::Lane;
use crate::limits::quota::QuotaRequest;
use crate::limits::spend::Billing;
use skuscribe_check::content::Usage;

/// Tokens that a probe's answer may have; reasoning models spend some before they answer.
const PROBE_TOKENS: u32 = 512;

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
    /// Finds the best way to ask for structured output that the server understands.
    pub(super) async fn negotiate(&self) -> Result<Structured, GenerateError> {
        Ok(self.probe_structured().await?.0)
    }

    async fn probe_structured(&self) -> Result<(Structured, Usage), GenerateError> {
        let schema = r#"{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"],"additionalProperties":false}"#;
        let schema: Box<RawValue> = serde_json::from_str(schema).map_err(|error| {
            GenerateError::Rejected { provider: self.provider().to_owned(), reason: error.to_string() }
        })?;
        let messages = [
            CompletionMessage {
                role: "system",
                content: "Answer with a JSON object that has the one key \"ok\", a boolean.",
            },
            CompletionMessage { role: "user", content: "Are you ready? Answer {\"ok\": true}." },
        ];
        let mut last = None;
        for way in Structured::ALL {
            // A probe takes its place in the quota, as every call does.
            let billing = Billing { lane: Lane::Updates, job: None };
            let quota_request = QuotaRequest { billing, tokens: u64::from(PROBE_TOKENS), cost: 0 };
            let reservation = self.quota.reserve(&quota_request).await.map_err(GenerateError::Quota)?;
            let call = Call::new(&self.quota, reservation);
            let format = way.response_format(&schema);
            match self.complete(&self.probe, &messages, format, PROBE_TOKENS, &call).await {
                Ok(reply) => {
                    let parsed: Option<serde_json::Value> = serde_json::from_str(reply.text.trim()).ok();
                    let obeyed = parsed
                        .is_some_and(|value| value.get("ok").is_some_and(serde_json::Value::is_boolean));
                    // A reasoning model may spend the whole cap on thinking: the server took the request, that counts.
                    let cut =
                        reply.finish_reason.as_deref() == Some("length") && way == Structured::JsonSchema;
                    if obeyed || cut || way == Structured::Prompt {
                        tracing::debug!(model.provider = %self.provider(), model.structured = way.as_str(), "structured output is negotiated");
                        return Ok((way, reply.usage));
                    }
                }
                // A server that refuses the account or cannot be reached refuses every way alike.
                Err(error @ (GenerateError::State { .. } | GenerateError::Quota(_))) => return Err(error),
                Err(error @ GenerateError::Unavailable { status, .. })
                    if !matches!(status, Some(500 | 501)) =>
                {
                    return Err(error);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| GenerateError::Rejected {
            provider: self.provider().to_owned(),
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
    /// When it cannot be reached or refuses the key.
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
    /// When it cannot be reached, refuses the key, or answers unusably.
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
