//! The task: one (SKU, locale) of an update, with the facts that count for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::intake::note;
use crate::lane::Lane;
use skuscribe_check::content::{Document, FactsOf, Finding, OperationId, RecipeState};
use skuscribe_check::labels::{LocalProduct, ShopLabels};
use skuscribe_check::product::{Digest, FactsOrder, Locale, Product, Sku, Snapshot};

/// Most characters of what a person tells the writer.
pub const NOTE_CHARS_MAX: usize = 1_000;

/// One (SKU, locale) of an update, with the facts that count for it.
#[derive(Clone, Debug)]
pub struct Task {
    /// The facts, of the message or of the stored snapshot, as texts of the locale speak of them.
    pub product: Arc<Product>,
    /// The same as their publisher states them for the locale: changes of these are changes of facts.
    pub stated: Arc<Product>,
    /// The same as the catalog has them in its own language: voices are chosen by these.
    pub catalog: Arc<Product>,
    /// The version of the facts, where their publisher stated one.
    pub version: Option<u64>,
    /// The message that stated the facts; orders them where versions do not.
    pub facts_of: FactsOf,
    /// How urgent it is.
    pub lane: Lane,
    /// Language and region to write for.
    pub locale: Locale,
    /// The message that asks.
    pub message_id: Arc<str>,
    /// Identifies this work: the same for every delivery of the same message.
    pub operation: OperationId,
    /// The job that it belongs to.
    pub job: Option<Arc<str>>,
    /// What the person who asked for that job tells the writer. It is no fact, and no part of a fingerprint.
    pub asked_note: Option<Arc<str>>,
    /// Write again although nothing changed.
    pub force: bool,
    /// Whether a change of recipes or voices alone makes texts due.
    pub config_changes: bool,
    /// What was noticed about the message.
    pub notes: Arc<[Finding]>,
}

impl Task {
    /// Work on stored facts that no message asks for: a person's, or an answer.
    #[must_use]
    pub fn of_snapshot(snapshot: &Snapshot, locale: &Locale, message_id: &str, labels: &ShopLabels) -> Self {
        let LocalProduct { catalog, stated, spoken } = LocalProduct::new(&snapshot.product, locale, labels);
        Self {
            product: spoken,
            stated,
            catalog,
            version: snapshot.version,
            facts_of: FactsOf {
                occurred_at: snapshot.occurred_at,
                message_id: snapshot.message_id.as_str().into(),
            },
            lane: Lane::Interactive,
            locale: locale.clone(),
            message_id: message_id.into(),
            operation: operation_id(message_id, locale),
            job: None,
            asked_note: None,
            force: false,
            config_changes: false,
            notes: Arc::default(),
        }
    }

    /// The same, with a note where the message's id was used before, for other facts or other recipes.
    #[must_use]
    pub(super) fn noted(&self, document: Option<&Document>) -> Self {
        let by = |state: &RecipeState| *state.provenance.message_id == *self.message_id;
        let held = document.and_then(|document| document.held.as_ref());
        let texts =
            document.map(|document| &document.recipes).into_iter().chain(held.map(|held| &held.recipes));
        if !texts.flat_map(BTreeMap::values).any(by) {
            return self.clone();
        }
        let message = format!(
            "the message id {} was used before, for other facts or recipes; give each message an id of its own",
            self.message_id
        );
        let notes = self.notes.iter().cloned().chain([note("message.reused_id", &message)]).collect();
        Self { notes, ..self.clone() }
    }

    /// The product's key.
    #[must_use]
    pub fn sku(&self) -> &Sku {
        &self.product.sku
    }

    /// Where its facts stand among those of the SKU.
    #[must_use]
    pub fn order(&self) -> FactsOrder<'_> {
        FactsOrder::new(self.version, self.facts_of.occurred_at, &self.facts_of.message_id)
    }
}

/// The operation id of what a person does in a locale; `decision` names it. A message's is [`Update::operation`].
///
/// [`Update::operation`]: crate::intake::Update::operation
#[must_use]
pub fn operation_id(decision: &str, locale: &Locale) -> OperationId {
    Digest::of(&[decision.as_bytes(), locale.as_str().as_bytes()])
}
