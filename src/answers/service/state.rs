//! The service's state: who may ask, how many at once, and what was said before.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::asker::Asker;
use super::super::request::ShopperQuestion;
use super::super::wire::{Answer, AnswerRequest};
use super::clients::Clients;
use super::error::ServiceError;
use super::sessions::Sessions;
use crate::clock::Clock;
use crate::config::answers::AnswersConfig;

/// The service.
#[derive(Debug)]
pub struct Service {
    pub(super) asker: Asker,
    pub(super) config: AnswersConfig,
    pub(super) clients: Clients,
    pub(super) metrics: Option<PrometheusHandle>,
    pub(super) clock: Clock,
    sessions: Sessions,
    requests: Arc<Semaphore>,
}

impl Service {
    /// A service over an asker, with empty sessions and fresh limits.
    ///
    /// # Errors
    /// When a limit per client is 0.
    pub fn new(
        asker: Asker,
        config: &AnswersConfig,
        metrics: Option<PrometheusHandle>,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            asker,
            clients: Clients::new(config)?,
            sessions: Sessions::new(),
            requests: Arc::new(Semaphore::new(config.requests_max)),
            config: config.clone(),
            metrics,
            clock,
        })
    }

    /// The question of a request that is within the limits of its client, with a permit to answer it.
    pub(super) fn admit(
        &self,
        request: &Result<AnswerRequest, String>,
        client: &str,
    ) -> Result<(ShopperQuestion, OwnedSemaphorePermit), ServiceError> {
        if let Err(wait_s) = self.clients.admit(client) {
            metrics::counter!("skuscribe_answers_limited_total").increment(1);
            let message = format!("too many questions; ask again in {wait_s} s");
            let error = ServiceError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit", message);
            return Err(error.retry_after(wait_s));
        }
        let request = request.as_ref().map_err(|message| ServiceError::invalid(message.clone()))?;
        let question = request.within().map_err(|error| ServiceError::invalid(error.to_string()))?;
        let permit = Arc::clone(&self.requests).try_acquire_owned().map_err(|_| {
            let message = "the service is full; ask again".to_owned();
            ServiceError::new(StatusCode::SERVICE_UNAVAILABLE, "full", message).retry_after(1)
        })?;
        Ok((question, permit))
    }

    /// Answers a question that was admitted; remembers it in its session.
    pub(super) async fn answer(
        &self,
        asked: &ShopperQuestion,
        session: Option<&str>,
    ) -> Result<Answer, ServiceError> {
        let (id, earlier) = self.sessions.open(session, &asked.scope);
        let longest = Duration::from_millis(self.config.timeout_ms);
        let asking = Box::pin(self.asker.ask(asked, &earlier));
        let answer = tokio::time::timeout(longest, asking).await.map_err(|_| {
            let message = format!("no answer within {} ms; ask again", self.config.timeout_ms);
            ServiceError::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message)
        })??;
        self.sessions.add_turn(&id, &asked.text, &answer);
        Ok(Answer { session: Some(id), ..answer })
    }
}
