//! The index of what is stored: a table per locale, one row a product, that `DuckDB`, Spark and Athena read.
//!
//! It is brought up to date from the change feed: of the products that an event names, the document is read. What the
//! feed missed is found by listing the store. A backfill is planned from it, without reading the documents.

mod planner;
mod stored;
mod table;
mod update;

pub use planner::{BackfillTargets, IndexedLocale, Need, Planner};
pub use stored::indexed;
pub use table::{TableError, read, write};
pub use update::{IndexUpdate, look_for, rebuild_index, reconcile_index, update_index};

use serde::{Deserialize, Serialize};

use skuscribe_check::content::{Document, State, Usage};
use skuscribe_check::product::{Digest, Sku};

use crate::store::StoredObject;

/// One product of a locale.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexRow {
    /// The product.
    pub sku: Sku,
    /// The document's revision.
    pub revision: u64,
    /// The product version in it; 0 where the publisher stated none.
    pub product_version: u64,
    /// `published`, `held` or `deleted`; a document with a draft that waits is `held` only where nothing is published.
    pub state: State,
    /// When the document was last changed, in microseconds since 1970 (UTC).
    pub updated_at_us: i64,
    /// Tokens of prompts and answers that its texts took.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// What they cost, in the currency of the price table.
    pub cost: f64,
    /// The recipes, each with the beginnings of its fingerprint and of the digest of its facts.
    pub recipes: Vec<(String, u64, u64)>,
}

/// How far the index has read the change feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexCursor {
    /// The last segment of the change feed that is in it.
    pub cursor: u64,
    /// Its rows.
    pub rows: u64,
}

impl StoredObject for IndexCursor {
    const NAME: &'static str = "the reach of the index";
}

impl IndexRow {
    /// The row of a document; a draft that waits counts as its recipe's newest text.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let held = document.held.iter().chain(&document.held_next).flat_map(|held| &held.recipes);
        let mut recipes: Vec<(String, u64, u64)> = Vec::new();
        let mut operations = Vec::new();
        let (mut usage, mut cost) = (Usage::default(), 0.0);
        for (name, state) in held.chain(&document.recipes) {
            if recipes.iter().all(|(known, ..)| known != name) {
                recipes.push((name.clone(), short(state.fingerprint), short(state.facts)));
            }
            // One call serves several recipes: its tokens stand with each of them.
            if !operations.contains(&state.provenance.operation) {
                operations.push(state.provenance.operation);
                usage += state.provenance.usage;
                cost += state.provenance.cost;
            }
        }
        recipes.sort();
        Self {
            sku: document.sku.clone(),
            revision: document.revision,
            product_version: document.product_version.unwrap_or(0),
            state: document.state,
            updated_at_us: document.updated_at.as_microsecond(),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost,
            recipes,
        }
    }
}

/// The first 64 bits of a digest: enough to notice a change, in an eighth of the space.
#[must_use]
pub fn short(digest: Digest) -> u64 {
    digest.as_bytes().first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}
