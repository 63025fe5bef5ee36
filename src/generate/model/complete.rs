//! One call of a model: the request in the way that the server understands, its answer, and what both took.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;

use super::Model;
use crate::generate::answer::{Completion, Reply};
use crate::generate::call::Call;
use crate::generate::completion::CompletionRequest;
use crate::generate::error::GenerateError;
use crate::generate::permit::CallPermit;
use crate::generate::request::WriteRequest;
use crate::limits::breaker::{BreakerPermit, ServerHealth};
use crate::limits::quota::AttemptResult;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;

/// So many refusals in a row are looked into.
const REFUSED_MAX: u32 = 3;

impl Model {
    /// One call; its answer's tokens are capped.
    pub(in crate::generate) async fn call(
        &self,
        permit: CallPermit,
        request: &WriteRequest<'_>,
        cap: u32,
    ) -> Result<Reply, GenerateError> {
        let CallPermit { slot, reservation, breaker, estimate, .. } = permit;
        let call = Call::new(&self.quota, reservation, estimate);
        let result = match self.get_ready().await {
            Ok(()) => {
                let question = self.question(request, cap, estimate).await;
                self.ask(&self.client, &question, &call).await
            }
            Err(error) => Err(error),
        };
        drop(slot);
        match result {
            Ok(reply) => {
                breaker.report(ServerHealth::Good);
                self.refused.store(0, Ordering::Relaxed);
                Ok(reply)
            }
            Err(error) => Err(failed(breaker, self.told_apart(error).await)),
        }
    }

    /// A refusal may be about this message or about all: after some in a row, and where none was answered yet, the smallest
    /// request tells.
    async fn told_apart(&self, error: GenerateError) -> GenerateError {
        if !error.may_mean_all() {
            return error;
        }
        let refused = self.refused.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if refused < REFUSED_MAX && self.form.is_answered() {
            return error;
        }
        match self.ask_smallest().await.map_err(GenerateError::of_every_request) {
            Err(state @ GenerateError::State { .. }) => return state,
            Ok(_) => self.refused.store(0, Ordering::Relaxed),
            Err(_) => {}
        }
        error
    }

    /// One request for a completion, with its attempts; corrects the quota by what it took.
    pub(in crate::generate) async fn complete(
        &self,
        client: &Client<OpenAIConfig>,
        request: &CompletionRequest<'_>,
        call: &Arc<Call>,
    ) -> Result<Reply, GenerateError> {
        let started = Instant::now();
        let completed: Result<Completion, OpenAIError> =
            call.run(async { client.chat().create_byot(request).await }).await;
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
                call.settle(&AttemptResult::Untold).await;
                return Err(self.error(error));
            }
        };
        let Completion { model, text, refusal, finish_reason, usage, thought_chars } = completion;
        let (input, output) = call.estimated(request.prompt_bytes(), text.len() + thought_chars);
        let usage = usage.or_estimated(input, output);
        let model = model.unwrap_or_else(|| self.config.name.clone());
        let cost = self.cost(&usage);
        call.settle(&AttemptResult::Answered { usage, cost, model: model.clone() }).await;
        self.record(&usage, cost);
        let attempts = call.attempts();
        Ok(Reply { text, finish_reason, refusal, thought_chars, model, usage, cost, attempts, latency })
    }

    fn record(&self, usage: &Usage, cost: Nanos) {
        let tokens = |kind: &'static str, count: u64| {
            metrics::counter!("skuscribe_model_tokens_total", "model" => self.label.clone(), "kind" => kind)
                .increment(count);
        };
        tokens("input", usage.input_tokens.saturating_sub(usage.cached_tokens));
        tokens("cached", usage.cached_tokens);
        tokens("output", usage.output_tokens.saturating_sub(usage.reasoning_tokens));
        tokens("reasoning", usage.reasoning_tokens);
        metrics::counter!("skuscribe_model_tokens_estimated_total", "model" => self.label.clone())
            .increment(usage.estimated_tokens);
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
