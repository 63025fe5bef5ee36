//! A fact's name and values as a language writes them inside of a sentence.

use super::languages::{Kind, Kinds, Language, kinds};

/// The names under which a table may know an attribute, most exact first: `Body: Weight` is `weight` as well,
/// `features_bags` is `features`.
pub(super) fn aliases(name: &str) -> Vec<String> {
    let kinds = kinds();
    let full = name.to_lowercase().replace('_', " ").trim().to_owned();
    let mut names = vec![full.clone()];
    if let Some((group, rest)) = full.split_once(": ")
        && kinds.groups.iter().any(|known| known == group)
    {
        names.push(rest.to_owned());
    }
    let shortest = names.last().cloned().unwrap_or_default();
    if let Some((start, end)) = shortest.rsplit_once(' ')
        && kinds.endings.iter().any(|known| known == end)
    {
        names.push(start.to_owned());
    }
    names
}

/// What a language calls an attribute that has no kind.
pub(super) fn label(language: &Language, name: &str, aliases: &[String]) -> String {
    if let Some(label) = aliases.iter().find_map(|name| language.labels.get(name)) {
        return label.clone();
    }
    if let Some(word) = aliases.iter().find_map(|name| language.values.get(name)) {
        return word.clone();
    }
    let kinds = kinds();
    let is = |list: &[String], word: &str| list.iter().any(|known| *known == word.to_lowercase());
    let plain = match name.split_once(": ") {
        Some((group, rest)) if is(&kinds.wholes, rest) => group.to_owned(),
        Some((group, rest)) if is(&kinds.groups, group) => rest.to_owned(),
        Some((group, rest)) => format!("{group} {rest}"),
        None => name.replace('_', " "),
    };
    let plain = match plain.rsplit_once(' ') {
        Some((start, end)) if is(&kinds.endings, end) => start.to_owned(),
        _ => plain,
    };
    if language.plurals { hyphens(language, &lower(&plain)) } else { plain }
}

/// The values of a fact, one by one.
pub(super) fn split(kind: &Kind, items: &[String]) -> Vec<String> {
    let flat = |text: &str| {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.trim_matches('_').trim_end_matches(['.', '。', ',', ' ', '*']);
        // The last word of "650 mAh battery" is the attribute's name.
        let without_tail = text.strip_suffix(kind.tail.as_str()).filter(|_| !kind.tail.is_empty());
        let without_tail = without_tail.and_then(|text| text.strip_suffix(' '));
        without_tail.unwrap_or(text).to_owned()
    };
    let parts = items.iter().flat_map(|item| if kind.list { at_commas(item) } else { vec![item.as_str()] });
    parts.map(flat).filter(|part| !part.is_empty() && !is_word_of(&kinds().nothing, part)).collect()
}

/// Whether a value is one of these words, whatever its case.
pub(super) fn is_word_of(words: &[String], value: &str) -> bool {
    let value = value.trim().to_lowercase();
    words.contains(&value)
}

/// The parts between commas, where no bracket is open.
fn at_commas(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    let mut previous = ' ';
    for (index, character) in text.char_indices() {
        match character {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth -= 1,
            // "2,5 kg" is one value.
            ',' if previous.is_ascii_digit()
                && text
                    .get(index + 1..)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) => {}
            ',' | '、' | '，' | ';' if depth <= 0 => {
                parts.push(text.get(start..index).unwrap_or_default());
                start = index + character.len_utf8();
            }
            _ => {}
        }
        previous = character;
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// A value as a language writes it inside of a sentence.
pub(super) fn written(language: &Language, kind: &Kind, value: &str) -> String {
    let known = language.values.get(&value.to_lowercase()).filter(|_| !kind.quote);
    if let Some(known) = known {
        return known.clone();
    }
    let value = if kind.partial { without_brackets(value) } else { value.to_owned() };
    let value = if kind.lower { quiet(&value) } else { value };
    let value = if kind.upper { value.to_uppercase() } else { value };
    let value = numbers(language, kinds(), &value);
    if kind.quote {
        let [open, close] = &language.quotes;
        return format!("{open}{value}{close}");
    }
    // Ingredients may be those of another language, where words have capitals of their own.
    if kind.lower && !kind.partial && language.plurals {
        return hyphens(language, &lower(&value));
    }
    let first = value.split([' ', ',']).next().unwrap_or_default().to_lowercase();
    match value.get(first.len()..) {
        Some(rest) if language.lowered.contains(&first) => format!("{first}{rest}"),
        _ => value,
    }
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_i32;
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth -= 1,
            _ if depth <= 0 && character != '_' => kept.push(character),
            _ => {}
        }
    }
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Shouted words in lower case; short ones may be abbreviations.
fn quiet(text: &str) -> String {
    let is_loud = |word: &str| {
        word.chars().filter(|c| c.is_alphabetic()).count() > 3 && !word.contains(char::is_lowercase)
    };
    // "SEA SALT" is shouted as a whole, "AB Agriculture" is not.
    let all = is_loud(text);
    let words = text.split(' ').map(|word| {
        if all && !word.contains(|c: char| c.is_ascii_digit()) || is_loud(word) {
            word.to_lowercase()
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// English words in lower case, but for names, abbreviations and trade marks.
fn lower(text: &str) -> String {
    let plain = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase)
            && word.chars().nth(1).is_some()
            && letters.all(|letter| letter.is_lowercase() || letter == '-' || letter == ',')
    };
    let words = text.split(' ').map(|word| {
        let hyphened = word.split('-').all(plain);
        if plain(word) || hyphened { word.to_lowercase() } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// "TSA approved" is "TSA-approved".
fn hyphens(language: &Language, text: &str) -> String {
    match text.rsplit_once(' ') {
        Some((start, end))
            if !start.contains(' ') && language.hyphenated.iter().any(|known| known == end) =>
        {
            format!("{start}-{end}")
        }
        _ => text.to_owned(),
    }
}

/// Numbers before a unit with the language's decimal sign, and the unit in its words.
fn numbers(language: &Language, kinds: &Kinds, text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let bare = |word: &str| word.trim_matches(['(', ')', ',', ';']).to_lowercase();
    let written = words.iter().enumerate().map(|(place, word)| {
        let before = place.checked_sub(1).and_then(|place| words.get(place)).copied().unwrap_or_default();
        if let Some(unit) = language.units.get(&bare(word))
            && before.ends_with(|letter: char| letter.is_ascii_digit())
        {
            return word.to_lowercase().replace(&bare(word), unit);
        }
        let next = words.get(place + 1).copied().unwrap_or_default();
        let (digits, behind) =
            word.split_at(word.rfind(|c: char| c.is_ascii_digit()).map_or(0, |last| last + 1));
        let measured = if behind.is_empty() {
            next.is_empty() || kinds.units.contains(&bare(next)) || language.units.contains_key(&bare(next))
        } else {
            kinds.units.contains(&bare(behind))
        };
        let digits_alone = digits.trim_start_matches(['(', '~']);
        let sign = digits_alone.find(['.', ',']).and_then(|sign| digits_alone.get(sign..sign + 1));
        let decimal = sign.is_some_and(|sign| {
            let parts: Vec<&str> = digits_alone.split(sign).collect();
            // Behind a comma three digits are thousands.
            let [_, behind] = parts.as_slice() else { return false };
            (sign == "." || behind.len() < 3)
                && parts
                    .iter()
                    .all(|part| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()))
        });
        let is_number =
            decimal || digits_alone.bytes().all(|digit| digit.is_ascii_digit()) && !digits_alone.is_empty();
        // "40g" is 40 g.
        let gap = if is_number && measured && behind.starts_with(char::is_alphabetic) { " " } else { "" };
        // A version such as 2.0 behind a name is none of a thing's measures.
        if decimal && measured && (!next.is_empty() || !behind.is_empty() || words.len() == 1) {
            format!("{}{gap}{behind}", digits.replace(sign.unwrap_or("."), &language.decimal))
        } else {
            format!("{digits}{gap}{behind}")
        }
    });
    written.collect::<Vec<_>>().join(" ")
}

/// Words so short may begin a phrase: "with", "your".
const WORD_SHORT_MAX: usize = 4;

/// A value in at most so many characters, cut between words: a cut number would be another number.
pub(super) fn brief(value: &str, most: usize) -> String {
    let flat: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let flat = flat.trim().trim_end_matches(['.', '。']);
    if flat.chars().count() <= most {
        return flat.to_owned();
    }
    let mut end = 0;
    let mut previous = ' ';
    for (count, (index, character)) in flat.char_indices().enumerate() {
        if count > most {
            break;
        }
        let between = matches!(character, ' ' | '、' | '，' | ';') && !previous.is_ascii_digit();
        if between {
            end = index;
        }
        previous = character;
    }
    let cut = flat.get(..end).unwrap_or_default();
    whole_part(cut).trim_end_matches([',', ';', ' ', '(', '-', '/', '.']).to_owned()
}

/// What is cut ends with a sentence or a part of one, or else with a word that no phrase begins with.
fn whole_part(cut: &str) -> &str {
    let part = [". ", "; ", ", "].iter().find_map(|end| cut.rfind(end).filter(|at| *at * 3 >= cut.len()));
    if let Some(part) = part.and_then(|at| cut.get(..at)) {
        return part;
    }
    let mut whole = cut;
    while let Some((before, last)) = whole.rsplit_once(' ')
        && last.chars().count() <= WORD_SHORT_MAX
        && last.chars().all(char::is_alphabetic)
        && before.contains(' ')
    {
        whole = before;
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::super::languages::language;
    use super::*;

    #[test]
    fn a_value_is_cut_between_words_and_never_inside_a_number() {
        let long = format!("{} 5000 mAh", "word ".repeat(17));
        assert!(!brief(&long, 90).ends_with(char::is_numeric));
        assert!(brief(&long, 90).chars().count() <= 90);
        assert_eq!(brief("Cotton.", 90), "Cotton");
    }

    #[test]
    fn values_are_written_as_the_language_does() {
        let kind = Kind { lower: true, list: true, ..Kind::default() };
        for (code, value, expected) in [
            ("en", "TSA Approved", "TSA-approved"),
            ("en", "CoolTech™", "CoolTech™"),
            ("de", "TSA Approved", "TSA-geprüft"),
            ("de", "25.4 cm", "25,4 cm"),
            (
                "de",
                "102 x 50 x 19.9 mm (4.02 x 1.97 x 0.78 in)",
                "102 x 50 x 19,9 mm (4,02 x 1,97 x 0,78 in)",
            ),
            ("de", "USB 2.0", "USB 2.0"),
            ("fr", "2 years", "2 ans"),
            ("de", "2.2 inches", "2,2 Zoll"),
            ("zh", "Nylon", "尼龙"),
            ("en", "2,5 kg", "2.5 kg"),
            ("en", "40g", "40 g"),
            ("en", "3 BALLS (36 g)", "3 balls (36 g)"),
        ] {
            assert_eq!(written(language(code), &kind, value), expected);
        }
        assert_eq!(
            split(&kind, &["wheat (white, malt), 2,5 g salt".to_owned()]),
            ["wheat (white, malt)", "2,5 g salt"]
        );
    }
}
