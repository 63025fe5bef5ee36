//! What shoppers asked of a product, as topics for the recipes that take them up.

use super::{Pipeline, store_failure};
use crate::config::answers::QuestionsInFaq;
use crate::failure::Failure;
use crate::plan::{Due, Shoppers};
use crate::store::SetAside;
use crate::store::questions::{OpenQuestion, about_product};
use skuscribe_check::product::Facts;
use skuscribe_check::texts;

/// Most questions of shoppers that a prompt shows.
const SHOWN_MAX: usize = 8;

impl Pipeline {
    /// What is due, with the questions that the recipes may take up. A question is a stranger's text: by default a person
    /// confirms it first; one that breaks a rule of the market, or has a word that neither the facts nor plain questions
    /// have, is never shown unconfirmed.
    pub(super) async fn with_questions(&self, due: Due) -> Result<Due, Failure> {
        let (rule, asked_min) = self.questions;
        if rule == QuestionsInFaq::Off || !due.recipes().iter().any(|due| due.recipe().questions) {
            return Ok(due);
        }
        let (sku, locale) = (due.task().sku(), &due.task().locale);
        // A product's texts do not wait for questions that cannot be read.
        let aside = SetAside::default();
        let open = about_product(&*self.store, sku, &aside).await;
        aside.log();
        let open = open.map_err(|error| store_failure("generate", &error))?;
        let shows = |question: &&OpenQuestion| {
            let automatic = rule == QuestionsInFaq::Automatic
                && question.decision.is_none()
                && question.asked >= asked_min;
            question.locale.language() == locale.language()
                && (question.is_confirmed() || (automatic && self.may_be_shown(&due, &question.question)))
        };
        let asked: Vec<String> =
            open.iter().filter(shows).take(SHOWN_MAX).map(|question| question.topic().to_owned()).collect();
        Ok(if asked.is_empty() { due } else { due.with_shoppers(Shoppers::Asked(asked)) })
    }

    fn may_be_shown(&self, due: &Due, question: &str) -> bool {
        let task = due.task();
        let product = self.policy.internal().public(&task.product);
        let claims = texts::claims(&product, question, &task.locale, self.policy.packs());
        claims.iter().all(|claim| claim.exemption.is_some())
            && texts::is_plain_question(&Facts::select(&product, |_| true), question)
    }
}
