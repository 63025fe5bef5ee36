//! What a model is asked to write: everything that is due, a part of it, or a repaired answer.

use std::iter::once;

use super::prompt;
use crate::limits::spend::Billing;
use crate::plan::Due;
use skuscribe_check::content::Drafts;
use skuscribe_check::recipe::Brief;

/// What was wrong with an answer, for the repair call.
#[derive(Clone, Debug)]
pub struct Repair<'a> {
    /// The drafts with faults.
    pub drafts: &'a Drafts,
    /// What is wrong, one sentence each.
    pub complaints: Vec<String>,
}

/// What a call is request for.
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

    /// The same as a repair of an earlier answer.
    #[must_use]
    pub fn repair(due: &'a Due, brief: &'a Brief, repair: &Repair<'_>) -> Self {
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

    pub(super) fn billing(&self) -> Billing {
        let task = self.due.task();
        let recipes = self.due.recipes().iter().map(|due| due.recipe().name.as_str());
        Billing::new(task.lane, task.job.clone()).for_text(&task.locale, &task.catalog.category, recipes)
    }
}
