//! One update through the stages: the product is recorded once, then each locale is a task.

use std::sync::Arc;

use super::derive::ReadingSpend;
use super::{Done, Pipeline, TaskReport, store_failure};
use crate::announce::ContentEvent;
use crate::commit::{Loaded, Stored};
use crate::failure::{Failure, FailureKind};
use crate::intake::inbox::InboxEntry;
use crate::intake::{Update, UpdateKind, note};
use crate::jobs::{JobStanding, JobState};
use crate::plan::Task;
use crate::store::snapshots::{RecordOutcome, record, stored};
use crate::store::{Key, StoreError, load};
use skuscribe_check::content::{Document, Finding, HistoryEntry, Outcome};
use skuscribe_check::product::{Locale, Product, Snapshot};

impl Pipeline {
    /// Works an update: one report per locale.
    ///
    /// # Errors
    /// When the product as a whole cannot be worked: then no locale was.
    pub async fn run(&self, entry: &InboxEntry) -> Result<Vec<TaskReport>, Failure> {
        let standing = match entry.update().job() {
            Some(job) => Some(self.jobs.standing(job).await.map_err(|error| store_failure("plan", &error))?),
            None => None,
        };
        if let Some(done) = self.halted(entry.update(), standing.as_ref()).await? {
            return Ok(done);
        }
        match entry.update().kind() {
            UpdateKind::ProductDeleted => self.delete(entry.update()).await,
            UpdateKind::ProductUpdated | UpdateKind::ContentRequested => {
                self.write(entry, standing.and_then(|standing| standing.note)).await
            }
        }
    }

    /// The reports of a message whose job is cancelled; `None` where it may be worked.
    async fn halted(
        &self,
        update: &Update,
        standing: Option<&JobStanding>,
    ) -> Result<Option<Vec<TaskReport>>, Failure> {
        match standing.map(|standing| standing.state) {
            None | Some(JobState::Running | JobState::Done) => Ok(None),
            Some(JobState::Paused) => Err(Failure {
                stage: "plan",
                kind: FailureKind::Parked,
                message: format!("job {} is paused", update.job().unwrap_or_default()),
            }),
            Some(JobState::Cancelled) => {
                let reports = self.locales(update).iter().map(|locale| async move {
                    let result = self.without_revision(update, locale, Outcome::Cancelled).await;
                    TaskReport { locale: locale.clone(), result }
                });
                Ok(Some(futures_util::future::join_all(reports).await))
            }
        }
    }

    /// The locales of an update: those that it asks for, else those of the settings.
    #[must_use]
    pub fn locales<'a>(&'a self, update: &'a Update) -> &'a [Locale] {
        if update.locales().is_empty() { &self.default_locales } else { update.locales() }
    }

    async fn write(
        &self,
        entry: &InboxEntry,
        asked_note: Option<Arc<str>>,
    ) -> Result<Vec<TaskReport>, Failure> {
        let update = &**entry.update();
        let locales = self.locales(update);
        let loads = locales.iter().map(|locale| self.document(update, locale));
        let documents = futures_util::future::join_all(loads).await;
        let probably_new = documents.iter().all(|document| matches!(document, Ok(None)));
        let Some((snapshot, tie)) = self.settle_product(update, locales, probably_new).await? else {
            let reports = locales.iter().map(|locale| self.stale(update, locale));
            return Ok(futures_util::future::join_all(reports).await);
        };
        let (snapshot, spent) = self.with_prose(entry, snapshot, locales).await?;
        let tasks = locales.iter().zip(documents).map(|(locale, document)| {
            let mut task = self.task_of(update, &snapshot, locale);
            task.asked_note.clone_from(&asked_note);
            if tie {
                task.notes = task.notes.iter().cloned().chain([tied()]).collect();
            }
            async move {
                let result = match document {
                    Ok(document) => self.task(entry, &task, document).await,
                    Err(error) => Err(store_failure("plan", &error)),
                };
                TaskReport { locale: task.locale, result }
            }
        });
        let mut reports = futures_util::future::join_all(tasks).await;
        // Reading the prose served all locales; it is counted with the first that is done.
        if let Some(done) = reports.iter_mut().find_map(|report| report.result.as_mut().ok()) {
            done.usage += spent.usage;
            done.calls = done.calls.saturating_add(spent.calls);
            done.cost = done.cost.saturating_add(spent.cost);
            done.expected_cost = done.expected_cost.saturating_add(spent.expected_cost);
        }
        Ok(reports)
    }

    /// The facts with those out of the product's prose, where the settings want them.
    async fn with_prose(
        &self,
        entry: &InboxEntry,
        snapshot: Box<Snapshot>,
        locales: &[Locale],
    ) -> Result<(Box<Snapshot>, ReadingSpend), Failure> {
        let Some(locale) = locales.first().filter(|_| self.facts_from_prose) else {
            return Ok((snapshot, ReadingSpend::default()));
        };
        let task = self.task_of(entry.update(), &snapshot, locale);
        let (snapshot, spent) = Box::pin(self.derive(entry, *snapshot, &task)).await?;
        Ok((Box::new(snapshot), spent))
    }

    /// Records the message's facts, or finds the stored ones; also whether others are no older. `None` where newer
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
            RecordOutcome::Newest { snapshot, tie, .. } => Ok(Some((snapshot, tie))),
            RecordOutcome::Stale => Ok(None),
        }
    }

    pub(super) async fn document(&self, update: &Update, locale: &Locale) -> Result<Loaded, StoreError> {
        let key = Key::Content { locale: locale.clone(), sku: update.sku().clone() };
        load(&*self.store, &key).await
    }

    pub(super) async fn reload(&self, update: &Update, task: &Task) -> Result<Loaded, Failure> {
        self.document(update, &task.locale).await.map_err(|error| store_failure("plan", &error))
    }

    pub(super) async fn stale(&self, update: &Update, locale: &Locale) -> TaskReport {
        // A redelivery after success must be recognised as such, not as stale.
        let result = match self.document(update, locale).await {
            Ok(Some((document, _))) if document.operations.contains(&update.operation(locale)) => {
                self.stored_before(update, &document).await
            }
            Ok(_) => self.without_revision(update, locale, Outcome::Stale).await,
            Err(error) => Err(store_failure("plan", &error)),
        };
        TaskReport { locale: locale.clone(), result }
    }

    /// A redelivery of what is stored, after newer facts came.
    async fn stored_before(&self, update: &Update, document: &Document) -> Result<Done, Failure> {
        if update.seen_before() {
            let tidied = self.committer.tidy(document).await;
            tidied.map_err(|error| store_failure("commit", &error))?;
        }
        let stored = self.stored_already(document).await?;
        self.announce_stored(update, &stored).await
    }

    /// What an earlier delivery stored, with the rules that hold its draft back.
    pub(super) async fn stored_already(&self, document: &Document) -> Result<Stored, Failure> {
        let stored = Stored::already(document);
        let Some(held) = document.held.as_ref().filter(|_| stored.outcome() == Outcome::Held) else {
            return Ok(stored);
        };
        let (locale, sku) = (document.locale.clone(), document.sku.clone());
        let key = Key::History { locale, sku, operation: held.operation };
        let history = load::<HistoryEntry>(&*self.store, &key).await;
        let history = history.map_err(|error| store_failure("announce", &error))?;
        Ok(match history {
            Some((history, _)) => stored.held_by(&history.findings),
            None => stored,
        })
    }

    /// Announces what is stored.
    pub(super) async fn announce_stored(&self, update: &Update, stored: &Stored) -> Result<Done, Failure> {
        let event = ContentEvent::of_stored(stored, self.cause(update));
        self.announce(&event.correlated(update.correlation_id())).await?;
        Ok(Done::plain(stored.outcome(), Some(stored.revision())))
    }

    pub(super) async fn without_revision(
        &self,
        update: &Update,
        locale: &Locale,
        outcome: Outcome,
    ) -> Result<Done, Failure> {
        self.without_revision_because(update, locale, outcome, None).await
    }

    pub(super) async fn without_revision_because(
        &self,
        update: &Update,
        locale: &Locale,
        outcome: Outcome,
        reason: Option<&str>,
    ) -> Result<Done, Failure> {
        let event = ContentEvent::without_revision(
            outcome,
            update.sku(),
            locale,
            update.version(),
            self.cause(update),
        );
        self.announce(&event.because(reason).correlated(update.correlation_id())).await?;
        Ok(Done { findings: update.notes().to_vec(), ..Done::plain(outcome, None) })
    }
}

impl Pipeline {
    /// The task of an update in a locale, on facts that may be those of another message.
    pub(super) fn task_of(&self, update: &Update, facts: &Snapshot, locale: &Locale) -> Task {
        Task {
            lane: update.lane(),
            operation: update.operation(locale),
            job: update.job().map(Into::into),
            force: update.force(),
            config_changes: update.config_changes(),
            notes: Arc::clone(update.notes()),
            ..Task::of_snapshot(facts, locale, update.id(), self.recipes.labels())
        }
    }
}

/// The finding that two messages stated other facts, and neither is newer.
fn tied() -> Finding {
    let message = "another message stated other facts under the same product version, or at the same time without one; \
                   the later one counts";
    note("version.tie", message)
}

pub(super) fn snapshot(
    update: &Update,
    product: Arc<Product>,
    locales: Vec<Locale>,
    deleted: bool,
) -> Snapshot {
    Snapshot {
        version: update.version(),
        occurred_at: update.occurred_at(),
        message_id: update.id().to_owned(),
        locales,
        deleted,
        product,
    }
}
