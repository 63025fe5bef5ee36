//! The task: one (SKU, locale) of an update, with the facts that count for it.

use std::sync::Arc;

use crate::lane::Lane;
use skuscribe_check::content::{FactsOf, OperationId};
use skuscribe_check::product::{Digest, Locale, Product, Sku};

/// One (SKU, locale) of an update, with the facts that count for it.
#[derive(Clone, Debug)]
pub struct Task {
    /// The facts: of the message, or of the stored snapshot.
    pub product: Arc<Product>,
    /// Version that orders the facts.
    pub version: u64,
    /// The message that stated the facts; orders those of equal version.
    pub facts_of: FactsOf,
    /// How urgent it is.
    pub lane: Lane,
    /// Language and region to write for.
    pub locale: Locale,
    /// The message that asks.
    pub message_id: Arc<str>,
    /// The job that it belongs to.
    pub job: Option<Arc<str>>,
    /// Write again although nothing changed.
    pub force: bool,
    /// Whether a change of recipes or voices alone makes texts due.
    pub config_changes: bool,
    /// Whether another message stated other facts under the same version.
    pub version_tie: bool,
}

impl Task {
    /// The product's key.
    #[must_use]
    pub fn sku(&self) -> &Sku {
        &self.product.sku
    }

    /// Identifies this work: the same for every delivery of the same message.
    #[must_use]
    pub fn operation(&self) -> OperationId {
        operation_id(&self.message_id, &self.locale)
    }
}

/// The operation id of a message for a locale.
#[must_use]
pub fn operation_id(message_id: &str, locale: &Locale) -> OperationId {
    Digest::of(&[message_id.as_bytes(), locale.as_str().as_bytes()])
}
