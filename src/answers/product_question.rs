//! One question about one product: who answers it, in this order: the published FAQ, a model through every check, the facts
//! alone.

use std::collections::BTreeSet;
use std::time::Duration;

use super::acceptance::accept;
use super::criteria::AnswerCriteria;
use super::other_product::names_another_product;
use super::relevance::{ANSWERS_MIN, Question, relevant_attributes};
use super::request::{SessionTurn, masked};
use super::resources::AnswerResources;
use super::wire::{Answer, AnswerOutcome, AnswerSource, SupportingAttribute};
use super::wording::{attribute_sentence, capitalised, display_value, label, plain_value, truncated};
use super::yes_or_no::proof;
use crate::pipeline::answer_text;
use crate::plan::{Due, Shoppers};
use crate::store::questions::normalised;
use skuscribe_check::content::Document;
use skuscribe_check::product::{Facts, Locale, Snapshot};
use skuscribe_check::texts::denies;

/// Attributes of a plain answer: the best, and those that are nearly as good.
const STATED_MAX: usize = 3;
const STATED_SHARE: f64 = 0.85;
/// Attributes that an answer may be about, by their share of the best one's score.
const RELEVANT_SHARE: f64 = 0.5;
/// Most characters of a value in a plain answer: a list of ingredients is given whole, or an allergen may be cut off.
const STATED_CHARS_MAX: usize = 4_000;
/// Most characters of a value beside an answer.
const VALUE_CHARS_MAX: usize = 200;

/// A question about one product, with all that is known for it.
pub(super) struct ProductQuestion<'a> {
    resources: &'a AnswerResources,
    question: Question,
    /// As it is read: without line breaks and personal data.
    asked: String,
    earlier: &'a [SessionTurn],
    snapshot: &'a Snapshot,
    document: &'a Document,
    locale: &'a Locale,
    facts: Facts,
    due: Due,
    /// Names of the attributes that it is about, best first, with their scores.
    relevant: Vec<(String, f64)>,
}

impl<'a> ProductQuestion<'a> {
    /// `None` where no answers are written in the locale's language.
    pub(super) fn new(
        resources: &'a AnswerResources,
        asked: String,
        snapshot: &'a Snapshot,
        document: &'a Document,
        locale: &'a Locale,
        earlier: &'a [SessionTurn],
    ) -> Option<Self> {
        let turn = |turn: &SessionTurn| (masked(&turn.question), turn.answer.clone());
        let waits = Shoppers::Waits { question: asked.clone(), earlier: earlier.iter().map(turn).collect() };
        let due = resources.pipeline.answer_due(snapshot, locale, waits)?;
        let facts = due.recipes().first().map_or_else(|| Facts::of(Vec::new()), |due| due.facts().clone());
        let question = match (Question::new(&asked), earlier.last()) {
            // "And this one?"
            (question, Some(last)) if question.is_bare() => {
                Question::new(&format!("{} {asked}", last.question))
            }
            (question, _) => question,
        };
        let names: Vec<&str> = facts.iter().map(|(name, _)| name).collect();
        let relevant = relevant_attributes(&question, &facts).into_iter();
        let relevant =
            relevant.filter_map(|(place, score)| Some(((*names.get(place)?).to_owned(), score))).collect();
        Some(Self { resources, question, asked, earlier, snapshot, document, locale, facts, due, relevant })
    }

    /// The answer, if there is one, and whether that is final: not where the model failed.
    pub(super) async fn answer(&self) -> (Option<Answer>, bool) {
        if let Some(answer) = self.faq_answer() {
            return (Some(answer), true);
        }
        let config = &self.resources.config;
        let compatible = self.question.topics().any(|topic| topic == "compatibility");
        let other = !compatible && names_another_product(&self.facts, &self.asked, self.locale.language());
        if other || (self.relevant.is_empty() && !config.trust_model) {
            return (None, true);
        }
        let (phrased, is_final) = if config.model { self.model_answer().await } else { (None, true) };
        (phrased.or_else(|| self.facts_answer()), is_final)
    }

    /// A model's answer that may be shown, and whether the model answered at all.
    async fn model_answer(&self) -> (Option<Answer>, bool) {
        let sku = &self.snapshot.product.sku;
        let call = self.resources.pipeline.answer(&self.due);
        let longest = Duration::from_millis(self.resources.config.model_timeout_ms);
        match tokio::time::timeout(longest, call).await {
            Ok(Ok(verdict)) if verdict.is_publish() => {
                return (answer_text(verdict.checked()).and_then(|text| self.accepted(text)), true);
            }
            Ok(Ok(verdict)) => {
                let findings = verdict.checked().findings().iter();
                let rules: Vec<&str> = findings.map(|finding| finding.rule.as_str()).collect();
                tracing::debug!(product.sku = %sku, ?rules, "an answer did not pass the checks");
                metrics::counter!("skuscribe_answers_held_total").increment(1);
                return (None, true);
            }
            Ok(Err(failure)) => {
                tracing::warn!(product.sku = %sku, error = %failure.message, "no model answers; the facts do");
            }
            Err(_) => tracing::warn!(product.sku = %sku, "the model is late; the facts answer"),
        }
        metrics::counter!("skuscribe_answers_without_model_total").increment(1);
        (None, false)
    }

    fn criteria<'b>(&'b self, relevant: &'b [String]) -> AnswerCriteria<'b> {
        AnswerCriteria {
            question: &self.question,
            asked: &self.asked,
            facts: &self.facts,
            relevant,
            language: self.locale.language(),
            texts: &self.resources.texts,
            trust: self.resources.config.trust_model,
        }
    }

    /// A model's answer that passed the checks, if it is one to the question.
    fn accepted(&self, text: &str) -> Option<Answer> {
        let relevant = self.about();
        let accepted = accept(self.criteria(&relevant), text)?;
        let trust = self.resources.config.trust_model;
        let attributes = accepted.attributes.iter().filter(|attribute| trust || relevant.contains(attribute));
        let attributes: Vec<&str> = attributes.map(String::as_str).collect();
        // What was left out of it may have changed what is said.
        if accepted.text != text && !self.passes(&accepted.text, &attributes) {
            return None;
        }
        Some(self.answered(AnswerSource::Model, &accepted.text, &attributes))
    }

    /// Whether a text that is no model's passes every check.
    fn passes(&self, text: &str, attributes: &[&str]) -> bool {
        self.resources.pipeline.stated(&self.due, text, attributes).is_publish()
    }

    /// The attributes themselves, through every check.
    fn facts_answer(&self) -> Option<Answer> {
        let texts = self.resources.texts.of(self.locale.language());
        let relevant = self.about();
        let proof = proof(self.criteria(&relevant));
        let best = self.relevant.first()?.1;
        // What proves a "yes" or "no" is stated, and nothing else.
        let candidates: Vec<(&String, bool)> = match &proof {
            Some(proof) => proof.attributes.iter().map(|name| (name, true)).collect(),
            None => self.relevant.iter().map(|(name, score)| (name, *score >= best * STATED_SHARE)).collect(),
        };
        let mut sentences = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for (name, fits) in candidates {
            // Where the checks hold the best, the next one may do.
            if sentences.len() >= STATED_MAX || !(fits || sentences.is_empty()) {
                break;
            }
            let Some((_, value)) = self.facts.iter().find(|(fact, _)| fact == name) else { continue };
            let value = truncated(&display_value(value, texts), STATED_CHARS_MAX);
            let called = label(name, self.facts.full_label(name).as_deref());
            let sentence = attribute_sentence(&called, &value, texts);
            // Each alone, so that one that a policy forbids does not silence the others.
            if !names.contains(&name.as_str()) && self.resources.may_quote(&self.due, &sentence, &[name]) {
                sentences.push(sentence);
                names.push(name);
            }
        }
        if sentences.is_empty() {
            return None;
        }
        if let Some(proof) = &proof {
            let word = if proof.affirms { &texts.yes } else { &texts.no };
            sentences.insert(0, texts.proven.replace("{word}", &capitalised(word)));
        }
        Some(self.answered(AnswerSource::Facts, &sentences.join(" "), &names))
    }

    /// A published FAQ entry that answers the very question; checked again where the facts or the policies moved on
    /// since.
    fn faq_answer(&self) -> Option<Answer> {
        let document = self.document;
        let entries = document.content.get("faq")?.get("entries")?.as_array()?;
        let policy = self.resources.pipeline.policy.digest();
        let is_checked = document.recipes.get("faq").is_some_and(|faq| faq.policy == policy);
        for (place, entry) in entries.iter().enumerate() {
            let (Some(question), Some(answer)) = (
                entry.get("question").and_then(serde_json::Value::as_str),
                entry.get("answer").and_then(serde_json::Value::as_str),
            ) else {
                continue;
            };
            if !self.is_same_as(question) {
                continue;
            }
            let at = format!("/entries/{place}/answer");
            let evidence = document.evidence.iter().filter(|part| part.recipe == "faq" && part.at == at);
            let attributes: BTreeSet<&str> =
                evidence.flat_map(|part| &part.attributes).map(|attribute| attribute.name.as_str()).collect();
            let attributes: Vec<&str> = attributes.into_iter().collect();
            let current = document.order() == self.snapshot.order() && is_checked;
            if current || self.passes(answer, &attributes) {
                return Some(self.answered(AnswerSource::Faq, answer, &attributes));
            }
        }
        None
    }

    /// The attributes that the question is about, and not merely touches.
    fn about(&self) -> Vec<String> {
        let best = self.relevant.first().map_or(0.0, |(_, score)| *score);
        let enough = f64::max(ANSWERS_MIN, best * RELEVANT_SHARE);
        self.relevant.iter().filter(|(_, score)| *score >= enough).map(|(name, _)| name.clone()).collect()
    }

    fn answered(&self, source: AnswerSource, text: &str, attributes: &[&str]) -> Answer {
        let supporting = |name: &&str| {
            let (_, value) = self.facts.iter().find(|(fact, _)| fact == name)?;
            let value = truncated(&plain_value(value), VALUE_CHARS_MAX);
            let sku = self.snapshot.product.sku.clone();
            let label = self.facts.full_label(name);
            Some(SupportingAttribute { sku, name: (*name).to_owned(), label, value })
        };
        let answer = Answer::of(AnswerOutcome::Answered, text, self.locale);
        let attributes = attributes.iter().filter_map(supporting).collect();
        Answer { source: Some(source), attributes, ..answer }
    }

    /// Whether a published question is the one that is asked.
    fn is_same_as(&self, published: &str) -> bool {
        // What was said before may change what a short question means.
        if !self.earlier.is_empty() && Question::new(&self.asked).is_bare() {
            return false;
        }
        is_same_question(published, &self.asked)
    }
}

/// Whether two questions ask the same: in the same words, or in words that hold together the same ones in the same order, where
/// neither numbers with their signs and units nor denials, extremes and bounds differ.
fn is_same_question(published: &str, asked: &str) -> bool {
    if normalised(published) == normalised(asked) {
        return true;
    }
    if numbers(published) != numbers(asked) || denies(published) != denies(asked) {
        return false;
    }
    let (published, asked) = (Question::new(published), Question::new(asked));
    if published.extreme() != asked.extreme() || published.bound() != asked.bound() {
        return false;
    }
    let said = asked.content_words().count();
    said >= 2 && published.content_words().eq(asked.content_words())
}

/// The parts of a question that one sign makes another: numbers with their units, and grades such as "A+++".
fn numbers(question: &str) -> Vec<String> {
    let form = normalised(question);
    let words: Vec<&str> = form.split(' ').collect();
    let is_bare =
        |word: &str| word.chars().any(|c| c.is_ascii_digit()) && !word.chars().any(char::is_alphabetic);
    let mut numbers: Vec<String> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        if word.chars().all(char::is_alphabetic) {
            continue;
        }
        let unit = words.get(place + 1).filter(|_| is_bare(word)).copied().unwrap_or_default();
        numbers.push(format!("{word}{unit}"));
    }
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_the_published_one_whatever_holds_it_together_and_never_with_another_sign_order_or_sense()
    {
        for (published, asked) in [
            ("Is it microwave safe?", "is it MICROWAVE safe"),
            ("Can the bottle be used at -20 °C?", "Can the bottle be used at −20 °C"),
            ("Is the mug dishwasher safe?", "Is this mug dishwasher safe?"),
            ("Is the pan 20 cm wide?", "Is this pan 20 cm wide"),
        ] {
            assert!(is_same_question(published, asked), "{published} {asked}");
        }
        for (published, asked) in [
            ("Can the bottle be used at -20 °C?", "Can the bottle be used at 20 °C?"),
            ("Can the bottle be used outside at 20 °C?", "Can the bottle be used outside at 20 °F?"),
            ("Does the fridge have energy class A+?", "Does the fridge have energy class A+++?"),
            ("Does the tank hold 1.5 l of water?", "Does the tank hold 15 l of water?"),
            ("Does the tank hold 15 l of water?", "Does the tank hold 15 ml of water?"),
            ("Does it weigh less than 5 kg?", "Does it weigh more than 5 kg?"),
            ("Does the charger weigh <5 kg?", "Does the charger weigh >5 kg?"),
            ("Is the jacket waterproof?", "Is the jacket not waterproof?"),
            ("Does it work with a lid?", "Does it work without a lid?"),
            ("Does the cable go from USB to HDMI?", "Does the cable go from HDMI to USB?"),
            (
                "Can the bottle be used outside in winter at minus 20 °C?",
                "Can the bottle be used outside in winter at 20 °C?",
            ),
            (
                "Is the left strap of the large blue hiking backpack padded?",
                "Is the right strap of the large blue hiking backpack padded?",
            ),
        ] {
            assert!(!is_same_question(published, asked), "{published} {asked}");
        }
    }
}
