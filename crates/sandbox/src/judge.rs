//! The sandbox as a judge of sentences: a sentence is borne where it repeats a fact's values. Clumsy, on purpose.

use serde_json::{Value, json};

use super::prompt::Read;

/// Whether an answer's schema asks for a judgement of numbered sentences.
pub(super) fn asks(schema: &Value) -> bool {
    schema.pointer("/properties/sentences/items/properties/borne").is_some()
}

/// A judgement on every sentence of the prompt's last block of sentences.
pub(super) fn judge(read: &Read, texts: &[String]) -> Value {
    let block = texts
        .iter()
        .rev()
        .find_map(|text| Some(text.split_once("<sentences>")?.1.split_once("</sentences>")?.0));
    let judged = block.unwrap_or_default().lines().filter_map(|line| {
        let (number, sentence) = line.trim().split_once(". ")?;
        let number: u64 = number.parse().ok()?;
        let plain = |text: &str| text.to_lowercase().replace('-', " ");
        let sentence = plain(sentence);
        let fact = read.facts.iter().find(|fact| {
            fact.value.chars().nth(2).is_some()
                && fact.items.iter().all(|item| sentence.contains(&plain(item)))
        });
        let name = fact.map_or("", |fact| fact.name.as_str());
        Some(json!({ "number": number, "borne": fact.is_some(), "fact": name }))
    });
    json!({ "sentences": judged.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::super::prompt::Fact;
    use super::*;

    #[test]
    fn a_sentence_is_borne_where_it_repeats_a_fact() {
        let read = Read { facts: vec![Fact::new("material", vec!["Clay".to_owned()])], ..Read::default() };
        let prompt = "<sentences>\n1. It is made of clay.\n2. It flies.\n</sentences>".to_owned();
        assert_eq!(
            judge(&read, &[prompt]),
            json!({ "sentences": [{ "number": 1, "borne": true, "fact": "material" }, { "number": 2, "borne": false, "fact": "" }] })
        );
    }
}
