//! Words, clauses and negations of a text, as far as statements about features need them.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::product::unit::is_cjk;

/// A word with its place.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    /// As it is written.
    pub(super) text: &'a str,
    /// In lower case, without an ending for number or case.
    pub(super) folded: String,
    /// Where it stands, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Whether the clause denies it.
    pub(super) denied: bool,
}

/// Words that deny what follows in their clause.
const DENIALS: &[&str] = &[
    "no", "not", "without", "lack", "lacks", "lacking", "neither", "nor", "never", "cannot", "doesn't",
    "don't", "isn't", "aren't", "hasn't", "haven't", "won't", "can't", "non", // English
    "kein", "keine", "keinen", "keinem", "keiner", "keines", "nicht", "ohne", "weder", "noch", // German
    "pas", "sans", "aucun", "aucune", "ni", "jamais", // French
    "sin", "ningún", "ninguna", "ninguno", "tampoco", // Spanish; `no` and `ni` are above
];

/// Words after a denial that take it back: "not only", "no matter", "without compromising".
const TAKES_BACK: &[&str] =
    &["only", "just", "matter", "doubt", "wonder", "longer", "need", "nur", "seulement", "solo"];

/// Words that begin another clause, which a denial does not reach.
const TURNS: &[&str] = &[
    "but",
    "however",
    "although",
    "though",
    "while",
    "whereas",
    "yet",
    "instead", // English
    "aber",
    "jedoch",
    "sondern",
    "obwohl",
    "während", // German
    "mais",
    "cependant",
    "tandis",
    "toutefois", // French
    "pero",
    "sino",
    "aunque",
    "mientras", // Spanish
];

/// Words that end what a denial reaches inside of its clause: "not large, with a radio", "no jack in black".
const ENDS: &[&str] = &[
    "with", "in", "at", "near", "by", "on", "from", "has", "is", "offers", "serving", "located", "due",
    "because", "it", "they", "you", "serves", "gets", // English
    "mit", "bei", "im", "am", "hat", "ist", "weil", // German
    "avec", "dans", "chez", "est", "car", // French
    "con", "en", "está", "tiene", "porque", // Spanish
];

/// What a word does to the clause that it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Denies,
    TakesBack,
    Turns,
    Ends,
}

/// The words that have a role. One that has two (`no`, `en`) has the first.
static ROLES: LazyLock<HashMap<&'static str, Role>> = LazyLock::new(|| {
    let mut roles = HashMap::new();
    for (words, role) in
        [(DENIALS, Role::Denies), (TURNS, Role::Turns), (TAKES_BACK, Role::TakesBack), (ENDS, Role::Ends)]
    {
        for word in words {
            roles.entry(*word).or_insert(role);
        }
    }
    roles
});

/// The clauses of a text: runs of words that one denial may reach.
pub(super) fn clauses(text: &str) -> Vec<Vec<Word<'_>>> {
    let mut clauses = Vec::new();
    let mut clause: Vec<Word<'_>> = Vec::new();
    let (mut denied, mut just_denied, mut said_not) = (false, false, false);
    let mut last_end = 0;
    for (start, end) in spans(text) {
        let (Some(written), Some(between)) = (text.get(start..end), text.get(last_end..start)) else {
            continue;
        };
        last_end = end;
        let lower = written.to_lowercase().replace('’', "'");
        let role = ROLES.get(lower.as_str()).copied();
        let ends = |c: char| matches!(c, '.' | '!' | '?' | ';' | '。' | '！' | '？' | '；' | '\n' | '•');
        if role == Some(Role::Turns) || between.contains(ends) {
            (denied, just_denied) = (false, false);
            if !clause.is_empty() {
                clauses.push(std::mem::take(&mut clause));
            }
        }
        // "not only", "without compromising battery life"; "is not in stock" is a denial still.
        denied &= if just_denied {
            role != Some(Role::TakesBack) && !lower.ends_with("ing")
        } else {
            role != Some(Role::Ends)
        };
        // "It is not large and has a radio"; but "no radio and no jack", "without radio and jack".
        denied &= !(said_not && matches!(lower.as_str(), "and" | "und" | "et" | "y"));
        just_denied = role == Some(Role::Denies);
        if just_denied {
            said_not = lower.ends_with("n't") || matches!(lower.as_str(), "not" | "nicht" | "pas" | "cannot");
        }
        let folded = if just_denied { lower } else { stem(lower) };
        clause.push(Word { text: written, folded, start, end, denied });
        denied |= just_denied;
    }
    if !clause.is_empty() {
        clauses.push(clause);
    }
    clauses
}

/// Where the words of a text stand. Signs inside a word belong to it ("Wi-Fi", "3.5mm", "802.11a/b").
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut current: Option<(usize, usize)> = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let inside = matches!(character, '-' | '.' | '\'' | '’' | '/' | '+' | '&' | ',')
            && current.is_some()
            && characters.peek().is_some_and(|(_, next)| {
                // A comma belongs to a number only.
                next.is_alphanumeric() && (character != ',' || next.is_ascii_digit())
            });
        if is_cjk(character) {
            spans.extend(current.take());
            spans.push((at, end));
        } else if character.is_alphanumeric() || inside {
            current = Some((current.map_or(at, |(start, _)| start), end));
        } else {
            spans.extend(current.take());
        }
    }
    spans.extend(current);
    spans
}

/// A word in lower case without the endings that number and case add, for comparison and nothing else.
pub(super) fn folded(word: &str) -> String {
    stem(word.to_lowercase().replace('’', "'"))
}

/// The same for a word that is in lower case already.
fn stem(mut word: String) -> String {
    if word.ends_with("'s") {
        word.truncate(word.len() - 2);
    }
    for ending in ["ies", "es", "s", "en", "e", "n"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.chars().nth(3).is_some()
            && !stem.bytes().any(|byte| byte.is_ascii_digit())
        {
            word.truncate(stem.len());
            if ending == "ies" {
                word.push('y');
            }
            break;
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(text: &str, expected: &str) {
        let words: Vec<String> = clauses(text)
            .iter()
            .flatten()
            .filter(|word| word.denied)
            .map(|word| word.text.to_owned())
            .collect();
        assert_eq!(words.join(" "), expected, "{text}");
    }

    #[test]
    fn a_denial_reaches_to_the_end_of_its_clause() {
        denied("It has no Wi-Fi, Bluetooth or GPS, but it does have a radio.", "Wi-Fi Bluetooth or GPS");
        denied("The phone does not support NFC. It has a jack.", "support NFC");
        denied("It is not large and has NFC.", "large");
        denied("It comes without NFC and radio.", "NFC and radio");
        denied("Das Gerät hat kein NFC, aber WLAN.", "NFC");
        denied("Sans fil, mais avec Bluetooth.", "fil");
        denied("No tiene NFC, pero sí radio.", "tiene NFC");
    }

    #[test]
    fn what_only_looks_like_a_denial_denies_nothing() {
        denied("Not only NFC but also a radio.", "");
        denied("Slim without compromising battery life.", "");
        denied("Notable for its NFC.", "");
    }

    #[test]
    fn words_are_compared_without_their_endings() {
        for (left, right) in [("batteries", "battery"), ("Speakers", "speaker"), ("Akkus", "akku")] {
            assert_eq!(folded(left), folded(right));
        }
        assert_eq!(folded("USB-C"), "usb-c");
        assert_eq!(folded("it’s"), "it");
    }
}
