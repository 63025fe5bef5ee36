//! The sandbox as an answerer of shoppers' questions: it looks for words that question and facts share; set to invent, it
//! lies in one of several ways. Clumsy, on purpose, and in its own way: it must not know what the checks know.

use serde_json::{Value, json};

use super::languages::{fill, language};
use super::points::point;
use super::prompt::{Fact, Read};
use super::values::brief;

/// Longest value of a false statement, in characters.
const VALUE_CHARS_MAX: usize = 90;

/// Words of questions and those of attribute names that they mean.
const MEANT: &[(&str, &str)] = &[
    ("heavy", "weight"),
    ("weigh", "weight"),
    ("big", "size"),
    ("large", "size"),
    ("tall", "height"),
    ("long", "length"),
    ("made", "material"),
    ("fabric", "material"),
    ("colour", "color"),
    ("screen", "display"),
    ("last", "battery"),
    ("hold", "capacity"),
    ("wash", "care"),
    ("maker", "brand"),
    ("company", "brand"),
    ("schwer", "weight"),
    ("wiegt", "weight"),
    ("farbe", "color"),
    ("farben", "color"),
    ("aus", "material"),
    ("größe", "size"),
    ("groß", "size"),
    ("marke", "brand"),
    ("couleur", "color"),
    ("couleurs", "color"),
    ("matière", "material"),
    ("poids", "weight"),
    ("marque", "brand"),
    ("color", "color"),
    ("peso", "weight"),
    ("marca", "brand"),
    ("zutaten", "ingredients"),
    ("ingrédients", "ingredients"),
];

/// Words that every question has.
const PLAIN: &[&str] = &[
    "the", "this", "that", "what", "which", "does", "how", "are", "can", "with", "have", "has", "for", "its",
    "from", "you", "your", "will", "any", "there", "come", "comes", "product", "item", "much", "many", "und",
    "der", "die", "das", "ist",
];

/// Whether an answer's schema asks for the answer to a question.
pub(super) fn asks(schema: &Value) -> bool {
    schema.pointer("/properties/answer/properties/answered").is_some()
}

/// The answer to the question of a prompt.
pub(super) fn answer(read: &Read, texts: &[String], invent: bool) -> Value {
    let block = texts
        .iter()
        .rev()
        .find_map(|text| Some(text.split_once("<question>")?.1.split_once("</question>")?.0));
    let question: String =
        block.and_then(|block| serde_json::from_str(block.trim()).ok()).unwrap_or_default();
    let best = best(read, &question);
    let (text, name) = match (invent, best) {
        (true, best) => lie(read, &question, best),
        (false, Some(fact)) => (sentence(read, fact), fact.name.as_str()),
        (false, None) => return json!({ "answer": { "answered": false, "text": "", "evidence": [] } }),
    };
    json!({ "answer": { "answered": true, "text": text, "evidence": [name] } })
}

/// Puts the questions that shoppers asked, as far as facts answer them, in the place of those of an FAQ.
pub(super) fn take_up(answer: &mut Value, read: &Read, texts: &[String]) {
    let block = texts
        .iter()
        .rev()
        .find_map(|text| Some(text.split_once("<questions>")?.1.split_once("</questions>")?.0));
    let questions: Vec<String> =
        block.and_then(|block| serde_json::from_str(block.trim()).ok()).unwrap_or_default();
    let Some(entries) = answer.pointer_mut("/faq/entries").and_then(Value::as_array_mut) else { return };
    let answered = questions.iter().filter_map(|question| Some((question, best(read, question)?)));
    for (entry, (question, fact)) in entries.iter_mut().zip(answered) {
        *entry = json!({ "question": question, "answer": sentence(read, fact), "evidence": [fact.name] });
    }
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('_', " ");
    let split = lower.split(|c: char| !c.is_alphanumeric());
    split.filter(|word| word.chars().count() > 2 && !PLAIN.contains(word)).map(str::to_owned).collect()
}

/// The sentence that states a fact.
fn sentence(read: &Read, fact: &Fact) -> String {
    let said = point(fact, &read.language).map(|point| point.sentence(&read.title));
    said.unwrap_or_else(|| stated(read, fact.label.as_ref().unwrap_or(&fact.name), &fact.value))
}

/// A value said of an attribute, whether it is its own or not.
fn stated(read: &Read, name: &str, value: &str) -> String {
    let (name, value) = (name.replace('_', " "), brief(value, VALUE_CHARS_MAX));
    fill(&language(&read.language).misstatement, &[("name", &name), ("value", &value)])
}

fn best<'a>(read: &'a Read, question: &str) -> Option<&'a Fact> {
    let asked = words(question);
    let means = |word: &String, name: &str| {
        MEANT.iter().any(|(said, meant)| word.starts_with(said) && name.contains(meant))
            || name.contains(word.as_str())
    };
    let score = |fact: &Fact| {
        let name = format!("{} {}", fact.name, fact.label.as_deref().unwrap_or_default()).to_lowercase();
        let value = words(&fact.value);
        asked
            .iter()
            .map(|word| 2 * usize::from(means(word, &name)) + usize::from(value.contains(word)))
            .sum::<usize>()
    };
    let best = read.facts.iter().max_by_key(|fact| score(fact))?;
    (score(best) > 0).then_some(best)
}

/// A lie: which one depends on the question, so that a repetition tells the same.
fn lie<'a>(read: &'a Read, question: &str, best: Option<&'a Fact>) -> (String, &'a str) {
    let first = read.facts.first().map_or("", |fact| fact.name.as_str());
    let (name, value) = best.map_or((first, ""), |fact| (fact.name.as_str(), fact.value.as_str()));
    let other = read.facts.iter().find(|fact| fact.name != name).map_or("gold", |fact| fact.value.as_str());
    let said: Vec<&str> = question.trim_end_matches(['?', '？', ' ']).split_whitespace().skip(2).collect();
    let text = match question.bytes().map(usize::from).sum::<usize>() % 7 {
        0 => format!("Yes, it is {}.", said.join(" ")),
        1 => language(&read.language).invention.clone(),
        2 => stated(read, name, other),
        3 => "Yes, it comes with a lifetime warranty and is made in Germany.".to_owned(),
        4 => format!("{} It is also waterproof and vegan.", stated(read, name, value)),
        5 => format!("Yes, {} is no problem at all, customers love it for that.", said.join(" ")),
        _ => "No, it is 17 cm longer and made of titanium.".to_owned(),
    };
    (text, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fact_that_shares_words_with_the_question_answers_and_lies_cite_it() {
        let facts = [("material", "Nylon"), ("weight", "1.2 kg")];
        let read = Read {
            facts: facts.map(|(name, value)| Fact::new(name, vec![value.to_owned()])).to_vec(),
            language: "en".into(),
            title: "Bag".into(),
        };
        let prompt = |question: &str| vec![format!("<question>\n\"{question}\"\n</question>")];
        let honest = answer(&read, &prompt("How heavy is it?"), false);
        assert_eq!(honest["answer"]["evidence"], json!(["weight"]));
        assert_eq!(answer(&read, &prompt("Does it fly?"), false)["answer"]["answered"], json!(false));
        assert_eq!(answer(&read, &prompt("Does it fly?"), true)["answer"]["answered"], json!(true));
    }
}
