//! The walk of one message: intake → plan → generate → check → commit → announce. The only file that knows
//! every stage.

mod answering;
mod delete;
mod preview;
mod task;
mod write;

use std::sync::Arc;
use std::time::Duration;

pub use answering::{ANSWER, answer_text};
pub use preview::Preview;

use crate::announce::{Announcer, ContentEvent, EventCause};
use crate::clock::Clock;
use crate::commit::{Loaded, Stored};
use crate::config::Config;
use crate::failure::{Failure, FailureCause, FailureKind};
use crate::generate::{GenerateError, Models, Verifier};
use crate::intake::inbox::InboxEntry;
use crate::intake::{Update, UpdateKind};
use crate::jobs::{JobGate, JobState};
use crate::limits::leases::Leases;
use crate::limits::ledger::Ledger;
use crate::plan::{Task, operation_id};
use crate::redis::Redis;
use crate::store::snapshots::{RecordOutcome, record, stored};
use crate::store::{ContentStore, Key, StoreError, load};
use skuscribe_check::check::CheckPolicy;
use skuscribe_check::content::money::Nanos;
use skuscribe_check::content::{FactsOf, Finding, Outcome, Usage};
use skuscribe_check::product::{Digest, Locale, Product, Snapshot};
use skuscribe_check::recipe::Recipes;
use skuscribe_check::similarity::NearDuplicates;

/// How often a lost race for a document is run again.
pub(crate) const RACES_MAX: u32 = 16;

/// The stages with everything they need.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) recipes: Recipes,
    default_locales: Vec<Locale>,
    pub(crate) store: Arc<dyn ContentStore>,
    models: Models,
    ledger: Ledger,
    leases: Leases,
    pub(crate) policy: CheckPolicy,
    pub(crate) catalog: NearDuplicates,
    jobs: JobGate,
    paused: Duration,
    /// How often a question is asked before a recipe shows it.
    asked_min: u64,
    opinions: Verifier,
    announcer: Announcer,
    pub(crate) clock: Clock,
}

/// What became of one (SKU, locale) of an update.
#[derive(Debug)]
pub struct TaskReport {
    /// The locale.
    pub locale: Locale,
    /// What became of it, or why nothing could.
    pub result: Result<Done, Failure>,
}

/// A task that came to an end.
#[derive(Debug)]
pub struct Done {
    /// What became of it.
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
    /// What they were thought to cost before they were made.
    pub expected_cost: Nanos,
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
        let models = Models::from_config(config, redis.as_ref(), &clock)?;
        Ok(Self {
            recipes: Recipes::load(&config.recipes)?,
            default_locales: config.recipes.locales.clone(),
            ledger: Ledger::new(Arc::clone(&store), Arc::clone(models.spend())),
            jobs: JobGate::new(Arc::clone(&store)),
            paused: Duration::from_millis(config.worker.paused_ms),
            asked_min: config.answers.asked_min,
            store,
            models,
            leases: Leases::new(redis),
            policy: config.policy()?,
            catalog: NearDuplicates::default(),
            opinions: Verifier::from_config(&config.opinion)?,
            announcer,
            clock,
        })
    }

    /// Tells runs with other recipes, voices or policies apart: a line's id in a file is made with it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&[self.recipes.digest().as_bytes(), self.policy.digest().as_bytes()])
    }

    /// Works an update: one report per locale.
    ///
    /// # Errors
    /// When the product as a whole cannot be worked: then no locale was.
    pub async fn run(&self, entry: &InboxEntry) -> Result<Vec<TaskReport>, Failure> {
        if let Some(done) = self.halted(entry.update()).await? {
            return Ok(done);
        }
        match entry.update().kind() {
            UpdateKind::ProductDeleted => self.delete(entry.update()).await,
            UpdateKind::ProductUpdated | UpdateKind::ContentRequested => self.write(entry).await,
        }
    }

    /// What becomes of a message whose job does not go on; `None` where it may be worked.
    async fn halted(&self, update: &Update) -> Result<Option<Vec<TaskReport>>, Failure> {
        let Some(job) = update.job() else { return Ok(None) };
        match self.jobs.state(job).await {
            JobState::Running | JobState::Done => Ok(None),
            JobState::Paused => Err(Failure {
                stage: "plan",
                kind: FailureKind::Snooze { after: self.paused },
                message: format!("job {job} is paused"),
            }),
            JobState::Cancelled => {
                let reports = self.locales(update).iter().map(|locale| async move {
                    let result = self.without_revision(update, locale, Outcome::Cancelled).await;
                    TaskReport { locale: locale.clone(), result }
                });
                Ok(Some(futures_util::future::join_all(reports).await))
            }
        }
    }

    /// Changes how many model calls may be in flight, and the caps on the bill.
    pub fn reconfigure(&self, config: &Config) {
        self.models.reconfigure(config);
    }

    /// Whether there is a recipe of that name.
    #[must_use]
    pub fn knows(&self, recipe: &str) -> bool {
        self.recipes.get(recipe).is_some()
    }

    /// The models.
    #[must_use]
    pub fn models(&self) -> &Models {
        &self.models
    }

    /// The books of what is spent.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Announces that a task came to nothing for good.
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

    fn locales<'a>(&'a self, update: &'a Update) -> &'a [Locale] {
        if update.locales().is_empty() { &self.default_locales } else { update.locales() }
    }

    async fn write(&self, entry: &InboxEntry) -> Result<Vec<TaskReport>, Failure> {
        let update = &**entry.update();
        let locales = self.locales(update);
        let loads = locales.iter().map(|locale| self.document(update, locale));
        let documents = futures_util::future::join_all(loads).await;
        let probably_new = documents.iter().all(|document| matches!(document, Ok(None)));
        let Some((snapshot, version_tie)) = self.settle_product(update, locales, probably_new).await? else {
            let reports = locales.iter().map(|locale| self.stale(update, locale));
            return Ok(futures_util::future::join_all(reports).await);
        };
        let tasks = locales.iter().zip(documents).map(|(locale, document)| {
            let facts_of = FactsOf {
                occurred_at: snapshot.occurred_at,
                message_id: snapshot.message_id.as_str().into(),
            };
            let product = Arc::clone(&snapshot.product);
            let task = task_of(update, product, snapshot.version, facts_of, locale.clone());
            let task = Task { version_tie, ..task };
            async move {
                let result = match document {
                    Ok(document) => self.task(entry, &task, document).await,
                    Err(error) => Err(store_failure("plan", &error)),
                };
                TaskReport { locale: task.locale, result }
            }
        });
        Ok(futures_util::future::join_all(tasks).await)
    }

    /// Records the message's facts, or finds the stored ones; also whether versions tie. `None` where newer
    /// facts are stored.
    async fn settle_product(
        &self,
        update: &Update,
        locales: &[Locale],
        probably_new: bool,
    ) -> Result<Option<(Box<Snapshot>, bool)>, Failure> {
        let Some(product) = update.product() else {
            let snapshot =
                stored(&*self.store, update.sku()).await.map_err(|error| store_failure("plan", &error))?;
            return match snapshot {
                Some(snapshot) if snapshot.deleted => Ok(None),
                Some(snapshot) => Ok(Some((Box::new(snapshot), false))),
                None => Err(Failure {
                    stage: "plan",
                    kind: FailureKind::Permanent,
                    message: format!(
                        "{} carries no facts and the store holds none of SKU {:?}; send a product.updated first",
                        update.id(),
                        update.sku().as_str()
                    ),
                }),
            };
        };
        let candidate = snapshot(update, Arc::clone(product), locales.to_vec(), false);
        let standing = record(&*self.store, candidate, probably_new).await;
        match standing.map_err(|error| store_failure("plan", &error))? {
            RecordOutcome::Newest { snapshot, version_tie, .. } => Ok(Some((snapshot, version_tie))),
            RecordOutcome::Stale => Ok(None),
        }
    }

    async fn document(&self, update: &Update, locale: &Locale) -> Result<Loaded, StoreError> {
        let key = Key::Content { locale: locale.clone(), sku: update.sku().clone() };
        load(&*self.store, &key).await
    }

    async fn reload(&self, update: &Update, task: &Task) -> Result<Loaded, Failure> {
        self.document(update, &task.locale).await.map_err(|error| store_failure("plan", &error))
    }

    async fn stale(&self, update: &Update, locale: &Locale) -> TaskReport {
        // A redelivery after success must be recognised as such, not as stale.
        let result = match self.document(update, locale).await {
            Ok(Some((document, _))) if document.operations.contains(&operation_id(update.id(), locale)) => {
                let stored = Stored::already(&document);
                let event = ContentEvent::of_stored(&stored, self.cause(update));
                self.announce(&event).await.map(|()| Done::plain(stored.outcome(), Some(stored.revision())))
            }
            Ok(_) => self.without_revision(update, locale, Outcome::Stale).await,
            Err(error) => Err(store_failure("plan", &error)),
        };
        TaskReport { locale: locale.clone(), result }
    }

    async fn without_revision(
        &self,
        update: &Update,
        locale: &Locale,
        outcome: Outcome,
    ) -> Result<Done, Failure> {
        let event = ContentEvent::without_revision(
            outcome,
            update.sku(),
            locale,
            update.version(),
            self.cause(update),
        );
        self.announce(&event).await?;
        Ok(Done::plain(outcome, None))
    }

    fn cause<'a>(&self, update: &'a Update) -> EventCause<'a> {
        EventCause { message_id: update.id(), job: update.job(), now: self.clock.now() }
    }

    pub(crate) async fn announce(&self, event: &ContentEvent) -> Result<(), Failure> {
        let announced = self.announcer.announce(event).await;
        announced.map_err(|error| Failure::new("announce", FailureKind::retry(FailureCause::Broker), &error))
    }
}

/// The task of an update in a locale, on facts that may be those of another message.
fn task_of(update: &Update, product: Arc<Product>, version: u64, facts_of: FactsOf, locale: Locale) -> Task {
    Task {
        product,
        version,
        facts_of,
        lane: update.lane(),
        locale,
        message_id: update.id().into(),
        job: update.job().map(Into::into),
        force: update.force(),
        config_changes: update.config_changes(),
        version_tie: false,
    }
}

fn snapshot(update: &Update, product: Arc<Product>, locales: Vec<Locale>, deleted: bool) -> Snapshot {
    Snapshot {
        version: update.version(),
        occurred_at: update.occurred_at(),
        message_id: update.id().to_owned(),
        locales,
        deleted,
        product,
    }
}

fn store_failure(stage: &'static str, error: &StoreError) -> Failure {
    Failure::new(stage, error.kind(), error)
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn generate_failure(error: GenerateError) -> Failure {
    Failure::new("generate", error.kind(), &error)
}
