//! Postal addresses: by a word for a street, by house number, postcode and town together, or by the words that lead to
//! one. Nothing proves an address: they are looked for in prose alone.
//!
//! Every token becomes one letter for what it can be to an address, and the patterns are over these letters: short, and
//! the same for all languages.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::bytes::Regex;
use serde::Deserialize;

use super::context::before;
use super::names::{Shape, Token, hash_of, tokens};
use super::{PersonalData, PersonalDataKind};

/// Words of addresses, by what they are to one.
#[derive(Deserialize)]
struct Words {
    after: Vec<String>,
    between: Vec<String>,
    endings: Vec<String>,
    before: Vec<String>,
    before_with_capital: Vec<String>,
    units: Vec<String>,
    other_units: Vec<String>,
    boxes: Vec<String>,
    other_boxes: Vec<String>,
    military: Vec<String>,
    corners: Vec<String>,
    joins: Vec<String>,
    particles: Vec<String>,
    cues: Vec<String>,
}

/// The patterns and words, ready for use.
struct Addresses {
    letters: HashMap<u64, u8>,
    endings: Vec<String>,
    cues: Vec<String>,
    sure: Vec<Regex>,
    led: Regex,
    east_asian: regex::Regex,
}

/// Patterns over letters; `{…}` stands for a part.
///
/// `C` word with a capital, `S` two capitals, `E` ends as streets do, `A` `a` after a name, `M` between name and number,
/// `B` `b` before a name, `U` `V` part of a building, `X` `Y` box, `G` military, `k` corner, `j` and, `p` particle, `w`
/// other word, `o` ordinal, `1` to `6` so many digits, `n` digits and a letter, `Q` `R` halves of a postcode; signs stand
/// for themselves.
const SURE: &[&str] = &[
    // 221B Baker Street, 1600 Pennsylvania Ave NW, Apt. 4
    "{house}{1,2}(?:{word},?){1,4}A\\.?(?:,?S)?{rest}",
    "U\\.?#?{house}{down}?",
    "{house}?(?:(?:C\\.?C\\.?|S)Y|X(?:pC)?)\\.?[1-6](?:,?Y[1-6])?{rest}",
    "{house}?Y[3-6]{rest}",
    "(?:[CSw][Cw]\\n?|(?:X|U)[1-6],?Y[1-6],?\\n?)?G.5",
    // Hauptstraße 12a, Am Ring 3, Vesterbrogade 6
    "{house}{0,2}{word}{0,2}E\\.?{number}\\.?{rest}",
    "{house}{0,2}[CE]{1,3}w{0,2}M\\.?{number}\\.?{rest}",
    // 10, rue de la Paix; Calle Mayor 5
    "{house}{1,2}[Bb]\\.?p{0,2}[CSEAMw](?:p{0,2}'?[CEAM]){0,2}(?:,?{number})?{rest}",
    "{house}{0,2}B\\.?p{0,2}[CEAM](?:p{0,2}[CEAM]){0,2},?{number}{rest}",
    // Kirchfeld 4, 80331 München; 12 Oakfield, Leeds, LS1 4DY: no street word, but the rest of an address.
    "{house}{0,2}{town},?{number}\\.?(?:{gap}{unit})?{or_line}{code}{town}",
    "{house}{0,2}{town},?{number}\\.?(?:{gap}{unit})?{lines}",
    "{house}{0,2}{town},?{number}\\.?{gap}{unit}{down}?",
    "{house}{1,2}(?:{word}){1,4}(?:{gap}{unit})?{lines}",
    // the corner of Main Street and 5th Avenue
    "kp?{house}{0,2}(?:{word}\\.?){1,4}(?:a\\.?|{number}\\.?)?j{house}?(?:{word}\\.?){1,4}",
];

/// What is an address after words that lead to one.
const LED: &str =
    "(?:{house}{1,2}(?:{word}){1,4}{number}?|{house}{0,2}{town},?{number})\\.?(?:a|A\\.?)?{rest}";

/// Parts of the patterns, larger ones first.
const PARTS: &[(&str, &str)] = &[
    ("{rest}", "(?:{gap}{unit})?{down}?"),
    // Down to the postcode, which stands before the town or after it.
    ("{down}", "(?:(?:{gap}{unit})?(?:{gap}(?:{town}|S)){0,3}?{gap}{code}(?:{town})?)"),
    // Digits alone are a postcode only where the address is written in lines.
    (
        "{lines}",
        "(?:{line}(?:{town}|S)(?:{or_line}(?:{town}|S)){0,2}{gap}{sure}|{or_line}(?:{town}|S)(?:{or_line}?(?:{town}|S)){0,2}{gap}{lettered})",
    ),
    ("{town}", "C(?:-?p{0,2}[CSAEBM]){0,3}"),
    ("{unit}", "[UV]\\.?#?{number}"),
    ("{code}", "(?:{sure}|(?:S-)?4)"),
    ("{sure}", "(?:[56](?:-[34])?|{lettered})"),
    ("{lettered}", "(?:[CS]-[56]|32|2-3|4-3|QR|4S)"),
    ("{house}", "(?:{number},?)"),
    ("{number}", "(?:[1-5n](?:[-/][1-4n])?)"),
    ("{word}", "[CSAEBMUVXYoj]"),
    ("{or_line}", "(?:{line}|,)"),
    ("{line}", "(?:,?\\n\\n?[>?*|-]{0,3},?)"),
    ("{gap}", "(?:,?(?:\\n\\n?[>?*|-]{0,3})?,?)"),
];

#[expect(clippy::unwrap_used, reason = "constant patterns and words, compiled by the tests")]
static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| {
    let words: Words = toml::from_str(crate::rulebook::ADDRESSES).unwrap();
    let pattern = |pattern: &str| {
        let whole = PARTS.iter().fold(pattern.to_owned(), |whole, (name, part)| whole.replace(name, part));
        Regex::new(&format!("(?-u){whole}")).unwrap()
    };
    // Of two meanings of a word the later one stays.
    let lists = [
        (b'p', &words.particles),
        (b'j', &words.joins),
        (b'M', &words.between),
        (b'A', &words.after),
        (b'b', &words.before_with_capital),
        (b'B', &words.before),
        (b'U', &words.units),
        (b'V', &words.other_units),
        (b'X', &words.boxes),
        (b'Y', &words.other_boxes),
        (b'G', &words.military),
        (b'k', &words.corners),
    ];
    let letters = lists.iter().flat_map(|(letter, words)| words.iter().map(|word| (hash_of(word), *letter)));
    Addresses {
        letters: letters.collect(),
        sure: SURE.iter().map(|sure| pattern(sure)).collect(),
        led: pattern(LED),
        east_asian: regex::Regex::new(EAST_ASIAN).unwrap(),
        endings: words.endings,
        cues: words.cues,
    }
});

/// 北京市海淀区中关村大街1号, 〒100-0001 東京都千代田区千代田1-1
const EAST_ASIAN: &str = r"(?:\p{Han}{2,8}(?:省|自治区))?\p{Han}{1,8}(?:市|区|县)\p{Han}{0,12}(?:路|街|道|巷|弄)\d{1,5}号(?:\p{Han}{0,6}\d{1,4}(?:室|楼|单元|号))?|〒\d{3}-?\d{4}(?: ?\p{Han}{2,4}[都道府県][^\s、。]{2,24}\d)?|\p{Han}{2,3}[都道府県]\p{Han}{1,6}[市区町村][\p{Han}\p{Hiragana}\p{Katakana}ー]{0,12}\d{1,4}(?:[-−丁目番号]\d{0,4}){0,4}";

/// Postal addresses, the street with what belongs to it.
pub(super) fn find(text: &str, found: &mut Vec<PersonalData>) {
    let addresses = &*ADDRESSES;
    let tokens = tokens(text);
    let letters: Vec<u8> = tokens.iter().map(|token| addresses.letter(text, token)).collect();
    let place = |mut range: std::ops::Range<usize>| {
        // After a house number the full stop is the sentence's.
        if let Some([b'1'..=b'6' | b'n', b'.']) = letters.get(range.clone()).and_then(<[u8]>::last_chunk) {
            range.end -= 1;
        }
        Some((tokens.get(range.start)?.start, tokens.get(range.end.checked_sub(1)?)?.end))
    };
    let sure = addresses
        .sure
        .iter()
        .flat_map(|pattern| pattern.find_iter(&letters))
        .filter_map(|part| place(part.range()));
    let led = addresses.led.find_iter(&letters).filter(|part| ends_there(letters.get(part.end())));
    let led =
        led.filter_map(|part| place(part.range())).filter(|(start, _)| addresses.leads_to(text, *start));
    let east_asian = addresses.east_asian.find_iter(text).map(|part| (part.start(), part.end()));
    let mut places: Vec<(usize, usize)> = sure.chain(led).chain(east_asian).collect();
    places.sort_unstable();
    for (start, end) in places {
        match found.last_mut().filter(|last| last.kind == PersonalDataKind::Address) {
            // Two ways to read one address, or two parts of it.
            Some(last) if belongs(text, last.end, start) => last.end = last.end.max(end),
            _ => found.push(PersonalData { kind: PersonalDataKind::Address, start, end }),
        }
    }
}

/// Whether an address goes on at a place: nothing but a blank and a comma are between.
fn belongs(text: &str, end: usize, start: usize) -> bool {
    start <= end
        || text.get(end..start).is_some_and(|between| {
            between.len() <= 3 && between.chars().all(|c| c.is_whitespace() || c == ',')
        })
}

/// Whether a clause ends before a letter: "deliver to Paris 2 days later" has a number of days, not of a house.
fn ends_there(next: Option<&u8>) -> bool {
    next.is_none_or(|next| b".,;!?)\n".contains(next))
}

impl Addresses {
    /// What a token can be to an address.
    fn letter(&self, text: &str, token: &Token) -> u8 {
        let word = text.get(token.start..token.end).unwrap_or_default();
        let capital = matches!(token.shape, Shape::Capital | Shape::Initial | Shape::Loud | Shape::Mixed);
        match (token.shape, self.letters.get(&token.word)) {
            (Shape::Break, _) => b'\n',
            (Shape::Number, _) => number(word),
            (Shape::Sign, Some(letter)) => *letter,
            (Shape::Sign, _) => word.bytes().next().filter(u8::is_ascii).unwrap_or(b's'),
            (_, Some(letter @ (b'M' | b'B' | b'X' | b'G' | b'k' | b'j'))) => *letter,
            (_, Some(b'p')) => {
                if capital {
                    b'C'
                } else {
                    b'p'
                }
            }
            (_, Some(b'b')) => {
                if capital {
                    b'B'
                } else {
                    b'b'
                }
            }
            (_, Some(b'A')) => {
                if capital {
                    b'A'
                } else {
                    b'a'
                }
            }
            (_, Some(letter)) => {
                if capital {
                    *letter
                } else {
                    b'w'
                }
            }
            _ if !capital => b'w',
            _ if self.endings.iter().any(|ending| {
                word.len() > ending.len() && word.to_lowercase().ends_with(ending.as_str())
            }) =>
            {
                b'E'
            }
            (Shape::Loud, _) if word.len() == 2 => b'S',
            (Shape::Loud | Shape::Mixed, _) if is_outward(word) => b'Q',
            _ => b'C',
        }
    }

    /// Whether the words before a place lead to an address.
    fn leads_to(&self, text: &str, at: usize) -> bool {
        let head = before(text, at, 60).trim_end().to_lowercase();
        self.cues.iter().any(|cue| {
            head.strip_suffix(cue.as_str()).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
        })
    }
}

/// The letter of a token that begins with a digit.
fn number(word: &str) -> u8 {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    match (digits, word.len() - digits) {
        (1..=6, 0) => b'0' + u8::try_from(digits).unwrap_or_default(),
        (1, 2) if word.bytes().skip(1).all(|byte| byte.is_ascii_uppercase()) => b'R',
        (1..=5, 1) => b'n',
        (1..=4, 2) if word.bytes().skip(digits).all(|byte| byte.is_ascii_lowercase()) => b'o',
        _ => b'9',
    }
}

/// Whether a word is the first half of a British or Canadian postcode: LS1, SW1A, K1A.
fn is_outward(word: &str) -> bool {
    let digit = word.bytes().position(|byte| byte.is_ascii_digit());
    word.is_ascii() && (2..=4).contains(&word.len()) && digit.is_some_and(|at| at <= 2)
}
