//! One question about one product: who answers it, in this order: the published FAQ, a model through every check, the facts
//! alone.

use std::time::Duration;

use super::accept::{Held, accept, names_another, proof};
use super::asker::{Asker, Turn};
use super::relevance::{ANSWERS_MIN, Question};
use super::texts::Language;
use super::wire::{Answer, AnswerOutcome, Based, Source};
use super::wording::{capital, cut, plain, sentence, shown};
use crate::check::Verdict;
use crate::pipeline::answer_text;
use crate::plan::Due;
use crate::store::questions::normalised;
use skuscribe_check::content::{Document, Severity};
use skuscribe_check::product::{Facts, Locale, Snapshot};

/// Attributes of a plain answer: the best, and those that are nearly as good.
const STATED_MAX: usize = 3;
const STATED_SHARE: f64 = 0.85;
/// Attributes that an answer may be about, by their share of the best one's score.
const RELEVANT_SHARE: f64 = 0.5;
/// Most characters of a value in a plain answer: a list of ingredients is told whole, or an allergen may be cut off.
const STATED_CHARS_MAX: usize = 4_000;
/// Most characters of a value beside an answer.
const VALUE_CHARS_MAX: usize = 200;
/// The share of words that a published question must have in common with one that is asked.
const SAME_QUESTION: f64 = 0.8;

/// A question about one product, with all that is known for it.
pub(super) struct Walk<'a> {
    pub(super) question: Question,
    /// As it is read: without line breaks and personal data.
    pub(super) asked: String,
    pub(super) earlier: &'a [Turn],
    pub(super) snapshot: Snapshot,
    pub(super) document: Option<Document>,
    pub(super) locale: Locale,
    pub(super) facts: Facts,
    pub(super) due: Due,
    /// Names of the attributes that it is about, best first, with their scores.
    pub(super) relevant: Vec<(String, f64)>,
}

impl Asker {
    /// What answers: the published FAQ, a model, or the facts alone.
    pub(super) async fn find(&self, walk: &Walk<'_>, texts: &Language) -> (Option<Answer>, bool) {
        if let Some(answer) = self.published_answer(walk) {
            return (Some(answer), true);
        }
        let compatible = walk.question.topics().any(|topic| topic == "compatibility");
        let other = !compatible && names_another(&walk.facts, &walk.asked, walk.locale.language());
        if other || (walk.relevant.is_empty() && !self.config.trust_model) {
            return (None, true);
        }
        let (phrased, lasts) = if self.config.model { self.phrased(walk).await } else { (None, true) };
        (phrased.or_else(|| self.stated_facts(walk, texts)), lasts)
    }

    /// A model's answer that may be shown, and whether the model had its say.
    async fn phrased(&self, walk: &Walk<'_>) -> (Option<Answer>, bool) {
        let call = self.pipeline.answer(&walk.due);
        match tokio::time::timeout(Duration::from_millis(self.config.model_timeout_ms), call).await {
            Ok(Ok(verdict)) if verdict.is_publish() => {
                return (answer_text(verdict.checked()).and_then(|text| self.accepted(walk, text)), true);
            }
            Ok(Ok(verdict)) => {
                let rules: Vec<&str> =
                    verdict.checked().findings().iter().map(|own| own.rule.as_str()).collect();
                tracing::debug!(product.sku = %walk.snapshot.product.sku, ?rules, "an answer did not pass the checks");
                metrics::counter!("skuscribe_answers_held_total").increment(1);
                return (None, true);
            }
            Ok(Err(failure)) => {
                tracing::warn!(product.sku = %walk.snapshot.product.sku, error = %failure.message, "no model answers; the facts do");
            }
            Err(_) => {
                tracing::warn!(product.sku = %walk.snapshot.product.sku, "the model is late; the facts answer");
            }
        }
        metrics::counter!("skuscribe_answers_without_model_total").increment(1);
        (None, false)
    }

    /// What answers are held against.
    fn held<'a>(&'a self, walk: &'a Walk<'_>, relevant: &'a [String]) -> Held<'a> {
        Held {
            question: &walk.question,
            asked: &walk.asked,
            facts: &walk.facts,
            relevant,
            language: walk.locale.language(),
            texts: &self.texts,
            trust: self.config.trust_model,
        }
    }

    /// A model's answer that passed the checks, if it is one to the question.
    fn accepted(&self, walk: &Walk<'_>, text: &str) -> Option<Answer> {
        let relevant = walk.about();
        let accepted = accept(self.held(walk, &relevant), text)?;
        let rests = accepted.rests.iter().filter(|own| relevant.contains(own) || self.config.trust_model);
        let rests: Vec<&str> = rests.map(String::as_str).collect();
        // What was left out of it may have changed what is said.
        if accepted.text != text && !self.pipeline.stated(&walk.due, &accepted.text, &rests).is_publish() {
            return None;
        }
        Some(walk.answered(Source::Model, &accepted.text, &rests))
    }

    /// The attributes themselves, through every check.
    fn stated_facts(&self, walk: &Walk<'_>, texts: &Language) -> Option<Answer> {
        let relevant = walk.about();
        let proof = proof(self.held(walk, &relevant));
        let best = walk.relevant.first()?.1;
        // What proves a "yes" or "no" is told, and nothing else.
        let told: Vec<(&String, bool)> = match &proof {
            Some((_, names)) => names.iter().map(|name| (name, true)).collect(),
            None => walk.relevant.iter().map(|(name, score)| (name, *score >= best * STATED_SHARE)).collect(),
        };
        let mut sentences = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for (name, fits) in told {
            // Where the checks hold the best, the next one may do.
            if sentences.len() >= STATED_MAX || !(fits || sentences.is_empty()) {
                break;
            }
            let Some((_, value)) = walk.facts.iter().find(|(own, _)| own == name) else { continue };
            let sentence = sentence(name, &cut(&shown(value, texts), STATED_CHARS_MAX), texts);
            // Each alone, so that one that a policy forbids does not silence the others.
            if !names.contains(&name.as_str())
                && may_be_stated(&self.pipeline.stated(&walk.due, &sentence, &[name]))
            {
                sentences.push(sentence);
                names.push(name);
            }
        }
        if sentences.is_empty() {
            return None;
        }
        if let Some((affirmed, _)) = proof {
            let word = if affirmed { &texts.yes } else { &texts.no };
            sentences.insert(0, texts.proven.replace("{word}", &capital(word)));
        }
        Some(walk.answered(Source::Facts, &sentences.join(" "), &names))
    }

    /// A published FAQ entry that answers the very question; checked again where the facts moved on since.
    fn published_answer(&self, walk: &Walk<'_>) -> Option<Answer> {
        let document = walk.document.as_ref()?;
        let entries = document.content.get("faq")?.get("entries")?.as_array()?;
        for (place, entry) in entries.iter().enumerate() {
            let (Some(question), Some(answer)) = (
                entry.get("question").and_then(serde_json::Value::as_str),
                entry.get("answer").and_then(serde_json::Value::as_str),
            ) else {
                continue;
            };
            if !walk.is_asked_by(question) {
                continue;
            }
            let at = format!("/entries/{place}/answer");
            let of_answer = document.evidence.iter().filter(|own| own.recipe == "faq" && own.at == at);
            let mut rests: Vec<&str> =
                of_answer.flat_map(|own| &own.attributes).map(|own| own.name.as_str()).collect();
            rests.sort_unstable();
            rests.dedup();
            let current = document.product_version == walk.snapshot.version;
            if current || self.pipeline.stated(&walk.due, answer, &rests).is_publish() {
                return Some(walk.answered(Source::Faq, answer, &rests));
            }
        }
        None
    }
}

impl Walk<'_> {
    /// The attributes that the question is about, and not merely touches.
    fn about(&self) -> Vec<String> {
        let best = self.relevant.first().map_or(0.0, |own| own.1);
        let enough = |own: &&(String, f64)| own.1 >= f64::max(ANSWERS_MIN, best * RELEVANT_SHARE);
        self.relevant.iter().filter(enough).map(|own| own.0.clone()).collect()
    }

    fn answered(&self, source: Source, text: &str, attributes: &[&str]) -> Answer {
        let based = |name: &&str| {
            let (_, value) = self.facts.iter().find(|(own, _)| own == name)?;
            let value = cut(&plain(value), VALUE_CHARS_MAX);
            Some(Based { sku: self.snapshot.product.sku.clone(), name: (*name).to_owned(), value })
        };
        let answer = Answer::of(AnswerOutcome::Answered, text, &self.locale);
        Answer { source: Some(source), attributes: attributes.iter().filter_map(based).collect(), ..answer }
    }

    /// Whether a published question is the one that is asked.
    fn is_asked_by(&self, published: &str) -> bool {
        // What was said before may change what a short question means.
        if !self.earlier.is_empty() && Question::new(&self.asked).is_bare() {
            return false;
        }
        if normalised(published) == normalised(&self.asked) {
            return true;
        }
        let other = Question::new(published);
        let (own, other): (std::collections::BTreeSet<&str>, std::collections::BTreeSet<&str>) =
            (self.question.telling().collect(), other.telling().collect());
        let shared = own.intersection(&other).count() as f64;
        own.len() >= 2 && shared >= SAME_QUESTION * own.union(&other).count() as f64
    }
}

/// Whether an attribute that is told word for word may be shown: every check ran, and nothing but what is decided by that
/// speaks against it. That a fact does not bear itself, or is in the catalog's language, is no fault of the answer.
pub(super) fn may_be_stated(verdict: &Verdict) -> bool {
    let told =
        |rule: &str| ["facts.", "evidence.", "language.", "length."].iter().any(|own| rule.starts_with(own));
    verdict.checked().findings().iter().all(|own| own.severity < Severity::Hold || told(&own.rule))
}
