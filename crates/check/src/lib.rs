//! The checks of Skuscribe: whether product copy is supported by the product's own facts, and may be published.
//!
//! Pure: nothing here knows a broker, a store, a model server or a runtime, and [`check::check`] reads no clock and no
//! file. Only loading recipes and packs reads folders, once.

// Each module uses only those above it.
pub mod product;

pub mod labels;
pub mod similarity;

mod rulebook;

pub mod content;

pub mod config;
pub mod injection;
pub mod internal;
pub mod policy;
pub mod privacy;
pub mod recipe;

mod facts;
pub mod prose;

mod input;
mod rules;
mod stored;

pub mod check;
pub mod provenance;
pub mod texts;
pub mod trim;
pub mod verifier;
pub mod warm_up;
