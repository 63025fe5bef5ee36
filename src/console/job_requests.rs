//! Jobs as the console asks for them: what a selection comes to, and the start.

use std::sync::Arc;

use futures_util::StreamExt as _;
use serde_json::json;

use super::error::ConsoleError;
use super::pages::Page;
use super::state::Console;
use crate::catalog::selection::Selection;
use crate::intake::{Origin, decode};
use crate::jobs::{JobRequest, Selected, selected, start};
use crate::limits::quota::Estimate;
use crate::pipeline::Preview;
use crate::store::SetAside;
use skuscribe_check::content::Usage;

/// Products whose estimate is made one by one; the rest is thought to be like these.
const ESTIMATED_MAX: usize = 200;
/// Estimates that are made at the same time.
const AT_ONCE: usize = 16;
/// Products that are named.
const NAMED: usize = 5;

/// What a selection comes to.
pub(super) struct JobEstimate {
    pub products: u64,
    pub tasks: u64,
    pub calls: u64,
    /// In the currency of the settings; `None` where the model has no price.
    pub cost: Option<f64>,
    pub examples: Vec<String>,
}

/// What is asked for.
pub(super) struct Asked {
    pub selection: Selection,
    /// As it was typed.
    pub typed: String,
    pub recipes: Vec<String>,
    pub changed_only: bool,
    pub note: Option<String>,
}

impl Console {
    /// The products of a selection that a person sees, each with the locales that they see.
    async fn chosen(&self, page: &Page, selection: Selection) -> Result<Vec<Selected>, ConsoleError> {
        let aside = Arc::new(SetAside::default());
        let person = &page.visitor.person;
        let (_, found) = selected(&self.store, Arc::new(selection), &aside).await?;
        let (mut chosen, mut found) = (Vec::new(), std::pin::pin!(found));
        while let Some(product) = found.next().await {
            let Some(mut product) = product? else { continue };
            product.locales.retain(|locale| person.sees(&product.snapshot.product.category, locale));
            if !product.locales.is_empty() {
                chosen.push(product);
            }
        }
        chosen.sort_by(|left, right| left.snapshot.product.sku.cmp(&right.snapshot.product.sku));
        Ok(chosen)
    }

    /// What a job would come to; nothing is asked for.
    pub(super) async fn job_estimate(&self, page: &Page, asked: Asked) -> Result<JobEstimate, ConsoleError> {
        self.must_know(&asked.recipes)?;
        let chosen = self.chosen(page, asked.selection).await?;
        let messages: Vec<Vec<u8>> = chosen.iter().take(ESTIMATED_MAX).map(|product| {
            let message = json!({
                "id": "estimate", "type": "content.requested", "occurred_at": product.snapshot.occurred_at.to_string(),
                "product": { "sku": product.snapshot.product.sku }, "locales": product.locales, "recipes": asked.recipes,
                "force": !asked.changed_only
            });
            message.to_string().into_bytes()
        }).collect();
        let previews = messages.into_iter().map(|message| async move {
            let origin = Origin { config_changes: true, ..Origin::default() };
            let update = decode(&message, &origin).ok()?;
            // What cannot be written is no call; its message will say why.
            self.pipeline.preview(&update).await.ok()
        });
        let previews: Vec<Option<Vec<Preview>>> =
            futures_util::stream::iter(previews).buffered(AT_ONCE).collect().await;
        let (mut calls, mut usage) = (0_u64, Usage::default());
        for preview in previews.iter().flatten().flatten() {
            if let Preview::Call(Estimate { input, output, .. }) = preview {
                calls += 1;
                usage += Usage { input_tokens: *input, output_tokens: *output, ..Usage::default() };
            }
        }
        let scale = chosen.len() as f64 / previews.len().max(1) as f64;
        let day = crate::clock::today(self.clock.now());
        let price = self.pipeline.models().all().first().and_then(|model| model.config().price(day));
        let named = chosen.iter().take(NAMED).map(|product| {
            let product = &product.snapshot.product;
            product.title.clone().unwrap_or_else(|| product.sku.to_string())
        });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, scaled")]
        let calls = (calls as f64 * scale).round() as u64;
        Ok(JobEstimate {
            products: chosen.len() as u64,
            tasks: chosen.iter().map(|product| product.locales.len() as u64).sum(),
            calls,
            cost: price.map(|price| price.cost(&usage) * scale),
            examples: named.collect(),
        })
    }

    /// Starts a job on what was estimated; gives its id. Where the selection came to something else meanwhile, nothing is
    /// asked for.
    pub(super) async fn start_job(
        &self,
        page: &Page,
        asked: Asked,
        agreed: Option<u64>,
    ) -> Result<String, ConsoleError> {
        self.must_know(&asked.recipes)?;
        self.publisher()?;
        let chosen = self.chosen(page, asked.selection).await?;
        let tasks: u64 = chosen.iter().map(|product| product.locales.len() as u64).sum();
        if agreed != Some(tasks) {
            return Err(ConsoleError::conflict(format!(
                "the selection comes to {tasks} texts now; count again"
            )));
        }
        let request = JobRequest {
            by: page.visitor.person.name.clone(),
            selection: asked.typed,
            recipes: asked.recipes,
            force: !asked.changed_only,
            note: asked.note,
        };
        let (broker, now) = (&self.config.broker, self.clock.now());
        let job = start(broker, &self.store, request, &chosen, now, &mut |_| {}).await?;
        tracing::info!(job.id = %job.id, job.tasks = tasks, person.name = %job.by, "a job was started");
        Ok(job.id)
    }

    fn must_know(&self, recipes: &[String]) -> Result<(), ConsoleError> {
        match recipes.iter().find(|name| !self.pipeline.knows(name)) {
            Some(unknown) => {
                Err(ConsoleError::invalid(format!("there is no recipe {unknown:?}; the settings list them")))
            }
            None => Ok(()),
        }
    }
}
