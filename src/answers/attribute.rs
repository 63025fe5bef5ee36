//! An attribute beside a question: what the two have in common, and what each of that counts. Pure.
//!
//! The weights are those of a conditional logit over the attributes of a product and "none of them", fitted to 800 questions
//! that people had marked (`questions_dev.jsonl` of semiPQA); in five-fold cross-validation 74 % of the answers came from a
//! right attribute. Those of groups ("Body: Weight") and of yes and no are set by hand: that set has hardly any.

use std::collections::HashSet;

use super::phrase::words;
use super::relevance::Question;
use super::topics::{TABLE, length};
use skuscribe_check::product::Value;
use skuscribe_check::product::unit::{Dimension, named};
use skuscribe_check::texts::spaced;

/// An attribute, taken apart.
pub(super) struct Attribute {
    name: Vec<String>,
    group: Vec<String>,
    name_text: String,
    /// Words of the value that name what follows them: "Width: 5 in".
    keys: Vec<String>,
    values: Vec<String>,
    value_text: String,
    /// What is measured in it.
    dimensions: Vec<Dimension>,
    is_boolean: bool,
}

/// The number of values that are read of a long text: what it is about stands at its beginning.
const VALUE_BYTES_MAX: usize = 2_000;

impl Attribute {
    pub(super) fn new(name: &str, value: &Value) -> Self {
        let name_text = spaced(name).to_lowercase();
        // "Body: Weight": the group says little.
        let group = name_text.split_once(':').map(|(group, _)| words(group)).unwrap_or_default();
        let mut value_text = value.to_string().to_lowercase();
        let mut end = value_text.len().min(VALUE_BYTES_MAX);
        while !value_text.is_char_boundary(end) {
            end -= 1;
        }
        value_text.truncate(end);
        let mut keys = Vec::new();
        let mut rest = value_text.as_str();
        while let Some((before, after)) = rest.split_once(':') {
            let key = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
            keys.extend(words(&key.replace('_', " ")));
            rest = after;
        }
        let values: Vec<String> =
            words(&value_text.replace('_', " ")).into_iter().filter(|word| !keys.contains(word)).collect();
        keys.retain(|key| {
            !matches!(key.as_str(), "valu" | "unit" | "normaliz" | "str" | "decimal" | "standardiz")
        });
        let units = value_text.split(|c: char| !c.is_alphabetic()).filter_map(named);
        let mut dimensions: Vec<Dimension> = units.map(|unit| unit.dimension).collect();
        dimensions.dedup();
        let is_boolean = matches!(value, Value::Boolean(_))
            || values
                .iter()
                .all(|word| matches!(word.as_str(), "tru" | "fals" | "yes" | "no" | "true" | "false"));
        Self { name: words(&name_text), group, name_text, keys, values, value_text, dimensions, is_boolean }
    }

    /// Whether a word of the value begins with a word: "lock" of "lockable".
    fn begins(&self, word: &str) -> bool {
        word.is_ascii() && word.len() >= 4 && self.values.iter().any(|own| own.starts_with(word))
    }

    /// What question and attribute have in common, each with what it counts.
    pub(super) fn features(&self, question: &Question) -> [(f64, f64); 26] {
        let telling = |word: &&String| question.telling.contains(*word);
        let (vague, strong): (Vec<&String>, Vec<&String>) = self
            .name
            .iter()
            .filter(|word| !TABLE.plain.contains(*word) || TABLE.vague.contains(*word))
            .partition(|word| TABLE.vague.contains(*word) || self.group.contains(*word));
        // "chip" of "chipset".
        let begun = |word: &str| {
            question
                .telling
                .iter()
                .any(|own| own.is_ascii() && own.len() >= 4 && word.starts_with(own.as_str()))
        };
        let named = strong.iter().copied().filter(|word| telling(word) || begun(word)).count();
        let grouped = self.group.iter().any(|word| question.telling.contains(word));
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let asked_vaguely = |word: &&&String| question.words.contains(**word);
        let distinct: HashSet<&String> = self.values.iter().collect();
        let hits = question
            .telling
            .iter()
            .filter(|word| !TABLE.vague.contains(*word) && (distinct.contains(*word) || self.begins(word)))
            .count();
        // "Tea" of a brand's name tells nothing of tea.
        let brand = self
            .name
            .first()
            .is_some_and(|word| matches!(word.as_str(), "brand" | "vendor" | "manufacturer"));
        let hits = if brand && question.topics().all(|topic| topic != "brand") { 0 } else { hits };
        let keyed = self.keys.iter().any(|key| question.telling.contains(key));
        let (mut by_name, mut by_name_share, mut by_value, mut by_key, mut by_measure) =
            (0.0, 0.0_f64, 0.0, 0.0, 0.0);
        for topic in question.topics.iter().filter_map(|place| TABLE.topics.get(*place)) {
            let of_name = topic
                .attributes
                .iter()
                .filter(|own| own.stands_in(&self.name, &self.name_text))
                .map(length)
                .max();
            if let Some(length) = of_name {
                by_name = 1.0;
                by_name_share = by_name_share.max(share(length, strong.len()).min(1.0));
            }
            if topic.attributes.iter().any(|own| own.stands_in(&self.values, &self.value_text)) {
                by_value = 1.0;
            }
            if topic.attributes.iter().any(|own| own.stands_in(&self.keys, "")) {
                by_key = 1.0;
            }
            if topic.dimension.is_some_and(|own| self.dimensions.contains(&own)) {
                by_measure = 1.0;
            }
        }
        // Words that neither the attribute nor what is asked about explains.
        let unexplained = if hits == 0
            && named == 0
            && !keyed
            && !grouped
            && !vague.iter().any(|word| asked_vaguely(&word))
        {
            question.unexplained()
        } else {
            0.0
        };
        let flag = |holds: bool| f64::from(u8::from(holds));
        let has = |word: &str| question.words.iter().any(|own| own.starts_with(word));
        let package = self.name.iter().any(|word| word.starts_with("packag"))
            && !(has("packag") || has("box") || has("ship"));
        [
            (0.53, share(named, strong.len())),
            (0.28, flag(named > 0)),
            (0.56, flag(!strong.is_empty() && named == strong.len())),
            (1.37, named as f64),
            (0.68, flag(vague.iter().any(|word| asked_vaguely(&word)))),
            (0.35, flag(!vague.is_empty() && vague.iter().all(|word| asked_vaguely(&word)))),
            (1.09, flag(hits > 0)),
            (0.66, flag(hits > 1)),
            (1.27, share(hits, question.telling.len())),
            (0.39, share(hits, distinct.len())),
            (0.75, flag(keyed)),
            (0.18, flag(keyed && named > 0)),
            (0.8, by_name),
            (0.68, by_name_share),
            (0.6, by_value * flag(hits == 0 && !keyed)),
            (1.29, by_key),
            (0.46, by_key * flag(named > 0)),
            (0.47, by_measure),
            (0.34, by_measure * f64::max(by_name, by_key)),
            (-1.07, flag(package)),
            (-0.96, flag(self.is_boolean && question.yes_or_no && named == 0)),
            (-1.43, unexplained),
            (0.9, flag(grouped)),
            (-2.0, flag(self.is_boolean && !question.yes_or_no)),
            // "Dishwasher safe: yes" says nothing of microwaves.
            (-0.5, flag(self.is_boolean && named < strong.len() && by_name == 0.0)),
            (-2.0, flag(self.is_boolean && named > 0 && named < strong.len())),
        ]
    }
}
