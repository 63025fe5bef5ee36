//! Generate: drafts for all due recipes of a (SKU, locale), in one model call.

mod answer;
mod breaker;
mod call;
mod chain;
mod delays;
mod error;
mod model;
mod opening;
mod opinion;
mod probe;
mod prompt;
mod request;
mod retry_after;
mod structured;
mod transport;
mod write;

use jiff::Timestamp;

pub use chain::{Models, Stop};
pub use delays::Delays;
pub use error::GenerateError;
pub use model::Model;
pub use opening::Opening;
pub use opinion::{Opinion, Opinions, Undecided};
pub use probe::ModelReport;
pub use structured::Structured;
pub use write::{Repair, Wanted, Writer};

use crate::content::{Draft, HistoryEntry, Provenance, Usage};
use crate::plan::Due;
use crate::quota::spend::{Nanos, nanos};

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
    pub(crate) attempts: u32,
    pub(crate) latency_ms: u64,
    pub(crate) cost: Nanos,
    pub(crate) expected_cost: Nanos,
    pub(crate) generated_at: Timestamp,
    /// The message that asked for it, where it is not the one that is worked now.
    pub(crate) message_id: Option<String>,
    /// Who approved it.
    pub(crate) reviewer: Option<String>,
    /// Who wrote or changed it.
    pub(crate) editor: Option<String>,
}

impl Made {
    /// Nothing yet.
    pub(crate) fn nothing(at: Timestamp) -> Self {
        Self {
            model: String::new(),
            provider: String::new(),
            usage: Usage::default(),
            calls: 0,
            attempts: 0,
            latency_ms: 0,
            cost: 0,
            expected_cost: 0,
            generated_at: at,
            message_id: None,
            reviewer: None,
            editor: None,
        }
    }

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

    /// Cost by the price table, in billionths of its currency.
    #[must_use]
    pub fn cost(&self) -> Nanos {
        self.cost
    }

    /// What the calls were thought to cost before they were made, likewise.
    #[must_use]
    pub fn expected_cost(&self) -> Nanos {
        self.expected_cost
    }
}

impl Drafts {
    /// A draft that was put together from facts, without a model.
    #[must_use]
    pub fn stated(draft: Draft, at: Timestamp) -> Self {
        Self { drafts: vec![draft], answer: String::new(), made: Made::nothing(at) }
    }

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

    /// The same with other drafts in their place, as a person or the checks left them.
    #[must_use]
    pub fn replaced(&self, drafts: Vec<Draft>) -> Self {
        Self { drafts, ..self.clone() }
    }

    /// The same, as a person left them.
    #[must_use]
    pub fn edited_by(mut self, editor: &str, drafts: Vec<Draft>, at: Timestamp) -> Self {
        self.drafts = drafts;
        self.made.editor = Some(editor.to_owned());
        self.made.reviewer = None;
        self.made.generated_at = at;
        self
    }

    /// Notes who approved them.
    pub(crate) fn reviewed_by(&mut self, reviewer: &str) {
        self.made.reviewer = Some(reviewer.to_owned());
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
        Some(Self::of_history(entry, due, provenance))
    }

    /// The drafts that history keeps of what is due, as a person is to see or to change them, whatever facts they were
    /// written from. `None` where it keeps none of them.
    #[must_use]
    pub fn kept(entry: &HistoryEntry, due: &Due) -> Option<Self> {
        let provenance = due.recipes().iter().find_map(|due| entry.recipes.get(&due.recipe().name))?;
        Some(Self::of_history(entry, due, &provenance.provenance))
    }

    fn of_history(entry: &HistoryEntry, due: &Due, provenance: &Provenance) -> Self {
        Self {
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
                attempts: provenance.attempts,
                latency_ms: provenance.latency_ms,
                cost: nanos(provenance.cost),
                expected_cost: 0,
                generated_at: provenance.generated_at,
                message_id: Some(provenance.message_id.clone()),
                reviewer: provenance.reviewer.clone(),
                editor: provenance.editor.clone(),
            },
        }
    }
}
