//! What exempts a match from its rule: names, words around it, what the product's own attributes say.

use std::collections::HashMap;
use std::ops::Range;

use super::pattern::Pattern;
use super::term;
use crate::product::{Facts, Value};

/// One exemption of a rule.
#[derive(Debug)]
pub struct Exemption {
    /// Its name in findings and tests: `self_comparison`.
    pub name: String,
    /// Where the rule's source grants it, if that is another place than the rule's own.
    pub source: Option<String>,
    /// What it is based on.
    pub basis: Basis,
    /// Whether words that it covers say nothing of the product, so that no attribute has to support them.
    pub asserts_nothing: bool,
}

/// What an exemption is based on.
#[derive(Debug)]
pub enum Basis {
    /// The match is a part of a name of the product: of its brand, title, model, trademark.
    Name,
    /// An attribute says the very same, whole clause or term: the shop can prove it. With a pattern only attributes whose
    /// name it finds.
    Fact(Option<Pattern>),
    /// The product has an attribute of such a name with such a value: a certificate, an award.
    Attribute {
        /// Finds the attribute's name.
        name: Pattern,
        /// Finds its value.
        value: Pattern,
    },
    /// An attribute of such a name holds a number within bounds: what a claim is conditional on.
    Value {
        /// Finds the attribute's name.
        name: Pattern,
        /// The least, inclusive.
        min: Option<f64>,
        /// The most, inclusive.
        max: Option<f64>,
    },
    /// Words in the same sentence, by language.
    Sentence(HashMap<String, Pattern>),
    /// Words that the match is a part of, by language.
    Around(HashMap<String, Pattern>),
}

/// What of a match an exemption depends on, beside the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depends {
    /// Nothing: it covers every match of a text, or none.
    OnNothing,
    /// The words of the match and of its sentence.
    OnWords,
    /// Where it stands.
    OnPlace,
}

/// Names under which facts hold what a thing is called.
const NAMES: &[&str] = &[
    "title",
    "brand",
    "name",
    "model",
    "modell",
    "modèle",
    "modelo",
    "series",
    "collection",
    "trademark",
    "manufacturer",
    "product_line",
    "型号",
    "品牌",
    "系列",
    "ブランド",
    "シリーズ",
];

/// A longer name is none that a text writes out.
const NAME_BYTES_MAX: usize = 400;

/// A match in its text.
#[derive(Clone, Copy, Debug)]
pub struct PolicyMatchContext<'a> {
    /// The text.
    pub text: &'a str,
    /// The sentence around the match, in bytes of the text.
    pub sentence: (usize, usize),
    /// The match, in bytes of the text.
    pub found: (usize, usize),
}

impl Exemption {
    /// What of a match it depends on, beside the product.
    #[must_use]
    pub fn depends(&self) -> Depends {
        match self.basis {
            Basis::Attribute { .. } | Basis::Value { .. } => Depends::OnNothing,
            Basis::Fact(_) | Basis::Sentence(_) => Depends::OnWords,
            Basis::Name | Basis::Around(_) => Depends::OnPlace,
        }
    }

    /// Whether it covers a match, given the product's facts.
    #[must_use]
    pub fn covers(&self, place: PolicyMatchContext<'_>, language: &str, facts: &Facts) -> bool {
        let PolicyMatchContext { text, sentence: (from, to), found: (start, end) } = place;
        let found = text.get(start..end).unwrap_or_default();
        let sentence = text.get(from..to).unwrap_or_default();
        let inside = |range: Range<usize>| from + range.start <= start && end <= from + range.end;
        match &self.basis {
            Basis::Name => names(facts).any(|name| inside_name(text, start, end, &name)),
            // What a thing is called or where it is filed proves nothing.
            Basis::Fact(names) => facts.iter().filter(|(name, _)| !is_name(name)).any(|(name, value)| {
                names.as_ref().is_none_or(|names| names.is_match(name)) && states(value, found, sentence)
            }),
            Basis::Attribute { name, value } => facts
                .iter()
                .any(|(attribute, stated)| name.is_match(attribute) && value.is_match(&stated.to_string())),
            Basis::Value { name, min, max } => {
                facts.iter().filter(|(attribute, _)| name.is_match(attribute)).any(|(_, stated)| {
                    number(stated).is_some_and(|number| {
                        min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)
                    })
                })
            }
            Basis::Sentence(words) => by_language(words, language).any(|words| words.is_match(sentence)),
            Basis::Around(words) => by_language(words, language)
                .filter_map(Pattern::regex)
                .any(|words| words.find_iter(sentence).any(|around| inside(around.range()))),
        }
    }
}

fn by_language<'a>(words: &'a HashMap<String, Pattern>, language: &str) -> impl Iterator<Item = &'a Pattern> {
    words.get(language).into_iter().chain(words.get(term::ANY))
}

fn is_name(attribute: &str) -> bool {
    attribute == "category" || NAMES.contains(&attribute.to_lowercase().as_str())
}

fn names(facts: &Facts) -> impl Iterator<Item = String> {
    facts.iter().filter(|(name, _)| *name != "category" && is_name(name)).flat_map(|(_, value)| {
        let mut texts = Vec::new();
        value.texts(&mut texts);
        texts
    })
}

/// Whether a match lies within a name that the text writes out.
fn inside_name(text: &str, start: usize, end: usize, name: &str) -> bool {
    let name = name.trim().to_lowercase();
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return false;
    }
    // Of a long text only the part that can hold the name: there may be thousands of matches.
    let from = text.floor_char_boundary(start.saturating_sub(name.len() * 2));
    let to = text.ceil_char_boundary(end.saturating_add(name.len() * 2).min(text.len()));
    let text = text.get(from..to).unwrap_or_default().to_lowercase();
    let (start, end) = (start - from, end - from);
    // Lower case may change lengths; then places do not compare, and nothing is exempt.
    text.match_indices(&name).any(|(at, _)| at <= start && end <= at + name.len())
}

/// Whether an attribute says the same: its text holds the match, and it is no text of many sentences that merely mentions
/// it in passing.
fn states(value: &Value, found: &str, sentence: &str) -> bool {
    let (found, sentence) = (found.to_lowercase(), sentence.to_lowercase());
    let mut texts = Vec::new();
    value.texts(&mut texts);
    texts.iter().map(|text| text.to_lowercase()).any(|text| {
        text.contains(&found)
            && (text.chars().count() <= 120
                || text.contains(sentence.trim_end_matches(['.', '!', '。', '！'])))
    })
}

/// The first number of a value.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) | Value::Quantity { value: number, .. } => number.as_f64(),
        Value::Text(text) => {
            let start = text.find(|c: char| c.is_ascii_digit())?;
            let rest = text.get(start..)?;
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(rest.len());
            rest.get(..end)?.replace(',', ".").trim_end_matches('.').parse().ok()
        }
        Value::Boolean(_) | Value::List(_) => None,
    }
}
