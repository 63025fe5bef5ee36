//! Why a person's decision could not be carried out.

use jiff::Timestamp;

use crate::failure::Failure;
use crate::pipeline::RACES_MAX;
use crate::store::StoreError;
use skuscribe_check::content::{DecisionId, DecisionKind};
use skuscribe_check::product::{Locale, Sku};

/// Why a person's decision could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Nothing of this (SKU, locale) is stored.
    #[error("the store holds no document of {sku} in {locale}")]
    Unknown {
        /// The product.
        sku: Sku,
        /// The locale.
        locale: Locale,
    },
    /// No draft waits.
    #[error("nothing of {sku} in {locale} waits for a person; `skuscribe review list` shows what does")]
    NothingWaits {
        /// The product.
        sku: Sku,
        /// The locale.
        locale: Locale,
    },
    /// The draft that was reviewed does not wait, perhaps another one does.
    #[error("superseded: draft {draft} does not wait any more; look again with `skuscribe review show`")]
    Superseded {
        /// The draft that was decided on.
        draft: String,
    },
    /// The product's facts changed since the draft was written.
    #[error("superseded: the product's facts changed since draft {draft} was written; a newer text is due")]
    FactsChanged {
        /// The draft that was decided on.
        draft: String,
    },
    /// No decision is left that could be taken back.
    #[error(
        "there is no decision on {sku} in {locale} to take back; `skuscribe content history` shows what there was"
    )]
    NothingToUndo {
        /// The product.
        sku: Sku,
        /// The locale.
        locale: Locale,
    },
    /// Something newer stands on a decision.
    #[error(
        "the last decision ({kind} by {by}, revision {then}) cannot be taken back: revision {now} came since; `skuscribe content history` shows what it is, `skuscribe content revert` brings an earlier text back"
    )]
    Overtaken {
        /// What was decided.
        kind: DecisionKind,
        /// Who decided.
        by: String,
        /// The revision after it.
        then: u64,
        /// The revision now.
        now: u64,
    },
    /// Another decision than the named one is the last.
    #[error("decision {named} is not the last one; that is {last} ({kind} by {by}), take it back first")]
    NotLast {
        /// The decision that was to be taken back.
        named: String,
        /// The last one.
        last: DecisionId,
        /// What was decided.
        kind: DecisionKind,
        /// Who decided.
        by: String,
    },
    /// Somebody else is on it.
    #[error("{by} is on {sku} in {locale} until {until:.0}; with --steal you take it over")]
    Taken {
        /// The product.
        sku: Sku,
        /// The locale.
        locale: Locale,
        /// Who.
        by: String,
        /// Until when.
        until: Timestamp,
    },
    /// A finding forbids it, whoever approves.
    #[error("the text is blocked and cannot be published: {}; edit it", findings.join("; "))]
    Blocked {
        /// What the findings say.
        findings: Vec<String>,
    },
    /// An edit that changes nothing.
    #[error("nothing was changed")]
    Unchanged,
    /// What was written is not what can be stored.
    #[error("{0}")]
    Unfit(String),
    /// Other writers were first each time.
    #[error("{RACES_MAX} races for the document were lost; try again")]
    Races,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is done, but the event could not be announced.
    #[error("it is stored, but its event could not be announced; do the same again once the broker is back: {}", .0.message)]
    Announce(Failure),
}
