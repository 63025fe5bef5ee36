//! The form in which words are compared: folded to lower case and half width, without endings of number and case, as a hash.

use std::hash::{BuildHasher as _, Hasher};

/// A word as it is compared. Two words with the same lemma are the same word; it costs no allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Lemma(u64);

impl Lemma {
    /// The words of a phrase as one, as far as its next word.
    pub(super) fn then(self, next: Self) -> Self {
        Self(self.0.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ next.0)
    }
}

/// A map by lemma, which is a hash already.
pub(super) type ByLemma<T> = std::collections::HashMap<Lemma, T, LemmaHasher>;

/// Hands the hash that a lemma is to the map.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LemmaHasher(u64);

impl std::hash::BuildHasher for LemmaHasher {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for LemmaHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Makes lemmas of words, in one buffer.
#[derive(Debug, Default)]
pub(super) struct Lemmatiser(String);

impl Lemmatiser {
    /// The lemma of a word as it is written.
    pub(super) fn of(&mut self, word: &str) -> Lemma {
        fold_into(word, &mut self.0);
        stem(&mut self.0);
        let mut hasher = foldhash::quality::FixedState::with_seed(0x5b).build_hasher();
        hasher.write(self.0.as_bytes());
        Lemma(hasher.finish())
    }
}

/// The lemma of one word.
pub(super) fn lemma(word: &str) -> Lemma {
    Lemmatiser::default().of(word)
}

/// The compared form of a word as text, for whoever shows or stores it.
pub(super) fn folded(word: &str) -> String {
    let mut text = String::new();
    fold_into(word, &mut text);
    stem(&mut text);
    text
}

/// A word in lower case, with plain apostrophes and hyphens and letters of half width.
fn fold_into(word: &str, out: &mut String) {
    out.clear();
    if word.is_ascii() {
        out.push_str(word);
        out.make_ascii_lowercase();
        return;
    }
    for character in word.chars() {
        match character {
            '’' | 'ʼ' | '＇' => out.push('\''),
            '‐' | '‑' | '‒' | '–' => out.push('-'),
            // Letters, digits and signs of full width.
            '\u{ff01}'..='\u{ff5e}' => {
                let narrow = char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character);
                out.extend(narrow.to_lowercase());
            }
            _ => out.extend(character.to_lowercase()),
        }
    }
}

/// Takes the endings for number and case from a word in lower case. What is left need not be a word, only the same for each
/// form.
fn stem(word: &mut String) {
    if word.contains('\'') {
        take_apostrophes(word);
    }
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        return;
    }
    // So many letters must be left, or "linen" would be a form of "line".
    let stripped = |word: &str, ending: &str| {
        word.strip_suffix(ending).filter(|stem| stem.chars().nth(3).is_some()).map(str::len)
    };
    if let Some(length) = stripped(word, "ies") {
        word.truncate(length);
        word.push('y');
    } else if let Some(length) = stripped(word, "es").or_else(|| stripped(word, "s")) {
        word.truncate(length);
    }
    while let Some(length) = stripped(word, "en").or_else(|| {
        let whole = word.ends_with("en");
        stripped(word, "e").or_else(|| stripped(word, "n").filter(|_| !whole))
    }) {
        word.truncate(length);
    }
}

/// Takes the endings and the small words that an apostrophe joins to a word.
fn take_apostrophes(word: &mut String) {
    if word.ends_with("'s") {
        word.truncate(word.len() - 2);
    }
    // "d'acier", "l'eau"
    let elided =
        ["d'", "l'", "qu'", "s'", "n'", "c'", "j'", "m'"].into_iter().find(|elided| word.starts_with(elided));
    if let Some(elided) = elided.filter(|elided| word.len() > elided.len() + 1) {
        word.drain(..elided.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_the_same_and_other_words_are_not() {
        for (one, other) in [
            ("Bottle", "bottles"),
            ("batteries", "battery"),
            ("Taschen", "tasche"),
            ("d’acier", "acier"),
            ("ＵＳＢ", "usb"),
            ("non‑slip", "non-slip"),
        ] {
            assert_eq!(lemma(one), lemma(other), "{one} {other}");
        }
        assert_ne!(lemma("linen"), lemma("line"));
        assert_ne!(lemma("802.11s"), lemma("802.11"));
    }
}
