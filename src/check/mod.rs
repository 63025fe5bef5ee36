//! Check: has every rule of `skuscribe_check` run on the drafts of a task. Only this stage builds a [`Verdict`], so that
//! unchecked text cannot be committed.

mod threads;

use std::sync::Arc;

use serde_json::Value;

pub use threads::CheckThreads;

use skuscribe_check::check::{CheckInput, CheckPolicy, Checked, Decision, RecipeFacts, Review, unchecked};
use skuscribe_check::content::{Document, Drafts};
use skuscribe_check::similarity::NearDuplicates;
use skuscribe_check::trim;

use crate::plan::{Due, Shoppers};

/// Texts of this length are checked in some milliseconds.
const SHORT_TEXT_BYTES: usize = 16 << 10;
/// Likewise against so many bytes of facts.
const SHORT_FACTS_BYTES: usize = 32 << 10;

/// What was due, with its checked drafts.
#[derive(Clone, Debug)]
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
    pub catalog: Option<&'a Arc<NearDuplicates>>,
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
        notes: &task.notes,
        locale: &task.locale,
        operation: task.operation,
        recipes: recipe_facts(&due),
        drafts,
        asked: match due.shoppers() {
            Some(Shoppers::Asked(questions)) => questions,
            _ => &[],
        },
        review,
        page: beside.page,
        catalog: beside.catalog.map(|catalog| &**catalog),
    };
    let checked = skuscribe_check::check::check(input, policy);
    Verdict { due, checked }
}

/// [`check`], on a thread of its own where the text or the facts are long. What takes too long is held.
pub async fn checked(
    threads: &CheckThreads,
    due: Due,
    drafts: Drafts,
    review: Review<'static>,
    beside: Beside<'_>,
    policy: &Arc<CheckPolicy>,
) -> Verdict {
    if is_short(&due, &drafts) {
        return check(due, drafts, review, beside, policy);
    }
    let kept = (due.clone(), drafts.clone());
    let (page, catalog) = (beside.page.cloned(), beside.catalog.cloned());
    let policy_of_thread = Arc::clone(policy);
    let work = move || {
        let beside = Beside { page: page.as_ref(), catalog: catalog.as_ref() };
        check(due, drafts, review, beside, &policy_of_thread)
    };
    threads.run(work).await.unwrap_or_else(|| {
        let (due, drafts) = kept;
        let seconds = threads.deadline().as_secs();
        let why =
            format!("the checks did not end within {seconds} s, or could not be run; have it written again");
        let checked = unchecked(drafts, &recipe_facts(&due), &why, policy);
        Verdict { due, checked }
    })
}

/// [`trimmed`], on a thread of its own where the text or the facts are long. What takes too long stays as it is.
pub async fn trimmed_apart(
    threads: &CheckThreads,
    verdict: Verdict,
    beside: Beside<'_>,
    policy: &Arc<CheckPolicy>,
) -> Verdict {
    if is_short(&verdict.due, verdict.checked.drafts()) {
        return trimmed(verdict, beside, policy);
    }
    let (kept, page, catalog) = (verdict.clone(), beside.page.cloned(), beside.catalog.cloned());
    let policy = Arc::clone(policy);
    let work = move || {
        let beside = Beside { page: page.as_ref(), catalog: catalog.as_ref() };
        trimmed(verdict, beside, &policy)
    };
    threads.run(work).await.unwrap_or(kept)
}

/// Whether checks take so little time that a thread of their own is not worth it.
fn is_short(due: &Due, drafts: &Drafts) -> bool {
    let written: usize = drafts.drafts.iter().map(|draft| text_bytes(&draft.content)).sum();
    let facts = due.recipes().iter().map(|due| due.facts.text_bytes()).max().unwrap_or(0);
    written <= SHORT_TEXT_BYTES && facts <= SHORT_FACTS_BYTES
}

fn text_bytes(content: &Value) -> usize {
    match content {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(text_bytes).sum(),
        Value::Object(fields) => fields.values().map(text_bytes).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// The verdict on what is left of held drafts without what fails in them, where that meets the recipes; else the verdict
/// as it is.
fn trimmed(verdict: Verdict, beside: Beside<'_>, policy: &CheckPolicy) -> Verdict {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use skuscribe_check::content::{Draft, DraftOrigin};
    use skuscribe_check::labels::ShopLabels;
    use skuscribe_check::product::Snapshot;
    use skuscribe_check::recipe::Recipes;

    use super::*;
    use crate::config::Config;
    use crate::plan::{Task, rewritten};

    /// A description of a product whose facts are so long that they are read on a thread.
    fn described() -> (Due, Drafts, Arc<CheckPolicy>) {
        let config = Config::defaults().unwrap();
        let product = json!({ "sku": "A", "title": "Mug", "attributes": { "material": "clay", "notes": "A clay mug. ".repeat(4_000) } });
        let snapshot = json!({
            "occurred_at": "2026-01-02T03:04:05Z", "message_id": "m", "locales": ["en-US"], "deleted": false,
            "product": product
        });
        let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
        let task = Task::of_snapshot(&snapshot, &"en-US".parse().unwrap(), "m", &ShopLabels::default());
        let recipe = Recipes::load(&config.recipes).unwrap().get("description").cloned().unwrap();
        let body = json!([{ "text": "A clay mug for tea, 5 m tall.", "evidence": ["material"] }]);
        let content = json!({ "title": "Mug", "body": body, "bullets": ["clay"] });
        let draft = Draft { recipe: "description".to_owned(), content };
        let drafts = Drafts::new(vec![draft], String::new(), DraftOrigin::new(snapshot.occurred_at));
        (rewritten(&task, vec![recipe], None), drafts, Arc::new(config.policy().unwrap()))
    }

    #[tokio::test]
    async fn a_text_that_is_checked_on_a_thread_gets_the_verdict_that_it_would_get_here() {
        let (due, drafts, policy) = described();
        assert!(!is_short(&due, &drafts));
        let here = check(due.clone(), drafts.clone(), Review::ByPolicy, Beside::default(), &policy);
        let threads = CheckThreads::default();
        let there = checked(&threads, due, drafts, Review::ByPolicy, Beside::default(), &policy).await;
        assert!(!here.checked().findings().is_empty());
        assert_eq!(here.checked().findings(), there.checked().findings());
    }

    #[tokio::test]
    async fn a_text_whose_checks_do_not_end_in_time_is_held_and_says_so() {
        let (due, drafts, policy) = described();
        let threads = CheckThreads::with_deadline(Duration::ZERO);
        let verdict = checked(&threads, due, drafts, Review::ByPolicy, Beside::default(), &policy).await;
        let rules: Vec<&str> = verdict.checked().findings().iter().map(|finding| &*finding.rule).collect();
        assert_eq!((verdict.is_publish(), rules), (false, vec!["check.unfinished"]));
        assert!(verdict.checked().content().is_empty());
    }
}
