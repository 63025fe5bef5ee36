//! Intake: bytes of a delivery or a line of a file become an `Update`, or an error that says where and why.

mod cloud_events;
mod decode;
pub mod inbox;
mod legible;
mod limits;
mod misspelt;
mod wire;

pub use cloud_events::BinaryAttributes;
pub use decode::{Fallback, Origin, complete_message, complete_value, decode, decode_value};
pub use legible::{LegibleParts, legible};
pub(crate) use limits::BODY_BYTES_MAX;
pub(crate) use misspelt::note;
pub use wire::{ProductUpdate, UpdateKind};

use std::sync::Arc;

use jiff::Timestamp;

use crate::failure::chain;
use crate::lane::Lane;
use skuscribe_check::content::{FactsOf, Finding, OperationId};
use skuscribe_check::product::{Digest, FactsOrder, Locale, Product, Sku};

/// What is to be done, decoded and within limits. Only this stage builds one.
#[derive(Clone, Debug)]
pub struct Update {
    id: String,
    kind: UpdateKind,
    occurred_at: Timestamp,
    sku: Sku,
    version: Option<u64>,
    product: Option<Arc<Product>>,
    locales: Vec<Locale>,
    recipes: Vec<String>,
    lane: Lane,
    job: Option<String>,
    correlation_id: Option<String>,
    force: bool,
    seen_before: bool,
    config_changes: bool,
    /// What it says and asks, but for its time and locales.
    said: Digest,
    notes: Arc<[Finding]>,
}

impl Update {
    /// The message's id; a retry and a redelivery keep it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> UpdateKind {
        self.kind
    }

    /// When it happened, by the publisher's clock.
    #[must_use]
    pub fn occurred_at(&self) -> Timestamp {
        self.occurred_at
    }

    /// The product's key.
    #[must_use]
    pub fn sku(&self) -> &Sku {
        &self.sku
    }

    /// The product's facts; absent where the stored snapshot is meant.
    #[must_use]
    pub fn product(&self) -> Option<&Arc<Product>> {
        self.product.as_ref()
    }

    /// Whether it says something about the product itself: its facts, or that it is gone.
    #[must_use]
    pub fn states_facts(&self) -> bool {
        self.product.is_some() || self.kind == UpdateKind::ProductDeleted
    }

    /// The version of the facts, where the publisher stated one.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// Where its facts stand among those of the SKU.
    #[must_use]
    pub fn order(&self) -> FactsOrder<'_> {
        FactsOrder::new(self.version, self.occurred_at, &self.id)
    }

    /// The message as documents name it.
    #[must_use]
    pub fn facts_of(&self) -> FactsOf {
        FactsOf { occurred_at: self.occurred_at, message_id: self.id.as_str().into() }
    }

    /// Identifies the work on it in a locale: the same for every delivery and every attempt, and another one where an id
    /// is used again for something else.
    #[must_use]
    pub fn operation(&self, locale: &Locale) -> OperationId {
        Digest::of(&[self.id.as_bytes(), locale.as_str().as_bytes(), self.said.as_bytes()])
    }

    /// What was noticed about it, such as a field that is misspelt.
    #[must_use]
    pub fn notes(&self) -> &Arc<[Finding]> {
        &self.notes
    }

    /// Locales asked for; empty for the configured ones.
    #[must_use]
    pub fn locales(&self) -> &[Locale] {
        &self.locales
    }

    /// Recipes asked for; empty for the enabled ones.
    #[must_use]
    pub fn recipes(&self) -> &[String] {
        &self.recipes
    }

    /// The lane it came in by, or asks for.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// The job that it belongs to.
    #[must_use]
    pub fn job(&self) -> Option<&str> {
        self.job.as_deref()
    }

    /// What its publisher follows it by: the `correlation-id` of its AMQP properties.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// Whether texts are written again although nothing changed.
    #[must_use]
    pub fn force(&self) -> bool {
        self.force
    }

    /// Whether an earlier attempt may have left a history object.
    #[must_use]
    pub fn seen_before(&self) -> bool {
        self.seen_before
    }

    /// The same update at its next attempt.
    #[must_use]
    pub fn seen_again(&self) -> Self {
        Self { seen_before: true, ..self.clone() }
    }

    /// Whether a change of recipes or voices alone makes texts due: where somebody asked for it.
    #[must_use]
    pub fn config_changes(&self) -> bool {
        self.config_changes || self.force || self.job.is_some() || self.kind == UpdateKind::ContentRequested
    }
}

/// Most characters of a value that an error shows: errors are logged, and bodies are not.
const SEEN_CHARS_MAX: usize = 40;

/// Why an input is refused: where (JSON pointer), which rule, and the value seen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{rule}{}", at_prefix(.pointer), seen_suffix(.seen))]
pub struct IntakeError {
    /// JSON pointer to the offending part; empty for the whole.
    pub pointer: String,
    /// The rule that it breaks, and what is allowed.
    pub rule: String,
    /// The offending value where it is a short one, cut to 40 characters, or its type; empty where that says nothing.
    pub seen: String,
}

impl IntakeError {
    /// The bytes cannot even be decoded.
    #[must_use]
    pub fn unreadable(error: &dyn std::error::Error) -> Self {
        Self::new("", chain(error), "")
    }

    pub(crate) fn new(pointer: impl Into<String>, rule: impl Into<String>, seen: impl AsRef<str>) -> Self {
        let seen = seen.as_ref();
        let mut cut: String =
            seen.chars().take(SEEN_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
        if seen.chars().nth(SEEN_CHARS_MAX).is_some() {
            cut.push('…');
        }
        Self { pointer: pointer.into(), rule: rule.into(), seen: cut }
    }
}

fn at_prefix(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!("at {pointer}: ") }
}

fn seen_suffix(seen: &str) -> String {
    if seen.is_empty() { String::new() } else { format!(" (seen: {seen})") }
}
