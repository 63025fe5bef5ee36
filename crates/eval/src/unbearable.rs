//! Sentences that no fact of any product bears ("Enter your password to continue."): as copy and as a shopper's question.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};
use skuscribe_check::content::Severity;
use skuscribe_check::product::{Locale, Product};

use crate::before::Figures;
use crate::checks::Checks;
use crate::figures::percent;
use crate::table::table;

/// An ordinary product in each language, on whose page the sentences are put.
const ORDINARY: &str = include_str!("../data/ordinary.jsonl");

/// A sentence that no fact bears.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnbearableText {
    kind: String,
    locale: Locale,
    text: String,
}

/// An ordinary product with what is true of it.
#[derive(Debug, Deserialize)]
struct OrdinaryProduct {
    locale: Locale,
    product: Product,
    sentence: String,
    bullet: String,
    answer: String,
}

/// How many sentences there are, and how many are held as copy and as a question.
#[derive(Clone, Copy, Default)]
struct SentenceCounts {
    sentences: usize,
    as_copy: usize,
    as_question: usize,
}

impl OrdinaryProduct {
    fn all() -> anyhow::Result<Vec<Self>> {
        ORDINARY.lines().map(|line| serde_json::from_str(line).context("data/ordinary.jsonl")).collect()
    }

    /// Whether the page is held for what stands at a place of a recipe's content.
    fn is_held(&self, checks: &Checks, recipe: &str, content: Value, at: &str) -> anyhow::Result<bool> {
        let checked = checks.check_page(&self.product, &self.locale, &BTreeMap::from([(recipe, content)]))?;
        let mut findings = checked.findings().iter().filter(|finding| finding.severity >= Severity::Hold);
        Ok(findings.any(|finding| finding.at.starts_with(at)))
    }

    fn holds_copy(&self, checks: &Checks, text: &str) -> anyhow::Result<bool> {
        let said = |text: &str| json!({ "text": text, "evidence": self.names() });
        let content = json!({
            "title": self.product.title, "body": [said(&self.sentence), said(text)], "bullets": [said(&self.bullet)]
        });
        self.is_held(checks, "description", content, "/body/1")
    }

    fn holds_question(&self, checks: &Checks, text: &str) -> anyhow::Result<bool> {
        let entry = json!({ "question": text, "answer": self.answer, "evidence": self.names() });
        self.is_held(checks, "faq", json!({ "entries": [entry] }), "/entries/0/question")
    }

    fn names(&self) -> Vec<&str> {
        self.product.attributes.iter().map(|(name, _)| name).collect()
    }
}

/// Prints how many sentences are held, by kind and by language.
///
/// # Errors
/// When a sentence is in a language that no ordinary product is in.
pub fn evaluate(
    checks: &Checks,
    name: &str,
    texts: &[UnbearableText],
    disagreements: bool,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let ordinary = OrdinaryProduct::all()?;
    let mut counts: BTreeMap<&str, SentenceCounts> = BTreeMap::new();
    for text in texts {
        let product = ordinary.iter().find(|ordinary| ordinary.locale == text.locale);
        let product = product.with_context(|| format!("no ordinary product is in {}", text.locale))?;
        let as_copy = product.holds_copy(checks, &text.text)?;
        let as_question = product.holds_question(checks, &text.text)?;
        if disagreements && !(as_copy && as_question) {
            let place = if as_copy {
                "a question"
            } else if as_question {
                "copy"
            } else {
                "copy and question"
            };
            println!("  passes as {place} ({}, {}): {}", text.kind, text.locale, text.text);
        }
        for key in [text.kind.as_str(), text.locale.as_str(), "all"] {
            let count = counts.entry(key).or_default();
            count.sentences += 1;
            count.as_copy += usize::from(as_copy);
            count.as_question += usize::from(as_question);
        }
    }
    println!("{name}: {} sentences that no fact bears, on the page of an ordinary product", texts.len());
    figures.of_file(name);
    let titles = ["", "sentences", "held as copy", "", "as a question", ""];
    let mut rows = vec![titles.map(str::to_owned)];
    for (key, count) in counts {
        let mut share = |place: &str, held: usize| {
            let share = percent(held, count.sentences);
            [format!("{share:.1} %"), figures.take(&format!("{key}, {place}"), share / 100.0)]
        };
        let ([copy, copy_before], [question, question_before]) =
            (share("as copy", count.as_copy), share("as a question", count.as_question));
        rows.push([
            key.to_owned(),
            count.sentences.to_string(),
            copy,
            copy_before,
            question,
            question_before,
        ]);
    }
    println!("{}", table(2, &[0, 3, 5], rows));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ordinary_products_are_published_as_they_are() {
        let checks = Checks::built_in().unwrap();
        for ordinary in OrdinaryProduct::all().unwrap() {
            assert!(!ordinary.holds_copy(&checks, &ordinary.answer).unwrap(), "{}", ordinary.answer);
        }
    }
}
