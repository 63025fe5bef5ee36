//! Numbers in Chinese and Japanese signs, with what they count: 五百毫升, 三个, 一万毫安, 半升.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::digits::NumberReading;
use super::lexicon_data::{spellings, values};
use super::number::{MentionKind, NumberMention};
use super::unit_behind::unit_behind;

static SIGNS: LazyLock<HashMap<char, f64>> = LazyLock::new(|| {
    values("signs").into_iter().filter_map(|(sign, value)| Some((sign.chars().next()?, value))).collect()
});
static HALF: LazyLock<Option<char>> = LazyLock::new(|| {
    values("numbers").into_iter().find_map(|(word, value)| {
        let sign = word.chars().next()?;
        (value < 1.0 && crate::product::unit::is_cjk(sign)).then_some(sign)
    })
});
static COUNTERS: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("counters", "words").collect());

/// From here on a sign multiplies what precedes it.
const MULTIPLIES: f64 = 10.0;

/// From here on it multiplies all that precedes it.
const MULTIPLIES_ALL: f64 = 10_000.0;

/// The number that begins at `start`, where something is measured or counted by it; and where its signs end.
pub(super) fn at(text: &str, start: usize) -> (Option<NumberMention>, usize) {
    let Some(rest) = text.get(start..) else { return (None, start + 1) };
    let first = rest.chars().next();
    if first.is_some() && first == *HALF {
        let end = start + first.map_or(1, char::len_utf8);
        let unit = unit_behind(text, end).filter(|unit| !unit.doubtful);
        let mention = unit.map(|unit| {
            let kind = MentionKind::Number {
                readings: vec![NumberReading::of(0.5, 1)],
                unit: Some(unit.unit),
                doubtful: false,
            };
            NumberMention { spelled: true, ..NumberMention::new(start, unit.end, kind) }
        });
        return (mention, end);
    }
    let mut end = start;
    let mut number = HanNumber::default();
    for (at, character) in rest.char_indices() {
        let Some(value) = SIGNS.get(&character) else { break };
        number.add(*value);
        end = start + at + character.len_utf8();
    }
    if end == start {
        return (None, start + first.map_or(1, char::len_utf8));
    }
    let value = number.value();
    // "百分之八十" and idioms such as "十分", "万分" are left to others; so is the brand "三星".
    let idiom = [1.0, 10.0, 100.0, 1000.0, 10_000.0].contains(&value);
    // 千克 and 万像素 are units: their first sign belongs to them.
    let signs = text.get(start..end).unwrap_or_default();
    let last = signs.char_indices().next_back().map(|(at, _)| start + at).filter(|at| *at > start);
    for end_of_signs in last.into_iter().chain([end]) {
        let Some(unit) = unit_behind(text, end_of_signs) else { continue };
        let mut number = HanNumber::default();
        let signs = text.get(start..end_of_signs).unwrap_or_default();
        signs.chars().filter_map(|sign| SIGNS.get(&sign)).for_each(|value| number.add(*value));
        if unit.doubtful && (idiom || unit.spelling == "星") {
            continue;
        }
        let kind = MentionKind::Number {
            readings: vec![NumberReading::of(number.value(), 0)],
            unit: Some(unit.unit),
            doubtful: unit.doubtful,
        };
        return (
            Some(NumberMention { spelled: true, ..NumberMention::new(start, unit.end, kind) }),
            unit.end,
        );
    }
    let behind = text.get(end..).unwrap_or_default();
    let counts = !idiom && value.is_finite() && COUNTERS.iter().any(|counter| behind.starts_with(counter));
    let mention = counts.then(|| {
        let kind =
            MentionKind::Number { readings: vec![NumberReading::of(value, 0)], unit: None, doubtful: false };
        NumberMention { spelled: true, ..NumberMention::new(start, end, kind) }
    });
    (mention, end)
}

/// What the sign behind digits multiplies them by, and its length: 2万.
pub(super) fn multiplier(rest: &str) -> Option<(f64, usize)> {
    let sign = rest.chars().next()?;
    SIGNS.get(&sign).filter(|value| **value >= 1000.0).map(|value| (*value, sign.len_utf8()))
}

/// A number in signs as far as it was read.
#[derive(Default)]
struct HanNumber {
    total: f64,
    section: f64,
    digit: Option<f64>,
}

impl HanNumber {
    fn add(&mut self, value: f64) {
        if value >= MULTIPLIES_ALL {
            self.section += self.digit.take().unwrap_or(0.0);
            self.total += self.section.max(1.0) * value;
            self.section = 0.0;
        } else if value >= MULTIPLIES {
            self.section += self.digit.take().unwrap_or(1.0) * value;
        } else {
            // 二〇二三: digit by digit.
            self.digit = Some(self.digit.map_or(value, |digit| digit * 10.0 + value));
        }
    }

    fn value(&self) -> f64 {
        self.total + self.section + self.digit.unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::number::mentions;
    use super::*;

    fn check(text: &str, expected: &[(&str, f64)]) {
        let found: Vec<(&str, f64)> = mentions(text)
            .into_iter()
            .map(|mention| match mention.kind {
                MentionKind::Number { readings, .. } => {
                    (text.get(mention.start..mention.end).unwrap_or_default(), readings[0].value)
                }
                MentionKind::Code(_) => ("", 0.0),
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_in_signs_are_read_with_their_units() {
        check("容量为五百毫升。", &[("五百毫升", 500.0)]);
        check("电池容量为一万毫安。", &[("一万毫安", 10_000.0)]);
        check("容量半升", &[("半升", 0.5)]);
        check("重两千克", &[("两千克", 2.0)]);
        check("保修两年", &[("两年", 2.0)]);
        check("重さは二百五十グラム", &[("二百五十グラム", 250.0)]);
        check("2万毫安", &[("2万毫安", 20_000.0)]);
        check("三个口袋", &[("三", 3.0)]);
    }

    #[test]
    fn idioms_are_no_numbers() {
        for idiom in ["十分舒适", "一款世界一流的手机", "三星手机", "万分感谢", "百搭"]
        {
            check(idiom, &[]);
        }
    }
}
