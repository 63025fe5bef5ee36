//! Terms as people write them into packs, as patterns: `carbon neutral`, `öko*`, `100 % natural`.

use std::fmt::Write as _;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// The key of terms and patterns that hold in every language.
pub(super) const ANY: &str = "any";

/// Beginning and end of a word; put around terms, and taken off again for the first, quick look.
const BOUND: &str = r"\b";

/// Largest compiled pattern, in bytes: a folder's patterns come from outside.
const PATTERN_BYTES_MAX: usize = 16 << 20;

/// A pattern that takes capitals and small letters for the same; compiled when it is first used, for a worker needs those
/// of its own markets and languages alone.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) fn new(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    /// Compiles it.
    ///
    /// # Errors
    /// When it is no pattern, or too large a one.
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        let built = build(&self.text);
        built
            .map(|_| ())
            .map_err(|error| anyhow::anyhow!("the pattern {:?} cannot be used: {error}", self.text))
    }

    /// The pattern, to be used. What cannot be compiled was refused when it was loaded.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| build(&self.text).ok()).as_ref()
    }

    /// Whether it is found in a text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}

fn build(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).case_insensitive(true).size_limit(PATTERN_BYTES_MAX).build()
}

/// A term as a pattern. A blank stands for any blanks and hyphens, `*` at the end of a word for the rest of the word, `'`
/// for either apostrophe. Everything else stands for itself.
pub(super) fn pattern(term: &str, language: &str) -> String {
    // Chinese and Japanese write no blanks, also not beside Latin letters.
    let bounded = !matches!(language, "zh" | "ja");
    let mut pattern = String::with_capacity(term.len() * 2);
    if bounded && term.chars().next().is_some_and(is_bounded) {
        pattern.push_str(BOUND);
    }
    for c in term.chars() {
        match c {
            ' ' => pattern.push_str(r"[\s\-‑–]+"),
            '*' => pattern.push_str(r"\p{L}*"),
            '\'' | '’' => pattern.push_str("['’]"),
            '-' => pattern.push_str(r"[\s\-‑–]?"),
            c => {
                let _infallible = write!(pattern, "{}", regex::escape(c.encode_utf8(&mut [0; 4])));
            }
        }
    }
    if bounded && term.chars().next_back().is_some_and(|last| is_bounded(last) || last == '*') {
        pattern.push_str(BOUND);
    }
    pattern
}

/// The pattern without bounds: it finds everything that the pattern finds, and a table can run it over any script.
pub(super) fn without_bounds(pattern: &str) -> String {
    pattern.replace(r"\b", "")
}

/// Whether a word ends at a bound; Chinese and Japanese have no blanks between words.
fn is_bounded(c: char) -> bool {
    c.is_alphanumeric() && !crate::product::unit::is_cjk(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(term: &str, text: &str, expected: Option<&str>) {
        let regex = regex::Regex::new(&format!("(?i){}", pattern(term, "en"))).unwrap();
        assert_eq!(regex.find(text).map(|part| part.as_str()), expected, "{term} in {text}");
        let quick = regex::Regex::new(&format!("(?i){}", without_bounds(&pattern(term, "en")))).unwrap();
        assert!(expected.is_none() || quick.is_match(text));
    }

    #[test]
    fn a_term_finds_its_forms_and_nothing_inside_other_words() {
        check("carbon neutral", "It is Carbon-Neutral.", Some("Carbon-Neutral"));
        check("eco-friendly", "ecofriendly and eco friendly", Some("ecofriendly"));
        check("cure*", "It cures colds", Some("cures"));
        check("cure", "a secure lock", None);
        check("umweltfreundlich*", "ein umweltfreundliches Produkt", Some("umweltfreundliches"));
        check("öko", "Ökologisch", None);
        let beside_latin = regex::Regex::new(&format!("(?i){}", pattern("no.1", "zh"))).unwrap();
        assert!(beside_latin.is_match("NO.1的选择"));
        check("world's best", "the World’s best mug", Some("World’s best"));
        check("#1", "our #1 mug", Some("#1"));
        check("100 % natural", "100% natural", None);
    }
}
