//! Characters that nobody sees or that no language writes, and emoji.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Faults, FormText};
use crate::content::FormKind;

/// Controls, formats, private and unassigned characters, separators of lines and paragraphs; fillers, variation selectors,
/// tags; letters in mathematical styles; heaps of accents.
static ODD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let odd = r"[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\x{34F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{2800}\x{3164}\x{FE00}-\x{FE0F}\x{FFA0}\x{E0100}-\x{E01EF}\x{1D400}-\x{1D7FF}\x{20E0}]|\p{M}{4,}";
    Regex::new(odd).ok()
});

/// Emoji with what belongs to them; dingbats that phones show as emoji.
static EMOJI: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let emoji = r"(?:[\p{Emoji_Presentation}\x{1F1E6}-\x{1F1FF}]|[\p{Emoji}&&[\x{2600}-\x{27BF}\x{1F000}-\x{1FAFF}]]|[0-9#*]\x{FE0F}?\x{20E3}|[\p{Emoji}--[0-9#*©®™]]\x{FE0F})[\x{FE0F}\x{200D}\x{1F3FB}-\x{1F3FF}\x{E0020}-\x{E007F}]{0,8}";
    Regex::new(emoji).ok()
});

/// Most odd characters that are looked at: a text of nothing else is faulty with the first.
const LOOKED_AT_MAX: usize = 100_000;

pub(super) fn faults(read: FormText<'_>, found: &mut Faults) {
    if read.text.is_ascii() && !read.text.bytes().any(|byte| byte.is_ascii_control()) {
        return;
    }
    if let Some(emoji) = EMOJI.as_ref() {
        for place in emoji.find_iter(read.text).take(LOOKED_AT_MAX) {
            if found.is_full(FormKind::Emoji) {
                break;
            }
            if !read.held.holds(read.text, &place.range(), FormKind::Emoji) {
                found.add(FormKind::Emoji, place.range(), "an emoji");
            }
        }
    }
    let Some(odd) = ODD.as_ref() else { return };
    for place in odd.find_iter(read.text).take(LOOKED_AT_MAX) {
        if found.is_full(FormKind::Character) {
            break;
        }
        let around = Around::of(read.text, place.start(), place.end());
        if let Some(what) = around.fault(place.as_str(), read.place.line) {
            found.add(FormKind::Character, place.range(), what);
        }
    }
    if let Some(place) = mixed(read.text) {
        found.add(FormKind::Character, place, "a letter of another script in a word");
    }
}

/// The characters beside a place.
struct Around<'a> {
    before: &'a str,
    behind: &'a str,
}

impl<'a> Around<'a> {
    fn of(text: &'a str, start: usize, end: usize) -> Self {
        Self { before: text.get(..start).unwrap_or_default(), behind: text.get(end..).unwrap_or_default() }
    }

    fn last(&self) -> Option<char> {
        self.before.chars().next_back()
    }

    fn next(&self) -> Option<char> {
        self.behind.chars().next()
    }

    /// What is wrong with a character at this place; `None` where it belongs there.
    fn fault(&self, found: &str, is_line: bool) -> Option<&'static str> {
        let c = found.chars().next()?;
        if found.chars().count() > 1 {
            return Some("a heap of accents");
        }
        let is_legitimate = match c {
            '\n' => !is_line,
            '\r' => !is_line && self.next() == Some('\n'),
            // Joiners within words of the scripts that need them, and within an emoji.
            '\u{200c}' => self.last().is_some_and(joins) && self.next().is_some_and(joins),
            '\u{200d}' => {
                let within_word = self.last().is_some_and(joins) && self.next().is_none_or(joins);
                within_word || (self.last().is_some_and(is_pictured) && self.next().is_some_and(is_pictured))
            }
            '\u{200b}' => self.last().is_some_and(is_unspaced) && self.next().is_some_and(is_unspaced),
            '\u{200e}' | '\u{200f}' | '\u{61c}' => {
                self.last().is_some_and(is_right_to_left) || self.next().is_some_and(is_right_to_left)
            }
            '\u{fe0e}' | '\u{fe0f}' => match self.last() {
                Some('0'..='9' | '#' | '*') => self.next() == Some('\u{20e3}'),
                Some('\u{fe0f}') | None => false,
                Some(last) => is_pictured(last),
            },
            '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => self.last().is_some_and(is_han),
            '\u{180b}'..='\u{180f}' => self.last().is_some_and(|c| ('\u{1820}'..='\u{18aa}').contains(&c)),
            // The flags of England, Scotland and Wales.
            '\u{e0020}'..='\u{e007f}' => self.last().is_some_and(|c| c == '\u{1f3f4}' || is_tag(c)),
            _ => false,
        };
        (!is_legitimate).then(|| name(c))
    }
}

/// What a character is, for people.
fn name(c: char) -> &'static str {
    match c {
        '\t' => "a tab",
        '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => "a line end",
        '\u{ad}' => "a soft hyphen",
        '\u{feff}' => "a byte order mark",
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "a character that turns the direction of writing"
        }
        '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180f}' | '\u{e0100}'..='\u{e01ef}' => {
            "a variation selector out of place"
        }
        '\u{e0000}'..='\u{e007f}' => "a tag character",
        '\u{1d400}'..='\u{1d7ff}' => "a letter in a mathematical style",
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => "a character of private use",
        c if c.is_control() => "a control character",
        _ => "a character that nobody sees",
    }
}

/// Arabic, Syriac, N'Ko, the scripts of India, Tibet, Mongolia and South-East Asia, whose letters joiners stand between.
fn joins(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{7ff}' | '\u{840}'..='\u{dff}' | '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{1b00}'..='\u{1bff}' | '\u{a800}'..='\u{abff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// Thai, Lao, Burmese and Khmer, which write no blanks between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

fn is_tag(c: char) -> bool {
    ('\u{e0020}'..='\u{e007f}').contains(&c)
}

/// What can be shown as a picture: emoji, their skins and selectors, keys.
fn is_pictured(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{2122}' | '\u{203c}' | '\u{2049}' | '\u{2139}' | '\u{fe0f}' | '\u{20e3}' | '0'..='9' | '#' | '*'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Where a word of Latin letters has a Cyrillic one, or a Greek one that looks like it: letters that pass for others.
fn mixed(text: &str) -> Option<Range<usize>> {
    let (mut latin, mut other): (bool, Option<Range<usize>>) = (false, None);
    for (at, c) in text.char_indices() {
        match c {
            'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' => latin = true,
            '\u{400}'..='\u{4ff}' => other = other.or(Some(at..at + c.len_utf8())),
            'Α' | 'Β' | 'Ε' | 'Ζ' | 'Η' | 'Ι' | 'Κ' | 'Μ' | 'Ν' | 'Ο' | 'Ρ' | 'Τ' | 'Υ' | 'Χ' | 'ο' | 'ν'
            | 'ρ' => {
                other = other.or(Some(at..at + c.len_utf8()));
            }
            c if c.is_alphabetic() => {}
            _ => (latin, other) = (false, None),
        }
        if latin && other.is_some() {
            return other;
        }
    }
    None
}
