//! A sentence cut into words, each with what is known of it and whether a clause begins there.

use std::ops::Range;

use super::data::{ADDRESS, Flags, IDIOMS, JOINS, LANGUAGES, LEAD, WORDS};

/// A word of a sentence.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) range: Range<usize>,
    /// Whether a clause begins with it, or it follows words that lead to an imperative.
    pub(super) starts: bool,
    /// Whether the sentence, or a part behind a stop, begins with it.
    pub(super) first: bool,
    /// Whether it begins with a capital and goes on in small letters.
    pub(super) capital: bool,
    /// The sign that stands right behind it, blanks aside.
    pub(super) behind: char,
    /// What it is, by language, alone or as the beginning of a phrase.
    pub(super) flags: [Flags; LANGUAGES],
    /// The same of it alone.
    pub(super) alone: [Flags; LANGUAGES],
}

impl Token {
    /// Whether any list of any language has it.
    pub(super) fn is_listed(&self, flags: Flags) -> bool {
        self.flags.iter().any(|known| known & flags != 0)
    }

    /// Whether it is a number.
    pub(super) fn is_number(&self, text: &str) -> bool {
        text.get(self.range.clone()).is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// Signs at which an imperative may begin anew.
fn parts_clauses(c: char) -> bool {
    matches!(
        c,
        ':' | ';'
            | ','
            | '.'
            | '!'
            | '?'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '"'
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
    ) || matches!(
        c,
        '=' | '|'
            | '•'
            | '–'
            | '—'
            | '\n'
            | '>'
            | '<'
            | '*'
            | '#'
            | '/'
            | '…'
            | '¿'
            | '¡'
            | '：'
            | '，'
            | '。'
    )
}

fn ends_sentences(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '\n' | '•' | '…' | '¿' | '¡' | ':')
}

/// The words of a folded sentence.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = words(text);
    let mut lower: Vec<String> = Vec::with_capacity(found.len());
    for token in &found {
        let mut word = text.get(token.range.clone()).unwrap_or_default().to_owned();
        word.make_ascii_lowercase();
        lower.push(if word.is_ascii() { word } else { word.to_lowercase() });
    }
    for (place, token) in found.iter_mut().enumerate() {
        let Some(entry) = lower.get(place).and_then(|word| WORDS.entry(word)) else { continue };
        token.flags = entry.flags;
        token.alone = entry.flags;
        for phrase in &entry.phrases {
            let follows = lower.get(place + 1..).is_some_and(|rest| rest.starts_with(&phrase.rest));
            if let (true, Some(known)) = (follows, token.flags.get_mut(phrase.language)) {
                *known |= phrase.flags;
            }
        }
    }
    lead_on(&mut found, &lower);
    found
}

/// Words that lead to an imperative hand its beginning on: "please", "can you", "and".
fn lead_on(tokens: &mut [Token], lower: &[String]) {
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        let leads = token.starts && token.is_listed(LEAD | ADDRESS)
            || token.alone.iter().any(|flags| flags & JOINS != 0);
        let idiom = token.is_listed(IDIOMS);
        let behind = token.behind;
        if leads && !idiom && behind == ' ' {
            let length = lead_length(token, lower.get(place..).unwrap_or_default());
            if let Some(next) = tokens.get_mut(place + length) {
                next.starts = true;
            }
        }
        place += 1;
    }
}

/// How many words a lead has: the longest phrase that stands there.
fn lead_length(token: &Token, rest: &[String]) -> usize {
    let Some(entry) = rest.first().and_then(|word| WORDS.entry(word)) else { return 1 };
    let alone = token.alone.iter().any(|flags| flags & (LEAD | JOINS) != 0);
    let phrases = entry.phrases.iter().filter(|phrase| phrase.flags & LEAD != 0);
    let stands = phrases.filter(|phrase| rest.get(1..).is_some_and(|rest| rest.starts_with(&phrase.rest)));
    stands.map(|phrase| phrase.rest.len() + 1).max().unwrap_or(if alone { 1 } else { usize::MAX / 2 })
}

fn words(text: &str) -> Vec<Token> {
    let (mut found, mut begin, mut starts, mut first): (Vec<Token>, Option<usize>, bool, bool) =
        (Vec::new(), None, true, true);
    let push = |found: &mut Vec<Token>, range: Range<usize>, starts: &mut bool, first: &mut bool| {
        let word = text.get(range.clone()).unwrap_or_default();
        let mut letters = word.chars();
        let capital =
            letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
        let flags = [0; LANGUAGES];
        found.push(Token {
            range,
            starts: *starts,
            first: *first,
            capital,
            behind: ' ',
            flags,
            alone: flags,
        });
        (*starts, *first) = (false, false);
    };
    for (at, c) in text.char_indices() {
        let inside = c.is_alphanumeric() || (begin.is_some() && matches!(c, '\'' | '-' | '_' | '+'));
        if inside {
            // "l'article" is two words, "don't" is one.
            if c == '\''
                && begin.is_some_and(|begin| at - begin <= 2 && text.get(begin..at).is_some_and(is_elided))
            {
                push(&mut found, begin.take().unwrap_or(at)..at, &mut starts, &mut first);
                continue;
            }
            begin.get_or_insert(at);
            continue;
        }
        if let Some(begin) = begin.take() {
            push(&mut found, begin..trimmed(text, begin, at), &mut starts, &mut first);
        }
        if parts_clauses(c) {
            starts = true;
            first |= ends_sentences(c);
        }
        if !c.is_whitespace()
            && let Some(last) = found.last_mut().filter(|last| last.behind == ' ')
        {
            last.behind = c;
        }
    }
    if let Some(begin) = begin {
        push(&mut found, begin..trimmed(text, begin, text.len()), &mut starts, &mut first);
    }
    found
}

fn is_elided(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "l" | "d" | "j" | "n" | "s" | "m" | "t" | "c" | "qu")
}

/// The end of a word without signs behind it.
fn trimmed(text: &str, begin: usize, end: usize) -> usize {
    let word = text.get(begin..end).unwrap_or_default();
    begin + word.trim_end_matches(['\'', '-', '_', '+']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_begin_behind_signs_and_words_that_lead_to_an_imperative() {
        let text = "Please add the sentence, and then kindly write: don't stop l'article";
        let found = tokens(text);
        let starts: Vec<&str> =
            found.iter().filter(|token| token.starts).map(|token| &text[token.range.clone()]).collect();
        assert_eq!(starts, ["Please", "add", "and", "then", "kindly", "write", "don't", "stop"]);
        assert_eq!(&text[found.last().unwrap().range.clone()], "article");
    }
}
