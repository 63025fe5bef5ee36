//! Attributes that a model reads out of a product's prose: through the same chain, quota and ledger as every other call. Its
//! answer is untrusted; the rules of `skuscribe_check::prose` decide about it.

use serde::Deserialize;

use super::answer::{self, AnswerProblem};
use super::chain::Models;
use super::error::GenerateError;
use super::permit::CallPermit;
use super::request::WriteRequest;
use super::write;
use crate::clock::Clock;
use crate::plan::Due;
use skuscribe_check::content::DraftOrigin;
use skuscribe_check::prose::{AttributeNames, PROPOSALS_MAX, Proposal, Prose, instructions, request};
use skuscribe_check::recipe::Brief;

/// Cap on the answer's tokens: a proposal takes about fifty.
const OUTPUT_TOKENS_MAX: u32 = 2_000;

/// Asks a model.
#[derive(Debug)]
pub struct Proposer {
    brief: Brief,
}

/// What the model answers.
#[derive(Deserialize)]
struct ProposerAnswer {
    attributes: Vec<Proposal>,
}

impl Proposer {
    /// A proposer for a catalog whose attributes have these names.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn new(names: &AttributeNames) -> anyhow::Result<Self> {
        let (system, schema) = instructions(names)?;
        Ok(Self { brief: Brief::new(system, &schema)? })
    }

    /// The request about a product's prose; `due` says who is billed.
    pub(crate) fn request<'a>(&'a self, due: &'a Due, prose: &Prose) -> WriteRequest<'a> {
        WriteRequest {
            due,
            brief: &self.brief,
            facts: request(prose),
            previous: None,
            cap: Some(OUTPUT_TOKENS_MAX),
        }
    }

    /// What a model proposes; where one fails, or answers unusably, the next one of the chain is asked.
    ///
    /// # Errors
    /// When no model can be reached, may be called, or answers usably.
    pub async fn ask(
        &self,
        models: &Models,
        due: &Due,
        prose: &Prose,
        clock: &Clock,
    ) -> Result<(Vec<Proposal>, DraftOrigin), GenerateError> {
        let request = self.request(due, prose);
        let mut made = DraftOrigin::new(clock.now());
        let mut permit = models.permit(&request).await?;
        loop {
            let place = permit.place;
            let failed = match self.ask_once(models, permit, &request, &mut made, clock).await {
                Ok(proposals) => return Ok((proposals, made)),
                Err(failed) => failed,
            };
            tracing::debug!(product.sku = %due.task().sku(), error = %failed, "a model proposed no facts");
            if !failed.another_may_do() || place + 1 >= models.all().len() {
                return Err(failed);
            }
            match models.permit_from(place + 1, &request).await {
                Ok(next) => permit = next,
                Err(_) => return Err(failed),
            }
        }
    }

    async fn ask_once(
        &self,
        models: &Models,
        permit: CallPermit,
        request: &WriteRequest<'_>,
        made: &mut DraftOrigin,
        clock: &Clock,
    ) -> Result<Vec<Proposal>, GenerateError> {
        let unusable =
            |problem, made: &DraftOrigin| GenerateError::Answer { problem, made: Box::new(made.clone()) };
        let Some(model) = models.get(permit.place) else {
            return Err(unusable(AnswerProblem::Empty(0), made));
        };
        model.provider().clone_into(&mut made.provider);
        made.expected_cost = made.expected_cost.saturating_add(permit.expected_cost());
        let reply = model.call(permit, request, OUTPUT_TOKENS_MAX).await?;
        write::add(made, &reply, clock);
        let fields = answer::read(&reply, &self.brief).map_err(|problem| unusable(problem, made))?;
        let answer: ProposerAnswer = serde_json::from_value(serde_json::Value::Object(fields))
            .map_err(|error| unusable(AnswerProblem::Schema(error.to_string()), made))?;
        Ok(answer.attributes.into_iter().take(PROPOSALS_MAX).collect())
    }
}
