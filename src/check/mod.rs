//! Check: has every rule of `skuscribe_check` run on the drafts of a task. Only this stage builds a [`Verdict`], so that
//! unchecked text cannot be committed.

use skuscribe_check::check::{CheckInput, CheckPolicy, Checked, Decision, RecipeFacts, Review};
use skuscribe_check::content::{Document, Drafts};
use skuscribe_check::similarity::NearDuplicates;
use skuscribe_check::trim;

use crate::plan::{Due, Shoppers};

/// What was due, with its checked drafts.
#[derive(Debug)]
pub struct Verdict {
    due: Due,
    checked: Checked,
}

impl Verdict {
    /// What was due.
    #[must_use]
    pub fn due(&self) -> &Due {
        &self.due
    }

    /// The drafts with everything that the checks saw.
    #[must_use]
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// Whether the drafts may be published; otherwise a person decides.
    #[must_use]
    pub fn is_publish(&self) -> bool {
        self.checked.decision() == Decision::Publish
    }
}

/// What drafts are compared with: their page, and other products' texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The page's document as it is stored.
    pub page: Option<&'a Document>,
    /// The texts of other products.
    pub catalog: Option<&'a NearDuplicates>,
}

/// Checks the drafts of what is due.
#[must_use]
pub fn check(
    due: Due,
    drafts: Drafts,
    review: Review<'_>,
    beside: Beside<'_>,
    policy: &CheckPolicy,
) -> Verdict {
    let task = due.task();
    let input = CheckInput {
        product: &task.product,
        version: task.version,
        version_tie: task.version_tie,
        locale: &task.locale,
        operation: task.operation(),
        recipes: recipe_facts(&due),
        drafts,
        asked: match due.shoppers() {
            Some(Shoppers::Asked(questions)) => questions,
            _ => &[],
        },
        review,
        page: beside.page,
        catalog: beside.catalog,
    };
    let checked = skuscribe_check::check::check(input, policy);
    Verdict { due, checked }
}

/// The verdict on what is left of held drafts without what fails in them, where that meets the recipes; else the verdict
/// as it is.
#[must_use]
pub fn trimmed(verdict: Verdict, beside: Beside<'_>, policy: &CheckPolicy) -> Verdict {
    let Some(drafts) = trim::trimmed(&verdict.checked, policy) else { return verdict };
    let trimmed = check(verdict.due.clone(), drafts, Review::ByPolicy, beside, policy);
    let serves = trimmed.checked.faults().next().is_none();
    if serves { trimmed } else { verdict }
}

/// The recipes of what is due, as the checks take them.
#[must_use]
pub fn recipe_facts(due: &Due) -> Vec<RecipeFacts<'_>> {
    due.recipes().iter().map(|due| RecipeFacts { recipe: due.recipe(), facts: &due.facts }).collect()
}
