//! The writing step of a task: a model's drafts, one repair, the verifier; paid for once among all workers.

use std::sync::Arc;
use std::time::Duration;

use skuscribe_check::check::Review;
use skuscribe_check::content::{Drafts, VerifiedSentence};
use skuscribe_check::recipe::Brief;
use skuscribe_check::verifier::open_sentences;

use super::task::{Step, TaskRun};
use super::{Pipeline, generate_failure};
use crate::check::{Beside, Verdict, checked, recipe_facts, trimmed_apart};
use crate::failure::{Failure, FailureKind};
use crate::generate::{CallPermit, Repair, UnverifiedSentence, WriteRequest, Writer};
use crate::intake::{Update, UpdateKind};
use crate::limits::leases::LeaseAttempt;
use crate::plan::Due;
use crate::store::BoxFuture;
use skuscribe_check::content::Outcome;

/// How long a message waits while another worker writes the same text.
const TAKEN_AWAY: Duration = Duration::from_secs(1);

impl TaskRun<'_> {
    /// Has a model write what is due, once the quota lets it and no newer update or other worker does.
    pub(super) async fn write(&mut self, due: Due) -> Result<Step, Failure> {
        let pipeline = self.pipeline;
        let brief = pipeline.brief(&due)?;
        let request = WriteRequest::new(&due, &brief);
        let permit: BoxFuture<'_, _> = Box::pin(pipeline.models.permit(&request));
        let permit = permit.await.map_err(generate_failure)?;
        // Last, for newer facts may have come while it waited for its place in the quota.
        if self.is_overtaken(&due) {
            return self.without_revision(Outcome::Stale, None).await;
        }
        if self.lease.is_none() {
            match pipeline.leases.take(self.task.sku(), &self.task.locale).await {
                LeaseAttempt::Ours(lease) => self.lease = Some(lease),
                LeaseAttempt::JustFinished(lease) => {
                    self.lease = Some(lease);
                    return self.plan_again().await;
                }
                LeaseAttempt::Taken => return Err(self.taken()),
            }
        }
        // Boxed, or every task that finds nothing due would carry its size.
        let writing: BoxFuture<'_, _> = Box::pin(self.drafted(request, permit));
        let verdict = match &self.lease {
            Some(lease) => lease.hold(writing).await?,
            None => writing.await?,
        };
        self.spent.add(&verdict);
        Ok(Step::Commit(Box::new(verdict)))
    }

    /// New drafts with their verdict, with at most one repair; `permit` is for the first call.
    async fn drafted(&self, request: WriteRequest<'_>, permit: CallPermit) -> Result<Verdict, Failure> {
        let pipeline = self.pipeline;
        let writer = pipeline.writer(self.voice.as_ref());
        let (due, brief) = (request.due(), request.brief());
        let drafts = writer.write(permit, request, None).await.map_err(generate_failure)?;
        let verdict = self.checked(due.clone(), drafts).await;
        let complaint = |finding: &skuscribe_check::content::Finding| {
            format!("{} {}: {}", finding.recipe, finding.at, finding.message)
        };
        let complaints: Vec<String> = verdict.checked().faults().map(complaint).collect();
        if complaints.is_empty() {
            return Ok(verdict);
        }
        let repair = Repair { drafts: verdict.checked().drafts(), complaints };
        let request = WriteRequest::repair(due, brief, &repair);
        let repaired = match pipeline.models.permit(&request).await {
            Ok(permit) => writer.write(permit, request, Some(repair)).await,
            Err(error) => Err(error),
        };
        let last = match repaired {
            Ok(repaired) => self.checked(due.clone(), repaired).await,
            // The first draft stays: what passes of it may be published, or a person decides.
            Err(error) => {
                tracing::debug!(product.sku = %due.task().sku(), error = %error, "the repair call failed; the first draft stays");
                verdict
            }
        };
        Ok(trimmed_apart(&pipeline.check_threads, last, self.beside(), &pipeline.policy).await)
    }

    /// Whether an update of this process with newer facts asks for everything that is due: then only that one is paid
    /// for. A forced update is always written.
    fn is_overtaken(&self, due: &Due) -> bool {
        let (entry, pipeline, locale) = (self.entry, self.pipeline, &self.task.locale);
        let covers = |newer: &Update| {
            newer.kind() == UpdateKind::ProductDeleted
                || (pipeline.locales(newer).contains(locale)
                    && pipeline.recipes.requested(newer.recipes(), locale).is_ok_and(|asked| {
                        let asks = |name: &str| asked.iter().any(|recipe| recipe.name == name);
                        due.names().iter().all(|name| asks(name))
                    }))
        };
        entry.update().states_facts() && !self.task.force && entry.newer().iter().any(|newer| covers(newer))
    }

    fn taken(&self) -> Failure {
        Failure {
            stage: "generate",
            kind: FailureKind::Snooze { after: TAKEN_AWAY },
            message: format!("another worker is writing {} in {}", self.task.sku(), self.task.locale),
        }
    }
}

impl Pipeline {
    /// The constant part of the prompt for what is due.
    pub(super) fn brief(&self, due: &Due) -> Result<Arc<Brief>, Failure> {
        let task = due.task();
        let recipes: Vec<_> = due.recipes().iter().map(|due| Arc::clone(due.recipe())).collect();
        let voice = self.recipes.voice(&task.catalog, &task.locale);
        self.recipes.brief(&recipes, &task.locale, voice).map_err(|error| Failure {
            stage: "generate",
            kind: FailureKind::Permanent,
            message: format!("{error:#}"),
        })
    }

    pub(super) fn writer<'a>(&'a self, voice: Option<&'a Arc<skuscribe_check::recipe::Voice>>) -> Writer<'a> {
        Writer { models: &self.models, recipes: &self.recipes, voice, clock: &self.clock }
    }

    /// The verdict of the checks alone.
    ///
    /// Boxed, or every task that finds nothing due would carry its size.
    pub(super) fn check<'a>(
        &'a self,
        due: Due,
        drafts: Drafts,
        review: Review<'static>,
        beside: Beside<'a>,
    ) -> BoxFuture<'a, Verdict> {
        Box::pin(checked(&self.check_threads, due, drafts, review, beside, &self.policy))
    }

    /// The verdict after the verifier was asked, where one is configured and it can change the verdict.
    ///
    /// Boxed, or every task that needs none would carry its size.
    pub(super) fn verified<'a>(
        &'a self,
        verdict: Verdict,
        review: Review<'static>,
        beside: Beside<'a>,
    ) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            if !self.verifier.is_configured() {
                return verdict;
            }
            let (due, drafts) = (verdict.due(), verdict.checked().drafts());
            let open = open_sentences(verdict.checked(), &recipe_facts(due));
            if open.is_empty() {
                return verdict;
            }
            let undecided: Vec<_> = open
                .iter()
                .map(|open| UnverifiedSentence { sentence: &open.sentence, facts: &open.facts })
                .collect();
            let mut drafts = drafts.clone();
            match self.verifier.ask(&self.models, due, &undecided, &mut drafts.origin, &self.clock).await {
                Ok(verifications) => {
                    let supported = open.into_iter().zip(verifications).filter_map(|(open, verification)| {
                        let verification = verification.filter(|verification| verification.supported)?;
                        let (recipe, at, sentence) = (open.recipe, open.at, open.sentence);
                        Some(VerifiedSentence { recipe, at, sentence, attribute: verification.attribute })
                    });
                    drafts.verified.extend(supported);
                    self.check(due.clone(), drafts, review, beside).await
                }
                // The checks' findings stand: without the verifier a person decides.
                Err(error) => {
                    tracing::warn!(product.sku = %due.task().sku(), error = %error, "the verifier did not answer");
                    verdict
                }
            }
        })
    }
}
