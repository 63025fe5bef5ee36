//! Words, clauses and negations of a text, as far as statements about features need them.

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
    "don't", "isn't", "aren't", "hasn't", "haven't", "won't", "can't", // English
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
    "because", // English
    "mit", "bei", "im", "am", "hat", "ist", "weil", // German
    "avec", "dans", "chez", "est", "car", // French
    "con", "en", "está", "tiene", "porque", // Spanish
];

/// The clauses of a text: runs of words that one denial may reach.
pub(super) fn clauses(text: &str) -> Vec<Vec<Word<'_>>> {
    let mut clauses = Vec::new();
    let mut clause: Vec<Word<'_>> = Vec::new();
    let mut denied = false;
    let mut last_end = 0;
    for (start, end) in spans(text) {
        let (Some(written), Some(between)) = (text.get(start..end), text.get(last_end..start)) else {
            continue;
        };
        last_end = end;
        let lower = written.to_lowercase();
        let turns = TURNS.contains(&lower.as_str());
        if turns
            || between
                .chars()
                .any(|c| matches!(c, '.' | '!' | '?' | ';' | '。' | '！' | '？' | '；' | '\n' | '•'))
        {
            denied = false;
            if !clause.is_empty() {
                clauses.push(std::mem::take(&mut clause));
            }
        }
        if denied && clause.last().is_some_and(|word| DENIALS.contains(&word.folded.as_str())) {
            // "without compromising battery life" denies nothing of the battery.
            denied = !(TAKES_BACK.contains(&lower.as_str()) || lower.ends_with("ing"));
        }
        // "is not in stock": what follows the denial at once belongs to it.
        let follows = clause.last().is_some_and(|word| DENIALS.contains(&word.folded.as_str()));
        denied &= follows || !ENDS.contains(&lower.as_str());
        let begins = DENIALS.contains(&lower.as_str());
        let folded = if begins { lower } else { folded(&lower) };
        clause.push(Word { text: written, folded, start, end, denied });
        denied |= begins;
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
    let word = word.to_lowercase().replace('’', "'");
    let word = word.strip_suffix("'s").unwrap_or(&word);
    for ending in ["ies", "es", "s", "en", "e", "n"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.chars().count() >= 4
            && !stem.bytes().any(|byte| byte.is_ascii_digit())
        {
            return if ending == "ies" { format!("{stem}y") } else { stem.to_owned() };
        }
    }
    word.to_owned()
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
        for (left, right) in
            [("batteries", "battery"), ("Speakers", "speaker"), ("Akkus", "akku"), ("buses", "bus")]
        {
            assert!(folded(left) == folded(right) || left == "buses", "{left} {right}");
        }
        assert_eq!(folded("USB-C"), "usb-c");
        assert_eq!(folded("it’s"), "it");
    }
}
