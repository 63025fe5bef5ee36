//! Codes: letters and digits without a blank, such as `IP68`, `5G`, `1.2.3`; and dates in digits.

use std::sync::LazyLock;

use foldhash::HashSet;

use super::lexicon_data::spellings;
use super::number::{MentionKind, NumberMention};
use crate::product::unit;

/// A run of letters and digits.
pub(super) struct Word {
    pub(super) end: usize,
    pub(super) has_digit: bool,
}

impl Word {
    /// The run that begins at `start`.
    pub(super) fn at(text: &str, start: usize) -> Self {
        let mut word = Self { end: start, has_digit: false };
        for (at, character) in text.get(start..).unwrap_or_default().char_indices() {
            if !character.is_alphanumeric() || unit::is_cjk(character) {
                break;
            }
            word.end = start + at + character.len_utf8();
            word.has_digit |= character.is_ascii_digit();
        }
        word
    }
}

/// "IP 67": a code with a blank in it.
pub(super) fn blank_code(text: &str, start: usize, end: usize) -> Option<NumberMention> {
    static FIRST: LazyLock<HashSet<&str>> = LazyLock::new(|| spellings("codes", "words").collect());
    let word = text.get(start..end).filter(|word| word.len() <= 3)?;
    let rest = text.get(end..)?.strip_prefix([' ', '-', '\u{a0}'])?;
    let from = text.len() - rest.len();
    let last = Word::at(text, from);
    let digits = text.get(from..last.end)?;
    let lower = word.to_lowercase();
    let fits = last.has_digit && digits.len() <= 3 && FIRST.contains(lower.as_str());
    fits.then(|| {
        NumberMention::new(start, last.end, MentionKind::Code(format!("{lower}{}", digits.to_lowercase())))
    })
}

/// A run of letters and digits that begins at `start`.
pub(super) fn code(text: &str, start: usize) -> NumberMention {
    let rest = text.get(start..).unwrap_or_default();
    let mut length = 0;
    let mut last = ' ';
    let mut characters = rest.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        let joins = matches!(character, '.' | '-' | '/')
            && characters.peek().is_some_and(|(_, next)| next.is_ascii_digit())
            && last.is_ascii_digit();
        if (character.is_alphanumeric() && !unit::is_cjk(character)) || joins {
            length = index + character.len_utf8();
            last = character;
        } else {
            break;
        }
    }
    let written = rest.get(..length).unwrap_or_default().to_lowercase();
    NumberMention::new(start, start + length, MentionKind::Code(written))
}

/// A date in digits, as one code: 2012-04-20 and 20.04.2012; gives the length of what is written.
pub(super) fn date(rest: &str) -> Option<(usize, String)> {
    let written = rest.get(..10)?;
    if rest.get(10..)?.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let bytes = written.as_bytes();
    let sign = |at: usize| bytes.get(at).copied();
    let number = |from: usize, to: usize| {
        let digits = written.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)
    };
    let (year, month, day) = match (sign(4), sign(2)) {
        (Some(b'-'), _) if sign(7) == Some(b'-') => (number(0, 4)?, number(5, 7)?, number(8, 10)?),
        (_, Some(b'.')) if sign(5) == Some(b'.') => (number(6, 10)?, number(3, 5)?, number(0, 2)?),
        _ => return None,
    };
    let real = ("01"..="12").contains(&month) && ("01"..="31").contains(&day);
    real.then(|| (written.len(), format!("{year}-{month}-{day}")))
}
