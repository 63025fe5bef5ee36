//! quoted: no text repeats a shopper's own words. Of what shoppers ask only the topic is taken up: a word that neither the
//! facts nor plain questions have is the shopper's own, be it an insult, a name or an address.

use std::collections::HashSet;
use std::sync::LazyLock;

use toml::{Table, Value};

use super::Subject;
use crate::content::{Finding, Span};
use crate::facts::{FactSheet, novel, words};

/// The rule that finds a shopper's own words.
pub(crate) const RULE: &str = "quoted.shopper";

/// Where the facts are in another language nearly every word is new to them; so many of the shopper's words in a row are
/// a quotation all the same.
const RUN_MAX: usize = 4;

/// Words that plain questions are made of: those that hold them together, and those of the topics that shoppers ask about.
static QUESTION_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lexicon: Table = toml::from_str(crate::rulebook::QUESTIONS).unwrap_or_default();
    let mut texts = Vec::new();
    lexicon.iter().for_each(|(_, value)| gather(value, &mut texts));
    texts.iter().flat_map(|text| words(text)).collect()
});

/// Whether a question is made of words of the facts and of plain questions alone, none of them spelled out by letters.
pub(crate) fn is_plain(sheet: &FactSheet, question: &str) -> bool {
    let parts = question.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let letters: Vec<bool> =
        parts.map(|part| part.len() == 1 && part.chars().all(char::is_alphabetic)).collect();
    let is_spelled = letters.windows(2).any(|pair| pair == [true, true]);
    !is_spelled && novel(sheet, question).iter().all(|word| QUESTION_WORDS.contains(word))
}

/// Every text in lists, and in the lists of tables.
fn gather<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    for item in value.as_array().into_iter().flatten() {
        match item {
            Value::String(text) => texts.push(text),
            Value::Table(table) => table.iter().for_each(|(_, value)| gather(value, texts)),
            _ => {}
        }
    }
}

/// One finding for each text that repeats what only a shopper said.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.asked.is_empty() {
        return Vec::new();
    }
    let asked: Vec<Vec<String>> = subject.asked.iter().map(|question| words(question)).collect();
    let by_word = subject.recipe.questions && !is_translated(subject);
    let repeated_in = |text: &str| {
        let own: HashSet<String> =
            novel(subject.sheet, text).into_iter().filter(|word| !QUESTION_WORDS.contains(word)).collect();
        let quoted = asked.iter().flatten().find(|word| own.contains(*word));
        if by_word { quoted.cloned() } else { asked.iter().find_map(|asked| run(asked, &words(text), &own)) }
    };
    let findings = subject.texts.iter().filter_map(|(text, _)| {
        let quoted = repeated_in(text.text)?;
        // As it is written: a word is compared without its ending.
        let written = text.text.split(|c: char| !c.is_alphanumeric()).find(|part| words(part).contains(&quoted));
        let quoted = written.unwrap_or(&quoted);
        let message = format!(
            "\"{quoted}\" is a shopper's own wording, which the facts do not have; ask and answer in words of the facts"
        );
        let finding = subject.finding(RULE, subject.policy.quoted, &text.at, message);
        Some(Finding { span: Some(Span::of(text.text, &(0..text.text.len()))), ..finding })
    });
    findings.collect()
}

/// More words in a row than may be, the same in both, and not all of them plain.
fn run(asked: &[String], text: &[String], own: &HashSet<String>) -> Option<String> {
    let runs = asked.windows(RUN_MAX + 1).filter(|run| run.iter().any(|word| own.contains(word)));
    let mut quoted = runs.filter(|run| text.windows(run.len()).any(|window| window == *run));
    quoted.next().map(|run| run.join(" "))
}

/// Whether the draft is in another language than the facts, so that their words prove nothing.
fn is_translated(subject: &Subject<'_>) -> bool {
    let (mut all, mut new) = (0, 0);
    for (text, _) in &subject.texts {
        all += words(text.text).len();
        new += novel(subject.sheet, text.text).len();
    }
    subject.locale.language() != "en" && new * 3 > all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::{CheckPolicy, check_one};
    use crate::config::TestConfig;
    use crate::product::Product;
    use crate::recipe::Recipes;

    /// The texts of an FAQ entry that quote what shoppers asked.
    fn check(locale: &str, asked: &[&str], question: &str, answer: &str, expected: &[&str]) {
        let TestConfig { check: settings, policies, recipes, review } = TestConfig::defaults().unwrap();
        let policy = CheckPolicy::load(&settings, &review, &recipes.show, &policies).unwrap();
        let product: Product = serde_json::from_value(json!({
            "sku": "A", "title": "Mug", "brand": "Acme",
            "attributes": { "material": "clay", "volume": "300 ml", "microwave_safe": "yes", "weight": "320 g" }
        }))
        .unwrap();
        let recipes = Recipes::load(&recipes).unwrap();
        let recipe = recipes.get("faq").unwrap();
        let entry = json!({ "question": question, "answer": answer, "evidence": ["microwave_safe"] });
        let content = json!({ "entries": [entry] });
        let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
        let checked = check_one(&product, locale, recipe, content, &asked, &policy);
        let quoted = checked.faults().filter(|finding| finding.rule == super::RULE);
        let at: Vec<&str> = quoted.map(|finding| finding.at.rsplit('/').next().unwrap()).collect();
        assert_eq!(at, expected, "{question} {answer}");
    }

    #[test]
    fn a_word_that_only_the_shopper_said_is_not_published() {
        const RUDE: &str = "Is it microwave safe, unlike the zorbo junk of Brambler?";
        let answer = "Yes, it is microwave safe.";
        check("en-US", &[RUDE], RUDE, answer, &["question"]);
        check("en-US", &[RUDE], "Is it microwave safe, and no junk?", answer, &["question"]);
        check("en-US", &[RUDE], "Is the mug microwave safe?", "Yes, unlike Brambler it is.", &["answer"]);
        check("en-US", &[RUDE], "Is the Acme mug microwave safe?", answer, &[]);
        check("en-US", &[], RUDE, answer, &[]);
    }

    #[test]
    fn a_question_in_words_of_the_facts_and_of_plain_questions_may_be_the_shopper_s() {
        let answer = "Yes, it is microwave safe.";
        for plain in ["Is it microwave safe?", "Can I use it in the microwave?", "How heavy is the mug?"] {
            check("en-US", &[plain], plain, answer, &[]);
        }
    }

    #[test]
    fn in_another_language_than_the_facts_a_run_of_the_shopper_s_words_is_not_published() {
        let rude = "Ist das besser als der Schrott von Brambler aus Hintertupfing?";
        let answer = "Ja, man darf diesen Becher ohne Bedenken in die Mikrowelle stellen.";
        check("de-DE", &[rude], rude, answer, &["question"]);
        check("de-DE", &[rude], "Darf der Becher in die Mikrowelle?", answer, &[]);
        let plain = "Darf der Becher in die Mikrowelle?";
        check("de-DE", &[plain], "Darf ich den Becher in die Mikrowelle stellen?", answer, &[]);
    }
}
