//! Words that stand together in a question, compared without case and endings.

use skuscribe_check::product::unit::is_cjk;
use skuscribe_check::texts;

/// Words that stand together; of a script without spaces a part of the text.
#[derive(Debug)]
pub(in crate::answers) enum Phrase {
    Words(Vec<String>),
    Part(String),
}

impl Phrase {
    pub(in crate::answers) fn of(text: &str) -> Self {
        if text.contains(is_cjk) || text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}')) {
            Self::Part(text.to_lowercase())
        } else {
            Self::Words(words(text))
        }
    }

    /// How long it is: in words, or in characters of a script without spaces.
    pub(in crate::answers) fn length(&self) -> usize {
        match self {
            Self::Words(words) => words.len(),
            Self::Part(part) => part.chars().count(),
        }
    }

    /// Whether another phrase is part of it.
    pub(in crate::answers) fn holds(&self, other: &Self) -> bool {
        match self {
            Self::Words(words) => other.stands_in(words, ""),
            Self::Part(part) => other.stands_in(&[], part),
        }
    }

    /// Whether it stands among the words of a text, or in the text itself, which is in lower case.
    pub(in crate::answers) fn stands_in(&self, words: &[String], text: &str) -> bool {
        match self {
            Self::Words(phrase) => {
                !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase)
            }
            Self::Part(part) => text.contains(part.as_str()),
        }
    }
}

/// The words of a text as questions and attributes are compared: also without the endings of English verbs.
pub(in crate::answers) fn words(text: &str) -> Vec<String> {
    // "stand-by" is "standby" to some and "stand by" to others.
    let mut words = texts::words(&text.replace('-', " "));
    for word in &mut words {
        let ending = ["ing", "ed"].into_iter().find(|ending| word.ends_with(ending));
        if let Some(ending) = ending.filter(|ending| word.len() > ending.len() + 2) {
            word.truncate(word.len() - ending.len());
        }
    }
    words
}
