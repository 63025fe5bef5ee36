//! The walk of one message: intake → plan → generate → check → commit → announce. The only file that knows
//! every stage.

mod delete;

use std::sync::Arc;

use crate::announce::{Announcer, Cause, ContentEvent};
use crate::check::{Policy, Verdict, check};
use crate::clock::Clock;
use crate::commit::{Committed, Loaded, Stored, advance, commit};
use crate::config::Config;
use crate::content::{Document, Finding, HistoryEntry, Outcome, Severity, Usage};
use crate::failure::{Failure, Kind as FailureKind};
use crate::generate::{Drafts, Model, Repair, generate};
use crate::intake::{Kind, Update};
use crate::plan::{Due, Plan, Task, operation_id, plan};
use crate::product::{Digest, Locale, Product, Snapshot};
use crate::recipe::Recipes;
use crate::store::snapshots::{Standing, record, stored};
use crate::store::{ContentStore, Key, StoreError, load};

/// How often a lost race for a document is run again.
const RACES_MAX: u32 = 16;

/// The stages with everything they need.
#[derive(Debug)]
pub struct Pipeline {
    recipes: Recipes,
    default_locales: Vec<Locale>,
    store: Arc<dyn ContentStore>,
    model: Model,
    policy: Policy,
    announcer: Announcer,
    clock: Clock,
}

/// What became of one (SKU, locale) of an update.
#[derive(Debug)]
pub struct Report {
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
    /// Cost by the price table.
    pub cost: f64,
}

impl Done {
    fn plain(outcome: Outcome, revision: Option<u64>) -> Self {
        Self { outcome, revision, findings: Vec::new(), usage: Usage::default(), calls: 0, cost: 0.0 }
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
        Ok(Self {
            recipes: Recipes::load(&config.recipes)?,
            default_locales: config.recipes.locales.clone(),
            store,
            model: Model::from_config(&config.model, &clock)?,
            policy: Policy::from_config(&config.check),
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
    pub async fn run(&self, update: &Update) -> Result<Vec<Report>, Failure> {
        match update.kind() {
            Kind::ProductDeleted => self.delete(update).await,
            Kind::ProductUpdated | Kind::ContentRequested => self.write(update).await,
        }
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

    async fn write(&self, update: &Update) -> Result<Vec<Report>, Failure> {
        let locales = self.locales(update);
        let loads = locales.iter().map(|locale| self.document(update, locale));
        let documents = futures_util::future::join_all(loads).await;
        let probably_new = documents.iter().all(|document| matches!(document, Ok(None)));
        let Some((product, version, version_tie)) =
            self.settle_product(update, locales, probably_new).await?
        else {
            let reports = locales.iter().map(|locale| self.stale(update, locale));
            return Ok(futures_util::future::join_all(reports).await);
        };
        let tasks = locales.iter().zip(documents).map(|(locale, document)| {
            let task = Task {
                product: Arc::clone(&product),
                version,
                occurred_at: update.occurred_at(),
                locale: locale.clone(),
                message_id: update.id().into(),
                job: update.job().map(Into::into),
                force: update.force(),
                config_changes: update.config_changes(),
                version_tie,
            };
            async move {
                let result = match document {
                    Ok(document) => self.task(update, &task, document).await,
                    Err(error) => Err(store_failure("plan", &error)),
                };
                Report { locale: task.locale, result }
            }
        });
        Ok(futures_util::future::join_all(tasks).await)
    }

    /// Records the message's facts, or finds the stored ones: product, version, and whether versions tie.
    /// `None` where newer facts are stored.
    async fn settle_product(
        &self,
        update: &Update,
        locales: &[Locale],
        probably_new: bool,
    ) -> Result<Option<(Arc<Product>, u64, bool)>, Failure> {
        let Some(product) = update.product() else {
            let snapshot =
                stored(&*self.store, update.sku()).await.map_err(|error| store_failure("plan", &error))?;
            return match snapshot {
                Some(snapshot) if snapshot.deleted => Ok(None),
                Some(snapshot) => Ok(Some((snapshot.product, snapshot.version, false))),
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
            Standing::Newest { snapshot, version_tie } => {
                Ok(Some((snapshot.product, snapshot.version, version_tie)))
            }
            Standing::Stale => Ok(None),
        }
    }

    async fn document(&self, update: &Update, locale: &Locale) -> Result<Loaded, StoreError> {
        load::<Document>(&*self.store, &Key::Content { locale: locale.clone(), sku: update.sku().clone() })
            .await
    }

    /// Plans, and does what the plan says; a lost race is planned again with the drafts in hand.
    async fn task(&self, update: &Update, task: &Task, mut document: Loaded) -> Result<Done, Failure> {
        let requested = self
            .recipes
            .requested(update.recipes(), &task.locale)
            .map_err(|error| Failure::new("plan", FailureKind::Permanent, &error))?;
        let voice = self.recipes.voice(&task.product, &task.locale).cloned();
        let mut in_hand: Option<Verdict> = None;
        let mut history_written = false;
        let mut spent = (Usage::default(), 0, 0.0);
        for _ in 0..RACES_MAX {
            let current = document.as_ref().map(|(document, _)| document);
            let due = match plan(task, current, &requested, voice.as_ref(), self.policy.digest()) {
                Plan::Due(due) => due,
                Plan::AlreadyStored { revision, .. } => {
                    let Some(current) = current else { break };
                    let stored = Stored::already(current);
                    self.announce(&ContentEvent::of_stored(&stored, self.cause(update))).await?;
                    let done = Done::plain(stored.outcome(), Some(revision));
                    return Ok(Done { usage: spent.0, calls: spent.1, cost: spent.2, ..done });
                }
                Plan::Unchanged(unchanged) => {
                    let advanced = !unchanged.must_advance()
                        || advance(&*self.store, &unchanged, &document)
                            .await
                            .map_err(|error| store_failure("commit", &error))?;
                    if advanced {
                        return self.without_revision(update, &task.locale, Outcome::Unchanged).await;
                    }
                    document = self.reload(update, task).await?;
                    continue;
                }
                Plan::Locked => return self.without_revision(update, &task.locale, Outcome::Unchanged).await,
                Plan::Stale => return self.without_revision(update, &task.locale, Outcome::Stale).await,
            };
            let verdict = match in_hand.take() {
                Some(verdict) if same_work(verdict.checked().due(), &due) => verdict,
                _ => {
                    history_written = false;
                    let (verdict, fresh) = self.verdict(update, due).await?;
                    if fresh {
                        let made = verdict.checked().made();
                        spent = (made.usage(), made.calls(), made.cost());
                    }
                    verdict
                }
            };
            let committed =
                commit(&*self.store, &verdict, &document, &mut history_written, &self.clock).await;
            match committed.map_err(|error| store_failure("commit", &error))? {
                Committed::Stored(stored) => {
                    self.announce(&ContentEvent::of_stored(&stored, self.cause(update))).await?;
                    let findings = verdict.checked().findings().to_vec();
                    let (usage, calls, cost) = spent;
                    return Ok(Done {
                        outcome: stored.outcome(),
                        revision: Some(stored.revision()),
                        findings,
                        usage,
                        calls,
                        cost,
                    });
                }
                Committed::Lost => in_hand = Some(verdict),
                Committed::Earlier(entry) => {
                    let due = verdict.checked().due().clone();
                    in_hand =
                        Drafts::from_history(&entry, &due).map(|drafts| check(due, drafts, &self.policy));
                    history_written = in_hand.is_some();
                    if !history_written {
                        // Written from other facts or recipes: this attempt's draft goes on, history keeps the first.
                        in_hand = Some(verdict);
                        history_written = true;
                    }
                }
            }
            document = self.reload(update, task).await?;
        }
        Err(Failure {
            stage: "commit",
            kind: FailureKind::Retry { after: None },
            message: format!(
                "{RACES_MAX} races for the document of {} in {} were lost",
                task.sku(),
                task.locale
            ),
        })
    }

    /// Drafts with their verdict: those that an earlier attempt left, or new ones with at most one repair.
    /// The flag says whether the model was called.
    async fn verdict(&self, update: &Update, due: Due) -> Result<(Verdict, bool), Failure> {
        // Drafts that an earlier attempt left, or that have only to be checked again.
        let written_by = due.written_by().or_else(|| update.seen_before().then(|| due.task().operation()));
        if let Some(operation) = written_by {
            let (locale, sku) = (due.task().locale.clone(), due.task().sku().clone());
            let entry = load::<HistoryEntry>(&*self.store, &Key::History { locale, sku, operation }).await;
            let entry = entry.map_err(|error| store_failure("generate", &error))?;
            if let Some(drafts) = entry.and_then(|(entry, _)| Drafts::from_history(&entry, &due)) {
                return Ok((check(due, drafts, &self.policy), false));
            }
        }
        let recipes: Vec<_> = due.recipes().iter().map(|due| Arc::clone(due.recipe())).collect();
        let voice = self.recipes.voice(&due.task().product, &due.task().locale).cloned();
        let brief = self.recipes.brief(&recipes, &due.task().locale, voice.as_ref()).map_err(|error| {
            Failure { stage: "generate", kind: FailureKind::Permanent, message: format!("{error:#}") }
        })?;
        let generate_failure =
            |error: crate::generate::GenerateError| Failure::new("generate", error.kind(), &error);
        let drafts =
            generate(&self.model, &due, &brief, None, &self.clock).await.map_err(generate_failure)?;
        let verdict = check(due.clone(), drafts, &self.policy);
        let Verdict::Hold(checked) = &verdict else { return Ok((verdict, true)) };
        let complaints = checked.findings().iter().filter(|finding| finding.severity >= Severity::Hold);
        let complaints = complaints
            .map(|finding| format!("{} {}: {}", finding.recipe, finding.at, finding.message))
            .collect();
        let repair = Repair { drafts: checked.written(), complaints };
        match generate(&self.model, &due, &brief, Some(repair), &self.clock).await {
            Ok(mended) => Ok((check(due, mended, &self.policy), true)),
            // The first draft is there and held: a person can still decide.
            Err(error) => {
                tracing::debug!(product.sku = %due.task().sku(), error = %error, "the repair call failed; the first draft is held");
                Ok((verdict, true))
            }
        }
    }

    async fn reload(&self, update: &Update, task: &Task) -> Result<Loaded, Failure> {
        self.document(update, &task.locale).await.map_err(|error| store_failure("plan", &error))
    }

    async fn stale(&self, update: &Update, locale: &Locale) -> Report {
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
        Report { locale: locale.clone(), result }
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

    fn cause<'a>(&self, update: &'a Update) -> Cause<'a> {
        Cause { message_id: update.id(), job: update.job(), now: self.clock.now() }
    }

    async fn announce(&self, event: &ContentEvent) -> Result<(), Failure> {
        let announced = self.announcer.announce(event).await;
        announced.map_err(|error| Failure::new("announce", FailureKind::Retry { after: None }, &error))
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

/// Whether drafts made for one plan serve another: the same recipes from the same facts.
fn same_work(made: &Due, now: &Due) -> bool {
    made.recipes().len() == now.recipes().len()
        && made.recipes().iter().zip(now.recipes()).all(|(made, now)| made.fingerprint == now.fingerprint)
}
