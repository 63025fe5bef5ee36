//! The values of internal attributes, as a text may state them.

use std::ops::Range;

use foldhash::{HashMap, HashSet};
use unicode_segmentation::UnicodeSegmentation as _;

use super::InternalNames;
use crate::content::sentences;
use crate::product::unit::is_cjk;
use crate::product::{Product, Value};

/// Most words that are compared together: of a longer value any so many in a row.
const WORDS_MAX: usize = 6;
/// Least words of a value of which none is a name or a code: shorter ones are phrases of anybody.
const PLAIN_WORDS_MIN: usize = 4;
/// Least number without a fraction that says something by itself.
const NUMBER_MIN: f64 = 100.0;
/// Words of a value whose numbers count each by itself.
const SHORT_WORDS: usize = 3;
/// Least characters of a name or a code.
const NAME_CHARS_MIN: usize = 3;

/// What a text must not say, with the attribute that says it.
struct Phrase {
    attribute: String,
    /// How a single word must be written to be this one.
    written: Option<String>,
}

/// The values of a product's internal attributes that no public one has as well.
pub(crate) struct InternalValues {
    /// By their words as compared, joined by spaces.
    phrases: HashMap<String, Phrase>,
    /// The first word of each.
    firsts: HashSet<String>,
}

impl InternalValues {
    /// Those of a product.
    pub(crate) fn of(product: &Product, names: &InternalNames) -> Self {
        let mut values = Self { phrases: HashMap::default(), firsts: HashSet::default() };
        let kept: Vec<(&str, &Value)> = names.kept_back(product).collect();
        if kept.is_empty() {
            return values;
        }
        let mut public: HashSet<String> = HashSet::default();
        for (name, value) in names.facts(product, |_| true).iter() {
            public.extend(
                words(&format!("{} {value}", name.replace('_', " "))).into_iter().map(|word| word.form),
            );
        }
        for (name, value) in kept {
            let mut texts = Vec::new();
            value.texts(&mut texts);
            for text in texts {
                values.add(name, &text, &public);
            }
        }
        values
    }

    fn add(&mut self, attribute: &str, value: &str, public: &HashSet<String>) {
        let words = words(value);
        if words.len() <= SHORT_WORDS {
            for word in words.iter().filter(|word| word.is_telling_number() && !public.contains(&word.form)) {
                self.insert(attribute, word.form.clone(), &word.form, None);
            }
        }
        if let [word] = words.as_slice() {
            if word.number.is_none() && word.is_name() && !public.contains(&word.form) {
                self.insert(attribute, word.form.clone(), &word.form, Some(word.text.to_owned()));
            }
            return;
        }
        if words.len() < PLAIN_WORDS_MIN && !is_proper(&words) {
            return;
        }
        for part in words.windows(words.len().min(WORDS_MAX)).filter(|part| !part.is_empty()) {
            if let Some(first) = part.first().filter(|_| part.iter().any(|word| !public.contains(&word.form)))
            {
                self.insert(attribute, joined(part), &first.form, None);
            }
        }
    }

    fn insert(&mut self, attribute: &str, phrase: String, first: &str, written: Option<String>) {
        self.firsts.insert(first.to_owned());
        self.phrases.entry(phrase).or_insert_with(|| Phrase { attribute: attribute.to_owned(), written });
    }

    /// Where a text states one of them, with the attribute.
    pub(crate) fn stated_in(&self, text: &str) -> Vec<(&str, Range<usize>)> {
        if self.phrases.is_empty() {
            return Vec::new();
        }
        let words = words(text);
        let mut starts: HashSet<usize> = HashSet::default();
        for (start, _) in sentences(text) {
            starts.insert(start);
        }
        let mut found: Vec<(&str, Range<usize>)> = Vec::new();
        for (place, word) in words.iter().enumerate().filter(|(_, word)| self.firsts.contains(&word.form)) {
            if found.last().is_some_and(|(_, range)| word.start < range.end) {
                continue;
            }
            let longest = (1..=WORDS_MAX).rev().find_map(|count| {
                let part = words.get(place..place + count)?;
                let phrase = self.phrases.get(&joined(part))?;
                let is_written = phrase.written.as_deref().is_none_or(|written| {
                    // The first word of a sentence has a capital letter whatever it is.
                    written == word.text && (word.is_code() || !starts.contains(&word.start))
                });
                let end = part.last().map_or(word.start, |last| last.start + last.text.len());
                is_written.then_some((phrase.attribute.as_str(), word.start..end))
            });
            found.extend(longest);
        }
        found
    }
}

struct Word<'a> {
    text: &'a str,
    start: usize,
    /// As it is compared: in lower case, numbers without trailing zeros.
    form: String,
    number: Option<f64>,
}

impl Word<'_> {
    fn is_telling_number(&self) -> bool {
        self.number.is_some_and(|number| number >= NUMBER_MIN || number.fract() != 0.0)
    }

    fn has_digit(&self) -> bool {
        self.text.contains(|character: char| character.is_ascii_digit())
    }

    /// Whether it is written as nobody writes a plain word, also at the beginning of a sentence.
    fn is_code(&self) -> bool {
        self.has_digit() || self.text.chars().skip(1).any(char::is_uppercase)
    }

    fn is_name(&self) -> bool {
        self.text.chars().nth(NAME_CHARS_MIN - 1).is_some()
            && (self.is_code() || self.text.starts_with(char::is_uppercase))
    }
}

/// Whether a short value is a name ("Huber & Co") or a code, and no phrase of anybody ("Front view").
fn is_proper(words: &[Word<'_>]) -> bool {
    let mut long = words.iter().filter(|word| word.text.chars().nth(NAME_CHARS_MIN).is_some()).peekable();
    words.iter().any(Word::is_code) || (long.peek().is_some() && long.all(Word::is_name))
}

fn joined(words: &[Word<'_>]) -> String {
    words.iter().map(|word| word.form.as_str()).collect::<Vec<_>>().join(" ")
}

/// The words of a text; each character of Chinese and Japanese is one.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for (start, word) in text.unicode_word_indices() {
        if word.contains(is_cjk) {
            let characters = word.char_indices().filter_map(|(at, character)| {
                let end = at + character.len_utf8();
                Some((start + at, word.get(at..end)?))
            });
            words.extend(characters.map(|(start, text)| Word::of(text, start)));
        } else {
            words.push(Word::of(word, start));
        }
    }
    words
}

impl<'a> Word<'a> {
    fn of(text: &'a str, start: usize) -> Self {
        let number: Option<f64> =
            text.replace(',', ".").parse().ok().filter(|number: &f64| number.is_finite());
        let number = number.filter(|_| text.starts_with(|character: char| character.is_ascii_digit()));
        let form = number.map_or_else(|| text.to_lowercase(), |number| number.to_string());
        Self { text, start, form, number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "A", "title": "Blue Mug 350", "brand": "Kaolin",
            "attributes": {
                "material": "clay", "volume": "350 ml", "cost_price": 12.5, "Einkaufspreis": "7,95 EUR",
                "supplier": "Müller Keramik GmbH", "supplier_code": "MK4711", "main_supplier": "Kaolin",
                "stock_qty": 5, "stock_status": "Available", "warehouse": "Leipzig", "image_label": "Front view",
                "in_stock": true, "stock_level": 350, "internal_note": "sell before the new series comes out in March",
                "供应商": "景德镇瓷器厂"
            }
        }))
        .unwrap();
        let values = InternalValues::of(&product, &InternalNames::built_in().unwrap());
        let found = values.stated_in(text);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, range)| (*name, text.get(range.clone()).unwrap())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_text_states_a_cost_a_supplier_a_place_a_code_or_a_note() {
        check("It costs us 12.50 to buy.", &[("cost_price", "12.50")]);
        check("Wir zahlen 7.95 dafür.", &[("Einkaufspreis", "7.95")]);
        check("Made by Müller Keramik GmbH for you.", &[("supplier", "Müller Keramik GmbH")]);
        check("Sent from Leipzig today.", &[("warehouse", "Leipzig")]);
        check("MK4711 is its code.", &[("supplier_code", "MK4711")]);
        check(
            "Buy it before the new series comes out!",
            &[("internal_note", "before the new series comes out")],
        );
        check("由景德镇瓷器厂制造。", &[("供应商", "景德镇瓷器厂")]);
    }

    #[test]
    fn what_a_public_attribute_says_as_well_and_what_anybody_says_is_no_leak() {
        for text in [
            "A blue mug by Kaolin holds 350 ml.",
            "Available in blue. It is available now.",
            "Five reasons, 5 colours, yes.",
            "The front view shows clay.",
            "The new series comes in blue.",
            "蓝色的杯子。",
            "",
        ] {
            check(text, &[]);
        }
    }
}
