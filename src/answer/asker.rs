//! The walk of one question: who answers it, from what, and what is remembered of it.

use std::sync::Arc;
use std::time::Duration;

use super::accept::{Held, accept, names_another};
use super::compare::{cut, label, shown};
use super::memory::Memory;
use super::relevance::{ANSWERS_MIN, Question};
use super::texts::{Language, Texts};
use super::wire::{Answer, AnswerOutcome, Asked, AskedAbout, Based, Source};
use crate::check::Verdict;
use crate::config::Config;
use crate::config::answers::AnswersConfig;
use crate::content::{Document, Severity, State};
use crate::injection::{Level, find};
use crate::pipeline::{Pipeline, answer_text};
use crate::plan::{Due, Shoppers};
use crate::product::{Digest, Facts, Locale, Sku, Snapshot};
use crate::questions::{About, normalised, presentable};
use crate::store::snapshots::stored;
use crate::store::{ContentStore, Key, StoreError, load};

/// Attributes of a plain answer: the best, and those that are nearly as good.
const STATED_MAX: usize = 3;
const STATED_SHARE: f64 = 0.85;
/// Attributes that an answer may be about, by their share of the best one's score.
const RELEVANT_SHARE: f64 = 0.5;
/// Most characters of a value in a plain answer.
const VALUE_CHARS_MAX: usize = 200;
/// The share of words that a published question must have in common with one that is asked.
const SAME_QUESTION: f64 = 0.8;

/// A question and its answer, earlier in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The question.
    pub question: String,
    /// What was answered.
    pub answer: String,
}

/// Why a question came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No such product.
    #[error("there is no product {0} in the store; is the SKU right?")]
    NoProduct(Sku),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Answers questions.
#[derive(Debug)]
pub struct Asker {
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) store: Arc<dyn ContentStore>,
    pub(super) config: AnswersConfig,
    pub(super) texts: Texts,
    pub(super) memory: Memory,
    default_locale: Locale,
    #[cfg(feature = "search")]
    pub(super) catalog: Option<Arc<crate::search::Catalog>>,
    cache: quick_cache::sync::Cache<Digest, Arc<Answer>>,
}

/// A question about one product, with all that is known for it.
struct Walk<'a> {
    question: Question,
    /// As it is read: without line breaks and personal data.
    asked: String,
    earlier: &'a [Turn],
    snapshot: Snapshot,
    document: Option<Document>,
    locale: Locale,
    facts: Facts,
    due: Due,
    /// Names of the attributes that it is about, best first, with their scores.
    relevant: Vec<(String, f64)>,
}

impl Asker {
    /// Puts it together.
    ///
    /// # Errors
    /// When the texts are not valid, or no locale is configured.
    pub fn new(
        config: &Config,
        store: Arc<dyn ContentStore>,
        pipeline: Arc<Pipeline>,
    ) -> anyhow::Result<Self> {
        let default_locale = config.recipes.locales.first().cloned();
        Ok(Self {
            pipeline,
            texts: Texts::load(&config.answers)?,
            memory: Memory::new(Arc::clone(&store)),
            store,
            default_locale: default_locale.ok_or_else(|| anyhow::anyhow!("recipes.locales is empty"))?,
            #[cfg(feature = "search")]
            catalog: None,
            cache: quick_cache::sync::Cache::new(config.answers.cache_max),
            config: config.answers.clone(),
        })
    }

    /// Looks candidates up in an index instead of reading all products.
    #[cfg(feature = "search")]
    #[must_use]
    pub fn with_catalog(mut self, catalog: Arc<crate::search::Catalog>) -> Self {
        self.catalog = Some(catalog);
        self
    }

    /// What no fact answered, to be written.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Answers a question.
    ///
    /// # Errors
    /// When the product is not there, or the store does not answer. A model that fails is no error: the facts answer then.
    pub async fn ask(&self, asked: &Asked, earlier: &[Turn]) -> Result<Answer, AskError> {
        let started = std::time::Instant::now();
        let locale = asked.locale.clone().unwrap_or_else(|| self.default_locale.clone());
        let answer = match self.before(asked, &locale) {
            Some(answer) => answer,
            None => match &asked.about {
                AskedAbout::Product(sku) => self.about_product(asked, sku, locale, earlier).await?,
                AskedAbout::Products(_) | AskedAbout::Category(_) => self.across(asked, locale).await?,
            },
        };
        let source = answer.source.map_or("none", |source| match source {
            Source::Faq => "faq",
            Source::Model => "model",
            Source::Facts => "facts",
        });
        metrics::counter!("skuscribe_answers_total", "outcome" => answer.outcome.as_str(), "source" => source).increment(1);
        metrics::histogram!("skuscribe_answer_seconds").record(started.elapsed().as_secs_f64());
        Ok(answer)
    }

    /// The answer to what is no question for the catalog.
    fn before(&self, asked: &Asked, locale: &Locale) -> Option<Answer> {
        let texts = self.texts.of(locale.language())?;
        if find(&asked.question).iter().any(|(_, level)| *level == Level::Order)
            || crate::recipe::leak(&asked.question).is_some()
        {
            return Some(Answer::of(AnswerOutcome::Refused, &texts.refused, locale));
        }
        let topic = self.texts.handed_over(&asked.question)?;
        let answer = Answer::of(AnswerOutcome::HandedOver, &texts.handed_over, locale);
        Some(Answer { reason: Some(topic.to_owned()), ..answer })
    }

    async fn about_product(
        &self,
        asked: &Asked,
        sku: &Sku,
        locale: Locale,
        earlier: &[Turn],
    ) -> Result<Answer, AskError> {
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let (snapshot, document) =
            tokio::join!(stored(&*self.store, sku), load::<Document>(&*self.store, &key));
        let snapshot =
            snapshot?.filter(|own| !own.deleted).ok_or_else(|| AskError::NoProduct(sku.clone()))?;
        let document = document?.map(|(document, _)| document).filter(|own| own.state == State::Published);
        let earlier = earlier.get(earlier.len().saturating_sub(self.config.turns_max)..).unwrap_or_default();
        let key = cache_key(asked, &locale, &snapshot, document.as_ref(), earlier);
        if let Some(answer) = self.cache.get(&key) {
            metrics::counter!("skuscribe_answers_cached_total").increment(1);
            let answer = Answer::clone(&answer);
            if answer.outcome == AnswerOutcome::Unknown {
                self.remember(asked, &snapshot, &locale);
            }
            return Ok(answer);
        }
        let (answer, keeps) = self.walk(asked, snapshot, document, locale, earlier).await;
        if keeps {
            self.cache.insert(key, Arc::new(answer.clone()));
        }
        Ok(answer)
    }

    /// The answer, and whether it may be kept: one that a failing model had no part in is not the last word.
    async fn walk(
        &self,
        asked: &Asked,
        snapshot: Snapshot,
        document: Option<Document>,
        locale: Locale,
        earlier: &[Turn],
    ) -> (Answer, bool) {
        let flat: String = asked.question.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let masked = crate::privacy::mask(&flat, crate::privacy::Scope::Prose).into_owned();
        let waits = Shoppers::Waits {
            question: masked.clone(),
            earlier: earlier.iter().map(|turn| (turn.question.clone(), turn.answer.clone())).collect(),
        };
        let (Some(due), Some(texts)) =
            (self.pipeline.answer_due(&snapshot, &locale, waits), self.texts.of(locale.language()))
        else {
            return (Answer::of(AnswerOutcome::Unknown, "", &locale), false);
        };
        let facts = due.recipes().first().map_or_else(|| Facts::of(Vec::new()), |own| own.facts().clone());
        let question = match (Question::new(&masked), earlier.last()) {
            // "And this one?"
            (question, Some(last)) if question.telling().next().is_none() => {
                Question::new(&format!("{} {masked}", last.question))
            }
            (question, _) => question,
        };
        let names: Vec<&str> = facts.iter().map(|(name, _)| name).collect();
        let relevant = question.relevant(&facts).into_iter();
        let relevant =
            relevant.filter_map(|(place, score)| Some(((*names.get(place)?).to_owned(), score))).collect();
        let walk =
            Walk { question, asked: masked, earlier, snapshot, document, locale, facts, due, relevant };
        let (found, keeps) = self.find(&walk, texts).await;
        let answer = match found {
            Some(answer) => answer,
            None => self.unknown(asked, &walk, texts),
        };
        (Answer { product_version: Some(walk.snapshot.version), ..answer }, keeps)
    }

    /// What answers: the published FAQ, a model, or the facts alone.
    async fn find(&self, walk: &Walk<'_>, texts: &Language) -> (Option<Answer>, bool) {
        if let Some(answer) = self.from_faq(walk) {
            return (Some(answer), true);
        }
        let compatible = walk.question.topics().any(|topic| topic == "compatibility");
        let other = !compatible && names_another(&walk.facts, &walk.asked, walk.locale.language());
        if other || (walk.relevant.is_empty() && !self.config.trust_model) {
            return (None, true);
        }
        if !self.config.model {
            return (self.from_facts(walk, texts), true);
        }
        let call = self.pipeline.answer(&walk.due);
        match tokio::time::timeout(Duration::from_millis(self.config.model_timeout_ms), call).await {
            Ok(Ok(Verdict::Publish(checked))) => {
                let from_model = answer_text(&checked).and_then(|text| self.accepted(walk, text));
                (from_model.or_else(|| self.from_facts(walk, texts)), true)
            }
            Ok(Ok(Verdict::Hold(checked))) => {
                let rules: Vec<&str> = checked.findings().iter().map(|own| own.rule.as_str()).collect();
                tracing::debug!(product.sku = %walk.snapshot.product.sku, ?rules, "an answer did not pass the checks");
                metrics::counter!("skuscribe_answers_held_total").increment(1);
                (self.from_facts(walk, texts), true)
            }
            Ok(Err(failure)) => {
                tracing::warn!(product.sku = %walk.snapshot.product.sku, error = %failure.message, "no model answers; the facts do");
                metrics::counter!("skuscribe_answers_without_model_total").increment(1);
                (self.from_facts(walk, texts), false)
            }
            Err(_) => {
                metrics::counter!("skuscribe_answers_without_model_total").increment(1);
                (self.from_facts(walk, texts), false)
            }
        }
    }

    /// A model's answer that passed the checks, if it is one to the question.
    fn accepted(&self, walk: &Walk<'_>, text: &str) -> Option<Answer> {
        let best = walk.relevant.first().map_or(0.0, |own| own.1);
        let enough = |own: &&(String, f64)| own.1 >= f64::max(ANSWERS_MIN, best * RELEVANT_SHARE);
        let relevant: Vec<String> = walk.relevant.iter().filter(enough).map(|own| own.0.clone()).collect();
        let accepted = accept(
            Held {
                question: &walk.question,
                asked: &walk.asked,
                facts: &walk.facts,
                relevant: &relevant,
                language: walk.locale.language(),
                texts: &self.texts,
                trust: self.config.trust_model,
            },
            text,
        )?;
        let rests = accepted.rests.iter().filter(|own| relevant.contains(own) || self.config.trust_model);
        let rests: Vec<&str> = rests.map(String::as_str).collect();
        // What was left out of it may have changed what is said.
        if accepted.text != text
            && matches!(self.pipeline.stated(&walk.due, &accepted.text, &rests), Verdict::Hold(_))
        {
            return None;
        }
        Some(walk.answered(Source::Model, &accepted.text, &rests))
    }

    /// The attributes themselves, through every check.
    fn from_facts(&self, walk: &Walk<'_>, texts: &Language) -> Option<Answer> {
        let best = walk.relevant.first()?.1;
        let mut sentences = Vec::new();
        let mut names = Vec::new();
        for (name, score) in &walk.relevant {
            let nearly = *score >= best * STATED_SHARE || sentences.is_empty();
            if sentences.len() >= STATED_MAX || !nearly {
                break;
            }
            let Some((_, value)) = walk.facts.iter().find(|(own, _)| own == name) else { continue };
            let value = cut(&shown(value, texts), VALUE_CHARS_MAX);
            let value = value.trim_end_matches(['.', '。']);
            let sentence = texts.plain.replace("{attribute}", &label(name)).replace("{value}", value);
            // Each alone, so that one that a policy forbids does not silence the others.
            if may_be_stated(&self.pipeline.stated(&walk.due, &sentence, &[name])) {
                sentences.push(sentence);
                names.push(name.as_str());
            }
        }
        (!sentences.is_empty()).then(|| walk.answered(Source::Facts, &sentences.join(" "), &names))
    }

    /// A published FAQ entry that answers the very question; checked again where the facts moved on since.
    fn from_faq(&self, walk: &Walk<'_>) -> Option<Answer> {
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
            if current || matches!(self.pipeline.stated(&walk.due, answer, &rests), Verdict::Publish(_)) {
                return Some(walk.answered(Source::Faq, answer, &rests));
            }
        }
        None
    }

    fn unknown(&self, asked: &Asked, walk: &Walk<'_>, texts: &Language) -> Answer {
        // What looks like a task and is about nothing that the product has is no question of a shopper.
        if presentable(&asked.question).is_none() {
            return Answer::of(AnswerOutcome::Refused, &texts.refused, &walk.locale);
        }
        self.remember(asked, &walk.snapshot, &walk.locale);
        Answer::of(AnswerOutcome::Unknown, &texts.unknown, &walk.locale)
    }

    fn remember(&self, asked: &Asked, snapshot: &Snapshot, locale: &Locale) {
        let product = &snapshot.product;
        self.memory.note(
            About::Product(product.sku.clone(), product.category.clone()),
            &asked.question,
            locale,
        );
    }
}

impl Walk<'_> {
    fn answered(&self, source: Source, text: &str, attributes: &[&str]) -> Answer {
        let based = |name: &&str| {
            let (_, value) = self.facts.iter().find(|(own, _)| own == name)?;
            let value = cut(&value.to_string(), VALUE_CHARS_MAX);
            Some(Based { sku: self.snapshot.product.sku.clone(), name: (*name).to_owned(), value })
        };
        let answer = Answer::of(AnswerOutcome::Answered, text, &self.locale);
        Answer { source: Some(source), attributes: attributes.iter().filter_map(based).collect(), ..answer }
    }

    /// Whether a published question is the one that is asked.
    fn is_asked_by(&self, published: &str) -> bool {
        // What was said before may change what a short question means.
        if !self.earlier.is_empty() && self.question.telling().count() < 2 {
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

impl Answer {
    pub(super) fn of(outcome: AnswerOutcome, text: &str, locale: &Locale) -> Self {
        Self {
            schema: "answer.v1".to_owned(),
            outcome,
            text: text.to_owned(),
            locale: locale.clone(),
            source: None,
            attributes: Vec::new(),
            reason: None,
            table: None,
            product_version: None,
            session: None,
        }
    }
}

/// Whether an attribute that is told word for word may be shown: every check ran, and nothing but what is decided by that
/// speaks against it. That a fact does not bear itself, or is in the catalog's language, is no fault of the answer.
pub(super) fn may_be_stated(verdict: &Verdict) -> bool {
    let told =
        |rule: &str| ["facts.", "evidence.", "language.", "length."].iter().any(|own| rule.starts_with(own));
    verdict.checked().findings().iter().all(|own| own.severity < Severity::Hold || told(&own.rule))
}

/// Facts, what is published of them, and the question with what was said before it.
fn cache_key(
    asked: &Asked,
    locale: &Locale,
    snapshot: &Snapshot,
    document: Option<&Document>,
    earlier: &[Turn],
) -> Digest {
    let said: String =
        earlier.iter().map(|turn| format!("{}\u{0}{}\u{0}", turn.question, turn.answer)).collect();
    Digest::of(&[
        locale.as_str().as_bytes(),
        snapshot.product.sku.as_str().as_bytes(),
        &snapshot.version.to_le_bytes(),
        snapshot.message_id.as_bytes(),
        &document.map_or(0, |own| own.revision).to_le_bytes(),
        normalised(&asked.question).as_bytes(),
        said.as_bytes(),
    ])
}
