//! One call of a model: the request in the way that the server understands, its answer, and what both took.

use std::sync::Arc;
use std::time::Instant;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;

use super::Model;
use crate::generate::answer::{Completion, Reply};
use crate::generate::call::Call;
use crate::generate::completion::{CompletionMessage, CompletionRequest};
use crate::generate::error::GenerateError;
use crate::generate::permit::CallPermit;
use crate::generate::request::WriteRequest;
use crate::generate::structured::CompletionFormat;
use crate::limits::breaker::{BreakerPermit, ServerHealth};
use crate::limits::quota::AttemptResult;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;

impl Model {
    /// One call; its answer's tokens are capped.
    pub(in crate::generate) async fn call(
        &self,
        permit: CallPermit,
        request: &WriteRequest<'_>,
        cap: u32,
    ) -> Result<Reply, GenerateError> {
        let CallPermit { slot, reservation, breaker, .. } = permit;
        let structured = match self.structured.get_or_try_init(|| self.negotiate()).await {
            Ok(structured) => *structured,
            Err(error) => return Err(failed(breaker, error)),
        };
        let WriteRequest { brief, facts, previous, .. } = request;
        let system = if structured.schema_in_prompt() { &brief.system_with_schema } else { &brief.system };
        let mut messages = vec![
            CompletionMessage { role: "system", content: system },
            CompletionMessage { role: "user", content: facts },
        ];
        if let Some((answer, complaint)) = previous {
            if !answer.is_empty() {
                messages.push(CompletionMessage { role: "assistant", content: answer });
            }
            messages.push(CompletionMessage { role: "user", content: complaint });
        }
        let call = Call::new(&self.quota, reservation);
        let format = structured.response_format(&brief.schema);
        let result = self.complete(&self.client, &messages, format, cap, &call).await;
        drop(slot);
        match result {
            Ok(reply) => {
                breaker.report(ServerHealth::Good);
                Ok(reply)
            }
            Err(error) => Err(failed(breaker, error)),
        }
    }

    /// One completion, with its attempts; corrects the quota by what it took.
    pub(in crate::generate) async fn complete(
        &self,
        client: &Client<OpenAIConfig>,
        messages: &[CompletionMessage<'_>],
        response_format: Option<CompletionFormat<'_>>,
        output_tokens_max: u32,
        call: &Arc<Call>,
    ) -> Result<Reply, GenerateError> {
        let started = Instant::now();
        let request =
            CompletionRequest { config: &self.config, messages, response_format, output_tokens_max };
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
                call.settle(&AttemptResult::Failed).await;
                return Err(self.error(error));
            }
        };
        let usage = completion.usage.map(|usage| usage.usage()).unwrap_or_default();
        let model = completion.model.unwrap_or_else(|| self.config.name.clone());
        let cost = self.cost(&usage);
        call.settle(&AttemptResult::Answered { usage, cost, model: model.clone() }).await;
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

    pub(in crate::generate) fn error(&self, error: OpenAIError) -> GenerateError {
        let reason = match error {
            OpenAIError::Boxed(inner) => match inner.downcast::<GenerateError>() {
                Ok(error) => return *error,
                Err(other) => other.to_string(),
            },
            OpenAIError::JSONDeserialize(error, _) => format!("its answer is no chat completion: {error}"),
            other => other.to_string(),
        };
        GenerateError::Unavailable { provider: self.provider.clone(), reason, status: None, after: None }
    }
}

/// Reports a failed call to the breaker; gives the error as it is to be taken.
fn failed(breaker: BreakerPermit, error: GenerateError) -> GenerateError {
    if breaker.report(error.health()) { error } else { error.of_the_message() }
}
