//! Whether an answer that passed the checks is an answer to the question, and says nothing beyond the facts. Pure.

use super::criteria::AnswerCriteria;
use super::yes_or_no::{begins_with_proof, without_unproven};
use skuscribe_check::texts::{self, spaced, support};

/// An answer that may be shown: its text, without a "yes" or "no" that the facts do not prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AcceptedAnswer {
    pub(super) text: String,
    /// The attributes that support it.
    pub(super) attributes: Vec<String>,
}

/// The answer as it may be shown; `None` where it may not be.
///
/// An attribute that the question is about must support it, it must state nothing that the facts do not, and use no content
/// word that neither facts nor question have: an answer is read more strictly than copy.
pub(super) fn accept(criteria: AnswerCriteria<'_>, text: &str) -> Option<AcceptedAnswer> {
    let text = without_unproven(criteria, text)?;
    let support = support(criteria.facts, &text, criteria.language);
    if !support.contradicted_by.is_empty() || support.unsupported {
        return None;
    }
    let is_relevant = |attribute: &String| criteria.relevant.contains(attribute);
    // "It is not microwave safe" rests on `microwave_safe: false`.
    let mut supporting = support.supported_by;
    supporting.extend(support.denied_by);
    supporting.dedup();
    let about =
        supporting.iter().any(|attribute| is_relevant(attribute) && says_value(criteria, attribute, &text));
    // "The climate is Men": what the value of another attribute says is no answer about this one.
    let strays = supporting.iter().any(|attribute| !(is_relevant(attribute) || is_name(attribute)));
    let trusted = criteria.trust && supporting.iter().any(|attribute| !is_name(attribute));
    if !(trusted || (about && !strays)) {
        return None;
    }
    // What is proven is said in the shopper's words: "No, there is no headphone jack."
    let asked = if begins_with_proof(criteria, &text) { texts::words(criteria.asked) } else { Vec::new() };
    let borrowed = |word: &String| criteria.may_use(word) || asked.contains(word);
    let foreign = support.novel.iter().filter(|word| !borrowed(word)).count();
    // In another language than the facts' nearly every word is new; numbers, terms and features are compared all the same.
    let translated = criteria.language != "en" && foreign * 3 > texts::words(&text).len();
    if foreign > 0 && !translated {
        return None;
    }
    Some(AcceptedAnswer { text, attributes: supporting })
}

/// Whether an attribute says what the product is called.
fn is_name(name: &str) -> bool {
    matches!(name, "title" | "brand")
}

/// Whether a text says something of an attribute's value, and not its name alone; of "yes" and "no" the name is enough.
fn says_value(criteria: AnswerCriteria<'_>, name: &str, text: &str) -> bool {
    let Some((_, value)) = criteria.facts.iter().find(|(fact, _)| *fact == name) else { return false };
    let shown = value.to_string();
    // "Main Camera: Video" names an attribute; it is not the "Video" of another one's value.
    let called = |attribute: &String| {
        let label = criteria.facts.label(attribute).unwrap_or_default();
        texts::words(&format!("{} {label}", spaced(attribute)))
    };
    let names: Vec<String> = criteria.relevant.iter().flat_map(called).collect();
    let values = texts::words(&shown);
    let said = texts::words(text);
    let is_boolean = |word: &str| matches!(word, "yes" | "no" | "true" | "false" | "tru" | "fals");
    values.iter().all(|word| is_boolean(word))
        || values.iter().any(|word| said.contains(word) && !names.contains(word))
        || (shown.contains(|c: char| c.is_ascii_digit()) && text.contains(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::relevance::{Question, relevant_attributes};
    use crate::answers::texts::Texts;
    use crate::config::Config;
    use skuscribe_check::product::{Facts, Product};

    fn facts() -> Facts {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "B1", "title": "Fjord Bottle", "brand": "Acme", "attributes": {
                "material": "stainless steel", "capacity": "750 ml", "weight": "320 g", "color": ["Blue", "Black"],
                "energy_class": "A+++", "dishwasher_safe": true, "microwave_safe": false, "activity": ["Yoga", "Hiking"]
            }
        }))
        .unwrap();
        Facts::select(&product, |_| true)
    }

    fn accepted(asked: &str, answer: &str) -> Option<String> {
        let (facts, question) = (facts(), Question::new(asked));
        let texts = Texts::load(&Config::defaults().unwrap().answers).unwrap();
        let names: Vec<String> = facts.iter().map(|(name, _)| name.to_owned()).collect();
        let relevant: Vec<String> =
            relevant_attributes(&question, &facts).iter().map(|(place, _)| names[*place].clone()).collect();
        let criteria = AnswerCriteria {
            question: &question,
            asked,
            facts: &facts,
            relevant: &relevant,
            language: "en",
            texts: &texts,
            trust: false,
        };
        accept(criteria, answer).map(|accepted| accepted.text)
    }

    fn check(asked: &str, answer: &str, expected: Option<&str>) {
        assert_eq!(accepted(asked, answer).as_deref(), expected, "{asked} {answer}");
    }

    #[test]
    fn an_answer_must_be_one_to_the_question_and_say_no_more_than_the_facts() {
        let steel = "It is made of stainless steel.";
        check("What is it made of?", steel, Some(steel));
        check("How heavy is it?", "It weighs 320 g.", Some("It weighs 320 g."));
        check("How heavy is it?", "It weighs 400 g.", None);
        check("How heavy is it?", steel, None);
        check("Is it waterproof?", "Yes, it is waterproof.", None);
        check(
            "What is it made of?",
            "It is made of stainless steel, so it keeps drinks cold for days.",
            None,
        );
        check("What is it made of?", "It is made of stainless steel from Solingen.", None);
        check("What is it made of?", "The material is Blue.", None);
        check("Is it for yoga?", "The activity is Blue.", None);
    }

    #[test]
    fn a_yes_or_no_stays_only_where_the_facts_prove_it() {
        check("Is it dishwasher safe?", "Yes, it is dishwasher safe.", Some("Yes, it is dishwasher safe."));
        check(
            "Is it made of glass?",
            "Yes, it is made of stainless steel.",
            Some("It is made of stainless steel."),
        );
        check(
            "Is it made of glass?",
            "No, it is made of stainless steel.",
            Some("No, it is made of stainless steel."),
        );
        check("Is it made of glass?", "Yes.", None);
        let class = "Yes, it is energy class A+++.";
        check("Is it energy class A+++?", class, Some(class));
        for other in ["Is it energy class A+?", "Is it energy class A?"] {
            check(other, class, Some("It is energy class A+++."));
        }
        check(
            "Does it come in red?",
            "Yes, the colors are Blue and Black.",
            Some("The colors are Blue and Black."),
        );
    }

    #[test]
    fn alternatives_exclusions_and_two_questions_at_once_are_answered_neither_by_yes_nor_by_no() {
        for asked in [
            "Is it made of glass or of stainless steel?",
            "Is it stainless steel instead of glass?",
            "Is it anything but glass?",
            "Is it free of glass?",
            "Is it made of glass? Is it stainless steel?",
        ] {
            let answer = "No, it is made of stainless steel.";
            check(asked, answer, Some("It is made of stainless steel."));
        }
        let answer = "Yes, it comes in Black.";
        check("Does it come only in black?", answer, Some("It comes in Black."));
        check("Does it come in black?!", answer, Some(answer));
    }

    #[test]
    fn what_a_good_model_says_may_be_shown() {
        for (asked, answer) in [
            ("What is it made of?", "The Fjord Bottle is made of stainless steel."),
            ("What material is it?", "Stainless steel."),
            ("How heavy is it?", "The bottle weighs 320 g."),
            ("How much does it hold?", "It holds 750 ml."),
            ("Which colors are available?", "It is available in Blue and Black."),
            ("Does it come in black?", "Yes, it comes in Black."),
            ("Is it dishwasher safe?", "Yes, the bottle is dishwasher safe."),
            ("Can I put it in the microwave?", "No, it is not microwave safe."),
            ("Is it microwave safe?", "No, it isn't microwave safe."),
            ("Can I use it for hiking?", "Yes, it can be used for Yoga and Hiking."),
            ("Is it good for yoga?", "Yes, it is suitable for yoga."),
        ] {
            assert!(
                accepted(asked, answer).is_some(),
                "{asked} {answer} {:?}",
                support(&facts(), answer, "en")
            );
        }
    }
}
