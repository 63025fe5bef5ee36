//! Starting jobs: the job is written down, then its messages are published, each confirmed.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::{JobError, SendError};
use super::{Job, JobState, Selected, change, checked_note, create, message_id, read, tally};
use crate::broker::{Link, OutgoingMessage, Publisher};
use crate::config::broker::BrokerConfig;
use crate::feed::{Feed, head};
use crate::lane::Lane;
use crate::store::{ContentStore, SetAside};
use skuscribe_check::product::{Digest, Locale, Sku};

/// Told how many messages are confirmed.
pub type Confirmed<'a> = &'a mut (dyn FnMut(u64) + Send);

/// What a person asks for.
#[derive(Clone, Debug)]
pub struct JobRequest {
    /// Who asks.
    pub by: String,
    /// The selection, as it was typed.
    pub selection: String,
    /// The recipes; empty for those of each document.
    pub recipes: Vec<String>,
    /// Whether texts are written again although nothing changed.
    pub force: bool,
    /// What the writer is told.
    pub note: Option<String>,
}

impl Job {
    /// A job that runs from now on, with nothing published yet.
    ///
    /// # Errors
    /// When the note is refused.
    pub fn new(
        id: String,
        request: JobRequest,
        counts: (u64, u64),
        now: Timestamp,
    ) -> Result<Self, JobError> {
        let (messages, tasks) = counts;
        Ok(Self {
            schema: "job.v1".to_owned(),
            id,
            note: request.note.as_deref().map(checked_note).transpose()?,
            by: request.by,
            selection: request.selection,
            recipes: request.recipes,
            force: request.force,
            state: JobState::Running,
            state_by: None,
            state_at: None,
            created_at: now,
            messages,
            tasks,
            published: 0,
            feed_after: 0,
            rounds: 0,
        })
    }

    /// The message of this job, in its round, about a product.
    fn message(&self, sku: &Sku, locales: &[impl serde::Serialize], now: Timestamp) -> (String, Value) {
        let id = message_id(&self.id, self.rounds, sku.as_str());
        let body = json!({
            "id": id, "type": "content.requested", "occurred_at": now.to_string(), "product": { "sku": sku },
            "locales": locales, "recipes": self.recipes, "job": self.id, "force": self.force
        });
        (id, body)
    }
}

/// Starts a job over products that were selected; gives it as it is stored then.
///
/// # Errors
/// When the note is refused, or broker or store do not answer: then it says what is done already.
pub async fn start(
    broker: &BrokerConfig,
    store: &Arc<dyn ContentStore>,
    request: JobRequest,
    chosen: &[Selected],
    now: Timestamp,
    confirmed: Confirmed<'_>,
) -> Result<Job, JobError> {
    let digest =
        Digest::of(&[request.selection.as_bytes(), request.by.as_bytes(), now.to_string().as_bytes()]);
    let id = format!("{}-{}", now.strftime("%Y%m%d-%H%M%S"), digest.to_string().get(..6).unwrap_or_default());
    let tasks = chosen.iter().map(|product| product.locales.len() as u64).sum();
    let job = Job::new(id, request, (chosen.len() as u64, tasks), now)?;
    let messages = chosen
        .iter()
        .map(|selected| job.message(&selected.snapshot.product.sku, &selected.locales, job.created_at));
    let messages = messages.collect();
    publish(broker, store, job, messages, confirmed).await
}

/// Writes a job down and publishes its messages; gives it as it is stored then.
///
/// # Errors
/// When broker or store do not answer: then it says what is done already.
pub async fn publish(
    broker: &BrokerConfig,
    store: &Arc<dyn ContentStore>,
    mut job: Job,
    messages: Vec<(String, Value)>,
    confirmed: Confirmed<'_>,
) -> Result<Job, JobError> {
    let publisher = ready(broker, store, "skuscribe-jobs").await?;
    job.feed_after = head(&**store, 0).await?;
    if !create(&**store, &job).await? {
        return Err(JobError::Exists { id: job.id });
    }
    let sent = send_all(&publisher, broker.publish_channels, messages, confirmed).await;
    publisher.close().await;
    let sent = sent.map_err(|(confirmed, source)| JobError::Unfinished {
        remedy: format!("end it with `skuscribe jobs cancel {}` and ask again", job.id),
        id: job.id.clone(),
        confirmed,
        messages: job.messages,
        source: Box::new(source),
    })?;
    let stored = change(&**store, &job.id, |job| job.published = sent).await?;
    Ok(stored.unwrap_or(job))
}

/// Asks again for what failed of a job; gives the tasks and the messages.
///
/// # Errors
/// When there is no such job, it is cancelled, or broker or store do not answer.
pub async fn retry_failed(
    broker: &BrokerConfig,
    store: &Arc<dyn ContentStore>,
    id: &str,
    now: Timestamp,
    aside: &SetAside,
    confirmed: Confirmed<'_>,
) -> Result<(u64, u64), JobError> {
    let unknown = || JobError::Unknown { id: id.to_owned() };
    let (before, _) = read(&**store, id).await?.ok_or_else(unknown)?;
    if before.state == JobState::Cancelled {
        let (is, wanted) = (before.state, JobState::Running);
        return Err(JobError::State { id: id.to_owned(), is, wanted });
    }
    let failed = tally(&**store, &before, aside).await?.failed;
    if failed.is_empty() {
        return Ok((0, 0));
    }
    let publisher = ready(broker, store, "skuscribe-jobs").await?;
    let raised = change(&**store, id, |job| {
        job.rounds += 1;
        job.state = JobState::Running;
    });
    let job = raised.await?.ok_or_else(unknown)?;
    let mut by_sku: BTreeMap<&Sku, Vec<&Locale>> = BTreeMap::new();
    for (sku, locale) in &failed {
        by_sku.entry(sku).or_default().push(locale);
    }
    let messages: Vec<_> = by_sku.iter().map(|(sku, locales)| job.message(sku, locales, now)).collect();
    let count = messages.len() as u64;
    let sent = send_all(&publisher, broker.publish_channels, messages, confirmed).await;
    publisher.close().await;
    let sent = sent.map_err(|(confirmed, source)| JobError::Unfinished {
        remedy: "ask again with the same command".to_owned(),
        id: job.id.clone(),
        confirmed,
        messages: count,
        source: Box::new(source),
    })?;
    Ok((failed.len() as u64, sent))
}

/// A publisher, with the feed's queue declared: without it the events of a job would be lost for a feed that is started later.
async fn ready(
    broker: &BrokerConfig,
    store: &Arc<dyn ContentStore>,
    name: &str,
) -> Result<Publisher, JobError> {
    let publisher = Publisher::patient(Link::from_config(broker), name);
    publisher.declare().await?;
    Feed::new(Link::from_config(broker), Arc::clone(store)).subscribe().await?;
    Ok(publisher)
}

/// Publishes messages by id on the lane backfill; gives how many the broker confirmed. The error says it, too.
async fn send_all(
    publisher: &Publisher,
    channels: usize,
    messages: Vec<(String, Value)>,
    confirmed: Confirmed<'_>,
) -> Result<u64, (u64, SendError)> {
    let sends = stream::iter(messages).map(|(id, body)| async move {
        let body = serde_json::to_vec(&body)?;
        let message = OutgoingMessage { body: &body, id: Some(&id), ..OutgoingMessage::default() };
        publisher.work(Lane::Backfill, message).await?;
        Ok::<_, SendError>(())
    });
    let mut sends = sends.buffer_unordered(channels.max(1));
    let mut sent = 0;
    while let Some(done) = sends.next().await {
        done.map_err(|error| (sent, error))?;
        sent += 1;
        confirmed(sent);
    }
    Ok(sent)
}
