//! Generate: drafts for all due recipes of a (SKU, locale), in one model call.

mod answer;
mod delays;
mod error;
mod model;
mod prompt;
mod retry_after;
mod structured;
mod transport;

use jiff::Timestamp;
use serde_json::Value;

pub use delays::Delays;
pub use error::GenerateError;
pub use model::{Model, ModelReport};
pub use structured::Structured;

use crate::clock::Clock;
use crate::content::{Draft, HistoryEntry, Usage};
use crate::plan::Due;
use crate::recipe::Brief;
use crate::slots::Slot;

/// What a model wrote for a task. Untrusted until checked.
#[derive(Clone, Debug)]
pub struct Drafts {
    drafts: Vec<Draft>,
    answer: String,
    made: Made,
}

/// How drafts came about.
#[derive(Clone, Debug)]
pub struct Made {
    pub(crate) model: String,
    pub(crate) provider: String,
    pub(crate) usage: Usage,
    pub(crate) calls: u32,
    pub(crate) cost: f64,
    pub(crate) generated_at: Timestamp,
}

impl Made {
    /// Tokens of all calls.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// Calls, repairs included.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.calls
    }

    /// Cost by the price table.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.cost
    }
}

impl Drafts {
    /// The drafts, one per due recipe.
    #[must_use]
    pub fn drafts(&self) -> &[Draft] {
        &self.drafts
    }

    /// How they came about.
    #[must_use]
    pub fn made(&self) -> &Made {
        &self.made
    }

    /// Only the drafts of what is due now.
    #[must_use]
    pub fn narrowed(&self, due: &Due) -> Self {
        let due = |draft: &&Draft| due.recipes().iter().any(|due| due.recipe().name == draft.recipe);
        Self { drafts: self.drafts.iter().filter(due).cloned().collect(), ..self.clone() }
    }

    /// The drafts of an earlier attempt, as history keeps them: no call was made for them now.
    ///
    /// `None` where history's drafts are not those of the recipes that are due now.
    #[must_use]
    pub fn from_history(entry: &HistoryEntry, due: &Due) -> Option<Self> {
        let state = |due: &crate::plan::DueRecipe| {
            entry.recipes.get(&due.recipe().name).filter(|state| state.fingerprint == due.fingerprint)
        };
        if !due.recipes().iter().all(|due| state(due).is_some()) {
            return None;
        }
        let provenance = &due.recipes().first().and_then(state)?.provenance;
        Some(Self {
            drafts: entry
                .drafts
                .iter()
                .filter(|draft| due.recipes().iter().any(|due| due.recipe().name == draft.recipe))
                .cloned()
                .collect(),
            answer: String::new(),
            made: Made {
                model: provenance.model.clone(),
                provider: provenance.provider.clone(),
                usage: provenance.usage,
                calls: provenance.calls,
                cost: provenance.cost,
                generated_at: provenance.generated_at,
            },
        })
    }
}

/// What was wrong with an answer, for the call that mends it.
#[derive(Clone, Debug)]
pub struct Repair<'a> {
    /// The drafts that were found wanting.
    pub drafts: &'a Drafts,
    /// What is wrong, one sentence each.
    pub complaints: Vec<String>,
}

/// Has the model write drafts for everything that is due.
///
/// An answer that is broken, cut or not in the schema's shape gets one repair call that says what was wrong.
/// `slot` is for the first call; each further one waits for its own.
///
/// # Errors
/// When the model cannot be reached, refuses, or answers unusably twice.
pub async fn generate(
    model: &Model,
    slot: Slot,
    due: &Due,
    brief: &Brief,
    repair: Option<Repair<'_>>,
    clock: &Clock,
) -> Result<Drafts, GenerateError> {
    let facts = prompt::user(due);
    let mut made = match &repair {
        Some(repair) => repair.drafts.made.clone(),
        None => Made {
            model: String::new(),
            provider: model.provider().to_owned(),
            usage: Usage::default(),
            calls: 0,
            cost: 0.0,
            generated_at: clock.now(),
        },
    };
    let mut previous: Option<(String, String)> =
        repair.map(|repair| (repair.drafts.answer.clone(), prompt::complaint(&repair.complaints)));
    let mut may_repair = previous.is_none();
    let mut slot = Some(slot);
    loop {
        let held = match slot.take() {
            Some(slot) => slot,
            None => model.slot(due.task().lane).await,
        };
        let reply = model.call(brief, &facts, previous.as_ref()).await?;
        drop(held);
        made.model = reply.model;
        made.usage += reply.usage;
        made.calls += 1;
        made.cost += model.cost(&reply.usage);
        made.generated_at = clock.now();
        match answer::parse(&reply.text, reply.finish_reason.as_deref(), reply.refusal.as_deref(), brief) {
            Ok(fields) => {
                let drafts = split(fields, due);
                return Ok(Drafts { drafts, answer: reply.text, made });
            }
            Err(problem) if may_repair && problem.is_repairable() => {
                tracing::debug!(product.sku = %due.task().sku(), problem = %problem, "the answer is unusable; asking once more");
                may_repair = false;
                previous = Some((reply.text, prompt::complaint(&[problem.to_string()])));
            }
            Err(problem) => return Err(GenerateError::Answer { problem, made: Box::new(made) }),
        }
    }
}

fn split(mut fields: serde_json::Map<String, Value>, due: &Due) -> Vec<Draft> {
    due.recipes()
        .iter()
        .filter_map(|due| {
            let name = &due.recipe().name;
            fields.remove(name).map(|content| Draft { recipe: name.clone(), content })
        })
        .collect()
}
