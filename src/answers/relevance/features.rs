//! What a question and an attribute have in common, and the weight of each of these features. Pure.
//!
//! The weights are those of a conditional logit over the attributes of a product and "none of them", fitted to 800 questions
//! that people had marked (`questions_dev.jsonl` of semiPQA); in five-fold cross-validation 74 % of the answers came from a
//! right attribute. Those of groups ("Body: Weight") and of yes and no are set by hand: that set has hardly any.

use std::collections::HashSet;

use super::attribute::AttributeTerms;
use super::lexicon::{LEXICON, content_length};
use super::question::Question;

/// A feature: its name, its weight, and its value.
type RelevanceFeature = (&'static str, f64, fn(&Overlap) -> f64);

const FEATURES: [RelevanceFeature; 26] = [
    // The share of the name's specific words that are asked for.
    ("name_share", 0.53, |overlap| share(overlap.name_hits, overlap.name_words)),
    // A specific word of the name is asked for.
    ("name_any", 0.28, |overlap| flag(overlap.name_hits > 0.0)),
    // All specific words of the name are asked for.
    ("name_all", 0.56, |overlap| flag(overlap.name_words > 0.0 && overlap.name_hits >= overlap.name_words)),
    // How many specific words of the name are asked for.
    ("name_count", 1.37, |overlap| overlap.name_hits),
    // A vague word of the name ("type", "features") is asked for.
    ("vague_any", 0.68, |overlap| overlap.vague_any),
    // All vague words of the name are asked for.
    ("vague_all", 0.35, |overlap| overlap.vague_all),
    // A word of the value is asked for.
    ("value_any", 1.09, |overlap| flag(overlap.value_hits > 0.0)),
    // Several words of the value are asked for.
    ("value_several", 0.66, |overlap| flag(overlap.value_hits > 1.0)),
    // The share of the question's words that the value has.
    ("question_share", 1.27, |overlap| share(overlap.value_hits, overlap.question_words)),
    // The share of the value's words that are asked for.
    ("value_share", 0.39, |overlap| share(overlap.value_hits, overlap.value_words)),
    // A key within the value ("Width: 5 in") is asked for.
    ("key", 0.75, |overlap| overlap.key),
    // Both a key and the name are asked for.
    ("key_and_name", 0.18, |overlap| overlap.key * flag(overlap.name_hits > 0.0)),
    // The name is one of the topic's attributes.
    ("topic_name", 0.8, |overlap| overlap.topic.name),
    // How much of the name the topic's attribute covers.
    ("topic_name_share", 0.68, |overlap| overlap.topic.name_share),
    // The value speaks of the topic, and no word of it is asked for itself.
    ("topic_value", 0.6, |overlap| {
        overlap.topic.value * flag(overlap.value_hits == 0.0 && overlap.key == 0.0)
    }),
    // A key within the value is one of the topic's attributes.
    ("topic_key", 1.29, |overlap| overlap.topic.key),
    // The same, and the name is asked for.
    ("topic_key_and_name", 0.46, |overlap| overlap.topic.key * flag(overlap.name_hits > 0.0)),
    // The value measures what the topic asks for.
    ("topic_measure", 0.47, |overlap| overlap.topic.measure),
    // The same, and name or key is one of the topic's attributes.
    ("topic_measure_and_name", 0.34, |overlap| {
        overlap.topic.measure * f64::max(overlap.topic.name, overlap.topic.key)
    }),
    // The attribute is of the package, and the question is of the product.
    ("package", -1.07, |overlap| overlap.package),
    // A yes or no that is asked for by nothing in its name.
    ("boolean_unnamed", -0.96, |overlap| {
        overlap.boolean * overlap.asks_yes_or_no * flag(overlap.name_hits == 0.0)
    }),
    // The share of the question's words that neither attribute nor topic explains.
    ("unexplained", -1.43, |overlap| overlap.unexplained),
    // A word of the name's group is asked for.
    ("group", 0.9, |overlap| overlap.group),
    // A yes or no, and the question asks for neither.
    ("boolean_unasked", -2.0, |overlap| overlap.boolean * flag(overlap.asks_yes_or_no == 0.0)),
    // A yes or no with words in its name that are not asked for: "Dishwasher safe: yes" says nothing of microwaves.
    ("boolean_other", -0.5, |overlap| {
        overlap.boolean * flag(overlap.name_hits < overlap.name_words && overlap.topic.name == 0.0)
    }),
    // The same, where other words of the name are asked for.
    ("boolean_part", -2.0, |overlap| {
        overlap.boolean * flag(overlap.name_hits > 0.0 && overlap.name_hits < overlap.name_words)
    }),
];

/// The weighted sum of all features.
pub(super) fn score(question: &Question, attribute: &AttributeTerms) -> f64 {
    let overlap = Overlap::new(question, attribute);
    FEATURES.iter().map(|(_, weight, feature)| weight * feature(&overlap)).sum()
}

/// What features are computed from: counts, shares, and indicators that are 0 or 1.
struct Overlap {
    name_words: f64,
    name_hits: f64,
    vague_any: f64,
    vague_all: f64,
    value_words: f64,
    value_hits: f64,
    question_words: f64,
    key: f64,
    group: f64,
    topic: TopicOverlap,
    package: f64,
    boolean: f64,
    asks_yes_or_no: f64,
    unexplained: f64,
}

/// What an attribute has in common with the topics of a question.
#[derive(Default)]
struct TopicOverlap {
    name: f64,
    name_share: f64,
    value: f64,
    key: f64,
    measure: f64,
}

impl Overlap {
    fn new(question: &Question, attribute: &AttributeTerms) -> Self {
        let (vague, specific): (Vec<&String>, Vec<&String>) = attribute
            .name
            .iter()
            .filter(|word| !LEXICON.plain.contains(*word) || LEXICON.vague.contains(*word))
            .partition(|word| LEXICON.vague.contains(*word) || attribute.group.contains(*word));
        // "chip" of "chipset".
        let begins =
            |word: &str| question.content_words.iter().any(|asked| is_stem(asked) && word.starts_with(asked));
        let name_hits =
            specific.iter().filter(|word| question.content_words.contains(**word) || begins(word)).count();
        let asked = |word: &&String| question.words.contains(*word);
        let vague_any = vague.iter().any(asked);
        let group = attribute.group.iter().any(|word| question.content_words.contains(word));
        let key = attribute.keys.iter().any(|key| question.content_words.contains(key));
        let distinct: HashSet<&String> = attribute.values.iter().collect();
        let value_hits = value_hits(question, attribute, &distinct);
        let explained = value_hits > 0 || name_hits > 0 || key || group || vague_any;
        Self {
            name_words: specific.len() as f64,
            name_hits: name_hits as f64,
            vague_any: flag(vague_any),
            vague_all: flag(!vague.is_empty() && vague.iter().all(asked)),
            value_words: distinct.len() as f64,
            value_hits: value_hits as f64,
            question_words: question.content_words.len() as f64,
            key: flag(key),
            group: flag(group),
            topic: TopicOverlap::new(question, attribute, specific.len() as f64),
            package: flag(is_of_package(question, attribute)),
            boolean: flag(attribute.is_boolean),
            asks_yes_or_no: flag(question.is_yes_or_no()),
            unexplained: if explained { 0.0 } else { question.unexplained() },
        }
    }
}

impl TopicOverlap {
    fn new(question: &Question, attribute: &AttributeTerms, name_words: f64) -> Self {
        let mut overlap = Self::default();
        for topic in question.lexicon_topics() {
            let names = topic.attributes.iter();
            let names = names.filter(|phrase| phrase.stands_in(&attribute.name, &attribute.name_text));
            if let Some(length) = names.map(content_length).max() {
                overlap.name = 1.0;
                overlap.name_share = overlap.name_share.max(share(length as f64, name_words).min(1.0));
            }
            if topic
                .attributes
                .iter()
                .any(|phrase| phrase.stands_in(&attribute.values, &attribute.value_text))
            {
                overlap.value = 1.0;
            }
            if topic.attributes.iter().any(|phrase| phrase.stands_in(&attribute.keys, "")) {
                overlap.key = 1.0;
            }
            if topic.dimension.is_some_and(|dimension| attribute.dimensions.contains(&dimension)) {
                overlap.measure = 1.0;
            }
        }
        overlap
    }
}

/// How many of the question's specific words the value has, also as the beginning of a word: "lock" of "lockable".
fn value_hits(question: &Question, attribute: &AttributeTerms, values: &HashSet<&String>) -> usize {
    // "Tea" in a brand's name says nothing of tea.
    let brand = attribute
        .name
        .first()
        .is_some_and(|word| matches!(word.as_str(), "brand" | "vendor" | "manufacturer"));
    if brand && question.topics().all(|topic| topic != "brand") {
        return 0;
    }
    let begins = |word: &String| is_stem(word) && values.iter().any(|value| value.starts_with(word.as_str()));
    let specific = question.content_words.iter().filter(|word| !LEXICON.vague.contains(*word));
    specific.filter(|word| values.contains(*word) || begins(word)).count()
}

/// Whether a word is long enough to recognise others that begin with it.
fn is_stem(word: &str) -> bool {
    word.is_ascii() && word.len() >= 4
}

fn is_of_package(question: &Question, attribute: &AttributeTerms) -> bool {
    let asks = |stem: &str| question.words.iter().any(|word| word.starts_with(stem));
    attribute.name.iter().any(|word| word.starts_with("packag"))
        && !(asks("packag") || asks("box") || asks("ship"))
}

fn share(part: f64, whole: f64) -> f64 {
    part / whole.max(1.0)
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}
