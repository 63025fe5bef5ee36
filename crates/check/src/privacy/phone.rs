//! Telephone numbers: by the numbering plans of libphonenumber, by the form that North America writes them in, or by the
//! words around them.

use std::sync::LazyLock;

use phonenumber::country::Id;
use regex::Regex;

use super::context::{after, before, of_a_thing};
use super::{PersonalData, PersonalDataKind, Scope};

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static CANDIDATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\+|\b00)?\(?\d(?:[ \x{a0}().\-/]{0,3}\d){5,16}(?:[ ,;-]{0,2}(?:x|ext\.?|extension|durchwahl|dw|poste|anexo|toestel|interno|int\.)\.? ?:? ?\d{1,6})?").unwrap()
});

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static NORTH_AMERICAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])\d{3}[.-]\d{4}$").unwrap()
});

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static OTHER_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,3}(?:[ ,.]000)+)")
        .unwrap()
});

/// Whose numbers are tried where one has no country code: the markets that shops of ours write for, and their neighbours.
const REGIONS: &[Id] = &[
    Id::US,
    Id::GB,
    Id::DE,
    Id::FR,
    Id::ES,
    Id::IT,
    Id::NL,
    Id::BE,
    Id::AT,
    Id::CH,
    Id::SE,
    Id::DK,
    Id::PL,
    Id::PT,
    Id::AU,
    Id::JP,
    Id::CN,
];

/// Words beside which a number is one to call.
const WORDS: &[&str] = &[
    "phone",
    "tel",
    "mobile",
    "cell",
    "fax",
    "hotline",
    "call",
    "dial",
    "whatsapp",
    "sms",
    "handy",
    "ruf",
    "telefon",
    "téléphone",
    "portable",
    "appel",
    "teléfono",
    "telefono",
    "móvil",
    "llama",
    "电话",
    "手机",
    "热线",
    "電話",
    "携帯",
];

/// Words that say so of a number in what a person writes, where a catalog would mean something else.
const WORDS_OF_PEOPLE: &[&str] = &[
    "office",
    "desk",
    "answering",
    "reach me",
    "contact",
    "message",
    "text me",
    "registered",
    "number is",
    "my number",
    "ring me",
];

/// Telephone numbers.
pub(super) fn find(text: &str, scope: Scope, found: &mut Vec<PersonalData>) {
    for part in CANDIDATE.find_iter(text) {
        let mut start = part.start();
        let candidate = part.as_str();
        // A bracket that nothing closes belongs to the text around.
        if candidate.starts_with('(') && !candidate.contains(')') {
            start += 1;
        }
        let end = part.end();
        let candidate = text.get(start..end).unwrap_or_default();
        if is_phone(text, start, end, candidate, scope) {
            found.push(PersonalData { kind: PersonalDataKind::Phone, start, end });
        }
    }
}

fn is_phone(text: &str, start: usize, end: usize, candidate: &str, scope: Scope) -> bool {
    // No numbering plan has extensions.
    let extension = candidate.find(char::is_alphabetic).unwrap_or(candidate.len());
    let candidate = candidate.get(..extension).unwrap_or_default().trim_end_matches([' ', ',', ';', '-']);
    let digits = candidate.bytes().filter(u8::is_ascii_digit).count();
    let touches = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let glued = touches(text.get(..start).and_then(|head| head.chars().next_back()))
        || touches(text.get(end..).and_then(|rest| rest.chars().next()));
    if glued || !(6..=17).contains(&digits) || OTHER_NUMBER.is_match(candidate) || measured(text, end) {
        return false;
    }
    let international = candidate.starts_with('+') || candidate.starts_with("00");
    if international && digits >= 8 {
        let written =
            candidate.strip_prefix("00").map_or_else(|| candidate.to_owned(), |rest| format!("+{rest}"));
        let planned = phonenumber::parse(None, &written).is_ok_and(|number| phonenumber::is_valid(&number));
        // A plus with groups is written for numbers to call alone, valid or not.
        return planned
            || (candidate.starts_with('+') && digits >= 9 && candidate.contains([' ', '-', '(']))
            || named(text, start, end, scope);
    }
    if of_a_thing(text, start) {
        return false;
    }
    if NORTH_AMERICAN.is_match(candidate) {
        return true;
    }
    let grouped = candidate.bytes().filter(|byte| matches!(byte, b' ' | b'-' | b'.' | b'/' | b')')).count();
    if named(text, start, end, scope) {
        return digits >= 7 || grouped > 0;
    }
    // Without a word beside it: a national number with its leading zero, in groups, that some plan has.
    scope == Scope::Prose
        && candidate.starts_with(['0', '('])
        && grouped >= 1
        && digits >= 9
        && REGIONS.iter().any(|region| {
            phonenumber::parse(Some(*region), candidate).is_ok_and(|number| phonenumber::is_valid(&number))
        })
}

/// Whether the words around say that it is a number to call.
fn named(text: &str, start: usize, end: usize, scope: Scope) -> bool {
    let holds = |part: &str, words: &[&str]| {
        let part = part.to_lowercase();
        words.iter().any(|word| {
            part.match_indices(word).any(|(at, _)| {
                !word.is_ascii() || !part.get(..at).is_some_and(|head| head.ends_with(char::is_alphabetic))
            })
        })
    };
    match scope {
        // In a catalog the word "phone" is a product: it must come right before.
        Scope::Facts => {
            let head = before(text, start, 20);
            holds(head, WORDS) && !head.contains(',') && !head.contains(';')
        }
        Scope::Prose => {
            let (head, tail) = (before(text, start, 48), after(text, end, 12));
            holds(head, WORDS)
                || holds(tail, WORDS)
                || holds(head, WORDS_OF_PEOPLE)
                || holds(tail, &["office"])
        }
    }
}

/// Whether a unit follows: then it is a measure.
fn measured(text: &str, end: usize) -> bool {
    let rest = after(text, end, 12).trim_start().to_lowercase();
    [
        "°", "%", "mah", "mm", "cm", "kg", "ml", "px", "pixel", "hz", "mhz", "ghz", "w ", "v ", "€", "$",
        "£", "¥", "元", "円", "usd", "eur", "cycles", "hours",
    ]
    .iter()
    .any(|unit| rest.starts_with(unit))
}
