//! A completion, as far as it is used: what every server's body becomes.

use serde::{Deserialize, Serialize};

use super::usage::CompletionUsage;

/// A completion.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::generate) struct Completion {
    pub(in crate::generate) model: Option<String>,
    pub(in crate::generate) text: String,
    pub(in crate::generate) refusal: Option<String>,
    /// In `OpenAI`'s words where they have one for it.
    pub(in crate::generate) finish_reason: Option<String>,
    pub(in crate::generate) usage: CompletionUsage,
    /// Characters of thoughts that were given apart.
    pub(in crate::generate) thought_chars: usize,
}
