//! Numbers written as words, in the recipes' languages: "two", "half", "twenty-five", "zweihundertfünfzig".

use std::borrow::Cow;
use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};

use super::digits::NumberReading;
use super::lexicon_data::{spellings, values};
use super::number::{MentionKind, NumberMention};
use super::unit_behind::unit_behind;

/// Longest word that is read as a number, in bytes.
const WORD_BYTES_MAX: usize = 48;

static NUMBERS: LazyLock<HashMap<&str, f64>> = LazyLock::new(|| values("numbers"));
static MULTIPLES: LazyLock<HashMap<&str, f64>> = LazyLock::new(|| values("multiples"));

/// Small sets of words that stand beside numbers in words.
struct Joins {
    numbers: HashSet<&'static str>,
    within: HashSet<&'static str>,
    filler: HashSet<&'static str>,
    compound: &'static str,
    compound_marks: Vec<&'static str>,
    half_behind: Vec<&'static str>,
    multiples_of: HashSet<&'static str>,
    of: HashSet<&'static str>,
}

static JOINS: LazyLock<Joins> = LazyLock::new(|| {
    let set = |key| spellings("joins", key).collect();
    Joins {
        numbers: set("numbers"),
        within: set("within"),
        filler: set("filler"),
        compound: spellings("joins", "compound").next().unwrap_or_default(),
        compound_marks: spellings("joins", "compound_marks").collect(),
        half_behind: spellings("joins", "half_behind").collect(),
        multiples_of: spellings("multiples_of", "words").collect(),
        of: spellings("multiples_of", "of").collect(),
    }
});

/// Whether two numbers in words are the same.
fn is(value: f64, other: f64) -> bool {
    (value - other).abs() < 1e-9
}

/// The number that begins at the word that begins at `start`, with its unit.
pub(super) fn at(text: &str, start: usize) -> Option<NumberMention> {
    let word = word_at(text, start)?;
    let Some(first) = element(&word.lower) else { return multiple(text, start, &word) };
    let mut sum = Sum { total: 0.0, current: first };
    let mut end = word.end;
    let mut alone = JOINS.within.contains(word.lower.as_ref());
    while let Some((value, next)) = next_element(text, end, &sum) {
        sum.add(value);
        (end, alone) = (next, false);
    }
    let mut value = sum.total + sum.current;
    let mut decimals = u32::from(value.fract() != 0.0);
    let half = half_behind(text, end);
    if let Some(length) = half {
        (value, decimals, end) = (value + 0.5, 1, end + length);
    }
    let mut unit = unit_in_words(text, end);
    if half.is_none()
        && let Some((_, unit_end, _)) = unit
        && let Some(length) = half_behind(text, unit_end)
    {
        // "un litre et demi"
        (value, decimals) = (value + 0.5, 1);
        unit = unit.map(|(unit, end, doubtful)| (unit, end + length, doubtful));
    }
    // "half a litre", "the other half"; "one year", "one of the best"; "one out of five".
    let unit_only = alone || ((value < 1.0 || is(value, 1.0)) && half.is_none());
    let readings = vec![NumberReading::of(value, decimals)];
    if unit.is_none() && unit_only && !(is(value, 1.0) && is_out_of(text, end)) {
        return None;
    }
    let (unit, end, doubtful) =
        unit.map_or((None, end, false), |(unit, end, doubtful)| (Some(unit), end, doubtful));
    let kind = MentionKind::Number { readings, unit, doubtful };
    Some(NumberMention { spelled: true, ..NumberMention::new(start, end, kind) })
}

/// The length of "and a half" behind a number.
pub(super) fn half_behind(text: &str, end: usize) -> Option<usize> {
    let rest = text.get(end..)?;
    let spaced = rest.strip_prefix([' ', '\u{a0}'])?;
    let gap = rest.len() - spaced.len();
    JOINS.half_behind.iter().find_map(|phrase| {
        let goes_on = spaced.get(phrase.len()..)?.starts_with(char::is_alphanumeric);
        (spaced.get(..phrase.len())?.eq_ignore_ascii_case(phrase) && !goes_on).then_some(gap + phrase.len())
    })
}

/// "Dual", "twin", "a pair of mugs": how many there are, where a fact counts them.
fn multiple(text: &str, start: usize, word: &WordAt<'_>) -> Option<NumberMention> {
    let value = *MULTIPLES.get(word.lower.as_ref())?;
    if JOINS.multiples_of.contains(word.lower.as_ref()) {
        let rest = text.get(word.end..)?.strip_prefix(' ')?;
        let of = word_at(text, text.len() - rest.len())?;
        if !JOINS.of.contains(of.lower.as_ref()) {
            return None;
        }
    }
    let kind =
        MentionKind::Number { readings: vec![NumberReading::of(value, 0)], unit: None, doubtful: false };
    Some(NumberMention { spelled: true, weak: true, ..NumberMention::new(start, word.end, kind) })
}

/// A number in words as far as it was read.
struct Sum {
    total: f64,
    current: f64,
}

impl Sum {
    /// Whether a number goes on with this one: "two hundred" + "fifty", "twenty" + "five", "quatre" + "vingt".
    fn goes_on_with(&self, value: f64) -> bool {
        let tens = self.current % 100.0;
        if value >= 1000.0 {
            return self.total == 0.0 && self.current > 0.0;
        }
        if value >= 100.0 {
            let times = is(value, 100.0) && (1.0..100.0).contains(&self.current);
            return times || (self.current == 0.0 && self.total > 0.0);
        }
        if value < 1.0 || self.current.fract() != 0.0 {
            return false;
        }
        let whole = tens == 0.0 && (self.current >= 100.0 || (self.total > 0.0 && self.current == 0.0));
        let ones = (20.0..100.0).contains(&tens) && tens % 10.0 == 0.0 && value < 10.0;
        let french = (is(tens, 60.0) || is(tens, 80.0)) && (10.0..20.0).contains(&value);
        whole || ones || french || (is(tens, 4.0) && is(value, 20.0))
    }

    fn add(&mut self, value: f64) {
        if value >= 1000.0 {
            self.total += self.current.max(1.0) * value;
            self.current = 0.0;
        } else if is(value, 100.0) && self.current > 0.0 {
            self.current *= value;
        } else if is(self.current % 100.0, 4.0) && is(value, 20.0) {
            self.current += 76.0;
        } else {
            self.current += value;
        }
    }
}

/// The next part of a number in words and where it ends.
fn next_element(text: &str, end: usize, sum: &Sum) -> Option<(f64, usize)> {
    let next = word_behind(text, end)?;
    let (word, joined) = if JOINS.numbers.contains(next.lower.as_ref()) {
        // "and" joins behind hundreds, "et" and "y" behind tens.
        (word_behind(text, next.end)?, true)
    } else {
        (next, false)
    };
    let value = element(&word.lower)?;
    let small = joined && sum.current < 20.0 && sum.total == 0.0;
    (!small && sum.goes_on_with(value)).then_some((value, word.end))
}

/// The value of one word: an element, or elements written as one ("zweihundertfünfzig").
fn element(lower: &str) -> Option<f64> {
    NUMBERS.get(lower).copied().or_else(|| {
        JOINS.compound_marks.iter().any(|mark| lower.contains(mark)).then(|| compound(lower)).flatten()
    })
}

/// The value of several numbers written as one word: "fünfundzwanzig", "zweihundertfünfzig", "dreitausend".
fn compound(lower: &str) -> Option<f64> {
    let mut sum = Sum { total: 0.0, current: 0.0 };
    let mut rest = lower;
    while !rest.is_empty() {
        let (value, length) = longest(rest)?;
        rest = rest.get(length..)?;
        let mut value = value;
        // "fünf-und-zwanzig": the ones come first.
        if value < 10.0
            && let Some(behind) = rest.strip_prefix(JOINS.compound)
            && let Some((tens, length)) = longest(behind)
            && (20.0..100.0).contains(&tens)
        {
            value += tens;
            rest = behind.get(length..)?;
        }
        let begins = sum.current == 0.0 && sum.total == 0.0;
        if !begins && !sum.goes_on_with(value) {
            return None;
        }
        sum.add(value);
    }
    Some(sum.total + sum.current)
}

/// The longest number in words that a word begins with.
fn longest(rest: &str) -> Option<(f64, usize)> {
    let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).take(12);
    ends.filter_map(|end| Some((*NUMBERS.get(rest.get(..end)?)?, end))).last()
}

/// The unit behind a number in words, where it ends, and whether it may as well be a word.
fn unit_in_words(text: &str, end: usize) -> Option<(crate::product::unit::Unit, usize, bool)> {
    let direct = unit_behind(text, end);
    let filled = || {
        let filler = word_behind(text, end)?;
        JOINS.filler.contains(filler.lower.as_ref()).then(|| unit_behind(text, filler.end))?
    };
    // Signs such as " and letters are no units of a number in words.
    direct
        .filter(|unit| unit.spelling.len() > 2)
        .or_else(filled)
        .filter(|unit| unit.spelling.len() > 2)
        .map(|unit| (unit.unit, unit.end, unit.doubtful))
}

/// Whether "out of" follows, and so a scale.
fn is_out_of(text: &str, end: usize) -> bool {
    let mut words = text.get(end..).unwrap_or_default().split_whitespace();
    words.next() == Some("out") && words.next() == Some("of")
}

/// A word of letters in lower case, and where it ends.
struct WordAt<'a> {
    lower: Cow<'a, str>,
    end: usize,
}

fn word_at(text: &str, start: usize) -> Option<WordAt<'_>> {
    let rest = text.get(start..)?;
    let letters = rest.char_indices().find(|(_, c)| !c.is_alphabetic()).map_or(rest.len(), |(at, _)| at);
    let word = rest.get(..letters).filter(|word| (1..=WORD_BYTES_MAX).contains(&word.len()))?;
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase());
    let lower = if plain { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) };
    Some(WordAt { lower, end: start + letters })
}

/// The word behind a blank or hyphen.
fn word_behind(text: &str, end: usize) -> Option<WordAt<'_>> {
    let rest = text.get(end..)?;
    let gap = rest.chars().next().filter(|c| matches!(c, ' ' | '-' | '\u{a0}' | '\'' | '’'))?;
    word_at(text, end + gap.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::super::number::mentions;
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = mentions(text)
            .into_iter()
            .map(|mention| match mention.kind {
                MentionKind::Number { readings, unit, .. } => {
                    let unit = unit.map(|unit| format!(" {:?}", unit.dimension)).unwrap_or_default();
                    format!("{}{unit}", readings[0].value)
                }
                MentionKind::Code(code) => code,
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_in_words_are_read_with_their_units() {
        check("two pockets and a dozen colours", &["2", "12"]);
        check("a two-pack", &["2"]);
        check("half a litre, half-litre", &["0.5 Volume", "0.5 Volume"]);
        check("a three-year warranty", &["3 Time"]);
        check("one of the best, for one year", &["1 Time"]);
        check("rated one out of five", &["1 Rating"]);
        check("zwei Taschen, trois poches, dos bolsillos", &["2", "3", "2"]);
    }

    #[test]
    fn numbers_of_several_words_are_one() {
        check("twenty-five pieces", &["25"]);
        check("two hundred and fifty grams", &["250 Mass"]);
        check("fünfhundert Milliliter", &["500 Volume"]);
        check("zweihundertfünfzig Gramm", &["250 Mass"]);
        check("fünfundzwanzig Teile", &["25"]);
        check("dreitausend Lumen", &["3000 LuminousFlux"]);
        check("quatre-vingt-dix minutes", &["90 Time"]);
        check("deux cent cinquante grammes", &["250 Mass"]);
        check("vingt et un jours", &["21 Time"]);
        check("ciento cincuenta gramos", &["150 Mass"]);
        check("treinta y cinco litros", &["35 Volume"]);
        check("two four-packs", &["2", "4"]);
        check("the underground hundred", &["100"]);
    }

    #[test]
    fn halves_are_read_before_and_behind() {
        check("one and a half miles", &["1.5 Length"]);
        check("einen halben Liter", &["0.5 Volume"]);
        check("anderthalb Liter", &["1.5 Volume"]);
        check("un litre et demi", &["1.5 Volume"]);
        check("un demi-litre", &["0.5 Volume"]);
        check("medio litro", &["0.5 Volume"]);
        check("2 and a half hours", &["2.5 Time"]);
        check("the other half", &[]);
    }

    #[test]
    fn words_that_multiply_are_numbers_of_what_is_counted() {
        check("a pair of mugs", &["2"]);
        check("pair it with jeans", &[]);
        check("a double-walled mug", &["2"]);
        check("not a cent more", &[]);
    }
}
