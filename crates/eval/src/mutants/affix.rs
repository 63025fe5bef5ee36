//! Denial inside a word: "adjustable" becomes "non-adjustable", "lined" "unlined", "cotton" "cotton-free".

use super::lists::Lists;
use super::mutant::Mutants;
use super::true_copy::TrueCopy;

/// The operator's name.
const NAME: &str = "negation by affix";

/// Shortest adjective that takes "non-", in characters.
const ADJECTIVE_MIN: usize = 7;

/// Every word of a copy that can be denied, or that denies, turned into its opposite.
pub(super) fn negate(copy: &TrueCopy, lists: &Lists, mutants: &mut Mutants) {
    for (place, sentence) in copy.sentences.iter().enumerate() {
        let text = &sentence.text;
        for (start, end) in words(text) {
            let (Some(before), Some(word), Some(after)) =
                (text.get(..start), text.get(start..end), text.get(end..))
            else {
                continue;
            };
            // A compound has its own ending: "water-resistant-coated".
            if after.starts_with('-') || before.ends_with('-') {
                continue;
            }
            if let Some(other) = opposite(word, lists, lists.is_denied(text)) {
                mutants.put(NAME, true, copy.with(place, &format!("{before}{other}{after}")));
            }
        }
        if let Some(part) = lists.affixes.parts.iter().find(|part| is_of(text, part, lists)) {
            mutants.put(NAME, true, format!("{} It is {part}less.", copy.text()));
        }
        // "It has NFC."
        if let Some(feature) = text.strip_prefix("It has ").and_then(|rest| rest.strip_suffix('.'))
            && sentence.states.is_some()
            && !lists.is_denied(text)
        {
            mutants.put(NAME, true, copy.with(place, &format!("It is {feature}-free.")));
        }
    }
}

/// What a word is turned into.
fn opposite(word: &str, lists: &Lists, is_denied: bool) -> Option<String> {
    let lower = word.to_lowercase();
    let affixes = &lists.affixes;
    let listed = |list: &[String]| list.contains(&lower);
    if let Some(affirmed) = affixes.affirmed.get(&lower) {
        return Some(affirmed.clone());
    }
    if let Some(affirmed) = lower.strip_suffix("-free").filter(|of| !of.is_empty()) {
        return Some(format!("with {affirmed}"));
    }
    if let Some(affirmed) = lower.strip_prefix("non-").or_else(|| {
        let rest = lower.strip_prefix("un")?;
        affixes.un.iter().any(|word| word == rest).then_some(rest)
    }) {
        return Some(affirmed.to_owned());
    }
    // "Not removable" and "not non-removable": each is false where the other is true, and neither is how people write.
    if is_denied || lower.contains('-') {
        return None;
    }
    let ends = |ending: &String| lower.ends_with(ending.as_str()) && lower.chars().count() >= ADJECTIVE_MIN;
    if affixes.non.iter().any(ends) && !listed(&affixes.nouns) {
        Some(format!("non-{lower}"))
    } else if listed(&affixes.un) {
        Some(format!("un{lower}"))
    } else {
        let is_substance = lists.line_of(&lower).is_some_and(|line| {
            // Of a colour or a country nothing is free.
            line.iter().any(|word| ["cotton", "steel", "milk"].contains(&word.as_str()))
        });
        is_substance.then(|| format!("{lower}-free"))
    }
}

/// Whether a sentence says that the thing has a part.
fn is_of(sentence: &str, part: &str, lists: &Lists) -> bool {
    let has = |word: &str| word.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest == "s");
    let lower = sentence.to_lowercase();
    !lists.is_denied(sentence)
        && words(&lower).into_iter().any(|(start, end)| lower.get(start..end).is_some_and(has))
}

/// Where the words of a text stand, compounds as one.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, character) in text.char_indices() {
        if !character.is_alphabetic() && character != '-' {
            continue;
        }
        let end = at + character.len_utf8();
        match found.last_mut() {
            Some(last) if last.1 == at => last.1 = end,
            _ => found.push((at, end)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(opposite(word, &Lists::load().unwrap(), false).as_deref(), expected);
    }

    #[test]
    fn a_word_becomes_its_opposite_where_it_has_one() {
        check("Adjustable", Some("non-adjustable"));
        check("lined", Some("unlined"));
        check("unlined", Some("lined"));
        check("sugar-free", Some("with sugar"));
        check("wireless", Some("wired"));
        check("cotton", Some("cotton-free"));
        check("cable", None);
        check("blue", None);
        check("pouch", None);
    }
}
