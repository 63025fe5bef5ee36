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
use reqwest::StatusCode;
use tower::Service;

use super::answer::{BodyProblem, canonical};
use super::call::Call;
use super::error::GenerateError;
use super::retry_after::retry_after;
use crate::clock::Clock;
use crate::delays::Delays;
use crate::limits::quota::{AttemptResult, Load, RateHeaders};

/// Largest answer that is read.
const BODY_BYTES_MAX: usize = 8 << 20;

/// Longest `Retry-After` that is waited out in place: the delivery is held meanwhile; a longer one sends the message
/// through a delay queue.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(15);

/// Sends requests with retries. Cloned for every call, so everything is shared.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    shared: Arc<TransportShared>,
}

#[derive(Debug)]
struct TransportShared {
    http: reqwest::Client,
    provider: String,
    policy: RetryPolicy,
    clock: Clock,
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
    pub(super) fn new(http: reqwest::Client, provider: String, policy: RetryPolicy, clock: Clock) -> Self {
        Self { shared: Arc::new(TransportShared { http, provider, policy, clock }) }
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

/// One attempt that did not succeed.
struct FailedAttempt {
    error: GenerateError,
    retry: bool,
    after: Option<Duration>,
    /// What it took of the quota.
    spent: AttemptResult,
    /// What it says about the server's load.
    load: Option<Load>,
    said: RateHeaders,
}

impl FailedAttempt {
    /// One that is for good and says nothing about the server.
    fn rejected(error: GenerateError, spent: AttemptResult) -> Self {
        Self { error, retry: false, after: None, spent, load: None, said: RateHeaders::default() }
    }
}

impl TransportShared {
    async fn send(&self, factory: &HttpRequestFactory) -> Result<reqwest::Response, GenerateError> {
        let mut delays = Delays::new(Duration::from_millis(250), Duration::from_secs(8));
        let mut attempt = 1;
        loop {
            let failed = match self.within_quota(factory).await? {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            let wait = failed.after.unwrap_or_else(|| delays.next_delay());
            if !failed.retry || attempt >= self.policy.attempts_max || wait > RETRY_AFTER_MAX {
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
        let status = response.status();
        let headers = response.headers().clone();
        let body = self.read(response).await?;
        Call::note(status.as_u16(), &headers, &body);
        let after = retry_after(&headers, self.clock.now());
        let failed = if status.is_success() {
            match canonical(body, Call::current().is_some()) {
                Ok(body) => {
                    let mut whole = axum::http::Response::new(body);
                    *whole.headers_mut() = headers;
                    return Ok(reqwest::Response::from(whole));
                }
                Err(problem) => self.unusable(problem, after),
            }
        } else {
            self.refused(status, &body, after)
        };
        Err(FailedAttempt { said: RateHeaders::read(&headers), ..failed })
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Vec<u8>, FailedAttempt> {
        let mut body = Vec::with_capacity(response.content_length().unwrap_or(4096).min(1 << 20) as usize);
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                let reason = format!("its answer is larger than {BODY_BYTES_MAX} bytes");
                let error = GenerateError::Rejected { provider: self.provider.clone(), reason };
                return Err(FailedAttempt::rejected(error, AttemptResult::Untold));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// A 200 that is an error is that error; one that cannot be read is as a connection that broke.
    fn unusable(&self, problem: BodyProblem, after: Option<Duration>) -> FailedAttempt {
        match problem {
            BodyProblem::Error { status, error } => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                self.refused(status, &error, after)
            }
            BodyProblem::Unreadable(reason) => FailedAttempt {
                error: GenerateError::Unavailable {
                    provider: self.provider.clone(),
                    reason,
                    status: None,
                    after,
                },
                retry: true,
                after,
                spent: AttemptResult::Failed,
                load: None,
                said: RateHeaders::default(),
            },
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> FailedAttempt {
        let what = if error.is_timeout() {
            "time-out"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        };
        let error_is_before_sending = error.is_connect();
        // A connection that breaks says less about the load than a time-out.
        let overload = error.is_timeout().then_some(Load::Failed);
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause.and_then(std::error::Error::source) {
            cause = Some(inner);
        }
        let reason = cause.map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}"));
        let error =
            GenerateError::Unavailable { provider: self.provider.clone(), reason, status: None, after: None };
        let (spent, load) = if error_is_before_sending {
            (AttemptResult::Unreached, None)
        } else {
            (AttemptResult::Untold, overload)
        };
        FailedAttempt { error, retry: true, after: None, spent, load, said: RateHeaders::default() }
    }

    fn refused(&self, status: StatusCode, body: &[u8], after: Option<Duration>) -> FailedAttempt {
        let (code, message) = describe(body);
        let reason = format!("{status}: {message}");
        let provider = self.provider.clone();
        if status.as_u16() == 401 || matches!(code.as_str(), "insufficient_quota" | "model_not_found") {
            return FailedAttempt::rejected(
                GenerateError::Account { provider, reason },
                AttemptResult::Refused,
            );
        }
        // A 403 may be about the account, or about what one request says (some gateways moderate): it is not tried again
        // in place, uses up an attempt of its message, and only several in a row open the circuit breaker.
        let forbidden = status.as_u16() == 403;
        let passing = forbidden || matches!(status.as_u16(), 408 | 409 | 429) || status.is_server_error();
        if !passing {
            return FailedAttempt::rejected(
                GenerateError::Rejected { provider, reason },
                AttemptResult::Failed,
            );
        }
        let retry = !forbidden
            && !Call::is_refused_for_its_form()
            && (self.policy.retry_500 || !matches!(status.as_u16(), 500 | 501));
        FailedAttempt {
            error: GenerateError::Unavailable { provider, reason, status: Some(status.as_u16()), after },
            retry,
            after,
            spent: match status.as_u16() {
                429 => AttemptResult::Refused,
                // Somebody waited for the model no longer: it may have worked all the same.
                408 | 504 | 524 => AttemptResult::Untold,
                _ => AttemptResult::Failed,
            },
            load: match status.as_u16() {
                429 => Some(Load::Refused),
                500.. => Some(Load::Failed),
                _ => None,
            },
            said: RateHeaders::default(),
        }
    }
}

/// Code and message of an error body: `OpenAI`'s object, a string, FastAPI's `detail`, or plain text.
fn describe(body: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(body);
    let parsed: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let error = parsed.as_ref().map(|value| value.get("error").unwrap_or(value));
    let field = |name: &str| {
        error
            .and_then(|error| error.get(name))
            .map(|value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
    };
    let message = error
        .and_then(serde_json::Value::as_str)
        .map(ToOwned::to_owned)
        .or_else(|| field("message"))
        .or_else(|| field("detail"))
        .unwrap_or_else(|| text.into_owned());
    let code = field("code").or_else(|| field("type")).unwrap_or_default();
    (code, message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_error_body_is_described() {
        for (body, code, message) in [
            (
                r#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#,
                "rate_limit_exceeded",
                "slow down",
            ),
            (r#"{"error":{"message":"slow down","code":429}}"#, "429", "slow down"),
            (r#"{"error":"no such model"}"#, "", "no such model"),
            (r#"{"detail":"Not Found"}"#, "", "Not Found"),
            (r#"{"object":"error","message":"bad","code":40001}"#, "40001", "bad"),
            ("upstream\ntimed out", "", "upstream timed out"),
            ("", "", ""),
        ] {
            assert_eq!(describe(body.as_bytes()), (code.to_owned(), message.to_owned()), "{body}");
        }
    }
}
