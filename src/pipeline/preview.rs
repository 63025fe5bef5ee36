//! What an update would cause, without doing any of it: for an estimate before a run starts.

use std::sync::Arc;

use super::update::snapshot as snapshot_of;
use super::{Pipeline, store_failure};
use crate::failure::{Failure, FailureKind};
use crate::generate::WriteRequest;
use crate::intake::Update;
use crate::limits::quota::Estimate;
use crate::plan::{Due, Plan, Task, plan};
use crate::store::snapshots::{is_stale, stored};

/// What a task would cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preview {
    /// A call that takes so much.
    Call(Estimate),
    /// Drafts that are there already would be checked again.
    Check,
    /// Nothing.
    Nothing,
}

impl Pipeline {
    /// What an update would cause in each of its locales. Reads the store, writes nothing, calls no model.
    ///
    /// # Errors
    /// When the store does not answer, or the message cannot be worked at all.
    pub async fn preview(&self, update: &Update) -> Result<Vec<Preview>, Failure> {
        let snapshot =
            stored(&*self.store, update.sku()).await.map_err(|error| store_failure("plan", &error))?;
        let product = match (update.product(), &snapshot) {
            (Some(product), _) => Arc::clone(product),
            (None, Some(snapshot)) => Arc::clone(&snapshot.product),
            (None, None) => return Ok(Vec::new()),
        };
        let stale = snapshot.as_ref().is_some_and(|stored| match update.product() {
            Some(product) => is_stale(&snapshot_of(update, Arc::clone(product), Vec::new(), false), stored),
            None => stored.deleted,
        });
        if stale {
            return Ok(self.locales(update).iter().map(|_| Preview::Nothing).collect());
        }
        // A message that states no facts asks about those that are stored.
        let stored = snapshot.filter(|_| update.product().is_none());
        let facts = stored.unwrap_or_else(|| snapshot_of(update, product, Vec::new(), false));
        let failed = |error| store_failure("plan", &error);
        let facts = self.with_derived(facts).await.map_err(failed)?;
        let mut previews = Vec::new();
        if let (Some(locale), Some(model)) = (self.locales(update).first(), self.models.all().first()) {
            let due = Due::without_recipe(self.task_of(update, &facts, locale));
            if let Some(request) = self.prose_request(&due, &facts.product).await.map_err(failed)? {
                previews.push(Preview::Call(model.estimate(&request).await));
            }
        }
        for locale in self.locales(update) {
            let task = self.task_of(update, &facts, locale);
            previews.push(self.preview_task(update, &task).await?);
        }
        Ok(previews)
    }

    async fn preview_task(&self, update: &Update, task: &Task) -> Result<Preview, Failure> {
        let permanent = |message: String| Failure { stage: "plan", kind: FailureKind::Permanent, message };
        let document = self.reload(update, task).await?;
        let document = document.as_ref().map(|(document, _)| document);
        let requested = self.recipes.requested(&self.requested_recipes(update, document), &task.locale);
        let requested = requested.map_err(|error| permanent(error.to_string()))?;
        let voice = self.recipes.voice(&task.catalog, &task.locale);
        let Plan::Due(due) = plan(task, document, &requested, voice, self.policy.digest()) else {
            return Ok(Preview::Nothing);
        };
        if due.written_by().is_some() {
            return Ok(Preview::Check);
        }
        let brief = self.brief(&due)?;
        let Some(model) = self.models.all().first() else { return Ok(Preview::Nothing) };
        let estimate = model.estimate(&WriteRequest::new(&due, &brief)).await;
        Ok(Preview::Call(estimate))
    }
}
