//! Payment cards and bank accounts.

use std::sync::LazyLock;

use regex::Regex;

use super::context::{after, before, of_a_thing, stands_alone};
use super::digits::{digits, luhn, mod_97};
use super::{PersonalData, PersonalDataKind};

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static CARD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d(?:[ -]?\d){11,18}").unwrap());

/// Words beside which a number with the right check digit is a card's, whatever it begins with.
const CARD_WORDS: &[&str] =
    &["card", "credit", "debit", "visa", "maestro", " cc ", "karte", "carte", "tarjeta", "卡", "カード"];

/// Country codes with the length of their IBANs (SWIFT's registry, release 99).
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];

/// Card numbers: of a scheme's range and length, with the right check digit.
pub(super) fn cards(text: &str, found: &mut Vec<PersonalData>) {
    for candidate in CARD.find_iter(text) {
        let (start, end) = (candidate.start(), candidate.end());
        let number = digits(candidate.as_str());
        if !stands_alone(text, start, end) || !luhn(&number) {
            continue;
        }
        let spoken_of = || {
            let around = format!("{} {}", before(text, start, 60), after(text, end, 30)).to_lowercase();
            CARD_WORDS.iter().any(|word| around.contains(word))
        };
        // Barcodes have the same check digit and these lengths.
        let as_long_as_a_barcode = matches!(number.len(), 12..=14);
        let doubtful = !issued(&number) || as_long_as_a_barcode || of_a_thing(text, start);
        if doubtful && !spoken_of() {
            continue;
        }
        found.push(PersonalData { kind: PersonalDataKind::Card, start, end });
    }
}

/// Whether a scheme issues numbers of that beginning and length (ISO/IEC 7812-1; the schemes' published ranges).
fn issued(number: &[u32]) -> bool {
    let head = |places: usize| number.iter().take(places).fold(0, |value, digit| value * 10 + digit);
    matches!(
        (number.len(), head(1), head(2), head(4)),
        (13 | 16 | 19, 4, _, _)
            | (16, _, 51..=55, _)
            | (16, _, _, 2_221..=2_720 | 3_528..=3_589)
            | (15, _, 34 | 37, _)
            | (15, _, _, 1_800 | 2_131)
            | (14..=19, _, 36 | 38 | 39, _)
            | (14..=19, _, _, 3_000..=3_059 | 3_095)
            | (12..=19, _, 50 | 56..=58, _)
            | (12..=19, 6, _, _)
    )
}

/// IBANs: of a country's length, with the right check digits; in groups or in one.
pub(super) fn ibans(text: &str, found: &mut Vec<PersonalData>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 15 <= bytes.len() {
        let start = at;
        at += 1;
        let head = |place: usize| bytes.get(start + place).copied().unwrap_or_default();
        let fits = head(0).is_ascii_alphabetic()
            && head(1).is_ascii_alphabetic()
            && head(2).is_ascii_digit()
            && head(3).is_ascii_digit()
            && !start
                .checked_sub(1)
                .and_then(|before| bytes.get(before))
                .is_some_and(u8::is_ascii_alphanumeric);
        if !fits {
            continue;
        }
        let country = [head(0).to_ascii_uppercase(), head(1).to_ascii_uppercase()];
        let length =
            IBAN_LENGTHS.iter().find(|(code, _)| code.as_bytes() == country).map(|(_, length)| *length);
        let Some((end, iban)) = length.and_then(|length| take(bytes, start, length)) else { continue };
        let turned = iban.iter().skip(4).chain(iban.iter().take(4)).map(|byte| char::from(*byte));
        if mod_97(turned) == Some(1) && stands_alone(text, start, end) {
            found.push(PersonalData { kind: PersonalDataKind::Iban, start, end });
            at = end;
        }
    }
}

/// So many letters and digits from a place on, single blanks between them left out; with the place where they end.
fn take(bytes: &[u8], start: usize, length: usize) -> Option<(usize, Vec<u8>)> {
    let mut taken = Vec::with_capacity(length);
    let mut at = start;
    while taken.len() < length {
        let byte = *bytes.get(at)?;
        if byte.is_ascii_alphanumeric() {
            taken.push(byte);
        } else if byte != b' ' || bytes.get(at - 1) == Some(&b' ') {
            return None;
        }
        at += 1;
    }
    Some((at, taken))
}
