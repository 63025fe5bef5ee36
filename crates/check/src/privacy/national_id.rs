//! Numbers by which a state knows a person: with their check digits, or where the words beside them say so.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::context::{after, before, stands_alone};
use super::digits::{digits, luhn, mod_11_10, weighted};
use super::{PersonalData, PersonalDataKind};

/// A country's number: its form, what proves it, and the words without which the proof is not enough.
struct Form {
    pattern: &'static str,
    proof: fn(&str) -> bool,
    words: &'static [&'static str],
}

/// Forms and check digits as the issuing offices publish them.
const FORMS: &[Form] = &[
    // United States: social security number; areas 000, 666 and 900 to 999 are never issued.
    Form { pattern: r"\d{3}-\d{2}-\d{4}", proof: social_security, words: &[] },
    Form { pattern: r"\d{9}", proof: social_security, words: &["ssn", "social security"] },
    // United Kingdom: national insurance number.
    Form {
        pattern: r"(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
        proof: |_| true,
        words: &["insurance", "ni number", "nino"],
    },
    // Spain: DNI and NIE with their letter.
    Form {
        pattern: r"(?i)(?:\d{8}|[XYZ]\d{7})-?[A-Z]",
        proof: spanish,
        words: &["dni", "nie", "nif", "documento", "identi"],
    },
    // France: numéro de sécurité sociale, key modulo 97.
    Form {
        pattern: r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}",
        proof: french,
        words: &[],
    },
    // Germany: Steuer-Identifikationsnummer.
    Form {
        pattern: r"[1-9]\d(?: ?\d{3}){3}",
        proof: |text| mod_11_10(&digits(text)),
        words: &["steuer", "idnr", "identifikationsnummer", "tax id"],
    },
    // Italy: codice fiscale.
    Form { pattern: r"(?i)[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", proof: |_| true, words: &[] },
    // Netherlands: burgerservicenummer.
    Form { pattern: r"\d{9}", proof: dutch, words: &["bsn", "burgerservice"] },
    // Poland: PESEL.
    Form { pattern: r"\d{11}", proof: polish, words: &["pesel"] },
    // Sweden: personnummer.
    Form {
        pattern: r"(?:\d{2})?\d{2}(?:0[1-9]|1[0-2])\d{2}[-+]\d{4}",
        proof: swedish,
        words: &["personnummer", "personal number", "person"],
    },
    // China: resident identity card (GB 11643).
    Form {
        pattern: r"(?i)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]",
        proof: chinese,
        words: &[],
    },
    // Japan: My Number.
    Form {
        pattern: r"\d{4}[ -]?\d{4}[ -]?\d{4}",
        proof: japanese,
        words: &["マイナンバー", "個人番号", "my number"],
    },
    // Driving licences and passports have as many forms as offices; the words beside them decide.
    Form {
        pattern: r"(?i)[A-Z]{0,2}\d{6,14}[A-Z]?",
        proof: |_| true,
        words: &[
            "driver's license",
            "drivers license",
            "driver license",
            "driving licence",
            "driver’s license",
            "licence number",
            "license number",
            "führerschein",
            "permis de conduire",
            "passport",
            "reisepass",
            "passeport",
            "pasaporte",
            "护照",
            "驾驶证",
            "旅券",
        ],
    },
];

#[expect(clippy::unwrap_used, reason = "constant patterns, compiled by the tests")]
static PATTERNS: LazyLock<Vec<Regex>> =
    LazyLock::new(|| FORMS.iter().map(|form| Regex::new(form.pattern).unwrap()).collect());

#[expect(clippy::unwrap_used, reason = "constant patterns, compiled by the tests")]
static ANY: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(FORMS.iter().map(|form| form.pattern)).unwrap());

/// National numbers.
pub(super) fn find(text: &str, found: &mut Vec<PersonalData>) {
    for place in ANY.matches(text) {
        let (Some(form), Some(pattern)) = (FORMS.get(place), PATTERNS.get(place)) else { continue };
        for candidate in pattern.find_iter(text) {
            let (start, end) = (candidate.start(), candidate.end());
            let alone = stands_alone(text, start, end) && !joined(text, start, end);
            if alone
                && (form.proof)(candidate.as_str())
                && (form.words.is_empty() || spoken_of(text, start, end, form.words))
            {
                found.push(PersonalData { kind: PersonalDataKind::NationalId, start, end });
            }
        }
    }
}

/// Whether it is a part of a longer number with hyphens.
fn joined(text: &str, start: usize, end: usize) -> bool {
    let hyphen = |c: Option<char>| matches!(c, Some('-' | '.' | '/'));
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut head = text.get(..start).unwrap_or_default().chars().rev();
    let mut tail = text.get(end..).unwrap_or_default().chars();
    (hyphen(head.next()) && digit(head.next())) || (hyphen(tail.next()) && digit(tail.next()))
}

fn spoken_of(text: &str, start: usize, end: usize, words: &[&str]) -> bool {
    let around = format!("{} {}", before(text, start, 48), after(text, end, 16)).to_lowercase();
    words.iter().any(|word| around.contains(word))
}

fn social_security(text: &str) -> bool {
    let number = digits(text);
    let value = |from: usize, to: usize| {
        number.get(from..to).unwrap_or_default().iter().fold(0, |sum, digit| sum * 10 + digit)
    };
    let (area, group, serial) = (value(0, 3), value(3, 5), value(5, 9));
    !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0
}

fn spanish(text: &str) -> bool {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let upper = text.to_ascii_uppercase();
    let first = upper.bytes().next().unwrap_or_default();
    let lead = match first {
        b'Y' => 1,
        b'Z' => 2,
        _ => 0,
    };
    let number = digits(&upper).iter().fold(0_usize, |sum, digit| sum * 10 + *digit as usize);
    let number = if first.is_ascii_alphabetic() { number + lead * 10_000_000 } else { number };
    upper.bytes().next_back() == LETTERS.get(number % 23).copied()
}

fn french(text: &str) -> bool {
    let number = digits(text);
    let value = |part: &[u32]| part.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(*digit));
    let (body, key) = number.split_at(number.len().min(13));
    value(key) == 97 - value(body) % 97
}

fn dutch(text: &str) -> bool {
    // The last weight is -1, which is 10 modulo 11.
    weighted(&digits(text), &[9, 8, 7, 6, 5, 4, 3, 2, 10], 11) == 0
}

fn polish(text: &str) -> bool {
    weighted(&digits(text), &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1], 10) == 0
}

fn swedish(text: &str) -> bool {
    let number = digits(text);
    number.get(number.len().saturating_sub(10)..).is_some_and(luhn)
}

fn chinese(text: &str) -> bool {
    const CHECK: &[u8] = b"10X98765432";
    let number = digits(text);
    let rest = weighted(&number, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], 11);
    let last = text.bytes().next_back().map(|byte| byte.to_ascii_uppercase());
    last == CHECK.get(rest as usize).copied()
}

fn japanese(text: &str) -> bool {
    let number = digits(text);
    let rest = weighted(&number, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], 11);
    let check = if rest <= 1 { 0 } else { 11 - rest };
    number.last() == Some(&check)
}
