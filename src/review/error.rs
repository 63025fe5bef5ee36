//! Why a person's decision could not be carried out.

use crate::failure::Failure;
use crate::pipeline::RACES_MAX;
use crate::store::StoreError;
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
    /// A finding forbids it, whoever approves.
    #[error("the text is blocked and cannot be approved: {}; edit it", findings.join("; "))]
    Blocked {
        /// What the findings say.
        findings: Vec<String>,
    },
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
