//! Sizes in letters: "size L" is not XL, and "S, M and XL" of what comes in S and M is false.

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};

use super::super::attribute::spaced;
use super::lexicon_data::{spellings, values};
use crate::product::Value;
use crate::product::unit::is_cjk;

/// Longest text that is read for sizes in an attribute, in bytes.
const VALUE_BYTES_MAX: usize = 200;

/// Longest text that joins two sizes, in bytes.
const JOIN_BYTES_MAX: usize = 40;

static SIZES: LazyLock<HashMap<&str, f64>> = LazyLock::new(|| values("letter_sizes"));
static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| spellings("size_words", "words").collect());
static RANGE: LazyLock<HashSet<&str>> = LazyLock::new(|| spellings("size_words", "range").collect());
static LIST: LazyLock<HashSet<&str>> = LazyLock::new(|| spellings("size_words", "list").collect());

/// The sizes in letters that the facts state, each as its place in the order, with its attribute.
#[derive(Default)]
pub(super) struct StatedSizes {
    sizes: Vec<(f64, usize)>,
}

/// A size that a text names.
#[derive(Debug, PartialEq)]
pub(super) struct NamedSize {
    pub(super) start: usize,
    pub(super) end: usize,
    order: f64,
}

impl StatedSizes {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, attribute: usize, name: &str, value: &Value) {
        let name = spaced(name).to_lowercase();
        let named = name.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(word));
        let unspaced =
            || !name.is_ascii() && WORDS.iter().any(|word| word.starts_with(is_cjk) && name.contains(word));
        if !named && !unspaced() {
            return;
        }
        let text = value.to_string();
        if text.len() <= VALUE_BYTES_MAX {
            let sizes = sizes(&text, true);
            self.sizes.extend(sizes.into_iter().map(|size| (size.order, attribute)));
        }
    }

    /// The attribute that states a size; otherwise the one that states others, if one does.
    pub(super) fn of(&self, size: &NamedSize) -> Result<usize, Option<usize>> {
        let same = |stated: &&(f64, usize)| (stated.0 - size.order).abs() < 0.5;
        self.sizes
            .iter()
            .find(same)
            .map(|stated| stated.1)
            .ok_or_else(|| self.sizes.first().map(|stated| stated.1))
    }
}

/// The sizes that a text names: behind a word for sizes, or several in a list.
pub(super) fn named_sizes(text: &str) -> Vec<NamedSize> {
    sizes(text, false)
}

/// The sizes of a text; in an attribute that states sizes each counts, with those between the ends of a range.
fn sizes(text: &str, stated: bool) -> Vec<NamedSize> {
    let mut found: Vec<NamedSize> = Vec::new();
    // Sizes of a list whose first has no word for sizes before it.
    let mut listed: Vec<NamedSize> = Vec::new();
    let mut last_end = 0;
    let mut last_word_is_size = false;
    let mut in_list = false;
    let mut at = 0;
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find(char::is_alphanumeric)) {
        let start = at + offset;
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.find(|c: char| !c.is_alphanumeric() || is_cjk(c)).unwrap_or(rest.len());
        let length = if length == 0 { rest.chars().next().map_or(1, char::len_utf8) } else { length };
        let word = rest.get(..length).unwrap_or_default();
        at = start + length;
        let before = text.get(last_end..start).unwrap_or_default();
        let lower = if word.len() <= 8 { word.to_lowercase() } else { String::new() };
        let order =
            SIZES.get(lower.as_str()).copied().filter(|_| stated || word.chars().all(|c| !c.is_lowercase()));
        let joins = |set: &HashSet<&str>| {
            let between = before.trim();
            between.is_empty() && before.len() <= 1
                || (between.len() <= JOIN_BYTES_MAX && set.contains(between.to_lowercase().as_str()))
        };
        if let Some(order) = order.filter(|_| !before.ends_with(['\'', '’', '.', '&'])) {
            let size = NamedSize { start, end: at, order };
            let goes_on = in_list && (joins(&LIST) || joins(&RANGE));
            if stated || last_word_is_size {
                let low = found.last().map(|low| low.order).filter(|_| in_list && joins(&RANGE));
                found.extend(low.map(|low| between_sizes(low, order, at)).unwrap_or_default());
                found.push(size);
            } else if goes_on {
                found.append(&mut listed);
                found.push(size);
            } else if last_end == 0 || !before.is_empty() {
                listed = vec![size];
            }
            (last_end, in_list, last_word_is_size) = (at, true, false);
            continue;
        }
        // "S, M and XL", "S to XL"
        let links = in_list && (LIST.contains(lower.as_str()) || RANGE.contains(lower.as_str()));
        if !links {
            in_list = false;
            listed.clear();
            last_end = at;
        }
        last_word_is_size = WORDS.contains(lower.as_str());
    }
    found
}

/// The sizes between the ends of a range, which ends at a byte.
fn between_sizes(low: f64, high: f64, end: usize) -> Vec<NamedSize> {
    let steps = std::iter::successors(Some(low + 1.0), |step| Some(step + 1.0));
    steps.take_while(|step| *step < high).map(|order| NamedSize { start: end, end, order }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> =
            named_sizes(text).iter().map(|size| text.get(size.start..size.end).unwrap_or_default()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn sizes_are_read_behind_their_word_and_in_lists() {
        check("Comes in size L.", &["L"]);
        check("In Größe XL", &["XL"]);
        check("Available in S, M and XL", &["S", "M", "XL"]);
        check("sizes S to XL", &["S", "XL"]);
        check("tailles S, M et L", &["S", "M", "L"]);
    }

    #[test]
    fn letters_of_other_things_are_no_sizes() {
        for text in ["a class A, 5 L tank", "the S Pen", "Pixel 9 Pro XL", "It's L'Oréal", "M. Dupont"] {
            check(text, &[]);
        }
    }

    #[test]
    fn a_range_states_what_is_between() {
        let mut stated = StatedSizes::default();
        stated.add(7, "sizes", &Value::Text("S-XL".to_owned()));
        let size = |text: &str| named_sizes(text).into_iter().next().unwrap();
        assert_eq!(stated.of(&size("size L")), Ok(7));
        assert_eq!(stated.of(&size("size XXL")), Err(Some(7)));
        assert_eq!(StatedSizes::default().of(&size("size L")), Err(None));
    }
}
