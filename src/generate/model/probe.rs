//! Finding out what a model server can do: its models, and how it wants structured output to be asked for.

use std::sync::PoisonError;

use async_openai::error::OpenAIError;
use serde_json::value::RawValue;

use super::Model;
use crate::config::server::ChosenProfile;
use crate::generate::answer::{self, Reply};
use crate::generate::call::Call;
use crate::generate::completion::Question;
use crate::generate::error::GenerateError;
use crate::generate::form::{Adaptation, RequestForm};
use crate::generate::structured::Structured;
use crate::lane::Lane;
use crate::limits::quota::QuotaRequest;
use crate::limits::spend::Billing;
use skuscribe_check::content::Usage;

/// Tokens that a probe's answer may have; reasoning models spend some before they answer.
const PROBE_TOKENS: u32 = 512;

/// What a probe's prompt and schema take, roughly.
const PROBE_PROMPT_TOKENS: u64 = 100;
/// The question of a probe. It does not name the key that the schema asks for: who ignores the schema gives it away.
const PROBE_SYSTEM: &str = "Answer with a JSON object and nothing else.";
const PROBE_USER: &str = "Are you ready? Answer with a JSON object.";
const PROBE_SCHEMA: &str = r#"{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"],"additionalProperties":false}"#;

/// What `doctor` found out about a server.
#[derive(Debug)]
pub struct ModelReport {
    /// Models that the server lists; empty where it lists none.
    pub models: Vec<String>,
    /// How it wants structured output to be asked for.
    pub structured: Structured,
    /// What it refuses of the usual request.
    pub adapted: Vec<String>,
    /// The settings that make that last.
    pub settings: Vec<String>,
    /// Tokens of the probe.
    pub usage: Usage,
}

impl Model {
    /// Finds the best way to ask for structured output that the server understands, and all else that it refuses of a tiny
    /// request; remembers both.
    pub(super) async fn probe_form(&self) -> Result<Usage, GenerateError> {
        let mut usage = Usage::default();
        loop {
            let (reply, signs) = self.ask_smallest().await?;
            usage += reply.usage;
            if self.profile().is_none()
                && let Some(chosen) = self.shown_profile(&signs)
            {
                self.take_profile(chosen);
            }
            let way = self.form.current().way();
            // A reasoning model may spend the whole cap on thinking: the server took the request, that counts.
            let is_silent = reply.finish_reason.as_deref() == Some("length") || reply.text.trim().is_empty();
            if way == Structured::Prompt || is_silent || answer::says(&reply, "ok") {
                tracing::debug!(model.provider = %self.provider(), model.structured = way.as_str(), "how the model server wants to be asked is known");
                self.remember().await;
                return Ok(usage);
            }
            // It was accepted and ignored.
            self.form.learn(&[Adaptation::NotStructured(way)]);
        }
    }

    /// One tiny request, in the form as it is; gives its answer and what that looks like.
    pub(super) async fn ask_smallest(&self) -> Result<(Reply, String), GenerateError> {
        let schema: Box<RawValue> = serde_json::from_str(PROBE_SCHEMA).map_err(|error| {
            GenerateError::Rejected { provider: self.provider().to_owned(), reason: error.to_string() }
        })?;
        let system_with_schema = format!("{PROBE_SYSTEM} It must match this JSON Schema:\n{PROBE_SCHEMA}");
        // A probe takes its place in the quota, as every call does.
        let billing = Billing::new(Lane::Updates, None);
        let cap = PROBE_TOKENS.saturating_add(self.config.thinking_tokens);
        let expected =
            Usage { input_tokens: PROBE_PROMPT_TOKENS, output_tokens: u64::from(cap), ..Usage::default() };
        let cost = self.cost(&expected);
        let tokens = u64::from(cap);
        let quota_request = QuotaRequest { billing, tokens, usage: expected, cost, most: cost };
        let reservation = self.quota.reserve(&quota_request).await.map_err(GenerateError::Quota)?;
        let call = Call::probe(&self.quota, reservation);
        let question = Question {
            system: PROBE_SYSTEM,
            system_with_schema: &system_with_schema,
            user: PROBE_USER,
            previous: None,
            schema: &schema,
            cap,
            prompt_tokens: 0,
        };
        let reply = self.ask(&self.probe, &question, &call).await?;
        Ok((reply, call.signs()))
    }

    /// The profile whose signs an answer shows, where settings leave the choice open.
    fn shown_profile(&self, seen: &str) -> Option<ChosenProfile> {
        (self.config.server == "auto").then(|| self.profiles.of_answer(seen))?
    }

    /// Goes on from a profile, with what was learnt.
    pub(super) fn take_profile(&self, chosen: ChosenProfile) {
        self.form.begin_from(RequestForm::start(&self.config, Some(&chosen.profile)));
        *self.profile.lock().unwrap_or_else(PoisonError::into_inner) = Some(chosen);
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
        self.recall().await;
        let models = match self.list().await {
            Ok(list) => self
                .seen(list)
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
        let usage = self.probe_form().await.map_err(GenerateError::of_every_request)?;
        let (structured, learnt) = (self.form.current().way(), self.form.learnt());
        Ok(ModelReport {
            models,
            structured,
            adapted: self.adapted(),
            settings: self.lasting(&learnt),
            usage,
        })
    }

    /// Looks at a list of models for signs of the server.
    fn seen(&self, list: serde_json::Value) -> serde_json::Value {
        if self.profile().is_none()
            && let Some(chosen) = self.shown_profile(&list.to_string().to_lowercase())
        {
            self.take_profile(chosen);
        }
        list
    }
}
