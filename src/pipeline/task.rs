//! The walk of one task: plan, pay at most once, check, commit; a lost race is planned again.

use std::sync::Arc;
use std::time::Duration;

use super::{Done, Pipeline, RACES_MAX, store_failure};
use crate::announce::ContentEvent;
use crate::check::{Verdict, check, compared, consistent, opinion, reviewed, trim};
use crate::claims::{Claim, Claimed};
use crate::commit::{Committed, Loaded, Stored, advance, commit, tidy};
use crate::content::{Document, HistoryEntry, Outcome, Severity, Usage};
use crate::failure::{Cause as Obstacle, Failure, Kind as FailureKind};
use crate::generate::{Drafts, GenerateError, Opening, Repair, Wanted, Writer};
use crate::in_hand::Entry;
use crate::intake::{Kind, Update};
use crate::plan::{Due, Plan, Shoppers, Task, plan};
use crate::questions::about_product;
use crate::quota::spend::Nanos;
use crate::recipe::Voice;
use crate::store::{BoxFuture, Key, load};

/// How long a message stays away while another worker writes the same text.
const CLAIMED: Duration = Duration::from_secs(1);
/// Most questions of shoppers that a prompt shows.
const QUESTIONS_SHOWN_MAX: usize = 8;

impl Pipeline {
    /// Does what there is to do for a task; gives a claim back in the end.
    pub(super) async fn task(&self, entry: &Entry, task: &Task, document: Loaded) -> Result<Done, Failure> {
        let mut claim = None;
        let done = self.claimed_task(entry, task, document, &mut claim).await;
        if let Some(claim) = claim {
            claim.release().await;
        }
        done
    }

    /// Plans, and does what the plan says; a lost race is planned again with the drafts in hand.
    async fn claimed_task(
        &self,
        entry: &Entry,
        task: &Task,
        mut document: Loaded,
        claim: &mut Option<Claim>,
    ) -> Result<Done, Failure> {
        let update = &**entry.update();
        let kept = document.as_ref().map(|(document, _)| document);
        let requested = self
            .recipes
            .requested(&self.wanted(update, kept), &task.locale)
            .map_err(|error| Failure::new("plan", FailureKind::Permanent, &error))?;
        let voice = self.recipes.voice(&task.product, &task.locale).cloned();
        let mut in_hand: Option<Verdict> = None;
        let mut history_written = false;
        let mut spent = Spent::default();
        for _ in 0..RACES_MAX {
            let current = document.as_ref().map(|(document, _)| document);
            let due = match plan(task, current, &requested, voice.as_ref(), self.policy.digest()) {
                Plan::Due(due) => due,
                Plan::AlreadyStored { revision } => {
                    let Some(current) = current else { break };
                    if update.seen_before() {
                        let tidied = tidy(&*self.store, current).await;
                        tidied.map_err(|error| store_failure("commit", &error))?;
                    }
                    let stored = Stored::already(current);
                    self.announce(&ContentEvent::of_stored(&stored, self.cause(update))).await?;
                    let done = Done::plain(stored.outcome(), Some(revision));
                    return Ok(spent.within(done));
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
            let served = match in_hand.take() {
                Some(old) => self.serve_again(old, &due).await,
                None => None,
            };
            let verdict = if let Some(verdict) = served {
                verdict
            } else {
                history_written = false;
                if let Some(verdict) = self.earlier(update, &due).await? {
                    verdict
                } else {
                    let due = self.with_questions(due).await?;
                    let recipes: Vec<_> = due.recipes().iter().map(|due| Arc::clone(due.recipe())).collect();
                    let brief = self.recipes.brief(&recipes, &task.locale, voice.as_ref());
                    let brief = brief.map_err(|error| Failure {
                        stage: "generate",
                        kind: FailureKind::Permanent,
                        message: format!("{error:#}"),
                    })?;
                    let wanted = Wanted::new(&due, &brief);
                    let opening = Box::pin(self.models.open(&wanted)).await.map_err(generate_failure)?;
                    // Last, for newer facts may have come while it waited for its place in the quota.
                    if self.overtaken(entry, &due) {
                        return self.without_revision(update, &task.locale, Outcome::Stale).await;
                    }
                    let held = match claim {
                        Some(held) => held,
                        None => match self.claims.claim(task.sku(), &task.locale).await {
                            Claimed::Ours(ours) => claim.insert(ours),
                            Claimed::JustFinished(ours) => {
                                *claim = Some(ours);
                                document = self.reload(update, task).await?;
                                continue;
                            }
                            Claimed::Taken => return Err(taken(task)),
                        },
                    };
                    // Boxed, or every task that finds nothing due would carry its size.
                    let writing = Box::pin(self.verdict(wanted, voice.as_ref(), opening));
                    let verdict = held.hold(writing).await?;
                    spent = Spent::on(&verdict);
                    verdict
                }
            };
            let page = document.as_ref().map(|(document, _)| document);
            let verdict = consistent(verdict, page, &self.policy);
            let verdict = compared(verdict, &self.catalog, &self.policy);
            let verdict = reviewed(verdict, page, &self.policy);
            let committed =
                commit(&*self.store, &verdict, &document, &mut history_written, &self.clock).await;
            match committed.map_err(|error| store_failure("commit", &error))? {
                Committed::Stored(stored) => {
                    for (recipe, signature) in verdict.checked().signatures() {
                        self.catalog.learn((&task.locale, recipe, task.sku()), *signature);
                    }
                    self.announce(&ContentEvent::of_stored(&stored, self.cause(update))).await?;
                    let findings = verdict.checked().findings().to_vec();
                    let done = Done::plain(stored.outcome(), Some(stored.revision()));
                    return Ok(spent.within(Done { findings, ..done }));
                }
                Committed::Lost => in_hand = Some(verdict),
                Committed::Earlier(earlier) => {
                    let due = verdict.checked().due().clone();
                    in_hand = match Drafts::from_history(&earlier, &due) {
                        Some(drafts) => Some(self.considered(check(due, drafts, &self.policy)).await),
                        None => None,
                    };
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
            kind: FailureKind::retry(Obstacle::Conflict),
            message: format!(
                "{RACES_MAX} races for the document of {} in {} were lost",
                task.sku(),
                task.locale
            ),
        })
    }

    /// What is due, with what shoppers asked of the product where a recipe shows it.
    async fn with_questions(&self, due: Due) -> Result<Due, Failure> {
        if !due.recipes().iter().any(|own| own.recipe().questions) {
            return Ok(due);
        }
        let task = due.task();
        let open = about_product(&*self.store, task.sku(), self.asked_min).await;
        let open = open.map_err(|error| store_failure("generate", &error))?;
        let same_language = open.iter().filter(|own| own.locale.language() == task.locale.language());
        let asked: Vec<String> =
            same_language.take(QUESTIONS_SHOWN_MAX).map(|own| own.question.clone()).collect();
        Ok(if asked.is_empty() { due } else { due.with_shoppers(Shoppers::Asked(asked)) })
    }

    /// The recipes that a message means: those that it names, or the enabled ones and all that the document holds, so
    /// that all texts of a page follow its facts together.
    pub(super) fn wanted(&self, update: &Update, document: Option<&Document>) -> Vec<String> {
        let named = update.recipes();
        let Some(document) = document.filter(|_| named.is_empty()) else { return named.to_vec() };
        let enabled = self.recipes.enabled();
        let kept =
            document.recipes.keys().filter(|own| !enabled.contains(own) && self.recipes.get(own).is_some());
        enabled.iter().chain(kept).cloned().collect()
    }

    /// A verdict that is in hand already, for what is due now: where its drafts serve, they are not paid for
    /// again.
    async fn serve_again(&self, verdict: Verdict, due: &Due) -> Option<Verdict> {
        let made = verdict.checked().due();
        let serves = |now: &crate::plan::DueRecipe| {
            made.recipes()
                .iter()
                .any(|made| made.recipe().name == now.recipe().name && made.fingerprint == now.fingerprint)
        };
        if !due.recipes().iter().all(serves) {
            return None;
        }
        if due.recipes().len() == made.recipes().len() {
            return Some(verdict);
        }
        let drafts = verdict.checked().written().narrowed(due);
        Some(self.considered(check(due.clone(), drafts, &self.policy)).await)
    }

    /// The verdict after a second opinion, where somebody gives one and it can change anything.
    ///
    /// Boxed, or every task that needs none would carry its size.
    fn considered(&self, verdict: Verdict) -> BoxFuture<'_, Verdict> {
        Box::pin(async move {
            let open = if self.opinions.are_asked() { opinion::open(&verdict) } else { Vec::new() };
            if open.is_empty() {
                return verdict;
            }
            let undecided: Vec<_> = open.iter().map(opinion::Open::undecided).collect();
            let (due, drafts) = (verdict.checked().due(), verdict.checked().written());
            match self.opinions.ask(&self.models, due, &undecided, drafts, &self.clock).await {
                Ok((opinions, drafts)) => {
                    let opinions: Vec<_> = opinion::places(open).into_iter().zip(opinions).collect();
                    opinion::reconsidered(&verdict, &opinions, drafts, &self.policy)
                }
                // The checks' own findings stand: without an opinion a person decides.
                Err(error) => {
                    tracing::warn!(product.sku = %due.task().sku(), error = %error, "no second opinion could be had");
                    verdict
                }
            }
        })
    }

    /// The verdict on drafts that an earlier attempt left, or that have only to be checked again.
    async fn earlier(&self, update: &Update, due: &Due) -> Result<Option<Verdict>, Failure> {
        let written_by = due.written_by().or_else(|| update.seen_before().then(|| due.task().operation()));
        let Some(operation) = written_by else { return Ok(None) };
        let (locale, sku) = (due.task().locale.clone(), due.task().sku().clone());
        let entry = load::<HistoryEntry>(&*self.store, &Key::History { locale, sku, operation }).await;
        let entry = entry.map_err(|error| store_failure("generate", &error))?;
        match entry.and_then(|(entry, _)| Drafts::from_history(&entry, due)) {
            Some(drafts) => Ok(Some(self.considered(check(due.clone(), drafts, &self.policy)).await)),
            None => Ok(None),
        }
    }

    /// Whether an update in hand with newer facts asks for everything that is due: then only that one is paid
    /// for. What somebody forces is always written.
    fn overtaken(&self, entry: &Entry, due: &Due) -> bool {
        let task = due.task();
        let covers = |newer: &Update| {
            newer.kind() == Kind::ProductDeleted
                || (self.locales(newer).contains(&task.locale)
                    && self.recipes.requested(newer.recipes(), &task.locale).is_ok_and(|asked| {
                        let asks = |name: &str| asked.iter().any(|recipe| recipe.name == name);
                        due.recipes().iter().all(|due| asks(&due.recipe().name))
                    }))
        };
        entry.update().states_facts() && !task.force && entry.newer().iter().any(|newer| covers(newer))
    }

    /// New drafts with their verdict, with at most one repair; `opening` is for the first call.
    async fn verdict(
        &self,
        wanted: Wanted<'_>,
        voice: Option<&Arc<Voice>>,
        opening: Opening,
    ) -> Result<Verdict, Failure> {
        let writer = Writer { models: &self.models, recipes: &self.recipes, voice, clock: &self.clock };
        let (due, brief) = (wanted.due(), wanted.brief());
        let drafts = writer.write(opening, wanted, None).await.map_err(generate_failure)?;
        let verdict = self.considered(check(due.clone(), drafts, &self.policy)).await;
        let Verdict::Hold(checked) = &verdict else { return Ok(verdict) };
        let complaints = checked.findings().iter().filter(|finding| finding.severity >= Severity::Hold);
        let complaints = complaints
            .map(|finding| format!("{} {}: {}", finding.recipe, finding.at, finding.message))
            .collect();
        let repair = Repair { drafts: checked.written(), complaints };
        let wanted = Wanted::mended(due, brief, &repair);
        let mended = match self.models.open(&wanted).await {
            Ok(opening) => writer.write(opening, wanted, Some(repair)).await,
            Err(error) => Err(error),
        };
        let last = match mended {
            Ok(mended) => self.considered(check(due.clone(), mended, &self.policy)).await,
            // The first draft is there: what passes of it may do, or a person can still decide.
            Err(error) => {
                tracing::debug!(product.sku = %due.task().sku(), error = %error, "the repair call failed; the first draft stays");
                verdict
            }
        };
        Ok(trim(last, &self.policy))
    }
}

/// What was spent on a task now.
#[derive(Default)]
struct Spent {
    usage: Usage,
    calls: u32,
    cost: Nanos,
    expected_cost: Nanos,
}

impl Spent {
    fn on(verdict: &Verdict) -> Self {
        let made = verdict.checked().made();
        Self {
            usage: made.usage(),
            calls: made.calls(),
            cost: made.cost(),
            expected_cost: made.expected_cost(),
        }
    }

    fn within(self, done: Done) -> Done {
        let Self { usage, calls, cost, expected_cost } = self;
        Done { usage, calls, cost, expected_cost, ..done }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(super) fn generate_failure(error: GenerateError) -> Failure {
    Failure::new("generate", error.kind(), &error)
}

fn taken(task: &Task) -> Failure {
    Failure {
        stage: "generate",
        kind: FailureKind::Snooze { after: CLAIMED },
        message: format!("another worker is writing {} in {}", task.sku(), task.locale),
    }
}
