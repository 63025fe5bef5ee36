//! Published content written out for storefronts, feeds and product information systems: pure writers, one file a layout.
//!
//! What a target takes (columns, limits, names of attributes) is data in `config/exports/`; a writer turns a product and its
//! published texts into records, or says why the product has none. Nothing is invented, cut or left blank.

mod acp;
mod akeneo;
mod amazon;
mod clean;
mod column;
mod commercetools;
mod content;
mod content_kind;
mod exporter;
mod format;
mod google;
mod json;
mod left_out;
pub mod onto;
mod options;
mod product;
mod schema_org;
mod shopify;
mod table;
mod texts;

pub use clean::{clean, html};
pub use exporter::{Exporter, Framing};
pub use format::{Format, FormatLayout, LocaleMode, find, formats};
pub use left_out::{LeftOut, LeftOutReason};
pub use options::{ExportOptions, Metafield};
pub use product::ExportProduct;
pub use texts::{FieldMap, Question, TextField, Texts};
