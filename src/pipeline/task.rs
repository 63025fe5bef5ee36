//! One task through the stages, as a step machine: plan, write at most once, check, commit; a lost race is planned again.

use std::sync::Arc;

use skuscribe_check::check::Review;
use skuscribe_check::content::money::Nanos;
use skuscribe_check::content::{Document, Drafts, HistoryEntry, Outcome, Usage};
use skuscribe_check::recipe::{Recipe, Voice};

use super::{Done, Pipeline, RACES_MAX, store_failure};
use crate::check::{Beside, Verdict};
use crate::commit::{Committed, Loaded, advance};
use crate::failure::{Failure, FailureCause, FailureKind};
use crate::intake::Update;
use crate::intake::inbox::InboxEntry;
use crate::limits::leases::Lease;
use crate::plan::{Due, Plan, Task, Unchanged, plan};
use crate::store::{Key, load};

/// A task on its way through the stages.
pub(super) struct TaskRun<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) entry: &'a InboxEntry,
    pub(super) task: &'a Task,
    pub(super) voice: Option<Arc<Voice>>,
    pub(super) document: Loaded,
    /// Keeps other workers from paying for the same text; given back in the end.
    pub(super) lease: Option<Lease>,
    pub(super) spent: TaskSpend,
    requested: Vec<Arc<Recipe>>,
    /// Drafts of a commit that lost its race.
    pending: Option<PendingDrafts>,
    /// Whether this attempt's history object is in the store.
    history_written: bool,
}

/// Drafts that exist already, so that nothing is paid for twice.
struct PendingDrafts {
    /// What they were made for.
    due: Due,
    drafts: Drafts,
    /// Whether the verifier was asked about them: its answers are part of the drafts.
    verified: bool,
}

/// The next step of a task.
pub(super) enum Step {
    /// Compare the task with the document as it is now.
    Plan,
    /// Have a model write what is due.
    Write(Box<Due>),
    /// Put a verdict into the store.
    Commit(Box<Verdict>),
    /// Nothing more: the result.
    Done(Done),
}

impl Pipeline {
    /// Runs a task to its end.
    pub(super) async fn task(
        &self,
        entry: &InboxEntry,
        task: &Task,
        document: Loaded,
    ) -> Result<Done, Failure> {
        let stored = document.as_ref().map(|(document, _)| document);
        let requested = self
            .recipes
            .requested(&self.requested_recipes(entry.update(), stored), &task.locale)
            .map_err(|error| Failure::new("plan", FailureKind::Permanent, &error))?;
        let mut run = TaskRun {
            pipeline: self,
            entry,
            task,
            voice: self.recipes.voice(&task.catalog, &task.locale).cloned(),
            document,
            lease: None,
            spent: TaskSpend::default(),
            requested,
            pending: None,
            history_written: false,
        };
        let done = run.steps().await;
        if let Some(lease) = run.lease.take() {
            lease.release().await;
        }
        if done.is_ok() {
            run.learn();
        }
        done
    }

    /// The recipes that a message means: those that it names, or the enabled ones and all that the document holds, so
    /// that all texts of a page follow its facts together.
    pub(super) fn requested_recipes(&self, update: &Update, document: Option<&Document>) -> Vec<String> {
        let named = update.recipes();
        let Some(document) = document.filter(|_| named.is_empty()) else { return named.to_vec() };
        let enabled = self.recipes.enabled();
        let kept = document
            .recipes
            .keys()
            .filter(|name| !enabled.contains(name) && self.recipes.get(name).is_some());
        enabled.iter().chain(kept).cloned().collect()
    }
}

impl TaskRun<'_> {
    async fn steps(&mut self) -> Result<Done, Failure> {
        let (mut step, mut plans) = (Step::Plan, 0);
        loop {
            step = match step {
                Step::Plan if plans == RACES_MAX => return Err(self.races_lost()),
                Step::Plan => {
                    plans += 1;
                    self.plan().await?
                }
                Step::Write(due) => self.write(*due).await?,
                Step::Commit(verdict) => self.commit(*verdict).await?,
                Step::Done(done) => return Ok(self.spent.within(done)),
            };
        }
    }

    async fn plan(&mut self) -> Result<Step, Failure> {
        let planned =
            plan(self.task, self.page(), &self.requested, self.voice.as_ref(), self.pipeline.policy.digest());
        match planned {
            Plan::Due(due) => {
                // Boxed, or every task that finds nothing due would carry its size.
                let due = Box::pin(self.pipeline.with_questions(due)).await?;
                self.existing_drafts(due).await
            }
            Plan::AlreadyStored { .. } => self.already_stored().await,
            Plan::Unchanged(unchanged) => self.unchanged(&unchanged).await,
            Plan::Locked => self.without_revision(Outcome::Unchanged, Some("locked")).await,
            Plan::Stale => self.without_revision(Outcome::Stale, None).await,
        }
    }

    /// Continues with drafts that exist already, so that nothing is paid for twice; else they are to be written.
    async fn existing_drafts(&mut self, due: Due) -> Result<Step, Failure> {
        if let Some(pending) = self.pending.take()
            && due.is_part_of(&pending.due)
        {
            let drafts = pending.drafts.narrowed(&due.names());
            let review = review_of(&due);
            let verdict = if pending.verified {
                self.pipeline.check(due, drafts, review, self.beside()).await
            } else {
                self.checked(due, drafts).await
            };
            return Ok(Step::Commit(Box::new(verdict)));
        }
        self.history_written = false;
        let seen_before = self.entry.update().seen_before();
        let written_by = due.written_by().or_else(|| seen_before.then_some(self.task.operation));
        let Some(operation) = written_by else { return Ok(Step::Write(Box::new(due))) };
        let key = Key::History { locale: self.task.locale.clone(), sku: self.task.sku().clone(), operation };
        let entry = load::<HistoryEntry>(&*self.pipeline.store, &key).await;
        let entry = entry.map_err(|error| store_failure("generate", &error))?;
        match entry.and_then(|(entry, _)| Drafts::from_history(&entry, &due.fingerprints())) {
            Some(drafts) => Ok(Step::Commit(Box::new(self.checked(due, drafts).await))),
            None => Ok(Step::Write(Box::new(due))),
        }
    }

    /// A redelivery after success: its event is announced again under the same id.
    async fn already_stored(&mut self) -> Result<Step, Failure> {
        let Some((document, _)) = &self.document else { return Err(self.races_lost()) };
        if self.entry.update().seen_before() {
            let tidied = self.pipeline.committer.tidy(document).await;
            tidied.map_err(|error| store_failure("commit", &error))?;
        }
        let stored = self.pipeline.stored_already(document).await?;
        let done = self.pipeline.announce_stored(self.entry.update(), &stored).await?;
        Ok(Step::Done(Done { stored_before: true, ..done }))
    }

    async fn unchanged(&mut self, unchanged: &Unchanged) -> Result<Step, Failure> {
        let advanced = !unchanged.must_advance()
            || advance(&*self.pipeline.store, unchanged, &self.document)
                .await
                .map_err(|error| store_failure("commit", &error))?;
        if advanced {
            return self.without_revision(Outcome::Unchanged, None).await;
        }
        self.plan_again().await
    }

    async fn commit(&mut self, verdict: Verdict) -> Result<Step, Failure> {
        let pipeline = self.pipeline;
        let history_written = &mut self.history_written;
        let committed = pipeline.committer.commit(&verdict, &self.document, history_written).await;
        let (due, drafts) = (|| verdict.due().clone(), || verdict.checked().drafts().clone());
        self.pending = Some(match committed.map_err(|error| store_failure("commit", &error))? {
            Committed::Stored(stored) => {
                for (recipe, signature) in verdict.checked().signatures() {
                    pipeline.catalog.learn((&self.task.locale, recipe, self.task.sku()), *signature);
                }
                // The document that was loaded is not the stored one any more.
                self.document = None;
                let findings = verdict.checked().findings().to_vec();
                let done = self.pipeline.announce_stored(self.entry.update(), &stored).await?;
                return Ok(Step::Done(Done { findings, ..done }));
            }
            Committed::Lost => PendingDrafts { due: due(), drafts: drafts(), verified: true },
            Committed::Earlier(earlier) => {
                self.history_written = true;
                match Drafts::from_history(&earlier, &verdict.due().fingerprints()) {
                    Some(drafts) => PendingDrafts { due: due(), drafts, verified: false },
                    // History's draft is of other facts or recipes: it stays there, and this attempt's is committed.
                    None => PendingDrafts { due: due(), drafts: drafts(), verified: true },
                }
            }
        });
        self.plan_again().await
    }

    /// Loads the document that another writer stored.
    pub(super) async fn plan_again(&mut self) -> Result<Step, Failure> {
        self.document = self.pipeline.reload(self.entry.update(), self.task).await?;
        Ok(Step::Plan)
    }

    pub(super) async fn without_revision(
        &self,
        outcome: Outcome,
        why: Option<&str>,
    ) -> Result<Step, Failure> {
        let (update, locale) = (self.entry.update(), &self.task.locale);
        let done = self.pipeline.without_revision_because(update, locale, outcome, why).await?;
        Ok(Step::Done(done))
    }

    /// The verdict on drafts, after the verifier was asked.
    pub(super) async fn checked(&self, due: Due, drafts: Drafts) -> Verdict {
        let review = review_of(&due);
        let verdict = self.pipeline.check(due, drafts, review, self.beside()).await;
        self.pipeline.verified(verdict, review, self.beside()).await
    }

    pub(super) fn beside(&self) -> Beside<'_> {
        Beside { page: self.page(), catalog: Some(&self.pipeline.catalog) }
    }

    fn page(&self) -> Option<&Document> {
        self.document.as_ref().map(|(document, _)| document)
    }

    /// Remembers the texts of a page that was left as it is, for the comparison with other products' texts.
    fn learn(&self) {
        let Some(document) = self.page() else { return };
        for (recipe, state) in &document.recipes {
            if let Some(signature) = state.signature {
                self.pipeline.catalog.learn((&self.task.locale, recipe, self.task.sku()), signature);
            }
        }
    }

    fn races_lost(&self) -> Failure {
        let (sku, locale) = (self.task.sku(), &self.task.locale);
        Failure {
            stage: "commit",
            kind: FailureKind::retry(FailureCause::Conflict),
            message: format!("{RACES_MAX} races for the document of {sku} in {locale} were lost"),
        }
    }
}

/// Which drafts a person sees first: by policy, but not again where only policies changed.
fn review_of(due: &Due) -> Review<'static> {
    if due.written_by().is_some() { Review::Recheck } else { Review::ByPolicy }
}

/// What this attempt spent on a task, whatever its outcome.
#[derive(Clone, Copy, Default)]
pub(super) struct TaskSpend {
    usage: Usage,
    calls: u32,
    cost: Nanos,
    expected_cost: Nanos,
}

impl TaskSpend {
    /// Adds what the drafts of a verdict cost, where they were written now.
    pub(super) fn add(&mut self, verdict: &Verdict) {
        let origin = verdict.checked().origin();
        self.usage += origin.usage;
        self.calls = self.calls.saturating_add(origin.calls);
        self.cost = self.cost.saturating_add(origin.cost);
        self.expected_cost = self.expected_cost.saturating_add(origin.expected_cost);
    }

    fn within(self, done: Done) -> Done {
        let Self { usage, calls, cost, expected_cost } = self;
        Done { usage, calls, cost, expected_cost, ..done }
    }
}
