//! Whether a question is about another product than the one it was asked of. Pure.

use skuscribe_check::content::sentences;
use skuscribe_check::product::Facts;
use skuscribe_check::texts::{self, support};

/// Whether a question names something that the facts do not know, as products are named: a code of letters and digits, or,
/// in languages that write names with a capital alone, a word with one that does not begin the sentence.
pub(super) fn names_another_product(facts: &Facts, asked: &str, language: &str) -> bool {
    // What else a shopper writes is no part of the question.
    let questions: Vec<&str> = sentences(asked)
        .map(|(_, sentence)| sentence)
        .filter(|sentence| sentence.ends_with(['?', '？']))
        .collect();
    let questions = questions.join(" ");
    let asked = if questions.is_empty() { asked } else { &questions };
    let novel = support(facts, asked, language).novel;
    let capital_tells = matches!(language, "en" | "fr" | "es");
    let mut begins = true;
    for word in asked.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let ends = word.ends_with(['.', '!', '?']);
        let unknown = || novel.contains(&texts::words(bare).concat());
        let digits = bare.chars().any(|c| c.is_ascii_digit());
        let letters = bare.chars().filter(|c| c.is_alphabetic()).count();
        let code = digits && letters > 0 && bare.chars().next().is_some_and(char::is_alphabetic);
        let shouted = asked.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
        let name = capital_tells
            && !begins
            && !shouted
            && letters > 3
            && bare.chars().next().is_some_and(char::is_uppercase);
        if (code || name) && unknown() {
            return true;
        }
        begins = ends;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use skuscribe_check::product::Product;

    fn facts() -> Facts {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "B1", "title": "Fjord Bottle", "brand": "Acme", "attributes": {
                "material": "stainless steel", "capacity": "750 ml", "weight": "320 g", "color": ["Blue", "Black"],
                "dishwasher_safe": true, "microwave_safe": false, "activity": ["Yoga", "Hiking"]
            }
        }))
        .unwrap();
        Facts::select(&product, |_| true)
    }

    #[test]
    fn a_question_about_another_product_is_told_by_its_name() {
        for (asked, other) in [
            ("How heavy is it?", false),
            ("How heavy is the Fjord Bottle?", false),
            ("How heavy is the Galaxy S23?", true),
            ("Is it bigger than the Hydroflask?", true),
            ("Does it hold 750 ml?", false),
        ] {
            assert_eq!(names_another_product(&facts(), asked, "en"), other, "{asked}");
        }
    }
}
