//! The sandbox as an answerer of shoppers' questions: it looks for words that question and facts share; told to invent, it
//! lies in one of several ways. Clumsy, on purpose, and in its own way: it must not know what the checks know.

use serde_json::{Value, json};

use super::phrases::{VALUE_CHARS_MAX, invention, sentence};
use super::prompt::Read;

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
        (false, Some((name, value))) => {
            (sentence(&read.language, name, value, 0, VALUE_CHARS_MAX), name.as_str())
        }
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
    for (entry, (question, (name, value))) in entries.iter_mut().zip(answered) {
        *entry = json!({
            "question": question,
            "answer": sentence(&read.language, name, value, 0, VALUE_CHARS_MAX),
            "evidence": [name]
        });
    }
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('_', " ");
    let split = lower.split(|c: char| !c.is_alphanumeric());
    split.filter(|word| word.chars().count() > 2 && !PLAIN.contains(word)).map(str::to_owned).collect()
}

fn best<'a>(read: &'a Read, question: &str) -> Option<(&'a String, &'a String)> {
    let asked = words(question);
    let means = |word: &String, name: &str| {
        MEANT.iter().any(|(said, meant)| word.starts_with(said) && name.contains(meant))
            || name.contains(word.as_str())
    };
    let score = |(name, value): &(String, String)| {
        let (name, value) = (name.to_lowercase(), words(value));
        asked
            .iter()
            .map(|word| 2 * usize::from(means(word, &name)) + usize::from(value.contains(word)))
            .sum::<usize>()
    };
    let best = read.facts.iter().max_by_key(|fact| score(fact))?;
    (score(best) > 0).then_some((&best.0, &best.1))
}

/// A lie: which one depends on the question, so that a repetition tells the same.
fn lie<'a>(read: &'a Read, question: &str, best: Option<(&'a String, &'a String)>) -> (String, &'a str) {
    let first = read.facts.first().map_or("", |(name, _)| name.as_str());
    let (name, value) = best.map_or((first, ""), |(name, value)| (name.as_str(), value.as_str()));
    let other = read.facts.iter().find(|(own, _)| own != name).map_or("gold", |(_, value)| value.as_str());
    let said: Vec<&str> = question.trim_end_matches(['?', '？', ' ']).split_whitespace().skip(2).collect();
    let text = match question.bytes().map(usize::from).sum::<usize>() % 7 {
        0 => format!("Yes, it is {}.", said.join(" ")),
        1 => invention(&read.language).to_owned(),
        2 => sentence(&read.language, name, other, 0, VALUE_CHARS_MAX),
        3 => "Yes, it comes with a lifetime warranty and is made in Germany.".to_owned(),
        4 => format!(
            "{} It is also waterproof and vegan.",
            sentence(&read.language, name, value, 0, VALUE_CHARS_MAX)
        ),
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
            facts: facts.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
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
