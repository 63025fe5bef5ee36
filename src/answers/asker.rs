//! The walk of one question: who answers it, from what, and what is remembered of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::memory::Memory;
use super::relevance::Question;
use super::texts::{Language, Texts};
use super::walk::Walk;
use super::wire::{Answer, AnswerOutcome, Asked, AskedAbout, Source};
use crate::config::Config;
use crate::config::answers::AnswersConfig;
use crate::pipeline::Pipeline;
use crate::plan::Shoppers;
use crate::store::questions::{About, normalised, presentable};
use crate::store::snapshots::stored;
use crate::store::{ContentStore, Key, StoreError, load};
use skuscribe_check::content::{Document, State};
use skuscribe_check::injection::{Level, find};
use skuscribe_check::privacy::{Scope, mask};
use skuscribe_check::product::{Digest, Facts, Locale, Sku, Snapshot};

/// How long an answer is kept that the model failed to phrase.
const WITHOUT_MODEL: Duration = Duration::from_secs(2);

/// A question and its answer, earlier in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The question.
    pub question: String,
    /// What was answered.
    pub answer: String,
}

/// Turns of a session that are shown to the model: what "it" and "that one" refer to.
pub(super) const TURNS_MAX: usize = 3;
/// Answers that are kept, by facts and question; beyond them the least used make room.
const CACHE_MAX: usize = 10_000;

/// Why a question came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No such product.
    #[error("there is no product {0} in the store; is the SKU right?")]
    NoProduct(Sku),
    /// A language that the recipe `answer` is not written in.
    #[error("/locale: no answers are written in {0}; the recipe `answer` names the languages")]
    Language(Locale),
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
    pub(super) catalog: Option<Arc<crate::catalog::search::Catalog>>,
    cache: quick_cache::sync::Cache<Digest, Kept>,
}

/// An answer that is kept.
#[derive(Clone, Debug)]
struct Kept {
    answer: Arc<Answer>,
    /// Until when; for good where it is left out.
    until: Option<Instant>,
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
            cache: quick_cache::sync::Cache::new(CACHE_MAX),
            config: (*config.answers).clone(),
        })
    }

    /// Looks candidates up in an index instead of reading all products.
    #[cfg(feature = "search")]
    #[must_use]
    pub fn with_catalog(mut self, catalog: Arc<crate::catalog::search::Catalog>) -> Self {
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
        let started = Instant::now();
        let locale = asked.locale.clone().unwrap_or_else(|| self.default_locale.clone());
        if !self.pipeline.answers_in(&locale) {
            return Err(AskError::Language(locale));
        }
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
        let texts = self.texts.of(locale.language());
        if find(&asked.question).iter().any(|(_, level)| *level == Level::Order)
            || skuscribe_check::recipe::leak(&asked.question).is_some()
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
        let snapshot = snapshot?.filter(|snapshot| !snapshot.deleted && sku.guide().is_none());
        let snapshot = snapshot.ok_or_else(|| AskError::NoProduct(sku.clone()))?;
        let document = document?.map(|(document, _)| document).filter(|own| own.state == State::Published);
        let earlier = earlier.get(earlier.len().saturating_sub(TURNS_MAX)..).unwrap_or_default();
        let key = cache_key(asked, &locale, &snapshot, document.as_ref(), earlier);
        self.cache.remove_if(&key, |kept| kept.until.is_some_and(|until| Instant::now() >= until));
        // Of many who ask the same at once one has it answered, and the others wait for that.
        let place = match self.cache.get_value_or_guard_async(&key).await {
            Ok(kept) => {
                metrics::counter!("skuscribe_answers_cached_total").increment(1);
                if kept.answer.outcome == AnswerOutcome::Unknown {
                    self.remember(asked, &snapshot, &locale);
                }
                return Ok(Answer::clone(&kept.answer));
            }
            Err(place) => place,
        };
        let (answer, lasts) = Box::pin(self.walk(asked, snapshot, document, locale, earlier)).await;
        let until = (!lasts).then(|| Instant::now() + WITHOUT_MODEL);
        // Only an answer that was pushed out while it was made finds no place.
        if place.insert(Kept { answer: Arc::new(answer.clone()), until }).is_err() {
            tracing::debug!("an answer was not kept");
        }
        Ok(answer)
    }

    /// The answer, and whether it lasts: where the model failed, the facts' answer is not the last word.
    async fn walk(
        &self,
        asked: &Asked,
        snapshot: Snapshot,
        document: Option<Document>,
        locale: Locale,
        earlier: &[Turn],
    ) -> (Answer, bool) {
        let masked = masked_question(&asked.question);
        let turn = |turn: &Turn| (masked_question(&turn.question), turn.answer.clone());
        let waits = Shoppers::Waits { question: masked.clone(), earlier: earlier.iter().map(turn).collect() };
        let texts = self.texts.of(locale.language());
        // `ask` turned away the languages that no answer is written in.
        let Some(due) = self.pipeline.answer_due(&snapshot, &locale, waits) else {
            return (Answer::of(AnswerOutcome::Unknown, &texts.unknown, &locale), false);
        };
        let facts = due.recipes().first().map_or_else(|| Facts::of(Vec::new()), |own| own.facts().clone());
        let question = match (Question::new(&masked), earlier.last()) {
            // "And this one?"
            (question, Some(last)) if question.is_bare() => {
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

/// A question as it may be read: on one line, with personal data masked.
pub(super) fn masked_question(question: &str) -> String {
    let flat: String = question.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    mask(&flat, Scope::Prose).into_owned()
}

/// Facts, what is published of them, and the question with what was said before it.
fn cache_key(
    asked: &Asked,
    locale: &Locale,
    snapshot: &Snapshot,
    document: Option<&Document>,
    earlier: &[Turn],
) -> Digest {
    let said: Vec<&str> = earlier.iter().flat_map(|turn| [turn.question.as_str(), &turn.answer]).collect();
    let said = said.join("\u{0}");
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
