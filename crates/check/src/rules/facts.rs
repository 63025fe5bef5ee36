//! facts: some attribute must support every statement; a wrong answer of a quiz must not be true.

use super::Subject;
use crate::content::Finding;
use crate::facts::{Modality, Statement, findings};

/// One finding for each statement that the facts do not support, and for each wrong answer that they do.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    for (text, reading) in &subject.texts {
        let (recipe, at) = (&subject.recipe.name, &text.at);
        if subject.is_untrue(at) {
            if reading.faults().next().is_none() && !reading.supports.is_empty() {
                let message = "the facts support this answer, which is to be wrong".to_owned();
                all.push(subject.finding("facts.true", subject.policy.facts_contradicted, at, message));
            }
            continue;
        }
        // A question of a FAQ entry asks; what it takes for granted must not be refuted, and it is about the product.
        let asks = text.at.ends_with("/question");
        let strays = asks && reading.supports.is_empty();
        let counts = |statement: &Statement| match statement.modality {
            _ if !asks => true,
            Modality::Asserted => true,
            Modality::Presupposed => statement.is_refuted() || strays,
            Modality::Asked => !statement.is_refuted() && strays,
        };
        let of_text = findings(subject.sheet, text.text, reading, subject.policy, counts).into_iter();
        all.extend(of_text.map(|finding| Finding { recipe: recipe.clone(), at: at.clone(), ..finding }));
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::check::{CheckPolicy, check_one};
    use crate::config::TestConfig;
    use crate::product::Product;
    use crate::recipe::Recipes;

    /// The places of what the facts do not bear in the content of a recipe about a bottle, each with the rule.
    fn check_content(recipe: &str, content: Value, expected: &[&str]) {
        let TestConfig { check: settings, policies, recipes, review } = TestConfig::defaults().unwrap();
        let policy = CheckPolicy::load(&settings, &review, &recipes.show, &policies).unwrap();
        let recipes = Recipes::load(&recipes).unwrap();
        let recipe = recipes.get(recipe).unwrap();
        let product: Product = serde_json::from_value(json!({
            "sku": "B", "title": "Bottle", "attributes": { "material": "aluminium", "waterproof": "no", "capacity": "500 ml" }
        }))
        .unwrap();
        let checked = check_one(&product, "en-US", recipe, content, &[], &policy);
        let of_facts = checked.findings().iter().filter(|finding| finding.rule.starts_with("facts."));
        let found: Vec<String> = of_facts.map(|finding| format!("{} {}", finding.rule, finding.at)).collect();
        assert_eq!(found, expected);
    }

    /// A FAQ of one entry.
    fn faq(question: &str, answer: &str) -> Value {
        json!({ "entries": [{ "question": question, "answer": answer, "evidence": ["material"] }] })
    }

    #[test]
    fn the_question_of_a_faq_entry_may_ask_for_what_is_not_so() {
        check_content("faq", faq("Is the bottle waterproof?", "No, the bottle is not waterproof."), &[]);
        check_content("faq", faq("Is the bottle made of titanium?", "No, it is made of aluminium."), &[]);
    }

    #[test]
    fn the_question_of_a_faq_entry_must_not_take_for_granted_what_an_attribute_denies() {
        let question = faq("Why is the titanium bottle so light?", "The bottle is made of aluminium.");
        check_content("faq", question, &["facts.contradicted /entries/0/question"]);
    }

    #[test]
    fn an_answer_is_exempt_from_nothing() {
        let answer = faq("Is the bottle waterproof?", "Yes, the bottle is waterproof.");
        check_content("faq", answer, &["facts.contradicted /entries/0/answer"]);
    }

    #[test]
    fn a_question_anywhere_else_is_copy() {
        let copy = json!({
            "meta_title": "Bottle", "meta_description": { "text": "Who would not want a titanium bottle?", "evidence": ["material"] },
            "keywords": ["bottle"]
        });
        check_content("seo", copy, &["facts.contradicted /meta_description/text"]);
    }
}
