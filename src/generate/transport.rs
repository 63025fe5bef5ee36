//! The HTTP layer under `async-openai`: sees each attempt, its status and headers, and decides the retry.
//!
//! It reads the body to its end, so that a body cut on the way is retried as well, and turns every error
//! into one of ours: the client's own parser loses the status where a server's error is not in `OpenAI`'s shape.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use tower::Service;

use super::answer::{BodyProblem, canonical};
use super::call::Call;
use super::error::GenerateError;
use super::failed_attempt::FailedAttempt;
use super::quote::Quote;
use super::received::{self, BODY_BYTES_MAX, ReadError};
use super::refusal::{Refusal, is_page, start};
use crate::clock::Clock;
use crate::delays::Delays;
use crate::limits::quota::{AttemptResult, Load, RateHeaders};

/// Longest wait that is waited out in place: the delivery is held meanwhile; a longer one sends the message
/// through a delay queue.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(15);
/// Most attempts in place that the server may have worked on without saying so: each may cost what an answer costs.
const UNTOLD_MAX: u32 = 2;

/// Sends requests with retries. Cloned for every call, so everything is shared.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    shared: Arc<TransportShared>,
}

#[derive(Debug)]
pub(super) struct TransportShared {
    http: reqwest::Client,
    pub(super) provider: String,
    pub(super) quote: Quote,
    pub(super) policy: RetryPolicy,
    pub(super) clock: Clock,
}

/// When an attempt is repeated in place.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetryPolicy {
    /// Attempts, the first included.
    pub(super) attempts_max: u32,
    /// Whether a plain 500 is repeated; not while probing, where it says "I can't do that".
    pub(super) retry_500: bool,
}

impl Transport {
    pub(super) fn new(
        http: reqwest::Client,
        provider: String,
        quote: Quote,
        policy: RetryPolicy,
        clock: Clock,
    ) -> Self {
        Self { shared: Arc::new(TransportShared { http, provider, quote, policy, clock }) }
    }
}

impl Service<HttpRequestFactory> for Transport {
    type Response = reqwest::Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<reqwest::Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(
            async move { shared.send(&factory).await.map_err(|error| OpenAIError::Boxed(Box::new(error))) },
        )
    }
}

impl TransportShared {
    async fn send(&self, factory: &HttpRequestFactory) -> Result<reqwest::Response, GenerateError> {
        let mut delays = Delays::new(Duration::from_millis(250), Duration::from_secs(8));
        let (mut attempt, mut untold) = (1, 0);
        loop {
            let failed = match self.within_quota(factory).await? {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            // Never less than the server asks for; a wait of nothing must not become a flood.
            let wait = delays.next_delay().max(failed.after.unwrap_or_default());
            untold += u32::from(failed.spent == AttemptResult::Untold);
            if untold >= UNTOLD_MAX
                || !failed.retry
                || attempt >= self.policy.attempts_max
                || wait > RETRY_AFTER_MAX
            {
                return Err(failed.error);
            }
            tracing::debug!(attempt, wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), error = %failed.error, "the model call is tried again");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// One attempt in its place in the quota; the outer error is that there is none.
    async fn within_quota(
        &self,
        factory: &HttpRequestFactory,
    ) -> Result<Result<reqwest::Response, FailedAttempt>, GenerateError> {
        let Some(call) = Call::current() else { return Ok(self.attempt(factory).await) };
        let mut reservation = call.reserve().await.map_err(GenerateError::Quota)?;
        let in_flight = call.quota().begin();
        let result = reservation.send(self.attempt(factory)).await;
        let status = match &result {
            Ok(response) => {
                in_flight.end(Some(Load::Answered));
                call.answered(reservation);
                call.heard(&RateHeaders::read(response.headers()), false, None).await;
                "answered"
            }
            Err(failed) => {
                // A refusal of a server with known limits is about those, not about calls in flight.
                let about_rates = failed.load == Some(Load::Refused) && call.is_rate_limited();
                in_flight.end(failed.load.filter(|_| !about_rates));
                reservation.settle(&failed.spent).await;
                let refused = failed.spent == AttemptResult::Refused;
                call.heard(&failed.said, refused, failed.after).await;
                match failed.spent {
                    AttemptResult::Refused => "refused",
                    AttemptResult::Unreached => "unreached",
                    AttemptResult::Failed | AttemptResult::Untold | AttemptResult::Answered { .. } => {
                        "failed"
                    }
                }
            }
        };
        metrics::counter!("skuscribe_model_attempts_total", "provider" => self.provider.clone(), "result" => status)
            .increment(1);
        Ok(result)
    }

    async fn attempt(&self, factory: &HttpRequestFactory) -> Result<reqwest::Response, FailedAttempt> {
        let request = factory.build().await.map_err(|error| {
            let reason = error.to_string();
            let error = GenerateError::Rejected { provider: self.provider.clone(), reason };
            FailedAttempt::rejected(error, AttemptResult::Unreached)
        })?;
        let response = self.http.execute(request).await.map_err(|error| self.unreachable(&error))?;
        let (mut status, headers) = (response.status(), response.headers().clone());
        // What is asked for besides completions may be missing: many servers list no models.
        let completion = Call::current().is_some();
        let body = self.read(response, completion).await?;
        let refusal = if status.is_success() {
            let page = completion && is_page(&headers, &start(&body));
            match canonical(body, completion) {
                Ok(body) => {
                    Call::note(status.as_u16(), &headers, &body);
                    let mut whole = axum::http::Response::new(self.quote.scrub(body));
                    *whole.headers_mut() = headers;
                    return Ok(reqwest::Response::from(whole));
                }
                Err(BodyProblem::Error { status: named, error }) => {
                    Call::note(named, &headers, &error);
                    status = reqwest::StatusCode::from_u16(named).unwrap_or(status);
                    Refusal::inside(status, &headers, &error)
                }
                Err(BodyProblem::Unreadable(reason)) => Refusal::unreadable(page, reason),
            }
        } else {
            Call::note(status.as_u16(), &headers, &body);
            Refusal::read(status, &headers, &body)
        };
        let failed = self.refused(refusal, status, &headers, completion);
        Err(FailedAttempt { said: RateHeaders::read(&headers), ..failed })
    }

    async fn read(&self, response: reqwest::Response, completion: bool) -> Result<Vec<u8>, FailedAttempt> {
        received::read(response, completion).await.map_err(|error| match error {
            ReadError::Broken(error) => self.unreachable(&error),
            ReadError::TooLarge => {
                let reason = format!("its answer is larger than {BODY_BYTES_MAX} bytes");
                let error = GenerateError::Rejected { provider: self.provider.clone(), reason };
                FailedAttempt::rejected(error, AttemptResult::Untold)
            }
        })
    }
}
