//! An answer to a shopper's question: plan, generate and check, as for every text; nothing is committed.

use std::sync::Arc;

use serde_json::json;

use super::{Pipeline, generate_failure};
use crate::check::{Beside, Verdict, check, checked, trimmed_apart};
use crate::failure::Failure;
use crate::generate::WriteRequest;
use crate::plan::{Due, Shoppers, Task, rewritten, voice_digest};
use crate::store::BoxFuture;
use skuscribe_check::check::{Checked, Review};
use skuscribe_check::content::{Draft, DraftOrigin, Drafts};
use skuscribe_check::product::{Locale, Snapshot};

/// The recipe that answers.
pub const ANSWER: &str = "answer";

impl Pipeline {
    /// Whether answers are written in a locale's language.
    #[must_use]
    pub fn answers_in(&self, locale: &Locale) -> bool {
        let languages = self.recipes.get(ANSWER).map(|recipe| recipe.languages.as_slice());
        languages.unwrap_or_default().iter().any(|language| language == locale.language())
    }

    /// An answer as something that is due, from a product's facts; `None` where the recipe is not written in the locale's
    /// language.
    #[must_use]
    pub fn answer_due(&self, snapshot: &Snapshot, locale: &Locale, shoppers: Shoppers) -> Option<Due> {
        let recipe = self.recipes.get(ANSWER).filter(|_| self.answers_in(locale))?;
        let task = Task::of_snapshot(snapshot, locale, ANSWER, self.recipes.labels());
        let voice = self.recipes.voice(&task.catalog, locale);
        let due = rewritten(&task, vec![Arc::clone(recipe)], voice_digest(voice));
        Some(due.with_shoppers(shoppers))
    }

    /// Has a model answer, and runs every check on the answer; what fails of it may be left out.
    ///
    /// # Errors
    /// When no model can be reached, may be called, or answers usably.
    pub async fn answer(&self, due: &Due) -> Result<Verdict, Failure> {
        let task = due.task();
        let voice = self.recipes.voice(&task.catalog, &task.locale);
        let brief = self.brief(due)?;
        let request = WriteRequest::new(due, &brief);
        let permit = Box::pin(self.models.permit(&request)).await.map_err(generate_failure)?;
        let writer = self.writer(voice);
        // As a trait object, or whatever awaits an answer nests more types than the compiler takes.
        let writing: BoxFuture<'_, _> = Box::pin(writer.write(permit, request, None));
        let drafts = writing.await.map_err(generate_failure)?;
        let (threads, beside) = (&self.check_threads, Beside::default());
        let verdict = checked(threads, due.clone(), drafts, Review::ByPolicy, beside, &self.policy).await;
        Ok(trimmed_apart(threads, verdict, beside, &self.policy).await)
    }

    /// Runs every check on an answer that was put together from facts.
    #[must_use]
    pub fn stated(&self, due: &Due, text: &str, attributes: &[&str]) -> Verdict {
        let content = json!({ "answered": true, "text": text, "evidence": attributes });
        let draft = Draft { recipe: ANSWER.to_owned(), content };
        let drafts = Drafts::new(vec![draft], String::new(), DraftOrigin::new(self.clock.now()));
        check(due.clone(), drafts, Review::ByPolicy, Beside::default(), &self.policy)
    }
}

/// The text of a checked answer; `None` where the model says that the facts do not answer.
#[must_use]
pub fn answer_text(checked: &Checked) -> Option<&str> {
    let content = checked.content().get(ANSWER)?;
    let answered = content.get("answered")?.as_bool()?;
    content.get("text")?.as_str().filter(|text| answered && !text.trim().is_empty())
}
