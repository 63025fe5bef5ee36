//! How far a number reaches: "up to", "at least", "more than", the ends of a range.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::lexicon_data::{meanings, spellings};
use crate::product::unit::is_cjk;

/// How far a number reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Bound {
    /// It says no more than itself.
    #[default]
    Exact,
    /// "about 10"
    About,
    /// "up to 10"
    AtMost,
    /// "at least 10"
    AtLeast,
    /// "under 10"
    Below,
    /// "more than 10"
    Above,
    /// The lower end of a range.
    Low,
    /// The upper end of a range.
    High,
}

/// Words of the longest phrase that says a bound.
const PHRASE_WORDS: usize = 4;

/// So much of a text is read for a bound beside a number, in bytes.
const REACH: usize = 40;

/// A true bound is so close to what is so, as a share: "more than 100" of 120, not of 200.
const CLOSE: f64 = 0.25;

impl Bound {
    /// Whether a fact of this bound, with the same value, supports a text's number of another.
    pub(super) fn supports(self, text: Self) -> bool {
        match text {
            Self::Exact | Self::About => true,
            Self::AtMost | Self::High => !matches!(self, Self::AtLeast | Self::Above | Self::Low),
            Self::AtLeast | Self::Low => !matches!(self, Self::AtMost | Self::Below | Self::High),
            Self::Below => matches!(self, Self::Below | Self::AtMost),
            Self::Above => matches!(self, Self::Above | Self::AtLeast),
        }
    }

    /// Whether a fact of this bound and value makes a text's bound true, and not by far.
    pub(super) fn implies(self, fact: f64, text: Self, value: f64) -> bool {
        match text {
            Self::Above | Self::AtLeast => {
                matches!(self, Self::Exact | Self::About | Self::AtLeast | Self::Above | Self::Low)
                    && fact > value
                    && fact <= value * (1.0 + CLOSE)
            }
            Self::Below => {
                matches!(self, Self::Exact | Self::About | Self::AtMost | Self::Below | Self::High)
                    && fact < value
                    && fact >= value * (1.0 - CLOSE)
            }
            _ => false,
        }
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "about" => Self::About,
            "at_most" => Self::AtMost,
            "at_least" => Self::AtLeast,
            "below" => Self::Below,
            "above" => Self::Above,
            _ => return None,
        })
    }
}

fn phrases(table: &str) -> HashMap<&'static str, Bound> {
    meanings(table).filter_map(|(spelling, key)| Some((spelling, Bound::named(key)?))).collect()
}

static BEFORE: LazyLock<HashMap<&str, Bound>> = LazyLock::new(|| phrases("bounds"));
static BEHIND: LazyLock<HashMap<&str, Bound>> = LazyLock::new(|| phrases("bounds_behind"));
static IN_NAME: LazyLock<HashMap<&str, Bound>> = LazyLock::new(|| phrases("bounds_in_name"));

/// The bound that is said before a number: `before` ends where the number begins.
pub(super) fn said_before(before: &str) -> Option<Bound> {
    let from = before.ceil_char_boundary(before.len().saturating_sub(REACH));
    let lower = before.get(from..)?.to_lowercase();
    let read =
        lower.trim_end_matches(|c: char| c.is_whitespace() || is_currency(c) || matches!(c, '(' | '['));
    let last = read.chars().next_back()?;
    if is_cjk(last) {
        return ends(read).find_map(|end| BEFORE.get(read.get(end..)?).copied());
    }
    if !last.is_alphanumeric() && last != '.' {
        let sign = read.get(read.len() - last.len_utf8()..)?;
        return BEFORE.get(sign).copied();
    }
    let words: Vec<&str> = read.split([' ', '\u{a0}', '(', '[', '"', ':', ',', ';', '\n']).collect();
    let most = words.len().min(PHRASE_WORDS);
    (1..=most)
        .rev()
        .find_map(|count| BEFORE.get(words.get(words.len() - count..)?.join(" ").as_str()).copied())
}

/// Whether a sign of money may stand between a bound and its number.
fn is_currency(character: char) -> bool {
    matches!(character, '$' | '£' | '€' | '¥' | '￥')
}

/// The bound that is said behind a number: `behind` begins where the number ends. Gives its length as well.
pub(super) fn said_behind(behind: &str) -> Option<(Bound, usize)> {
    let until = behind.floor_char_boundary(REACH.min(behind.len()));
    let lower = behind.get(..until)?.to_lowercase();
    let read = lower.trim_start();
    let gap = lower.len() - read.len();
    let first = read.chars().next()?;
    if first == '+' {
        // "5+ years", not "5 + 3".
        return BEHIND.get("+").filter(|_| gap == 0).map(|bound| (*bound, 1));
    }
    if is_cjk(first) {
        let ends = read.char_indices().map(|(at, c)| at + c.len_utf8()).take(PHRASE_WORDS);
        return ends.filter_map(|end| Some((*BEHIND.get(read.get(..end)?)?, gap + end))).last();
    }
    let end = |count: usize| {
        let mut words = read.split_inclusive(' ').take(count);
        let length: usize = words.by_ref().map(str::len).sum();
        read.get(..length).map(|phrase| phrase.trim_end().trim_end_matches(['.', ',', ';', ')']).len())
    };
    (1..=3).rev().find_map(|count| {
        let end = end(count)?;
        Some((*BEHIND.get(read.get(..end)?)?, gap + end))
    })
}

/// The bound that an attribute's name says of its values: "max. load", "minimum age".
pub(super) fn of_name(name: &str) -> Bound {
    let lower = name.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    let cjk = || IN_NAME.iter().find(|(word, _)| word.starts_with(is_cjk) && lower.contains(**word));
    words
        .find_map(|word| IN_NAME.get(word))
        .or_else(|| if name.is_ascii() { None } else { cjk().map(|(_, bound)| bound) })
        .copied()
        .unwrap_or_default()
}

/// Whether two numbers with this between them are the ends of a range; `before` is what precedes the first.
pub(super) fn is_range(before: &str, between: &str) -> bool {
    static RANGE: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("joins", "range").collect());
    static BETWEEN: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("joins", "between").collect());
    let between = between.trim();
    RANGE.contains(&between) || (BETWEEN.contains(&between) && opens_range(before))
}

/// Whether a text ends with a word such as "between".
fn opens_range(before: &str) -> bool {
    static OPENS: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("joins", "opens_range").collect());
    let from = before.ceil_char_boundary(before.len().saturating_sub(REACH));
    let lower = before.get(from..).unwrap_or_default().trim_end().to_lowercase();
    OPENS.iter().any(|word| lower.ends_with(word))
}

/// Where the last one to four characters of a text begin, the longest first.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let mut starts: Vec<usize> = text.char_indices().rev().take(PHRASE_WORDS).map(|(at, _)| at).collect();
    starts.reverse();
    starts.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_read_before_a_number_in_every_language() {
        for (before, bound) in [
            ("It carries up to ", Some(Bound::AtMost)),
            ("trägt bis zu ", Some(Bound::AtMost)),
            ("au moins ", Some(Bound::AtLeast)),
            ("más de ", Some(Bound::Above)),
            ("no more than ", Some(Bound::AtMost)),
            ("more than ", Some(Bound::Above)),
            ("less than ", Some(Bound::Below)),
            ("最多", Some(Bound::AtMost)),
            ("重量约", Some(Bound::About)),
            ("(≤ ", Some(Bound::AtMost)),
            ("costs more than £", Some(Bound::Above)),
            ("ca. ", Some(Bound::About)),
            ("weighs ", None),
            ("", None),
        ] {
            assert_eq!(said_before(before), bound, "{before}");
        }
    }

    #[test]
    fn a_bound_is_read_behind_a_number_as_well() {
        assert_eq!(said_behind("+ hours").map(|found| found.0), Some(Bound::AtLeast));
        assert_eq!(said_behind(" or more").map(|found| found.0), Some(Bound::AtLeast));
        assert_eq!(said_behind("以上").map(|found| found.0), Some(Bound::AtLeast));
        assert_eq!(said_behind(" oder weniger.").map(|found| found.0), Some(Bound::AtMost));
        assert_eq!(said_behind(" + 3"), None);
    }

    #[test]
    fn a_bound_does_not_support_its_opposite() {
        assert!(Bound::AtMost.supports(Bound::AtMost) && Bound::High.supports(Bound::AtMost));
        assert!(!Bound::AtMost.supports(Bound::AtLeast) && !Bound::AtMost.supports(Bound::Above));
        assert!(!Bound::AtLeast.supports(Bound::Below) && !Bound::Low.supports(Bound::AtMost));
        assert!(Bound::Exact.implies(105.0, Bound::Above, 100.0));
        assert!(!Bound::Exact.implies(100.0, Bound::Above, 100.0));
        assert!(!Bound::Exact.implies(200.0, Bound::Above, 100.0));
    }
}
