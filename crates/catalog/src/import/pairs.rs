//! Cells that hold several things: pairs of names and values, lists, category paths, keys, numbers.

use serde_json::{Number, Value, json};

use super::columns::Held;
use super::format::CategoryRule;

/// Most pairs of one cell.
const PAIRS_MAX: usize = 1_000;
/// Most items of a list.
const ITEMS_MAX: usize = 500;

/// A key without white space and characters nobody sees around it.
pub(super) fn trimmed_key(key: &str) -> &str {
    key.trim_matches(|c: char| c.is_whitespace() || c.is_control() || is_unseen(c))
}

/// Whether a character takes no room: zero-width space and joiners, word joiner, byte order mark, soft hyphen.
pub(super) fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}')
}

/// The SKUs that a cell of links names: `sku=A,size=M|sku=B,size=L`.
pub(super) fn linked_skus(cell: &str) -> impl Iterator<Item = &str> {
    let starts = cell
        .match_indices("sku=")
        .filter(|(at, _)| *at == 0 || cell.get(..*at).is_some_and(|before| before.ends_with(['|', ' '])));
    starts.filter_map(|(at, word)| {
        let sku = cell.get(at + word.len()..)?.split([',', '|']).next()?;
        Some(trimmed_key(sku)).filter(|sku| !sku.is_empty())
    })
}

/// The variants that a cell of links names, each with its options.
pub(super) fn linked_variants(cell: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut variants = Vec::new();
    for part in cell.split("sku=").skip(1).take(PAIRS_MAX) {
        let part = part.trim_end_matches(['|', ' ']);
        let (sku, options) = part.split_once(',').unwrap_or((part, ""));
        let options = pairs(options, ",", "=");
        variants.push((trimmed_key(sku).to_owned(), options));
    }
    variants
}

/// Pairs of names and values. A separator counts where a name and an equals sign follow: values may hold separators.
pub(super) fn pairs(cell: &str, between: &str, equals: &str) -> Vec<(String, String)> {
    let mut parts: Vec<String> = Vec::new();
    let is_name = |text: &str| {
        let name = text.trim_start().trim_start_matches('"').split_once(equals).map(|(name, _)| name);
        name.is_some_and(|name| {
            let name = name.trim();
            !name.is_empty() && name.chars().count() <= 80 && !name.contains(['<', '>', '"', '\n'])
        })
    };
    for part in cell.split(between).take(PAIRS_MAX) {
        match parts.last_mut() {
            Some(last) if !is_name(part) => {
                last.push_str(between);
                last.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    let unquoted = |text: &str| {
        let text = text.trim();
        let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        inside.replace("\"\"", "\"").trim().to_owned()
    };
    let pair = |part: String| {
        let part = unquoted(&part);
        let (name, value) = part.split_once(equals)?;
        let (name, value) = (unquoted(name), unquoted(value));
        (!name.is_empty() && !value.is_empty()).then_some((name, value))
    };
    parts.into_iter().filter_map(pair).collect()
}

/// Details as Google writes them: `section:name:value`, with commas between; a value in quotes may hold both.
pub(super) fn details(cell: &str) -> Vec<(String, String)> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in cell.chars() {
        quoted ^= c == '"';
        let room = parts.len() < PAIRS_MAX;
        match (c, parts.last_mut()) {
            (',', _) if !quoted && room => parts.push(String::new()),
            ('"', _) | (_, None) => {}
            (c, Some(part)) => part.push(c),
        }
    }
    let pair = |part: String| {
        let mut fields = part.splitn(3, ':').map(str::trim);
        let (first, second) = (fields.next()?, fields.next()?);
        let (name, value) = fields.next().map_or((first, second), |third| (second, third));
        (!name.is_empty() && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    };
    parts.into_iter().filter_map(pair).collect()
}

/// The text behind a word that says who made it: `trained_algorithmic_media:"Mug, 300 ml"`; a cell without one is its text.
pub(super) fn written(cell: &str) -> String {
    let cell = cell.trim();
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let behind = cell.split_once(':').filter(|(word, _)| !word.is_empty() && is_word(word));
    let quoted = behind.and_then(|(_, text)| text.trim().strip_prefix('"')?.strip_suffix('"'));
    quoted.map_or_else(|| cell.to_owned(), |text| text.replace("\"\"", "\"").trim().to_owned())
}

/// The items of a list; one where none of the separators stands in it. A separator behind a backslash is a character.
pub(super) fn items(cell: &str, separators: &[String]) -> Vec<String> {
    let Some(separator) = separators.iter().find(|separator| cell.contains(separator.as_str())) else {
        return vec![unescaped(cell, separators)];
    };
    let mut items: Vec<String> = Vec::new();
    let mut open = false;
    for part in cell.split(separator.as_str()) {
        let continues = part.ends_with('\\') && !part.ends_with("\\\\");
        let part = if continues { part.get(..part.len() - 1).unwrap_or_default() } else { part };
        let room = items.len() < ITEMS_MAX;
        match items.last_mut() {
            Some(last) if open => {
                last.push_str(separator);
                last.push_str(part);
            }
            _ if room => items.push(part.to_owned()),
            _ => break,
        }
        open = continues;
    }
    let trimmed = items.iter().map(|item| item.trim().trim_matches('"').trim().to_owned());
    trimmed.filter(|item| !item.is_empty()).collect()
}

fn unescaped(cell: &str, separators: &[String]) -> String {
    let mut text = cell.to_owned();
    for separator in separators {
        text = text.replace(&format!("\\{separator}"), separator);
    }
    text
}

/// The value of an attribute, as a message has it; `None` where the cell says nothing.
pub(super) fn value(cell: &str, held: &Held, unit: Option<&str>) -> Option<Value> {
    let cell = cell.trim();
    if cell.is_empty() || is_object(cell) {
        return None;
    }
    if let Some(unit) = unit.filter(|unit| !unit.is_empty()) {
        return match number(cell) {
            // Shops write 0 for what they do not know.
            Some(number) if number.as_f64() == Some(0.0) => None,
            Some(number) => Some(json!({ "value": number, "unit": unit })),
            None => Some(Value::String(format!("{cell} {unit}"))),
        };
    }
    let mut items = items(cell, &held.split);
    match items.len() {
        0 => None,
        1 => items.pop().map(Value::String),
        _ => Some(Value::Array(items.into_iter().map(Value::String).collect())),
    }
}

/// Whether a cell is JSON of objects: what an application keeps for itself, such as questions with answers, and no value.
fn is_object(cell: &str) -> bool {
    let begins = cell.starts_with('{')
        || cell.strip_prefix('[').is_some_and(|inside| inside.trim_start().starts_with('{'));
    begins && serde_json::from_str::<serde::de::IgnoredAny>(cell).is_ok()
}

/// A number as shops write it: `.5`, `1.5`, `1,5`; nothing that could be read in two ways.
fn number(cell: &str) -> Option<Number> {
    let text = match (cell.contains('.'), cell.matches(',').count()) {
        (false, 1) if cell.split(',').nth(1).is_some_and(|decimals| decimals.len() != 3) => {
            cell.replace(',', ".")
        }
        (_, 0) => cell.to_owned(),
        _ => return None,
    };
    if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-')) {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let number: f64 = text.parse().ok()?;
    // 22.0000 is 22.
    if number.fract() == 0.0
        && let Some(Ok(whole)) = text.split('.').next().map(str::parse::<i64>)
    {
        return Some(whole.into());
    }
    Number::from_f64(number)
}

/// The longest category path of a cell, outermost level first.
pub(super) fn category(cell: &str, rule: &CategoryRule) -> Vec<String> {
    let paths: Vec<&str> =
        if rule.paths.is_empty() { vec![cell] } else { cell.split(rule.paths.as_str()).collect() };
    let levels = |path: &str| -> Vec<String> {
        let separator = rule.levels.iter().find(|separator| path.contains(separator.as_str()));
        let parts: Vec<&str> =
            separator.map_or_else(|| vec![path], |separator| path.split(separator.as_str()).collect());
        let kept = parts
            .into_iter()
            .map(str::trim)
            .filter(|level| !level.is_empty() && !rule.drop.contains(&level.to_lowercase()));
        kept.map(str::to_owned).collect()
    };
    let mut longest = Vec::new();
    for path in paths {
        let levels = levels(path);
        if levels.len() > longest.len() {
            longest = levels;
        }
    }
    longest
}

/// Why a GTIN cannot be one; `None` for a good one.
#[must_use]
pub fn gtin_fault(gtin: &str) -> Option<&'static str> {
    let digits: Vec<u32> =
        gtin.chars().filter(|c| !matches!(c, ' ' | '-')).map_while(|c| c.to_digit(10)).collect();
    let all = gtin.chars().filter(|c| !matches!(c, ' ' | '-')).count();
    if gtin.to_ascii_uppercase().contains("E+") {
        return Some("a GTIN is written as a power of ten, and its last digits are lost");
    }
    if digits.len() != all || !matches!(all, 8 | 12 | 13 | 14) {
        return Some("a GTIN has 8, 12, 13 or 14 digits");
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .skip(1)
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 3 } else { *digit })
        .sum();
    let check = (10 - sum % 10) % 10;
    (digits.last() != Some(&check)).then_some("the check digit of the GTIN is wrong")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_hold_what_stands_between_pairs() {
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        for (cell, expected) in [
            (
                "material=Nylon|Polyester,color=Blue",
                &[("material", "Nylon|Polyester"), ("color", "Blue")][..],
            ),
            ("style=Casual, sporty,color=Blue", &[("style", "Casual, sporty"), ("color", "Blue")]),
            ("note=a=b,color=", &[("note", "a=b")]),
            ("\"size=12\"\"\",\"color=Red\"", &[("size", "12\""), ("color", "Red")]),
            ("", &[]),
            ("=,,=", &[]),
        ] {
            assert_eq!(pairs(cell, ",", "="), owned(expected), "{cell}");
        }
    }

    #[test]
    fn links_name_variants_with_their_options() {
        let cell = "sku=A-XS,size=XS,color=Black|sku=A-S,size=S,color=Gray";
        assert_eq!(linked_skus(cell).collect::<Vec<_>>(), ["A-XS", "A-S"]);
        let variants = linked_variants(cell);
        assert_eq!(variants[1].0, "A-S");
        assert_eq!(
            variants[1].1,
            [("size".to_owned(), "S".to_owned()), ("color".to_owned(), "Gray".to_owned())]
        );
    }

    #[test]
    fn lists_are_cut_at_separators_that_are_not_escaped() {
        let separators = ["|".to_owned(), ",".to_owned()];
        assert_eq!(items("Blue, Green, Red", &separators), ["Blue", "Green", "Red"]);
        assert_eq!(items("10\\, 20 cm, 30 cm", &separators[1..]), ["10, 20 cm", "30 cm"]);
        assert_eq!(items("a|b, c", &separators), ["a", "b, c"]);
        assert_eq!(items("one", &separators), ["one"]);
    }

    #[test]
    fn numbers_are_read_only_where_they_can_be_read_in_one_way() {
        for (text, expected) in
            [("0.5", "0.5"), (".5", "0.5"), ("1,5", "1.5"), ("500", "500"), ("22.0000", "22")]
        {
            assert_eq!(number(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["1,500", "1.5e3", "12 x 3", "", "1.2.3", "inf"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn the_longest_category_path_counts() {
        let rule = CategoryRule {
            paths: ",".to_owned(),
            levels: vec!["/".to_owned()],
            drop: vec!["default category".to_owned()],
        };
        let cell = "Default Category/Men/Tops,Default Category/Sale,Default Category";
        assert_eq!(category(cell, &rule), ["Men", "Tops"]);
    }

    #[test]
    fn a_gtin_is_judged_by_its_digits() {
        for good in ["4006381333931", "036000291452", "00012345600012", "4006381 333931"] {
            assert_eq!(gtin_fault(good), None, "{good}");
        }
        for bad in ["4006381333932", "4.00638E+12", "123", "40063813339x1", ""] {
            assert!(gtin_fault(bad).is_some(), "{bad}");
        }
    }
}
