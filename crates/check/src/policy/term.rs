//! Terms as people write them into packs: `carbon neutral`, `öko*`, `100 % natural`; found without a pattern where they can
//! be, for a market has hundreds.

use std::fmt::Write as _;

use super::fold::fold;
use crate::product::unit::is_cjk;

/// The key of terms and patterns that hold in every language.
pub(super) const ANY: &str = "any";

/// Beginning and end of a word; put around terms.
const BOUND: &str = r"\b";

/// A term, ready to be found: equal to its [`pattern`].
#[derive(Debug)]
pub(super) struct Term {
    /// What a text must hold where the term begins, folded.
    beginning: String,
    steps: Vec<Step>,
    bound_before: bool,
    bound_behind: bool,
}

/// A part of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// This character, folded.
    Char(char),
    /// Blanks and hyphens, one at least.
    Blanks,
    /// A blank or hyphen, or none.
    Hyphen,
    /// Either apostrophe.
    Apostrophe,
    /// The rest of a word.
    Letters,
}

impl Term {
    /// A term, where it begins with a letter or sign, and where each of its parts ends at one place alone.
    pub(super) fn new(term: &str, language: &str) -> Option<Self> {
        let steps: Vec<Step> = term
            .chars()
            .map(|c| match c {
                ' ' => Step::Blanks,
                '*' => Step::Letters,
                '\'' | '’' => Step::Apostrophe,
                '-' => Step::Hyphen,
                c => Step::Char(fold(c)),
            })
            .collect();
        let certain = |pair: &[Step]| match pair {
            [Step::Blanks | Step::Hyphen, next] => matches!(next, Step::Char(c) if !is_blank(*c)),
            [Step::Letters, next] => match next {
                Step::Char(c) => !c.is_alphabetic(),
                other => *other != Step::Letters,
            },
            _ => true,
        };
        let beginning: String = steps
            .iter()
            .map_while(|step| match step {
                Step::Char(c) => Some(*c),
                _ => None,
            })
            .collect();
        if beginning.is_empty() || !steps.windows(2).all(certain) {
            return None;
        }
        let (bound_before, bound_behind) = bounds(term, language);
        Some(Self { beginning, steps, bound_before, bound_behind })
    }

    /// What a text must hold where the term begins, folded.
    pub(super) fn beginning(&self) -> &str {
        &self.beginning
    }

    /// Where the term ends that begins at this byte of a text.
    pub(super) fn end_at(&self, text: &str, start: usize) -> Option<usize> {
        if self.bound_before && !is_bound(text, start) {
            return None;
        }
        let mut rest = text.get(start..)?;
        for step in &self.steps {
            rest = match step {
                Step::Char(c) => rest.strip_prefix(|found| fold(found) == *c)?,
                Step::Apostrophe => rest.strip_prefix(['\'', '’'])?,
                Step::Hyphen => rest.strip_prefix(is_blank).unwrap_or(rest),
                Step::Blanks => rest.strip_prefix(is_blank)?.trim_start_matches(is_blank),
                Step::Letters => rest.trim_start_matches(char::is_alphabetic),
            };
        }
        let end = text.len() - rest.len();
        (!self.bound_behind || is_bound(text, end)).then_some(end)
    }
}

/// What a blank or hyphen of a term stands for.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '‑' | '–')
}

/// Whether a word begins or ends at a byte of a text.
fn is_bound(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(is_word);
    let behind = text.get(at..).and_then(|behind| behind.chars().next()).is_some_and(is_word);
    before != behind
}

/// What patterns take for a character of a word.
fn is_word(c: char) -> bool {
    regex_syntax::try_is_word_character(c).unwrap_or_else(|_| c.is_alphanumeric())
}

/// Whether a word has to begin before a term, and end behind it. Chinese and Japanese write no blanks, also not beside Latin
/// letters.
fn bounds(term: &str, language: &str) -> (bool, bool) {
    let bounded = !matches!(language, "zh" | "ja");
    let before = bounded && term.chars().next().is_some_and(is_bounded);
    let behind = bounded && term.chars().next_back().is_some_and(|last| is_bounded(last) || last == '*');
    (before, behind)
}

/// A term as a pattern. A blank stands for any blanks and hyphens, `*` at the end of a word for the rest of the word, `'`
/// for either apostrophe. Everything else stands for itself.
pub(super) fn pattern(term: &str, language: &str) -> String {
    let (bound_before, bound_behind) = bounds(term, language);
    let mut pattern = String::with_capacity(term.len() * 2);
    if bound_before {
        pattern.push_str(BOUND);
    }
    for c in term.chars() {
        match c {
            ' ' => pattern.push_str(r"[\s\-‑–]+"),
            '*' => pattern.push_str(r"\p{L}*"),
            '\'' | '’' => pattern.push_str("['’]"),
            '-' => pattern.push_str(r"[\s\-‑–]?"),
            c if c.is_alphanumeric() => pattern.push(c),
            c => {
                let _infallible = write!(pattern, "{}", regex::escape(c.encode_utf8(&mut [0; 4])));
            }
        }
    }
    if bound_behind {
        pattern.push_str(BOUND);
    }
    pattern
}

/// Whether a word ends at a bound; Chinese and Japanese have no blanks between words.
fn is_bounded(c: char) -> bool {
    c.is_alphanumeric() && !is_cjk(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fold::Folded;

    /// Finds a term by its pattern, and without one; both must agree.
    fn check_in(language: &str, term: &str, text: &str, expected: Option<&str>) {
        let regex = regex::Regex::new(&format!("(?i){}", pattern(term, language))).unwrap();
        assert_eq!(regex.find(text).map(|part| part.as_str()), expected, "{term} in {text}");
        let Some(term_found) = Term::new(term, language) else { return };
        let folded = Folded::new(text);
        let mut starts = folded.text.match_indices(term_found.beginning()).map(|(at, _)| folded.origin(at));
        let found = starts.find_map(|start| Some(&text[start..term_found.end_at(text, start)?]));
        assert_eq!(found, expected, "{term} in {text}, without its pattern");
    }

    fn check(term: &str, text: &str, expected: Option<&str>) {
        check_in("en", term, text, expected);
    }

    #[test]
    fn a_term_finds_its_forms_and_nothing_inside_other_words() {
        check("carbon neutral", "It is Carbon-Neutral.", Some("Carbon-Neutral"));
        check("carbon neutral", "carbon – \u{a0}neutral", Some("carbon – \u{a0}neutral"));
        check("eco-friendly", "ecofriendly and eco friendly", Some("ecofriendly"));
        check("cure*", "It cures colds", Some("cures"));
        check("cure*", "It cures2 colds", None);
        check("cure", "a secure lock", None);
        check("cure", "a secure cure", Some("cure"));
        check("umweltfreundlich*", "ein umweltfreundliches Produkt", Some("umweltfreundliches"));
        check("öko", "Ökologisch", None);
        check("straße", "in der STRAẞE", Some("STRAẞE"));
        check_in("zh", "no.1", "NO.1的选择", Some("NO.1"));
        check("world's best", "the World’s best mug", Some("World’s best"));
        check("#1", "our #1 mug", Some("#1"));
        check("100 % natural", "100% natural", None);
        check("cafe", "a cafe\u{301}", None);
    }

    #[test]
    fn a_term_that_may_end_at_several_places_is_left_to_its_pattern() {
        assert!(Term::new("a - b", "en").is_none());
        assert!(Term::new("* best", "en").is_none());
        assert!(Term::new("ab*c", "en").is_none());
        check("a - b", "a b and a - b", Some("a - b"));
    }
}
