//! Answers a question: about one product, from a cache where that holds the answer, or about several.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::catalog_question::{self, published_document};
use super::product_question::ProductQuestion;
use super::request::{QuestionScope, SessionTurn, ShopperQuestion, TURNS_MAX};
use super::resources::AnswerResources;
use super::unanswered::UnansweredQuestions;
use super::wire::{Answer, AnswerOutcome, AnswerSource};
#[cfg(feature = "search")]
use crate::catalog::search::SearchIndex;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::store::questions::{QuestionSubject, normalised, presentable};
use crate::store::snapshots::stored;
use crate::store::{ContentStore, SetAside, StoreError};
use skuscribe_check::content::Document;
use skuscribe_check::injection::{Level, find};
use skuscribe_check::product::{Digest, Locale, Sku, Snapshot};

/// How long an answer is kept that the model failed to phrase.
const WITHOUT_MODEL: Duration = Duration::from_secs(2);
/// Answers that are kept, by facts and question; beyond them the least used make room.
const CACHE_MAX: usize = 10_000;

/// Why a question was not answered.
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
    pub(super) resources: AnswerResources,
    default_locale: Locale,
    cache: quick_cache::sync::Cache<Digest, CachedAnswer>,
}

/// An answer that is kept.
#[derive(Clone, Debug)]
struct CachedAnswer {
    answer: Arc<Answer>,
    /// Until when; for good where it is left out.
    until: Option<Instant>,
}

impl Asker {
    /// Loads the texts; the first locale of the settings is the default.
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
            resources: AnswerResources::new(config, store, pipeline)?,
            default_locale: default_locale.ok_or_else(|| anyhow::anyhow!("recipes.locales is empty"))?,
            cache: quick_cache::sync::Cache::new(CACHE_MAX),
        })
    }

    /// Looks candidates up in an index instead of reading all products.
    #[cfg(feature = "search")]
    #[must_use]
    pub fn with_search(mut self, index: Arc<SearchIndex>) -> Self {
        self.resources.search = Some(index);
        self
    }

    /// Questions that no fact answered, to be written.
    #[must_use]
    pub fn unanswered(&self) -> &UnansweredQuestions {
        &self.resources.unanswered
    }

    /// Answers a question.
    ///
    /// # Errors
    /// When the product is not there, or the store does not answer. A model that fails is no error: the facts answer then.
    pub async fn ask(&self, asked: &ShopperQuestion, earlier: &[SessionTurn]) -> Result<Answer, AskError> {
        let started = Instant::now();
        let locale = asked.locale.clone().unwrap_or_else(|| self.default_locale.clone());
        if !self.resources.pipeline.answers_in(&locale) {
            return Err(AskError::Language(locale));
        }
        let answer = match self.turned_away(asked, &locale) {
            Some(answer) => answer,
            None => match &asked.scope {
                QuestionScope::Product(sku) => self.about_product(asked, sku, locale, earlier).await?,
                QuestionScope::Products(skus) => {
                    let snapshots = catalog_question::present(&self.resources, skus).await?;
                    let missing = skus
                        .iter()
                        .find(|sku| snapshots.iter().all(|snapshot| snapshot.product.sku != **sku));
                    if let Some(sku) = missing {
                        return Err(AskError::NoProduct(sku.clone()));
                    }
                    let snapshots = catalog_question::published(&self.resources, snapshots, &locale).await?;
                    if snapshots.is_empty() {
                        self.unavailable(&locale)
                    } else {
                        catalog_question::answer(&self.resources, asked, &snapshots, &locale)
                    }
                }
                QuestionScope::Category(category) => {
                    let asked_for = asked.masked();
                    let snapshots =
                        catalog_question::of_category(&self.resources, category, &asked_for, &locale).await?;
                    catalog_question::answer(&self.resources, asked, &snapshots, &locale)
                }
            },
        };
        let source = answer.source.map_or("none", AnswerSource::as_str);
        metrics::counter!("skuscribe_answers_total", "outcome" => answer.outcome.as_str(), "source" => source).increment(1);
        metrics::histogram!("skuscribe_answer_seconds").record(started.elapsed().as_secs_f64());
        Ok(answer)
    }

    /// The answer to what is no question for the catalog.
    fn turned_away(&self, asked: &ShopperQuestion, locale: &Locale) -> Option<Answer> {
        let texts = self.resources.texts.of(locale.language());
        if find(&asked.text).iter().any(|(_, level)| *level == Level::Order)
            || skuscribe_check::recipe::leak(&asked.text).is_some()
        {
            return Some(Answer::of(AnswerOutcome::Refused, &texts.refused, locale));
        }
        let topic = self.resources.texts.handed_over(&asked.text)?;
        let answer = Answer::of(AnswerOutcome::HandedOver, &texts.handed_over, locale);
        Some(Answer { reason: Some(topic.to_owned()), ..answer })
    }

    async fn about_product(
        &self,
        asked: &ShopperQuestion,
        sku: &Sku,
        locale: Locale,
        earlier: &[SessionTurn],
    ) -> Result<Answer, AskError> {
        let store = &*self.resources.store;
        let aside = SetAside::default();
        let (snapshot, document) =
            tokio::join!(stored(store, sku), published_document(&self.resources, sku, &locale, &aside));
        aside.log();
        let snapshot = snapshot?.filter(|snapshot| !snapshot.deleted && sku.guide().is_none());
        let snapshot = snapshot.ok_or_else(|| AskError::NoProduct(sku.clone()))?;
        let snapshot = self.resources.pipeline.with_derived(snapshot).await?;
        let Some(document) = document? else { return Ok(self.unavailable(&locale)) };
        let earlier = earlier.get(earlier.len().saturating_sub(TURNS_MAX)..).unwrap_or_default();
        let key = cache_key(asked, &locale, &snapshot, &document, earlier);
        self.cache.remove_if(&key, |cached| cached.until.is_some_and(|until| Instant::now() >= until));
        // Of many who ask the same at once one has it answered, and the others wait for that.
        let guard = match self.cache.get_value_or_guard_async(&key).await {
            Ok(cached) => {
                metrics::counter!("skuscribe_answers_cached_total").increment(1);
                if cached.answer.outcome == AnswerOutcome::Unknown {
                    self.note_unanswered(asked, &snapshot, &locale);
                }
                return Ok(Answer::clone(&cached.answer));
            }
            Err(guard) => guard,
        };
        let made = self.answer_product(asked, &snapshot, &document, &locale, earlier);
        let (answer, is_final) = Box::pin(made).await;
        let until = (!is_final).then(|| Instant::now() + WITHOUT_MODEL);
        // Only an answer that was pushed out while it was made finds no place.
        if guard.insert(CachedAnswer { answer: Arc::new(answer.clone()), until }).is_err() {
            tracing::debug!("an answer was not kept");
        }
        Ok(answer)
    }

    /// What is said of a product of which nothing is published.
    fn unavailable(&self, locale: &Locale) -> Answer {
        let texts = self.resources.texts.of(locale.language());
        Answer::of(AnswerOutcome::Unavailable, &texts.unavailable, locale)
    }

    /// The answer, and whether it is final: where the model failed, the facts' answer serves for the moment.
    async fn answer_product(
        &self,
        asked: &ShopperQuestion,
        snapshot: &Snapshot,
        document: &Document,
        locale: &Locale,
        earlier: &[SessionTurn],
    ) -> (Answer, bool) {
        let texts = self.resources.texts.of(locale.language());
        let question =
            ProductQuestion::new(&self.resources, asked.masked(), snapshot, document, locale, earlier);
        // `ask` turned away the languages that no answer is written in.
        let Some(question) = question else {
            return (Answer::of(AnswerOutcome::Unknown, &texts.unknown, locale), false);
        };
        let (answer, is_final) = question.answer().await;
        let answer = answer.unwrap_or_else(|| {
            // What looks like a task and is about nothing that the product has is no question of a shopper.
            if presentable(&asked.text).is_none() {
                return Answer::of(AnswerOutcome::Refused, &texts.refused, locale);
            }
            self.note_unanswered(asked, snapshot, locale);
            Answer::of(AnswerOutcome::Unknown, &texts.unknown, locale)
        });
        (Answer { product_version: snapshot.version, ..answer }, is_final)
    }

    fn note_unanswered(&self, asked: &ShopperQuestion, snapshot: &Snapshot, locale: &Locale) {
        let product = &snapshot.product;
        let subject = QuestionSubject::Product(product.sku.clone(), product.category.clone());
        self.resources.unanswered.note(subject, &asked.text, locale, asked.client.as_ref());
    }
}

/// Facts, what is published of them, and the question with what was said before it.
fn cache_key(
    asked: &ShopperQuestion,
    locale: &Locale,
    snapshot: &Snapshot,
    document: &Document,
    earlier: &[SessionTurn],
) -> Digest {
    let said: Vec<&str> = earlier.iter().flat_map(|turn| [turn.question.as_str(), &turn.answer]).collect();
    let said = said.join("\u{0}");
    let derived = serde_json::to_vec(&snapshot.product.derived).unwrap_or_default();
    Digest::of(&[
        locale.as_str().as_bytes(),
        snapshot.product.sku.as_str().as_bytes(),
        snapshot.occurred_at.to_string().as_bytes(),
        snapshot.message_id.as_bytes(),
        &document.revision.to_le_bytes(),
        normalised(&asked.text).as_bytes(),
        said.as_bytes(),
        &derived,
    ])
}
