//! Words of a model server, fit for logs, dead letters and terminals: short, on one line, and without keys.

use std::ops::Range;

use secrecy::{ExposeSecret, SecretString};

/// Longest quotation, in characters.
const CHARS_MAX: usize = 300;
/// Characters of a text that are looked at.
const LOOKED_AT_MAX: usize = 4_000;
/// So many characters of the key in a row give it away.
const KEY_PART: usize = 8;
/// A shorter key in force is only found whole.
const KEY_MIN: usize = 4;
/// What keys of well-known providers begin with.
const KEY_PREFIXES: &[&str] = &[
    "sk-",
    "sk_",
    "pk-",
    "rk-",
    "gsk_",
    "hf_",
    "xai-",
    "pplx-",
    "nvapi-",
    "r8_",
    "fw_",
    "tgp_",
    "csk-",
    "aiza",
    "ya29.",
    "eyj",
    "akia",
    "asia",
    "ghp_",
    "github_pat_",
    "key-",
    "api-",
    "apikey-",
];
/// A word of so many letters and digits, with both, is taken for a key.
const LONG_WORD: usize = 32;

/// Takes keys out of what a server says, above all the one in force.
#[derive(Clone, Debug)]
pub(super) struct Quote {
    key: SecretString,
}

impl Quote {
    /// For a server that is sent `key`; an empty one where it is sent none.
    pub(super) fn new(key: SecretString) -> Self {
        Self { key }
    }

    /// A text as it may be shown: at most 300 characters, without control characters, invisible characters and keys.
    #[must_use]
    pub(super) fn of(&self, text: &str) -> String {
        let visible = text.chars().take(LOOKED_AT_MAX).map(|c| if c.is_control() { ' ' } else { c });
        let visible: String = visible.filter(|c| !is_invisible(*c)).collect();
        let mut out = String::with_capacity(visible.len().min(CHARS_MAX * 4));
        let mut after_bearer = false;
        for word in visible.split_whitespace() {
            if !out.is_empty() {
                out.push(' ');
            }
            self.push(word, after_bearer, &mut out);
            let plain = word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
            after_bearer =
                matches!(plain.as_str(), "bearer" | "basic" | "token") || plain.ends_with("bearer");
        }
        shortened(&out)
    }

    /// Writes a word down without what in it is a key.
    fn push(&self, word: &str, after_bearer: bool, out: &mut String) {
        let mut rest = 0;
        for part in key_parts(word) {
            let Some(text) = word.get(part.clone()) else { continue };
            if self.is_key(text, after_bearer) {
                out.push_str(word.get(rest..part.start).unwrap_or_default());
                out.push_str("[key]");
                rest = part.end;
            }
        }
        out.push_str(word.get(rest..).unwrap_or_default());
    }

    fn is_key(&self, part: &str, after_bearer: bool) -> bool {
        let lower = part.to_ascii_lowercase();
        let prefixed = KEY_PREFIXES
            .iter()
            .any(|prefix| lower.strip_prefix(prefix).is_some_and(|rest| rest.len() >= KEY_PART));
        let mixed = |text: &str| {
            text.bytes().any(|c| c.is_ascii_digit()) && text.bytes().any(|c| c.is_ascii_alphabetic())
        };
        let long = || part.split(['-', '.', '/']).any(|run| run.len() >= LONG_WORD && mixed(run));
        let named = after_bearer && part.len() >= KEY_PART;
        prefixed && (mixed(part) || part.contains('*') || part.len() > 20)
            || named
            || long()
            || self.is_of_the_key(&lower)
    }

    /// Whether a part, in lower case, holds the key in force or enough of it.
    fn is_of_the_key(&self, part: &str) -> bool {
        let key = self.key.expose_secret().to_ascii_lowercase();
        if key.len() < KEY_PART {
            return key.len() >= KEY_MIN && part.contains(&key);
        }
        part.as_bytes()
            .windows(KEY_PART)
            .any(|window| key.as_bytes().windows(KEY_PART).any(|of| of == window))
    }
}

/// The runs in a word that a key could be: of letters, digits and the signs that keys are written with, or cut short with.
fn key_parts(word: &str) -> Vec<Range<usize>> {
    let of_key = |c: char| c.is_ascii_alphanumeric() || "-_.+/~*%=…".contains(c);
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (at, c) in word.char_indices().filter(|(_, c)| of_key(*c)) {
        let end = at + c.len_utf8();
        match parts.last_mut() {
            Some(last) if last.end == at => last.end = end,
            _ => parts.push(at..end),
        }
    }
    // "api_key=…": the name is no part of the key.
    let cut = |part: Range<usize>| {
        let named = word.get(part.clone()).and_then(|text| text.trim_end_matches('=').rfind('='));
        named.map_or(part.clone(), |at| part.start + at + 1..part.end)
    };
    parts.into_iter().map(cut).collect()
}

/// Soft hyphens, zero-width and bidirectional characters, tags.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "mykey-AbCdEf0123456789xyz";

    fn check(text: &str, expected: &str) {
        assert_eq!(Quote::new(KEY.to_owned().into()).of(text), expected, "{text}");
    }

    #[test]
    fn the_key_in_force_is_never_quoted_whole_in_part_or_in_another_case() {
        for text in [
            format!("the key {KEY} is wrong"),
            "the key mykey-AbCdEf01*** is wrong".to_owned(),
            "the key ...456789xyz is wrong".to_owned(),
            format!("the key {} is wrong", KEY.to_uppercase()),
        ] {
            check(&text, "the key [key] is wrong");
        }
        check(&format!("header Authorization:Bearer\n{KEY}!"), "header Authorization:Bearer [key]!");
        check(&format!("?api_key={KEY}&x=1"), "?api_key=[key]&x=1");
        check(&format!("{{\"key\":\"{KEY}\"}}"), "{\"key\":\"[key]\"}");
        assert_eq!(Quote::new("ab12".to_owned().into()).of("key ab12, refused"), "key [key], refused");
        assert_eq!(Quote::new(String::new().into()).of("no key was sent"), "no key was sent");
    }

    #[test]
    fn what_looks_like_any_key_is_not_quoted() {
        check("Incorrect API key provided: sk-proj-abcd1234efgh5678.", "Incorrect API key provided: [key]");
        check(
            "Incorrect API key provided: sk-ab***********************wxyz.",
            "Incorrect API key provided: [key]",
        );
        check("sent Bearer abcdefghijkl", "sent Bearer [key]");
        check("key AIzaSyA1234567890abcdefghijklmnopqrstuv", "key [key]");
        check("hash 0123456789abcdef0123456789abcdef", "hash [key]");
    }

    #[test]
    fn names_of_models_and_addresses_are_quoted() {
        for text in [
            "The model `meta-llama/Llama-3.3-70B-Instruct-Turbo-Free` does not exist.",
            "no deployment gpt-5-mini-2026-01-01 at https://shop.openai.azure.com/openai/v1/chat/completions",
            "Rate limit reached for org-acme on tokens per minute (TPM): Limit 6000, Used 5990",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn a_quotation_is_short_and_on_one_line() {
        check("a\u{1b}[31mred\r\nline\u{202e}\u{200b}", "a [31mred line");
        assert_eq!(Quote::new(String::new().into()).of(&"long ".repeat(1_000)).chars().count(), 301);
    }
}
