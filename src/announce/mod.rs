//! Announce: outcomes become events on the broker, confirmed, under ids that a consumer can tell apart.

pub mod cloud_events;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::broker::{OutgoingMessage, PublishError, Publisher};
use crate::commit::Stored;
use crate::config::announce::AnnounceConfig;
use crate::failure::Failure;
use crate::intake::LegibleParts;
use crate::store::Key;
use skuscribe_check::content::{Finding, Outcome};
use skuscribe_check::product::{Digest, Locale, Sku, stated_version};

/// The product of events about messages that name none that can be read.
pub const UNREADABLE_SKU: &str = "(unreadable)";
/// The locale of events about messages that name none that can be read: the code for what is in no language.
pub const NO_LOCALE: &str = "zxx";
/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 1_000;

/// `content_event.v1`: the outcome of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContentEvent {
    /// Derived from (SKU, locale, revision), or from (message id, SKU, locale, outcome) where no revision
    /// was made: a consumer drops what it has seen.
    pub id: String,
    /// Always `content_event.v1`.
    pub schema: String,
    /// The outcome of the task.
    pub outcome: Outcome,
    /// The product.
    pub sku: Sku,
    /// The locale.
    pub locale: Locale,
    /// The document's revision, where one was made. Take none at or below the one seen: order is not promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The product version of the facts; 0 where their publisher stated none.
    #[serde(default, with = "stated_version")]
    #[schemars(with = "u64")]
    pub product_version: Option<u64>,
    /// The message that caused it.
    pub message_id: String,
    /// The job that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// What was noticed about the message, such as a field that is misspelt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The stage that failed: `intake` where the message could not be read; left out unless the outcome is `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Why: of a failure what happened, in words; of a text what made it due, `missing`, `facts`, `config`, `forced`,
    /// `policy` or `review`; `locked` where a person's lock left nothing to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The rules of the findings that hold a text back, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// The key of the document in the store; left out where there can be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// What the publisher of the message follows it by: the `correlation-id` of its AMQP properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// When it was announced.
    #[schemars(with = "String")]
    pub announced_at: Timestamp,
}

/// What an event says of its message.
#[derive(Clone, Copy, Debug)]
pub struct EventCause<'a> {
    /// The message's id.
    pub message_id: &'a str,
    /// The message's job.
    pub job: Option<&'a str>,
    /// What was noticed about the message.
    pub notes: &'a [Finding],
    /// Now.
    pub now: Timestamp,
}

impl ContentEvent {
    /// The event of a stored change.
    #[must_use]
    pub fn of_stored(stored: &Stored, cause: EventCause<'_>) -> Self {
        let revision = stored.revision();
        let id = Digest::of(&[
            stored.sku().as_str().as_bytes(),
            stored.locale().as_str().as_bytes(),
            &revision.to_le_bytes(),
        ]);
        let event = Self::new(
            id,
            stored.outcome(),
            stored.sku(),
            stored.locale(),
            Some(revision),
            stored.product_version(),
            cause,
        );
        let reason = stored.reason().map(ToOwned::to_owned);
        Self { reason, rules: stored.rules().to_vec(), ..event }
    }

    /// The event of a failure for good.
    #[must_use]
    pub fn of_failure(
        failure: &Failure,
        sku: &Sku,
        locale: &Locale,
        version: Option<u64>,
        cause: EventCause<'_>,
    ) -> Self {
        let event = Self::without_revision(Outcome::Failed, sku, locale, version, cause);
        let reason = failure.message.chars().take(REASON_CHARS_MAX).collect();
        Self { stage: Some(failure.stage.to_owned()), reason: Some(reason), ..event }
    }

    /// The events of a message that was refused, one for each locale that can be read of it: under the product that it
    /// names, or [`UNREADABLE_SKU`]; without a locale under [`NO_LOCALE`]. `body` tells messages
    /// apart that state no id.
    #[must_use]
    pub fn of_refused(failure: &Failure, parts: &LegibleParts, body: &[u8], now: Timestamp) -> Vec<Self> {
        let digest = Digest::of(&[body]).to_string();
        let message_id = parts.id.clone().unwrap_or_else(|| format!("body-{digest}"));
        let unreadable: Option<Sku> = UNREADABLE_SKU.parse().ok();
        let none: Option<Locale> = NO_LOCALE.parse().ok();
        let locales: Vec<&Locale> = match parts.locales.as_slice() {
            [] => none.iter().collect(),
            locales => locales.iter().collect(),
        };
        let Some(sku) = parts.sku.as_ref().or(unreadable.as_ref()) else { return Vec::new() };
        let cause = EventCause { message_id: &message_id, job: parts.job.as_deref(), notes: &[], now };
        let event = |locale: &Locale| {
            let event = Self::of_failure(failure, sku, locale, None, cause);
            let document = event.document.filter(|_| parts.sku.is_some() && !parts.locales.is_empty());
            Self { document, ..event }
        };
        locales.into_iter().map(event).collect()
    }

    /// The same with what its publisher follows the message by.
    #[must_use]
    pub fn correlated(self, correlation_id: Option<&str>) -> Self {
        Self { correlation_id: correlation_id.map(ToOwned::to_owned), ..self }
    }

    /// The same with why.
    #[must_use]
    pub fn because(self, reason: Option<&str>) -> Self {
        Self { reason: reason.map(ToOwned::to_owned), ..self }
    }

    /// The event of an outcome that made no revision.
    #[must_use]
    pub fn without_revision(
        outcome: Outcome,
        sku: &Sku,
        locale: &Locale,
        version: Option<u64>,
        cause: EventCause<'_>,
    ) -> Self {
        let parts = [cause.message_id, sku.as_str(), locale.as_str(), outcome.as_str()];
        let id = Digest::of(&parts.map(str::as_bytes));
        Self::new(id, outcome, sku, locale, None, version, cause)
    }

    fn new(
        id: Digest,
        outcome: Outcome,
        sku: &Sku,
        locale: &Locale,
        revision: Option<u64>,
        product_version: Option<u64>,
        cause: EventCause<'_>,
    ) -> Self {
        Self {
            id: id.to_string(),
            schema: "content_event.v1".to_owned(),
            outcome,
            sku: sku.clone(),
            locale: locale.clone(),
            revision,
            product_version,
            message_id: cause.message_id.to_owned(),
            job: cause.job.map(ToOwned::to_owned),
            notes: cause.notes.iter().map(|note| note.message.clone()).collect(),
            stage: None,
            reason: None,
            rules: Vec::new(),
            document: Some(Key::Content { locale: locale.clone(), sku: sku.clone() }.path()),
            correlation_id: None,
            announced_at: cause.now,
        }
    }

    /// `content.<outcome>.<locale>`.
    #[must_use]
    pub fn routing_key(&self) -> String {
        format!("content.{}.{}", self.outcome, self.locale)
    }
}

/// Why an outcome could not be announced.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    /// The broker did not confirm the event.
    #[error("the outcome event was not confirmed")]
    Publish(#[from] PublishError),
    /// An event that cannot be written as JSON.
    #[error("the outcome event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Where outcomes are announced.
#[derive(Debug)]
pub enum Announcer {
    /// No events: files in, files out.
    Nowhere,
    /// The events exchange.
    Broker {
        /// Publishes and waits for the confirm.
        publisher: Publisher,
        /// Which outcomes become events where no job asks.
        config: AnnounceConfig,
    },
}

impl Announcer {
    /// Announces an event if its job or the settings ask for it.
    ///
    /// # Errors
    /// When the broker does not confirm it.
    pub async fn announce(&self, event: &ContentEvent) -> Result<(), AnnounceError> {
        let Self::Broker { publisher, config } = self else { return Ok(()) };
        let wanted =
            event.job.is_some() || config.outcomes.iter().any(|outcome| outcome == event.outcome.as_str());
        if !wanted {
            return Ok(());
        }
        let body = serde_json::to_vec(event)?;
        let message = OutgoingMessage {
            body: &body,
            id: Some(&event.id),
            correlation_id: event.correlation_id.as_deref(),
            headers: config.cloud_events.then(|| cloud_events::headers(event, &config.source)),
            ..OutgoingMessage::default()
        };
        Ok(publisher.event(&event.routing_key(), message).await?)
    }
}
