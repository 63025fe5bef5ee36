//! What can be wrong with the form of a text.

use serde::Deserialize;

/// A kind of finding of the rule on form; rules are named `form.` and the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    /// Marks of Markdown.
    Markdown,
    /// Tags, entities, pieces of programs and data.
    Html,
    /// A place that was to be filled in.
    Placeholder,
    /// A label of an answer's parts ("Meta description:").
    Label,
    /// A character that nobody sees or no language writes.
    Character,
    /// An emoji.
    Emoji,
    /// Words or sentences said twice.
    Doubled,
    /// A sentence that breaks off.
    Broken,
}

impl FormKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Markdown,
        Self::Html,
        Self::Placeholder,
        Self::Label,
        Self::Character,
        Self::Emoji,
        Self::Doubled,
        Self::Broken,
    ];

    /// Its name in rules and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Placeholder => "placeholder",
            Self::Label => "label",
            Self::Character => "character",
            Self::Emoji => "emoji",
            Self::Doubled => "doubled",
            Self::Broken => "broken",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::Markdown | Self::Html => "write plain text",
            Self::Placeholder => "fill it in or leave it out",
            Self::Label | Self::Character | Self::Emoji => "leave it out",
            Self::Doubled => "say it once",
            Self::Broken => "write the sentence to its end",
        }
    }
}
