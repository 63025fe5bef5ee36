//! What differs between two revisions: text by text, and word by word in every script.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use super::editing::difference;
use super::revisions::page_at;
use super::undo::KeptTexts;
use super::{ReviewError, WhichRevision};
use crate::pipeline::Pipeline;
use skuscribe_check::content::{Change, OperationId};
use skuscribe_check::product::{Locale, Sku};

/// How long the words of one text are compared; what is left then counts as replaced.
const WORDS_DEADLINE: Duration = Duration::from_millis(200);

/// What differs between two revisions.
#[derive(Clone, Debug, Serialize)]
pub struct RevisionDifference {
    /// The earlier revision, as far as its number is known.
    pub from: Option<u64>,
    /// The later one.
    pub to: Option<u64>,
    /// The operation of the earlier one; none where there was nothing before.
    pub from_operation: Option<OperationId>,
    /// The operation of the later one.
    pub to_operation: Option<OperationId>,
    /// Every text that differs.
    pub texts: Vec<TextDifference>,
}

/// A text that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TextDifference {
    /// The recipe.
    pub recipe: String,
    /// JSON pointer inside the recipe's content.
    pub at: String,
    /// The text as it was; left out where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The text as it is; left out where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Both in one, piece by piece.
    pub words: Vec<WordChange>,
}

/// A piece of a text that is in both, or in one alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WordChange {
    /// In which it is.
    pub kind: WordsKind,
    /// The piece, spaces and marks included.
    pub text: String,
}

/// In which of two texts words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WordsKind {
    /// In both.
    Same,
    /// In the earlier one alone.
    Removed,
    /// In the later one alone.
    Added,
}

/// Two texts in one, word by word.
#[must_use]
pub fn words(before: &str, after: &str) -> Vec<WordChange> {
    let diff = TextDiff::configure().timeout(WORDS_DEADLINE).diff_unicode_words(before, after);
    let mut pieces: Vec<WordChange> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => WordsKind::Same,
            ChangeTag::Delete => WordsKind::Removed,
            ChangeTag::Insert => WordsKind::Added,
        };
        match pieces.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(change.value()),
            _ => pieces.push(WordChange { kind, text: change.value().to_owned() }),
        }
    }
    pieces
}

impl Pipeline {
    /// What differs between two revisions; without names, between the last two that have texts.
    ///
    /// # Errors
    /// When there is no such revision, history does not keep its texts, or the store does not answer.
    pub async fn difference(
        &self,
        sku: &Sku,
        locale: &Locale,
        (from, to): (Option<&WhichRevision>, Option<&WhichRevision>),
    ) -> Result<RevisionDifference, ReviewError> {
        let (document, _) = self.reviewed_document(sku, locale).await?;
        let decisions = self.decisions(sku, locale).await?;
        let revisions = self.revisions_of(&document, &decisions).await?;
        let last_before =
            |place: usize| revisions.iter().take(place).rposition(|revision| revision.has_texts);
        let to = match to {
            Some(to) => Some(to.place_in(&revisions)?),
            None => last_before(revisions.len()),
        };
        let to =
            to.ok_or_else(|| ReviewError::Unfit(format!("history keeps no text of {sku} in {locale}")))?;
        let from = match from {
            Some(from) => Some(from.place_in(&revisions)?),
            None => last_before(to),
        };
        let earlier = from.map(|from| page_at(&revisions, from)).unwrap_or_default();
        let later = page_at(&revisions, to);
        // What is the same object needs no look.
        let other = |texts: &BTreeMap<String, OperationId>, beside: &BTreeMap<String, OperationId>| {
            let mut texts = texts.clone();
            texts.retain(|recipe, operation| beside.get(recipe) != Some(operation));
            texts
        };
        let KeptTexts { drafts: before, .. } = self.kept_texts(&document, &other(&earlier, &later)).await?;
        let KeptTexts { drafts: after, .. } = self.kept_texts(&document, &other(&later, &earlier)).await?;
        let number = |place: usize| revisions.get(place).and_then(|revision| revision.revision);
        let operation = |place: usize| revisions.get(place).map(|revision| revision.operation);
        Ok(RevisionDifference {
            from: from.and_then(number),
            to: number(to),
            from_operation: from.and_then(operation),
            to_operation: operation(to),
            texts: difference(&before, &after).into_iter().map(TextDifference::from).collect(),
        })
    }
}

impl From<Change> for TextDifference {
    fn from(change: Change) -> Self {
        let Change { recipe, at, before, after } = change;
        let words = words(before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
        Self { recipe, at, before, after, words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str) -> String {
        let piece = |piece: &WordChange| match piece.kind {
            WordsKind::Same => piece.text.clone(),
            WordsKind::Removed => format!("[-{}-]", piece.text),
            WordsKind::Added => format!("{{+{}+}}", piece.text),
        };
        words(before, after).iter().map(piece).collect()
    }

    #[test]
    fn words_of_every_script_are_told_apart() {
        for (before, after, expected) in [
            ("A mug of clay.", "A mug of glass.", "A mug of [-clay-]{+glass+}."),
            ("A mug.", "A mug.", "A mug."),
            ("", "New", "{+New+}"),
            ("Gone", "", "[-Gone-]"),
            ("马克杯是陶", "马克杯是瓷", "马克杯是[-陶-]{+瓷+}"),
        ] {
            assert_eq!(shown(before, after), expected);
        }
    }
}
