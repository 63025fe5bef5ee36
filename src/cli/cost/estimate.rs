//! What an estimate is made of: sums over tasks, and what stored texts took.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::generate::Model;
use crate::limits::quota::Estimate;
use crate::pipeline::Preview;
use crate::store::{ContentStore, SetAside, keys, load};
use skuscribe_check::content::Document;

/// Stored texts that an estimate learns from.
const SAMPLE: usize = 50;
/// Of so many objects the sample is chosen.
const SAMPLED_FROM: usize = 5_000;

/// Sums over all tasks.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Products that can be written; those that are refused are not among them.
    pub(super) products: u64,
    pub(super) refused: u64,
    pub(super) tasks: u64,
    pub(super) nothing: u64,
    pub(super) checks: u64,
    pub(super) calls: u64,
    pub(super) estimate: Estimate,
}

/// What stored texts say about calls.
#[derive(Debug, Default)]
pub(super) struct Experience {
    pub(super) texts: usize,
    pub(super) calls: f64,
    pub(super) latency: Duration,
}

impl Sums {
    pub(super) fn add(&mut self, previews: Vec<Preview>) {
        self.products += 1;
        for preview in previews {
            self.tasks += 1;
            match preview {
                Preview::Nothing => self.nothing += 1,
                Preview::Check => self.checks += 1,
                Preview::Call(estimate) => {
                    self.calls += 1;
                    self.estimate.input = self.estimate.input.saturating_add(estimate.input);
                    self.estimate.output = self.estimate.output.saturating_add(estimate.output);
                }
            }
        }
    }
}

/// Teaches the model's estimates what stored texts took.
pub(super) async fn learn(store: &dyn ContentStore, model: &Model) -> anyhow::Result<Experience> {
    // A broken one teaches nothing, and is reported by what asks for it.
    let aside = SetAside::default();
    let documents = keys(store, "content/", SAMPLED_FROM, &aside).await?;
    let every = (documents.len() / SAMPLE).max(1);
    let mut experience = Experience::default();
    for key in documents.iter().step_by(every).take(SAMPLE) {
        let Some((document, _)) = aside.skip(load::<Document>(store, key).await)? else { continue };
        let mut operations = BTreeMap::new();
        for (recipe, state) in &document.recipes {
            let content = document.content.get(recipe).map_or(0, |content| content.to_string().len());
            let parts: &mut Vec<(&str, usize)> = &mut operations
                .entry(state.provenance.operation)
                .or_insert((&state.provenance, Vec::new()))
                .1;
            parts.push((recipe, content));
        }
        for (provenance, parts) in operations.into_values() {
            let calls = provenance.calls.max(1);
            let output = provenance.usage.output_tokens / u64::from(calls);
            model.estimator().learn(Estimate::default(), 0, output, parts.into_iter());
            experience.texts += 1;
            experience.calls += f64::from(calls);
            experience.latency += Duration::from_millis(provenance.latency_ms / u64::from(calls));
        }
    }
    Ok(experience)
}
