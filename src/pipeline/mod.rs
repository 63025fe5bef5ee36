//! The pipeline that joins the stages: plan → generate → check → commit → announce.

mod answering;
mod delete;
mod derive;
mod preview;
mod questions;
mod task;
mod update;
mod write;

use std::sync::Arc;
use std::time::Duration;

pub use answering::{ANSWER, answer_text};
pub use derive::ProposedFacts;
pub use preview::Preview;

use crate::announce::{Announcer, ContentEvent, EventCause};
use crate::check::CheckThreads;
use crate::clock::Clock;
use crate::commit::Committer;
use crate::config::Config;
use crate::config::answers::QuestionsInFaq;
use crate::failure::{Failure, FailureCause, FailureKind};
use crate::generate::{GenerateError, Models, Verifier};
use crate::intake::Update;
use crate::jobs::JobGate;
use crate::limits::leases::Leases;
use crate::limits::ledger::Ledger;
use crate::redis::Redis;
use crate::store::{ContentStore, StoreError};
use skuscribe_check::check::CheckPolicy;
use skuscribe_check::config::review::ReviewConfig;
use skuscribe_check::content::money::Nanos;
use skuscribe_check::content::{Finding, Outcome, Usage};
use skuscribe_check::internal::InternalNames;
use skuscribe_check::labels::ShopLabels;
use skuscribe_check::product::{Digest, Locale};
use skuscribe_check::prose::AttributeNames;
use skuscribe_check::recipe::{Recipe, Recipes};
use skuscribe_check::similarity::NearDuplicates;
use skuscribe_check::warm_up::warm_up;

/// How often a task is planned, the first time included, while it loses the race for its document.
pub(crate) const RACES_MAX: u32 = 16;

/// The stages with everything they need.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) recipes: Recipes,
    default_locales: Vec<Locale>,
    pub(crate) store: Arc<dyn ContentStore>,
    pub(crate) committer: Committer,
    /// In which roles people decide.
    pub(crate) review: ReviewConfig,
    models: Models,
    ledger: Ledger,
    leases: Leases,
    pub(crate) policy: Arc<CheckPolicy>,
    check_threads: CheckThreads,
    pub(crate) catalog: Arc<NearDuplicates>,
    jobs: JobGate,
    paused: Duration,
    /// Which questions of shoppers a recipe shows, and how many clients must ask one that nobody confirmed.
    questions: (QuestionsInFaq, u64),
    verifier: Verifier,
    /// Whether facts are read out of prose, and what with.
    facts_from_prose: bool,
    prose: derive::ProseReader,
    announcer: Announcer,
    pub(crate) clock: Clock,
}

/// The result of one (SKU, locale) of an update.
#[derive(Debug)]
pub struct TaskReport {
    /// The locale.
    pub locale: Locale,
    /// The result, or why there is none.
    pub result: Result<Done, Failure>,
}

/// The result of a task that did not fail.
#[derive(Debug)]
pub struct Done {
    /// What a booking gives.
    pub outcome: Outcome,
    /// The document's revision, where there is one.
    pub revision: Option<u64>,
    /// Findings of a new text.
    pub findings: Vec<Finding>,
    /// Tokens spent now.
    pub usage: Usage,
    /// Model calls made now.
    pub calls: u32,
    /// What they cost.
    pub cost: Nanos,
    /// What they were expected to cost before they were made.
    pub expected_cost: Nanos,
    /// Whether the text was in the store before, by this same operation.
    pub stored_before: bool,
}

impl Done {
    fn plain(outcome: Outcome, revision: Option<u64>) -> Self {
        Self {
            outcome,
            revision,
            findings: Vec::new(),
            usage: Usage::default(),
            calls: 0,
            cost: 0,
            expected_cost: 0,
            stored_before: false,
        }
    }
}

impl Pipeline {
    /// Puts the stages together.
    ///
    /// # Errors
    /// When recipes or voices are not valid, or the model client cannot be set up.
    pub fn new(
        config: &Config,
        store: Arc<dyn ContentStore>,
        announcer: Announcer,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let redis = Redis::from_config(&config.redis, &config.broker.prefix)?;
        let models =
            Models::from_config(config, redis.as_ref(), Some(&store), &clock)?.remembering(&store, false);
        Ok(Self {
            recipes: config.load_recipes()?,
            default_locales: config.recipes.locales.clone(),
            ledger: Ledger::new(Arc::clone(&store), Arc::clone(models.spend())),
            jobs: JobGate::new(Arc::clone(&store)),
            paused: Duration::from_millis(config.worker.paused_ms),
            questions: (config.answers.questions_in_faq, config.answers.asked_min),
            committer: Committer::from_config(config, Arc::clone(&store), clock.clone())?,
            review: config.review.clone(),
            store,
            models,
            leases: Leases::new(redis),
            policy: Arc::new(config.policy()?),
            check_threads: CheckThreads::default(),
            catalog: Arc::new(NearDuplicates::within(config.check.duplicate_memory_mb << 20)),
            verifier: Verifier::from_config(&config.verifier)?,
            facts_from_prose: config.recipes.facts_from_prose,
            prose: derive::ProseReader::new(
                AttributeNames::new(config.recipes.fact_names.iter().cloned()),
                config.recipes.locales.first().map_or("en", Locale::language),
            )?,
            announcer,
            clock,
        })
    }

    /// Differs between runs with other recipes, voices or policies: a line's id in a file is made with it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&[self.recipes.digest().as_bytes(), self.policy.digest().as_bytes()])
    }

    /// Changes how many model calls may be in flight, and the caps on the bill.
    pub fn reconfigure(&self, config: &Config) {
        self.models.reconfigure(config);
    }

    /// Builds what the checks otherwise build at their first text: a worker does so before it takes messages.
    pub async fn warm_up(&self) {
        let recipes: Vec<_> = self.recipes.all().cloned().collect();
        let (locales, policy) = (self.default_locales.clone(), Arc::clone(&self.policy));
        let work = move || {
            let recipes: Vec<&Recipe> = recipes.iter().map(|recipe| &**recipe).collect();
            locales.iter().try_for_each(|locale| warm_up(&policy, &recipes, locale))
        };
        match self.check_threads.run(work).await {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::warn!(error = %error, "the checks are not warmed up: their sample is no product");
            }
            None => tracing::warn!("the checks are not warmed up; the first texts take longer"),
        }
    }

    /// Whether there is a recipe of that name.
    #[must_use]
    pub fn knows(&self, recipe: &str) -> bool {
        self.recipes.get(recipe).is_some()
    }

    /// The shop's labels, units and translations.
    #[must_use]
    pub fn labels(&self) -> &ShopLabels {
        self.recipes.labels()
    }

    /// Which attributes are for the shop alone.
    #[must_use]
    pub fn internal(&self) -> &InternalNames {
        self.recipes.internal()
    }

    /// The models.
    #[must_use]
    pub fn models(&self) -> &Models {
        &self.models
    }

    /// The ledger of what is spent.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Announces that a task failed for good.
    ///
    /// # Errors
    /// When the broker does not confirm it.
    pub async fn announce_failed(&self, update: &Update, locale: &Locale) -> Result<(), Failure> {
        let version = update.version();
        let event = ContentEvent::without_revision(
            Outcome::Failed,
            update.sku(),
            locale,
            version,
            self.cause(update),
        );
        self.announce(&event).await
    }

    fn cause<'a>(&self, update: &'a Update) -> EventCause<'a> {
        EventCause {
            message_id: update.id(),
            job: update.job(),
            notes: update.notes(),
            now: self.clock.now(),
        }
    }

    pub(crate) async fn announce(&self, event: &ContentEvent) -> Result<(), Failure> {
        let announced = self.announcer.announce(event).await;
        announced.map_err(|error| Failure::new("announce", FailureKind::retry(FailureCause::Broker), &error))
    }
}

fn store_failure(stage: &'static str, error: &StoreError) -> Failure {
    Failure::new(stage, error.kind(), error)
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn generate_failure(error: GenerateError) -> Failure {
    Failure::new("generate", error.kind(), &error)
}
