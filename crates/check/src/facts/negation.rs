//! How far a denial reaches in its clause, and what takes it back, in the languages of the lexicon.

use super::lexicon::{Role, Roles, lexicon};
use super::tokens::Word;

/// So many words behind a denial a word that undoes it does.
const UNDONE_WITHIN: usize = 4;

/// A denial reaches so many words at most.
const REACH: usize = 14;

/// How many words a denial reaches that is said of one quality: "a non family-friendly coffee shop".
const QUALITY_WORDS: usize = 2;

/// So much of a sentence is read for what joins a list, in bytes.
const LIST_BYTES_MAX: usize = 300;

/// How far a denial that was read reaches.
#[derive(Default)]
pub(super) struct Denial {
    pub(super) reaches: bool,
    just_said: bool,
    /// Words since it was said.
    since: usize,
    /// "not", which "and" ends, and not "no", which it does not.
    said_not: bool,
    said_without: bool,
    /// Words that it still reaches, where it is said of a quality alone.
    words: Option<usize>,
}

impl Denial {
    /// Whether the denial still reaches the next word, whose clause has the words `before`; `between` stands before it,
    /// `rest` begins with it.
    pub(super) fn reach(
        &mut self,
        word: &Word<'_>,
        last: Roles,
        before: &[Word<'_>],
        between: &str,
        rest: &str,
    ) {
        // "No Wi-Fi, Bluetooth or GPS" is one denial, "no gluten, organic" is not.
        if self.reaches && (between.contains(['，', '(']) || (between.contains(',') && !joined_later(rest)))
        {
            *self = Self::default();
        }
        self.goes_on(word.text, word.roles, last, between);
        if word.is(Role::Deny) {
            self.begin(word.roles, before.last());
        }
    }

    /// Begins with a word that denies, behind the word `before`.
    fn begin(&mut self, roles: Roles, before: Option<&Word<'_>>) {
        self.since = 0;
        self.said_not = roles.has(Role::Not);
        self.said_without = roles.has(Role::Without);
        let article = before.is_some_and(|before| before.is(Role::Article));
        let quality = roles.has(Role::DenyQuality) || (article && self.said_not);
        self.words = quality.then_some(QUALITY_WORDS);
    }

    fn goes_on(&mut self, written: &str, roles: Roles, last: Roles, between: &str) {
        // "Non-removable battery" denies one word.
        if self.just_said && self.words.is_some() && matches!(between, "-" | "‑") {
            self.words = Some(1);
        }
        // "not only", "without compromising battery life"; "is not in stock" is a denial still.
        self.reaches &= if self.just_said {
            !(roles.has(Role::TakesBack) || (self.said_without && written.ends_with("ing")))
        } else if roles.has(Role::End) {
            false
        } else if roles.has(Role::Preposition) {
            // "not equipped with NFC", "not located in the centre"; but "not large, with a radio".
            last.has(Role::TakesWith) || (self.said_not && !roles.has(Role::With) && !between.contains(','))
        } else {
            true
        };
        // "It is not large and has a radio"; but "no radio and no jack", "without radio and jack".
        self.reaches &= !(self.said_not && roles.has(Role::And));
        self.since += 1;
        if self.reaches && self.since <= UNDONE_WITHIN {
            self.reaches &= !lexicon().undoes(written);
        }
        self.reaches &= self.since <= REACH;
        if let Some(words) = &mut self.words {
            self.reaches &= *words > 0;
            *words = if written.ends_with("friendly") { 0 } else { words.saturating_sub(1) };
        }
    }

    /// Denies the words before one that denies backwards; `between` stands before that one.
    pub(super) fn deny_before(&self, text: &str, roles: Roles, between: &str, words: &mut [Word<'_>]) {
        if roles.has(Role::DenyBehind) {
            for word in words.iter_mut() {
                word.denied = true;
            }
        } else if roles.has(Role::Absent) && between.ends_with(['(', '[']) {
            // "NFC (absent)".
            deny_last(words, text);
        } else if roles.has(Role::State) || roles.has(Role::Absent) {
            // "the radio and the jack are not supported".
            let is = words.last().is_some_and(|word| word.is(Role::Copula));
            if self.just_said || (roles.has(Role::Absent) && is) {
                deny_subject(words, text);
            }
        }
    }

    /// Takes note of the word that was read last.
    pub(super) fn after(&mut self, roles: Roles) {
        let denies = roles.has(Role::Deny);
        self.just_said = denies;
        self.reaches |= denies;
    }
}

/// Whether the rest of a sentence joins what it lists: "…, Bluetooth or GPS".
fn joined_later(rest: &str) -> bool {
    let rest = rest.get(..rest.floor_char_boundary(LIST_BYTES_MAX)).unwrap_or_default();
    let sentence = rest.split(['!', '?', ';', '\n', '•']).next().unwrap_or_default();
    let sentence = sentence.split(". ").next().unwrap_or_default();
    sentence.split([' ', ',']).any(|word| lexicon().has_role(word, Role::Join))
}

/// Denies the last word, with those of its compound: "card slot (absent)".
fn deny_last(words: &mut [Word<'_>], text: &str) {
    let mut next_start = None;
    for word in words.iter_mut().rev().take(3) {
        let apart = next_start.is_some_and(|next| text.get(word.end..next) != Some(" "));
        if apart || word.is(Role::Join) || word.is(Role::Article) {
            break;
        }
        word.denied = true;
        next_start = Some(word.start);
    }
}

/// Denies the things that a clause names before its denied verb: of a list all, else what stands behind the last comma.
fn deny_subject(words: &mut [Word<'_>], text: &str) {
    let (mut verbs, mut joined) = (0, false);
    let mut next_start = None;
    for word in words.iter_mut().rev() {
        let comma = next_start
            .is_some_and(|next| text.get(word.end..next).is_some_and(|between| between.contains(',')));
        verbs += usize::from(word.is(Role::Copula) || word.is(Role::Have));
        if verbs > 1 || word.is(Role::Have) || (comma && !joined) {
            break;
        }
        joined |= word.is(Role::Join);
        next_start = Some(word.start);
        word.denied = !word.is(Role::Deny);
    }
}
