//! `[intake]`: limits on what comes in.

use serde::Deserialize;

/// Limits on messages and lines.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeConfig {
    /// Bytes of one message or line.
    pub body_bytes_max: usize,
    /// Levels of nesting.
    pub depth_max: usize,
    /// Attributes of a product, its variants included.
    pub attributes_max: usize,
    /// Characters of an attribute's name.
    pub attribute_name_chars_max: usize,
    /// Characters of any text.
    pub text_chars_max: usize,
    /// Items of any list.
    pub list_items_max: usize,
    /// Locales that one message may ask for.
    pub locales_max: usize,
}
