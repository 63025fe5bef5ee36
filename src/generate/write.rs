//! Writing: calls until the drafts are there, by repair, by a larger cap, in parts, or by the next model.

use std::iter::once;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::{self, Problem};
use super::chain::Models;
use super::error::GenerateError;
use super::model::Model;
use super::opening::CallPermit;
use super::prompt;
use crate::clock::Clock;
use crate::limits::spend::Billing;
use crate::plan::Due;
use crate::store::BoxFuture;
use skuscribe_check::content::{Draft, Usage};
use skuscribe_check::content::{DraftOrigin, Drafts};
use skuscribe_check::recipe::{Brief, Recipes, Voice};

/// What was wrong with an answer, for the call that mends it.
#[derive(Clone, Debug)]
pub struct Repair<'a> {
    /// The drafts that were found wanting.
    pub drafts: &'a Drafts,
    /// What is wrong, one sentence each.
    pub complaints: Vec<String>,
}

/// What a call is wanted for.
#[derive(Debug)]
pub struct WriteRequest<'a> {
    pub(super) due: &'a Due,
    pub(super) brief: &'a Brief,
    pub(super) facts: String,
    /// An earlier answer with the complaint about it.
    pub(super) previous: Option<(String, String)>,
    /// Cap on the answer's tokens, where it is not the usual one.
    pub(super) cap: Option<u32>,
}

impl<'a> WriteRequest<'a> {
    /// Drafts for everything that is due.
    #[must_use]
    pub fn new(due: &'a Due, brief: &'a Brief) -> Self {
        Self { due, brief, facts: prompt::user(due, &brief.show), previous: None, cap: None }
    }

    /// The same, where an earlier answer is to be mended.
    #[must_use]
    pub fn mended(due: &'a Due, brief: &'a Brief, repair: &Repair<'_>) -> Self {
        let previous = Some((repair.drafts.answer.clone(), prompt::complaint(&repair.complaints)));
        Self { previous, ..Self::new(due, brief) }
    }

    /// What is due.
    #[must_use]
    pub fn due(&self) -> &'a Due {
        self.due
    }

    /// The constant part of the prompt.
    #[must_use]
    pub fn brief(&self) -> &'a Brief {
        self.brief
    }

    /// The texts of the prompt that change from call to call.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let previous =
            self.previous.iter().flat_map(|(answer, complaint)| [answer.as_str(), complaint.as_str()]);
        once(self.facts.as_str()).chain(previous)
    }

    pub(super) fn purse(&self) -> Billing {
        let task = self.due.task();
        Billing { lane: task.lane, job: task.job.clone() }
    }
}

/// Writes drafts.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// The models.
    pub models: &'a Models,
    /// The recipes.
    pub recipes: &'a Recipes,
    /// The voice of the product in the locale.
    pub voice: Option<&'a Arc<Voice>>,
    /// The clock.
    pub clock: &'a Clock,
}

/// The fields of an answer, one per recipe.
type Fields = Map<String, Value>;

impl Writer<'_> {
    /// Has a model write drafts for everything that is due; `opening` is for the first call.
    ///
    /// An answer that is broken or not in the schema's shape gets one repair call that says what was wrong; one that
    /// was cut a larger cap, and then two calls for a part of the recipes each. Where a model fails the next one of
    /// the chain is asked.
    ///
    /// # Errors
    /// When no model can be reached, may be called, or answers usably. Of the models' errors it is one after which
    /// the same message may succeed later, if there is one.
    pub async fn write(
        &self,
        mut opening: CallPermit,
        mut wanted: WriteRequest<'_>,
        repair: Option<Repair<'_>>,
    ) -> Result<Drafts, GenerateError> {
        let mut made =
            repair.map_or_else(|| DraftOrigin::new(self.clock.now()), |repair| repair.drafts.origin.clone());
        let previous = wanted.previous.clone();
        let mut error: Option<GenerateError> = None;
        loop {
            let place = opening.place;
            let failed = match self.with_one_model(opening, &mut wanted, &mut made).await {
                Ok((fields, answer)) => {
                    return Ok(Drafts::new(split(fields, wanted.due), answer, made));
                }
                Err(failed) => failed,
            };
            let goes_on = failed.another_may_do();
            tracing::debug!(product.sku = %wanted.due.task().sku(), error = %failed, "a model failed");
            error = Some(match error.take() {
                Some(earlier) if earlier.is_retryable() || !failed.is_retryable() => earlier,
                _ => failed,
            });
            (wanted.previous, wanted.cap) = (previous.clone(), None);
            let next = if goes_on && place + 1 < self.models.all().len() {
                self.models.open_from(place + 1, &wanted).await.ok()
            } else {
                None
            };
            match (next, error.take()) {
                (Some(next), earlier) => {
                    metrics::counter!("skuscribe_model_fallbacks_total").increment(1);
                    (opening, error) = (next, earlier);
                }
                (None, Some(GenerateError::Answer { problem, .. })) => {
                    return Err(GenerateError::Answer { problem, made: Box::new(made) });
                }
                (None, Some(error)) => return Err(error),
                (None, None) => {
                    return Err(GenerateError::Answer { problem: Problem::Empty, made: Box::new(made) });
                }
            }
        }
    }

    /// Calls of one model until its answer is usable; gives the answer's text as well.
    async fn with_one_model(
        &self,
        opening: CallPermit,
        wanted: &mut WriteRequest<'_>,
        made: &mut DraftOrigin,
    ) -> Result<(Fields, String), GenerateError> {
        let place = opening.place;
        let Some(model) = self.models.get(place) else {
            return Err(GenerateError::Answer { problem: Problem::Empty, made: Box::new(made.clone()) });
        };
        model.provider().clone_into(&mut made.provider);
        let mut may_repair = wanted.previous.is_none();
        let mut cap = model.config().output_tokens_max;
        let mut opening = Some(opening);
        loop {
            let opened = match opening.take() {
                Some(opening) => opening,
                None => model.open(place, wanted).await?,
            };
            made.expected_cost += opened.expected_cost();
            let estimate = opened.estimate;
            let reply = model.call(opened, wanted, cap).await?;
            add(made, &reply, self.clock);
            let parsed = answer::parse(
                &reply.text,
                reply.finish_reason.as_deref(),
                reply.refusal.as_deref(),
                wanted.brief,
            );
            let problem = match parsed {
                Ok(fields) => {
                    let parts = fields.iter().map(|(recipe, part)| (recipe.as_str(), length(part)));
                    let Usage { input_tokens, output_tokens, .. } = reply.usage;
                    model.estimator().learn(estimate, input_tokens, output_tokens, parts);
                    return Ok((fields, reply.text));
                }
                Err(problem) => problem,
            };
            tracing::debug!(product.sku = %wanted.due.task().sku(), problem = %problem, "the answer is unusable");
            if problem == Problem::Cut {
                if let Some(larger) = model.larger_cap(cap) {
                    cap = larger;
                    wanted.cap = Some(larger);
                    continue;
                }
                if wanted.due.recipes().len() > 1 {
                    return self.in_parts(model, place, wanted, made).await;
                }
            }
            if !may_repair || !problem.is_repairable() {
                return Err(GenerateError::Answer { problem, made: Box::new(made.clone()) });
            }
            may_repair = false;
            wanted.previous = Some((reply.text, prompt::complaint(&[problem.to_string()])));
        }
    }

    /// Two calls for half of the recipes each, whose halves may be cut again.
    fn in_parts<'a>(
        &'a self,
        model: &'a Model,
        place: usize,
        wanted: &'a WriteRequest<'_>,
        made: &'a mut DraftOrigin,
    ) -> BoxFuture<'a, Result<(Fields, String), GenerateError>> {
        Box::pin(async move {
            let (all, mut fields) = (wanted.due.recipes().len(), Fields::new());
            for places in [0..all / 2, all / 2..all] {
                let due = wanted.due.part(places);
                let recipes: Vec<_> = due.recipes().iter().map(|due| Arc::clone(due.recipe())).collect();
                let brief = self.recipes.brief(&recipes, &due.task().locale, self.voice);
                let brief = brief.map_err(|error| GenerateError::Rejected {
                    provider: model.provider().to_owned(),
                    reason: format!("{error:#}"),
                })?;
                let mut part = WriteRequest::new(&due, &brief);
                let opening = model.open(place, &part).await?;
                fields.extend(self.with_one_model(opening, &mut part, made).await?.0);
            }
            let answer = Value::Object(fields.clone()).to_string();
            Ok((fields, answer))
        })
    }
}

/// Adds a call to how drafts came about.
pub(super) fn add(origin: &mut DraftOrigin, reply: &answer::Reply, clock: &Clock) {
    origin.model.clone_from(&reply.model);
    origin.usage += reply.usage;
    origin.calls += 1;
    origin.attempts += reply.attempts;
    origin.latency_ms += u64::try_from(reply.latency.as_millis()).unwrap_or(u64::MAX);
    origin.cost += reply.cost;
    origin.generated_at = clock.now();
}

/// The length of a part of an answer, to share its tokens out.
fn length(part: &Value) -> usize {
    match part {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| length(item) + 1).sum::<usize>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| name.len() + length(field) + 4).sum::<usize>() + 2
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
    }
}

fn split(mut fields: Fields, due: &Due) -> Vec<Draft> {
    due.recipes()
        .iter()
        .filter_map(|due| {
            let name = &due.recipe().name;
            fields.remove(name).map(|content| Draft { recipe: name.clone(), content })
        })
        .collect()
}
