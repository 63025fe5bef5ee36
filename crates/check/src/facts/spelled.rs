//! Numbers written as words, in the recipes' languages: "two", "half", "a dozen", "three-piece".

use std::sync::LazyLock;

use foldhash::HashMap;

use super::clauses::Clause;
use super::digits::NumberReading;
use super::number::{MentionKind, NumberMention};
use super::words::Word;
use crate::product::unit::{Unit, at_start};

/// Words and what they say. "One" is left out, for it is an article or a pronoun most of the time; words that mean
/// something else as well ("neuf", "acht" are fine, "once" and "sept." are not) are left out, too.
const NUMBERS: &[(f64, &str)] = &[
    (0.5, "half|halbe|halber|halbes|demi|demie|medio|media"),
    (2.0, "two|zwei|deux|dos|twin|两|二つ|2つ"),
    (3.0, "three|drei|trois|tres|三つ"),
    (4.0, "four|vier|quatre|cuatro|四つ"),
    (5.0, "five|fünf|cinq|cinco|五つ"),
    (6.0, "six|sechs|seis"),
    (7.0, "seven|sieben|siete"),
    (8.0, "eight|huit|ocho"),
    (9.0, "nine|neun|nueve"),
    (10.0, "ten|zehn|dix|diez"),
    (11.0, "eleven|elf|onze"),
    (12.0, "twelve|zwölf|douze|doce|dozen|dutzend|douzaine|docena"),
    (13.0, "thirteen|dreizehn|treize|trece"),
    (14.0, "fourteen|vierzehn|quatorze|catorce"),
    (15.0, "fifteen|fünfzehn|quinze|quince"),
    (16.0, "sixteen|sechzehn|seize|dieciséis"),
    (18.0, "eighteen|achtzehn"),
    (20.0, "twenty|zwanzig|vingt|veinte"),
    (24.0, "twenty-four|vierundzwanzig"),
    (30.0, "thirty|dreißig|trente|treinta"),
    (40.0, "forty|vierzig|quarante|cuarenta"),
    (50.0, "fifty|fünfzig|cinquante|cincuenta"),
    (60.0, "sixty|sechzig|soixante|sesenta"),
    (100.0, "hundred|hundert|cien|ciento"),
    (1000.0, "thousand|tausend|mille|mil"),
];

/// Numbers that say one; they count with a unit or a scale only: "one year", "one out of five".
const ONES: &[&str] = &["one", "ein", "eine", "un", "une", "una", "一"];

static BY_WORD: LazyLock<HashMap<&'static str, f64>> = LazyLock::new(|| {
    NUMBERS.iter().flat_map(|(value, words)| words.split('|').map(|word| (word, *value))).collect()
});

/// What a word says as a number, and how long the number is in it: all of "two", three letters of "two-pack".
///
/// The word is in lower case: folding would make "ein" of "eine" and "fiv" of "five".
pub(super) fn value(lower: &str) -> Option<(f64, usize)> {
    let number = |text: &str| BY_WORD.get(text).copied();
    number(lower).map(|value| (value, lower.len())).or_else(|| {
        let (first, _) = lower.split_once('-')?;
        number(first).map(|value| (value, first.len()))
    })
}

/// Numbers of a clause that are written as words, with their units.
pub(super) fn mentions(text: &str, clause: &Clause<'_>) -> Vec<NumberMention> {
    let mut found: Vec<NumberMention> = Vec::new();
    for (place, word) in clause.words.iter().enumerate() {
        // "Five" of "one out of five" is read.
        if found.last().is_some_and(|last| last.end > word.start) {
            continue;
        }
        let following = clause.words.get(place + 1..).unwrap_or_default();
        let (value, unit_only) = match value(&word.lower) {
            // "half a litre", "the other half": only with a unit.
            Some((value, _)) => (value, value < 1.0),
            None if ONES.contains(&word.lower.as_str()) => (1.0, true),
            None => continue,
        };
        let reading = NumberReading { value, decimals: u32::from(value < 1.0) };
        if let Some((end, scale)) = scale(following) {
            found.push(mention(word.start, end, reading, Some(Unit::of_scale(scale)), false));
            continue;
        }
        let behind =
            word.end.min(word.start + self::value(&word.lower).map_or(word.text.len(), |number| number.1));
        let unit = text.get(behind..).and_then(|rest| {
            let gap = rest.len() - rest.trim_start_matches([' ', '-', '\u{a0}']).len();
            // Signs such as " and letters are no units of a number in words.
            let (unit, length) = at_start(rest.get(gap..)?)?;
            (length > 2).then_some((unit, behind + gap + length))
        });
        match unit {
            Some((unit, end)) => found.push(mention(word.start, end, reading, Some(unit), true)),
            None if !unit_only => found.push(mention(word.start, word.end, reading, None, false)),
            None => {}
        }
    }
    found
}

fn mention(
    start: usize,
    end: usize,
    reading: NumberReading,
    unit: Option<Unit>,
    doubtful: bool,
) -> NumberMention {
    NumberMention { start, end, kind: MentionKind::Number { readings: vec![reading], unit, doubtful } }
}

/// The end of a scale that follows: "out of five". Gives where it ends as well.
fn scale(following: &[Word<'_>]) -> Option<(usize, f64)> {
    let [out, of, end, ..] = following else { return None };
    if out.folded != "out" || of.folded != "of" {
        return None;
    }
    let value = value(&end.lower).map(|number| number.0).or_else(|| end.text.parse().ok())?;
    [5.0, 10.0, 100.0].contains(&value).then_some((end.end, value))
}

#[cfg(test)]
mod tests {
    use super::super::clauses::clauses;
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = clauses(text)
            .iter()
            .flat_map(|clause| mentions(text, clause))
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
        check("half a litre, half-litre", &["0.5 Volume"]);
        check("a three-year warranty", &["3 Time"]);
        check("one of the best, for one year", &["1 Time"]);
        check("rated one out of five", &["1 Rating"]);
        check("zwei Taschen, trois poches, dos bolsillos", &["2", "3", "2"]);
    }
}
