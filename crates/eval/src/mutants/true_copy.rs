//! Copy that is true by its making: a product's attributes in sentences.

use skuscribe_check::product::{Facts, Product, Value};

/// Longest value that a sentence repeats, in bytes.
const VALUE_BYTES_MAX: usize = 120;

/// Sentences of one text.
const SENTENCES_MAX: usize = 10;

/// The title and the attributes of a product in sentences.
#[must_use]
pub fn true_copy(product: &Product) -> String {
    let facts = Facts::select(product, |name| name != "gtin" && name != "title" && name != "brand");
    let title = product.title.as_ref().map(|title| format!("This is the {title}."));
    let mut sentences: Vec<String> = Vec::new();
    for (name, value) in facts.iter() {
        sentences.extend(sentence(name, value, sentences.len()));
        if sentences.len() >= SENTENCES_MAX {
            break;
        }
    }
    title.into_iter().chain(sentences).collect::<Vec<_>>().join(" ")
}

/// An attribute in a sentence, unless its value is too long or does not read as text; forms take turns.
fn sentence(name: &str, value: &Value, turn: usize) -> Option<String> {
    let name = name.rsplit(':').next().unwrap_or(name).replace('_', " ").trim().to_owned();
    if let Value::Boolean(holds) = value {
        return Some(if *holds { format!("The {name} is there.") } else { format!("It has no {name}.") });
    }
    let shown = value.to_string();
    let is_plain = !shown.contains(['\n', '"', '<']) && !shown.trim_end_matches('-').trim().is_empty();
    if !is_plain || shown.len() > VALUE_BYTES_MAX {
        return None;
    }
    Some(if shown.eq_ignore_ascii_case("no") {
        format!("It has no {name}.")
    } else if shown.eq_ignore_ascii_case("yes") {
        format!("It has {name}.")
    } else {
        match turn % 3 {
            0 => format!("The {name} is {shown}."),
            1 => format!("It comes with {shown} as its {name}."),
            _ => format!("{name}: {shown}."),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn true_copy_says_what_the_attributes_say() {
        let product = serde_json::from_value(serde_json::json!({
            "sku": "A", "title": "Mug", "attributes": { "Body: Weight": "300 g", "NFC": "No", "lid": true, "color": ["Red", "Blue"] }
        }));
        assert_eq!(
            true_copy(&product.unwrap()),
            "This is the Mug. The Weight is 300 g. It has no NFC. The lid is there. The color is Red, Blue."
        );
    }
}
