//! The service's state: who may ask, how many at once, and what was said before.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::asker::Asker;
use super::super::request::ShopperQuestion;
use super::super::wire::{Answer, AnswerRequest};
use super::clients::Clients;
use super::error::ServiceError;
use super::health::StoreState;
use super::sessions::Sessions;
use crate::clock::Clock;
use crate::config::answers::AnswersConfig;
use crate::http::client::Client;

/// The service.
#[derive(Debug)]
pub struct Service {
    pub(super) asker: Asker,
    pub(super) config: AnswersConfig,
    pub(super) clients: Clients,
    pub(super) store_state: StoreState,
    pub(super) clock: Clock,
    sessions: Sessions,
    requests: Arc<Semaphore>,
}

impl Service {
    /// A service over an asker, with empty sessions and fresh limits.
    ///
    /// # Errors
    /// When the settings by which clients are told apart cannot be.
    pub fn new(asker: Asker, config: &AnswersConfig, clock: Clock) -> anyhow::Result<Self> {
        Ok(Self {
            asker,
            clients: Clients::new(config)?,
            sessions: Sessions::new(),
            requests: Arc::new(Semaphore::new(config.requests_max)),
            config: config.clone(),
            store_state: StoreState::default(),
            clock,
        })
    }

    /// Lets a client ask; before anything of its request is read.
    pub(super) fn limit(&self, client: &Client) -> Result<(), ServiceError> {
        self.clients.admit(client).map_err(|wait_s| {
            metrics::counter!("skuscribe_answers_limited_total").increment(1);
            let message = format!("too many questions; ask again in {wait_s} s");
            ServiceError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit", message).retry_after(wait_s)
        })
    }

    /// The question of a client's request that is within its limits, with a permit to answer it.
    pub(super) fn admit(
        &self,
        request: &AnswerRequest,
        client: Client,
    ) -> Result<(ShopperQuestion, OwnedSemaphorePermit), ServiceError> {
        let question = request.within().map_err(|error| ServiceError::invalid(&error.to_string()))?;
        let question = ShopperQuestion { client: Some(client), ..question };
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
        let (id, earlier) = self.sessions.open(session, asked);
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
