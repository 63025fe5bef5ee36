//! Whether an answer that passed the checks is an answer to the question, and says nothing beyond the facts. Pure.

use super::relevance::Question;
use super::texts::Texts;
use super::wording::capital;
use skuscribe_check::content::sentences;
use skuscribe_check::product::Facts;
use skuscribe_check::texts::{self, spaced, support};

/// Words that affirm and deny at the beginning of an answer.
const YES: &[&str] = &["yes", "ja", "oui", "sí", "si", "是", "是的", "はい"];
const NO: &[&str] = &["no", "nein", "non", "否", "不是", "いいえ"];

/// An answer that may be shown: its text, without a "yes" or "no" that the facts do not prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) text: String,
    /// The attributes that it rests on.
    pub(super) rests: Vec<String>,
}

/// What an answer is held against.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) question: &'a Question,
    pub(super) asked: &'a str,
    pub(super) facts: &'a Facts,
    /// The attributes that the question is about.
    pub(super) relevant: &'a [String],
    pub(super) language: &'a str,
    pub(super) texts: &'a Texts,
    /// Whether it counts although it rests on other attributes.
    pub(super) trust: bool,
}

/// The answer as it may be shown; `None` where it may not be.
///
/// It must rest on an attribute that the question is about, state nothing that the facts do not, and use no telling word
/// that neither facts nor question's function words have: what copy may paint, an answer may not.
pub(super) fn accept(held: Held<'_>, text: &str) -> Option<Accepted> {
    let text = without_unproven_polarity(held, text)?;
    let support = support(held.facts, &text, held.language);
    if !support.contradicted_by.is_empty() || support.unsupported {
        return None;
    }
    let about =
        support.supported_by.iter().any(|own| held.relevant.contains(own) && says_value(held, own, &text));
    // "The climate is Men": what the value of another attribute says is no answer about this one.
    let strays = support.supported_by.iter().any(|own| !(held.relevant.contains(own) || is_name(own)));
    let trusted = held.trust && support.supported_by.iter().any(|own| !is_name(own));
    if !(trusted || (about && !strays)) {
        return None;
    }
    // What is proven is said in the shopper's own words: "No, there is no headphone jack."
    let asked = if begins_with_proof(held, &text) { texts::words(held.asked) } else { Vec::new() };
    let borrowed = |word: &String| may_say(held, word) || asked.contains(word);
    let foreign = support.novel.iter().filter(|word| !borrowed(word)).count();
    // In another language than the facts' nearly every word is new; numbers, terms and features are compared all the same.
    let telling = texts::words(&text).len();
    let translated = held.language != "en" && foreign * 3 > telling;
    if foreign > 0 && !translated {
        return None;
    }
    Some(Accepted { text, rests: support.supported_by })
}

/// Whether an attribute says what the product is called.
fn is_name(name: &str) -> bool {
    matches!(name, "title" | "brand")
}

/// Whether a text says something of an attribute's value, and not its name alone; of "yes" and "no" the name is enough.
fn says_value(held: Held<'_>, name: &str, text: &str) -> bool {
    let Some((_, value)) = held.facts.iter().find(|(own, _)| *own == name) else { return false };
    let shown = value.to_string();
    // "Main Camera: Video" names an attribute; it is not the "Video" of another one's value.
    let names: Vec<String> = held.relevant.iter().flat_map(|own| texts::words(&spaced(own))).collect();
    let values = texts::words(&shown);
    let said = texts::words(text);
    let is_boolean = |word: &str| matches!(word, "yes" | "no" | "true" | "false" | "tru" | "fals");
    values.iter().all(|word| is_boolean(word))
        || values.iter().any(|word| said.contains(word) && !names.contains(word))
        || (shown.contains(|c: char| c.is_ascii_digit()) && text.contains(|c: char| c.is_ascii_digit()))
}

/// Whether an answer may say a word that no fact has: one that holds sentences together.
fn may_say(held: Held<'_>, word: &str) -> bool {
    let compared = super::phrase::words(word).concat();
    held.question.lends(&compared) || held.texts.is_glue(&compared)
}

/// Whether a text affirms or denies at its beginning, and where what follows begins.
fn polarity(text: &str) -> Option<(bool, &str)> {
    let end = text.find(|c: char| !(c.is_alphabetic() || c == '\'')).unwrap_or(text.len());
    let (first, rest) = text.split_at_checked(end)?;
    let first = first.to_lowercase();
    let affirms = YES.contains(&first.as_str());
    (affirms || NO.contains(&first.as_str())).then_some((affirms, rest))
}

/// Topics on which silence is no "no": an ingredient that a list does not name may still be in it.
const NEVER_DENIED: &[&str] = &["allergens", "ingredients", "diet"];

/// Whether attributes that say otherwise prove a "no".
pub(super) fn is_denied(question: &Question, facts: &Facts, against: &[String]) -> bool {
    let deniable = question.topics().all(|topic| !NEVER_DENIED.contains(&topic));
    let denies = |name: &String| {
        facts.iter().any(|(own, value)| own == name && texts::begins_with_no(&value.to_string()))
    };
    against.iter().all(|name| !name.is_empty()) && (deniable || against.iter().any(denies))
}

/// "Yes" or "no", where the facts prove either, with the attributes that do.
pub(super) fn proof(held: Held<'_>) -> Option<(bool, Vec<String>)> {
    // "Over 300 g?", "isn't it blue?": another number proves nothing, and who asks for a "no" may mean either.
    let doubtful = held.asked.contains(|c: char| c.is_ascii_digit())
        || texts::denies(held.asked)
        || held.question.bound().is_some();
    if doubtful || !held.question.is_yes_or_no() {
        return None;
    }
    let stated = support(held.facts, held.asked, held.language);
    if !stated.contradicted_by.is_empty() {
        let proven = is_denied(held.question, held.facts, &stated.contradicted_by);
        return proven.then_some((false, stated.contradicted_by));
    }
    let rests: Vec<String> =
        stated.supported_by.into_iter().filter(|own| held.relevant.contains(own)).collect();
    let proven =
        !stated.unsupported && !rests.is_empty() && stated.novel.iter().all(|word| may_say(held, word));
    proven.then_some((true, rests))
}

/// Whether a text begins with a "yes" or "no" that the facts prove.
fn begins_with_proof(held: Held<'_>, text: &str) -> bool {
    polarity(text).is_some_and(|(affirmed, _)| proof(held).is_some_and(|own| own.0 == affirmed))
}

/// The text without a leading "yes" or "no" that the facts do not prove; `None` where nothing else is said.
fn without_unproven_polarity(held: Held<'_>, text: &str) -> Option<String> {
    let text = text.trim();
    let Some((affirmed, rest)) = polarity(text) else { return Some(text.to_owned()) };
    if proof(held).is_some_and(|own| own.0 == affirmed) {
        return Some(text.to_owned());
    }
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    (rest.chars().filter(|c| c.is_alphanumeric()).count() >= 3).then(|| capital(rest))
}

/// Whether a question names something that the facts do not know, as products are named: a code of letters and digits, or,
/// in languages that write names with a capital alone, a word with one that does not begin the sentence.
pub(super) fn names_another(facts: &Facts, asked: &str, language: &str) -> bool {
    // What else a shopper tells is no part of the question.
    let questions: Vec<&str> =
        sentences(asked).map(|(_, sentence)| sentence).filter(|own| own.ends_with(['?', '？'])).collect();
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
    use crate::config::Config;
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

    fn accepted(asked: &str, answer: &str) -> Option<String> {
        let (facts, question) = (facts(), Question::new(asked));
        let texts = Texts::load(&Config::defaults().unwrap().answers).unwrap();
        let names: Vec<String> = facts.iter().map(|(name, _)| name.to_owned()).collect();
        let relevant: Vec<String> =
            question.relevant(&facts).iter().map(|(place, _)| names[*place].clone()).collect();
        let held = Held {
            question: &question,
            asked,
            facts: &facts,
            relevant: &relevant,
            language: "en",
            texts: &texts,
            trust: false,
        };
        accept(held, answer).map(|own| own.text)
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
        check(
            "Does it come in red?",
            "Yes, the colors are Blue and Black.",
            Some("The colors are Blue and Black."),
        );
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

    #[test]
    fn a_question_about_another_product_is_told_by_its_name() {
        for (asked, other) in [
            ("How heavy is it?", false),
            ("How heavy is the Fjord Bottle?", false),
            ("How heavy is the Galaxy S23?", true),
            ("Is it bigger than the Hydroflask?", true),
            ("Does it hold 750 ml?", false),
        ] {
            assert_eq!(names_another(&facts(), asked, "en"), other, "{asked}");
        }
    }
}
