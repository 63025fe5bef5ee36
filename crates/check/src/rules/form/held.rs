//! What the facts hold verbatim, which is no fault of a text that quotes it.

use std::cell::OnceCell;
use std::ops::Range;

use crate::content::FormKind;
use crate::facts::spaced;
use crate::product::Facts;

/// Longest chunk around a match that is looked up, in bytes.
const CHUNK_BYTES_MAX: usize = 200;

/// The values of the facts, put together when they are first asked for.
pub(super) struct Held<'a> {
    facts: &'a Facts,
    values: OnceCell<Vec<String>>,
}

impl<'a> Held<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        Self { facts, values: OnceCell::new() }
    }

    /// The texts of all values.
    pub(super) fn values(&self) -> &[String] {
        self.values.get_or_init(|| {
            let mut texts = Vec::new();
            self.facts.iter().for_each(|(_, value)| value.texts(&mut texts));
            texts
        })
    }

    /// Whether a value holds a place of a text with the whole chunk that it stands in, blank to blank. A value that is a
    /// placeholder as a whole says nothing, and exempts from nothing.
    pub(super) fn holds(&self, text: &str, place: &Range<usize>, kind: FormKind) -> bool {
        let found = text.get(place.clone()).unwrap_or_default().trim();
        let chunk = chunk(text, place);
        let has = |value: &String| match kind {
            FormKind::Placeholder if value.trim() == found => false,
            FormKind::Emoji | FormKind::Label => value.contains(found),
            _ => has_whole(value, chunk),
        };
        let is_name = || kind == FormKind::Label && self.is_attribute(found);
        !chunk.is_empty() && (self.values().iter().any(has) || is_name())
    }

    /// Whether a label is what an attribute is called, other than the product itself: "Tags: leather".
    fn is_attribute(&self, label: &str) -> bool {
        let label = label.trim_end_matches([':', '：', ' ']);
        let is_own = |name: &str| !matches!(name, "title" | "brand" | "gtin" | "category");
        self.facts.iter().any(|(name, _)| is_own(name) && spaced(name).eq_ignore_ascii_case(label))
    }

    /// Whether a word is a value as a whole.
    pub(super) fn is_value(&self, word: &str) -> bool {
        self.values().iter().any(|value| value.eq_ignore_ascii_case(word))
    }

    /// Whether a text ends as a value does.
    pub(super) fn ends(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.values().iter().any(|value| !value.is_empty() && text.ends_with(&value.to_lowercase()))
    }

    /// Whether a value holds some words in a row, whatever case they are written in.
    pub(super) fn says(&self, words: &str) -> bool {
        let words = words.to_lowercase();
        self.values().iter().any(|value| value.to_lowercase().contains(&words))
    }
}

/// Whether a value holds a chunk that goes on neither before nor behind it: "N/A" is no part of "N/A-2".
fn has_whole(value: &str, chunk: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '-';
    let inner = |c: Option<char>| c.is_some_and(goes_on);
    value.match_indices(chunk).any(|(at, _)| {
        let before = value.get(..at).and_then(|before| before.chars().next_back());
        let behind = value.get(at + chunk.len()..).and_then(|behind| behind.chars().next());
        let begins = inner(before) && inner(chunk.chars().next());
        let ends = inner(behind) && inner(chunk.chars().next_back());
        !begins && !ends
    })
}

/// The part of a text around a place, from blank to blank, without the marks of a sentence.
fn chunk<'t>(text: &'t str, place: &Range<usize>) -> &'t str {
    let from = text.floor_char_boundary(place.start.saturating_sub(CHUNK_BYTES_MAX));
    let to = text.ceil_char_boundary(place.end.saturating_add(CHUNK_BYTES_MAX).min(text.len()));
    let before = text.get(from..place.start).unwrap_or_default();
    let behind = text.get(place.end..to).unwrap_or_default();
    let start = place.start - before.len() + before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let start = if text.is_char_boundary(start) { start } else { place.start };
    let end = place.end + behind.find(char::is_whitespace).unwrap_or(behind.len());
    let chunk = text.get(start..end).unwrap_or_default().trim();
    chunk.trim_end_matches(['.', ',', ';', ':', '!', '?', '。', '，', '！', '？'])
}
