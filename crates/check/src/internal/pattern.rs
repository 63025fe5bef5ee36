//! Names of attributes as words, and patterns of them, in which `*` stands for any characters.

use foldhash::HashSet;

use crate::product::unit::is_cjk;

/// The words of a name, each once between spaces: `costPrice`, `cost_price` and `Cost Price` are ` cost price `. Each
/// character of Chinese and Japanese counts as a word, and so does each number.
pub(super) fn words(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    out.push(' ');
    let characters: Vec<char> = name.chars().map(half_width).collect();
    for (place, character) in characters.iter().copied().enumerate() {
        let before = place.checked_sub(1).and_then(|place| characters.get(place)).copied();
        if !(character.is_alphanumeric() || character == '*') {
            close(&mut out);
            continue;
        }
        if before
            .is_some_and(|before| begins_word(before, character, characters.get(place + 1..).unwrap_or(&[])))
        {
            close(&mut out);
        }
        out.extend(character.to_lowercase());
    }
    close(&mut out);
    out
}

/// Ends a word, where one has begun.
fn close(out: &mut String) {
    if !out.ends_with(' ') {
        out.push(' ');
    }
}

/// Whether a character begins a word of its own: `costPrice`, `EKPreis`, `image1`, `画像URL`, but not `URLs`.
fn begins_word(before: char, character: char, after: &[char]) -> bool {
    if is_cjk(before) || is_cjk(character) {
        return true;
    }
    if before == '*' || character == '*' {
        return false;
    }
    if before.is_numeric() != character.is_numeric() {
        return true;
    }
    let next = after.first().copied();
    let is_plural = next == Some('s') && !after.get(1).is_some_and(|after| after.is_alphanumeric());
    character.is_uppercase()
        && (before.is_lowercase()
            || (before.is_uppercase() && next.is_some_and(char::is_lowercase) && !is_plural))
}

/// A full-width letter, digit or sign as the plain one.
fn half_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        other => other,
    }
}

/// Patterns of names. Most are words with or without `*` before or behind them: these are looked up; the others are tried.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    whole: HashSet<String>,
    begins: HashSet<String>,
    ends: HashSet<String>,
    anywhere: HashSet<String>,
    others: Vec<String>,
    /// Most words of one that is looked up.
    words_max: usize,
}

impl<'a> FromIterator<&'a String> for Patterns {
    fn from_iter<I: IntoIterator<Item = &'a String>>(names: I) -> Self {
        let mut patterns = Self::default();
        for name in names {
            patterns.add(name);
        }
        patterns
    }
}

impl Patterns {
    fn add(&mut self, pattern: &str) {
        let glob = glob(pattern);
        let inner = glob.trim_matches('*');
        if inner.contains('*') || !inner.starts_with(' ') || !inner.ends_with(' ') {
            self.others.push(glob);
            return;
        }
        self.words_max = self.words_max.max(inner.split_whitespace().count());
        let set = match (glob.starts_with('*'), glob.ends_with('*')) {
            (false, false) => &mut self.whole,
            (false, true) => &mut self.begins,
            (true, false) => &mut self.ends,
            (true, true) => &mut self.anywhere,
        };
        set.insert(inner.to_owned());
    }

    /// Whether one of them fits a name, given as [`words`].
    pub(super) fn fit(&self, name: &str) -> bool {
        if self.whole.contains(name) {
            return true;
        }
        let edges: Vec<usize> = name.match_indices(' ').map(|(at, _)| at).collect();
        for (place, from) in edges.iter().enumerate() {
            for to in edges.iter().skip(place + 1).take(self.words_max) {
                let Some(part) = name.get(*from..=*to) else { continue };
                let (first, last) = (*from == 0, to + 1 == name.len());
                if self.anywhere.contains(part)
                    || (first && self.begins.contains(part))
                    || (last && self.ends.contains(part))
                {
                    return true;
                }
            }
        }
        self.others.iter().any(|glob| fits(glob.as_bytes(), name.as_bytes()))
    }
}

/// A pattern as a glob over [`words`]. A `*` that is a word by itself stands for any words, none included: ` supplier ` fits
/// `* supplier *`.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len() + 2);
    for word in words(pattern).split_whitespace() {
        if word.bytes().all(|byte| byte == b'*') {
            glob.push('*');
            continue;
        }
        if !glob.ends_with(' ') {
            glob.push(' ');
        }
        glob.push_str(word);
        glob.push(' ');
    }
    glob
}

/// Whether a glob covers a whole text.
fn fits(glob: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where the last star stands, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match glob.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(byte) if text.get(from) == Some(byte) => (at, from) = (at + 1, from + 1),
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                (at, from) = (star_at + 1, taken + 1);
            }
        }
    }
    glob.get(at..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}
