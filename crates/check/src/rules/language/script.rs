//! The scripts of a text: what is written in another script than a language's is in another language.

use super::han::is_chinese_only;
use super::words::{LANGUAGES, is_latin};
use crate::product::unit::is_cjk;

/// A character of Chinese or Japanese says about as much as three letters.
const CJK_WEIGHT: usize = 3;

/// Fewer characters of another script are a sign or a name.
const OTHER_MIN: usize = 3;

/// Fewer Chinese characters may be a heading of Japanese, which needs no kana.
const HEADING_MAX: usize = 8;

/// So many words that Chinese and Japanese share make a sentence without kana Chinese.
const CHINESE_WORDS_MIN: usize = 2;

/// How many letters of each script a text has.
#[derive(Debug, Default)]
pub(super) struct Letters {
    pub(super) latin: usize,
    pub(super) kana: usize,
    pub(super) han: usize,
    /// Of scripts that no language of the recipes is written in.
    other: usize,
}

impl Letters {
    pub(super) fn of(text: &str) -> Self {
        let mut letters = Self::default();
        for c in text.chars().filter(|c| c.is_alphabetic()) {
            if is_latin(c) {
                letters.latin += 1;
            } else if is_kana(c) {
                letters.kana += 1;
            } else if is_cjk(c) {
                letters.han += 1;
            } else if is_of_other_script(c) {
                letters.other += 1;
            }
        }
        letters
    }

    pub(super) fn cjk(&self) -> usize {
        self.kana + self.han
    }

    /// The language that the script alone shows a text to be in, where that is not the expected one.
    pub(super) fn other_than(&self, text: &str, expected: &str) -> Option<&'static str> {
        let cjk = self.cjk() * CJK_WEIGHT;
        if self.other >= OTHER_MIN && self.other * 2 > self.latin + cjk {
            return Some("a language of another script");
        }
        match expected {
            "zh" => (self.kana > 2 && self.kana * 10 >= self.cjk()).then_some("ja"),
            "ja" => (self.kana == 0 && self.is_chinese(text)).then_some("zh"),
            // A name or two in another script are no sentence.
            _ if self.cjk() >= OTHER_MIN && cjk >= self.latin => {
                Some(if self.kana * 10 >= self.cjk() { "ja" } else { "zh" })
            }
            _ => None,
        }
    }

    fn is_chinese(&self, text: &str) -> bool {
        let chinese = &LANGUAGES.chinese;
        let count = |list: &str| text.chars().filter(|c| list.contains(*c)).count();
        text.chars().any(is_chinese_only)
            || count(&chinese.only) > 0
            || (self.han >= HEADING_MAX && count(&chinese.often) >= CHINESE_WORDS_MIN)
    }
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}')
}

/// Cyrillic, Armenian, Hebrew, Arabic, the scripts of India and South-East Asia, Georgian, Hangul. Greek letters are signs in
/// every language, but for three and more in a row of words.
fn is_of_other_script(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{1fff}' | '\u{a800}'..='\u{abff}' | '\u{ac00}'..='\u{d7af}' | '\u{fb1d}'..='\u{fdff}')
        && !matches!(c, '\u{1d00}'..='\u{1eff}')
}
