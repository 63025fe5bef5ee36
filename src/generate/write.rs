//! Writing: calls until the drafts are there, by repair, by a larger cap, in parts, or by the next model.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::{self, AnswerProblem, Reply};
use super::chain::Models;
use super::error::GenerateError;
use super::model::Model;
use super::permit::CallPermit;
use super::prompt;
use super::request::{Repair, WriteRequest};
use crate::clock::{Clock, millis};
use crate::plan::Due;
use crate::store::BoxFuture;
use skuscribe_check::content::{Draft, DraftOrigin, Drafts, Usage};
use skuscribe_check::recipe::{Recipes, Voice};

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
type AnswerFields = Map<String, Value>;

impl Writer<'_> {
    /// Has a model write drafts for everything that is due; `permit` is for the first call.
    ///
    /// An answer that is broken, ran wild or is not in the schema's shape gets one repair call that says what was wrong;
    /// one that was cut a larger cap, once, and then two calls for a part of the recipes each. Where a model fails the
    /// next one of the chain is asked.
    ///
    /// # Errors
    /// When no model can be reached, may be called, or answers usably. Of the models' errors it is one after which
    /// the same message may succeed later, if there is one.
    pub async fn write(
        &self,
        mut permit: CallPermit,
        mut request: WriteRequest<'_>,
        repair: Option<Repair<'_>>,
    ) -> Result<Drafts, GenerateError> {
        let task = request.due.task();
        let asked_by = |origin| DraftOrigin {
            job: task.job.as_deref().map(str::to_owned),
            note: task.asked_note.as_deref().map(str::to_owned),
            ..origin
        };
        let mut made = repair.map_or_else(
            || asked_by(DraftOrigin::new(self.clock.now())),
            |repair| repair.drafts.origin.clone(),
        );
        let previous = request.previous.clone();
        let mut error: Option<GenerateError> = None;
        loop {
            let place = permit.place;
            let failed = match self.with_one_model(permit, &mut request, &mut made).await {
                Ok((fields, answer)) => {
                    return Ok(Drafts::new(split(fields, request.due), answer, made));
                }
                Err(failed) => failed,
            };
            let goes_on = failed.another_may_do();
            tracing::debug!(product.sku = %request.due.task().sku(), error = %failed, "a model failed");
            error = Some(match error.take() {
                Some(earlier) if earlier.is_retryable() || !failed.is_retryable() => earlier,
                _ => failed,
            });
            (request.previous, request.cap) = (previous.clone(), None);
            let next = if goes_on && place + 1 < self.models.all().len() {
                self.models.permit_from(place + 1, &request).await.ok()
            } else {
                None
            };
            match (next, error.take()) {
                (Some(next), earlier) => {
                    metrics::counter!("skuscribe_model_fallbacks_total").increment(1);
                    (permit, error) = (next, earlier);
                }
                (None, Some(GenerateError::Answer { problem, .. })) => {
                    return Err(GenerateError::Answer { problem, made: Box::new(made) });
                }
                (None, Some(error)) => return Err(error),
                (None, None) => {
                    return Err(GenerateError::Answer {
                        problem: AnswerProblem::Empty(0),
                        made: Box::new(made),
                    });
                }
            }
        }
    }

    /// Calls one model until its answer is usable; gives the answer's text as well.
    async fn with_one_model(
        &self,
        permit: CallPermit,
        request: &mut WriteRequest<'_>,
        made: &mut DraftOrigin,
    ) -> Result<(AnswerFields, String), GenerateError> {
        let place = permit.place;
        let Some(model) = self.models.get(place) else {
            return Err(GenerateError::Answer {
                problem: AnswerProblem::Empty(0),
                made: Box::new(made.clone()),
            });
        };
        model.provider().clone_into(&mut made.provider);
        let mut may_repair = request.previous.is_none();
        let mut cap = model.config().output_tokens_max;
        let mut first_permit = Some(permit);
        loop {
            let permit = match first_permit.take() {
                Some(permit) => permit,
                None => model.permit(place, request).await?,
            };
            let estimate = permit.estimate;
            let (reply, parsed) = self.call_once(model, permit, request, cap, made).await?;
            let problem = match parsed {
                Ok(fields) => {
                    let answer = serde_json::to_string(&fields).unwrap_or_default();
                    return Ok((fields, answer));
                }
                Err(problem) => problem,
            };
            tracing::debug!(product.sku = %request.due.task().sku(), problem = %problem, "the answer is unusable");
            if problem == AnswerProblem::Cut {
                let larger = model.larger_cap(cap, estimate.input).filter(|_| request.cap.is_none());
                if let Some(larger) = larger {
                    (cap, request.cap) = (larger, Some(larger));
                    continue;
                }
                if request.due.recipes().len() > 1 {
                    return self.in_parts(model, place, request, made).await;
                }
                may_repair &= request.cap.is_none();
            }
            if !may_repair || !problem.is_repairable() {
                return Err(GenerateError::Answer { problem, made: Box::new(made.clone()) });
            }
            may_repair = false;
            // What ran wild is no example to learn from, and long.
            let answer = if let AnswerProblem::Wild(_) = problem { String::new() } else { reply.text };
            request.previous = Some((answer, prompt::complaint(&[problem.complaint()])));
        }
    }

    /// One call, and its answer as it was read; the estimator learns from a usable one.
    async fn call_once(
        &self,
        model: &Model,
        permit: CallPermit,
        request: &WriteRequest<'_>,
        cap: u32,
        made: &mut DraftOrigin,
    ) -> Result<(Reply, Result<AnswerFields, AnswerProblem>), GenerateError> {
        made.expected_cost = made.expected_cost.saturating_add(permit.expected_cost());
        let estimate = permit.estimate;
        let reply = model.call(permit, request, cap).await?;
        add(made, &reply, self.clock);
        let parsed = answer::read(&reply, request.brief);
        // What was estimated teaches nothing.
        if let Ok(fields) = &parsed
            && reply.usage.estimated_tokens == 0
        {
            let parts = fields.iter().map(|(recipe, part)| (recipe.as_str(), length(part)));
            let Usage { input_tokens, output_tokens, .. } = reply.usage;
            model.estimator().learn(estimate, input_tokens, output_tokens, parts);
        }
        Ok((reply, parsed))
    }

    /// Two calls for half of the recipes each, whose halves may be cut again.
    fn in_parts<'a>(
        &'a self,
        model: &'a Model,
        place: usize,
        request: &'a WriteRequest<'_>,
        made: &'a mut DraftOrigin,
    ) -> BoxFuture<'a, Result<(AnswerFields, String), GenerateError>> {
        Box::pin(async move {
            let (all, mut fields) = (request.due.recipes().len(), AnswerFields::new());
            for places in [0..all / 2, all / 2..all] {
                let due = request.due.part(places);
                let recipes: Vec<_> = due.recipes().iter().map(|due| Arc::clone(due.recipe())).collect();
                let brief = self.recipes.brief(&recipes, &due.task().locale, self.voice);
                let brief = brief.map_err(|error| GenerateError::Rejected {
                    provider: model.provider().to_owned(),
                    reason: format!("{error:#}"),
                })?;
                let mut part = WriteRequest::new(&due, &brief);
                let permit = model.permit(place, &part).await?;
                fields.extend(self.with_one_model(permit, &mut part, made).await?.0);
            }
            let answer = Value::Object(fields.clone()).to_string();
            Ok((fields, answer))
        })
    }
}

/// Adds a call to the origin of drafts.
pub(super) fn add(origin: &mut DraftOrigin, reply: &Reply, clock: &Clock) {
    origin.model.clone_from(&reply.model);
    origin.usage += reply.usage;
    origin.calls = origin.calls.saturating_add(1);
    origin.attempts = origin.attempts.saturating_add(reply.attempts);
    origin.latency_ms = origin.latency_ms.saturating_add(millis(reply.latency));
    origin.cost = origin.cost.saturating_add(reply.cost);
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

fn split(mut fields: AnswerFields, due: &Due) -> Vec<Draft> {
    due.recipes()
        .iter()
        .filter_map(|due| {
            let name = &due.recipe().name;
            fields.remove(name).map(|content| Draft { recipe: name.clone(), content })
        })
        .collect()
}
