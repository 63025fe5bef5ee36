//! The next state of a document, computed from the last one. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use skuscribe_check::check::Checked;

use super::{Deciding, Deletion};
use crate::check::Verdict;
use skuscribe_check::content::OperationId;
use skuscribe_check::content::money::amount;
use skuscribe_check::content::{
    Document, DraftReview, Finding, HeldPointer, HistoryEntry, OPERATIONS_KEPT, Provenance, RecipeState,
    State,
};
use skuscribe_check::product::{Digest, Locale, Sku};
use skuscribe_check::provenance::{text_digest, whole};

/// Schema name of a document.
const SCHEMA: &str = "content.v1";

/// Fingerprint and provenance of every recipe that was due. `signs`: whether published texts get signed records.
/// Texts that history has came about as it says.
pub(super) fn recipe_states(
    verdict: &Verdict,
    operation: OperationId,
    signs: bool,
    deciding: Option<&Deciding>,
) -> BTreeMap<String, RecipeState> {
    let checked = verdict.checked();
    let made = checked.origin();
    let text_sha256 = |recipe: &String| {
        let content = checked.content().get(recipe).filter(|_| signs && verdict.is_publish());
        content.map(whole).filter(|text| !text.trim().is_empty()).map(|text| text_digest(&text))
    };
    let nobody = DraftReview::default();
    let state = |due: &crate::plan::DueRecipe| {
        let name = &due.recipe().name;
        let review = made.people.get(name).unwrap_or(&nobody);
        RecipeState {
            fingerprint: due.fingerprint,
            facts: due.facts_digest,
            policy: checked.policy(),
            rests_on: rests_on(checked, name),
            signature: checked.signatures().get(name).copied(),
            provenance: if let Some(source) = deciding.and_then(|deciding| deciding.sources.get(name)) {
                Provenance { operation, text_sha256: text_sha256(name), ..source.clone() }
            } else {
                Provenance {
                    model: made.model.clone(),
                    provider: made.provider.clone(),
                    recipe_version: due.recipe().version.clone(),
                    usage: made.usage,
                    calls: made.calls,
                    attempts: made.attempts,
                    latency_ms: made.latency_ms,
                    cost: amount(made.cost),
                    generated_at: review.edited_at.unwrap_or(made.generated_at),
                    worker_version: env!("CARGO_PKG_VERSION").to_owned(),
                    message_id: made
                        .message_id
                        .clone()
                        .unwrap_or_else(|| verdict.due().task().message_id.to_string()),
                    job: made.job.clone(),
                    note: made.note.clone(),
                    operation,
                    digital_source_type: made.source_type(name),
                    reviewer: review.reviewer.clone(),
                    editor: review.editor.clone(),
                    reviewed: review.reviewed.clone(),
                    text_sha256: text_sha256(name),
                }
            },
        }
    };
    verdict.due().recipes().iter().map(|due| (due.recipe().name.clone(), state(due))).collect()
}

/// The attributes that support a recipe's sentences, each with the digest of its value.
fn rests_on(checked: &Checked, recipe: &str) -> BTreeMap<String, Digest> {
    let evidence = checked.evidence().iter().filter(|evidence| evidence.recipe == recipe);
    evidence
        .flat_map(|evidence| &evidence.attributes)
        .map(|support| (support.name.clone(), support.value))
        .collect()
}

/// The immutable body of a verdict.
pub(super) fn history(
    verdict: &Verdict,
    states: &BTreeMap<String, RecipeState>,
    operation: OperationId,
    (current, now): (Option<&Document>, Timestamp),
) -> HistoryEntry {
    let checked = verdict.checked();
    let task = verdict.due().task();
    HistoryEntry {
        sku: task.sku().clone(),
        locale: task.locale.clone(),
        operation,
        product_version: task.version,
        state: if verdict.is_publish() { State::Published } else { State::Held },
        drafts: checked.drafts().drafts.clone(),
        findings: checked.findings().to_vec(),
        quality: checked.quality().clone(),
        recipes: states.clone(),
        revision: Some(current.map_or(0, |current| current.revision).saturating_add(1)),
        written_at: Some(now),
        job: task.job.as_deref().map(str::to_owned),
    }
}

/// The document after a verdict.
pub(super) fn next(
    verdict: &Verdict,
    current: Option<&Document>,
    states: BTreeMap<String, RecipeState>,
    operation: OperationId,
    now: Timestamp,
) -> Document {
    let checked = verdict.checked();
    let task = verdict.due().task();
    let mut next = current.cloned().unwrap_or_else(|| empty(task.sku(), &task.locale, now));
    touch(&mut next, operation, now);
    (next.product_version, next.facts_of) = (task.version, Some(task.facts_of.clone()));
    // There is another draft: the rejection was of the last one.
    next.rejected = None;
    // Drafts of other recipes wait on: a new text is no decision on them.
    let mut waiting = waiting_without(&next, &states);
    if !verdict.is_publish() {
        if next.state == State::Deleted {
            next.state = State::Held;
        }
        next.held = Some(HeldPointer { operation, product_version: task.version, recipes: states });
        next.held_next = waiting;
        return next;
    }
    next.state = State::Published;
    next.held = (!waiting.is_empty()).then(|| waiting.remove(0));
    next.held_next = waiting;
    next.content.extend(checked.content().iter().map(|(recipe, content)| (recipe.clone(), content.clone())));
    next.evidence.retain(|evidence| !states.contains_key(&evidence.recipe));
    next.evidence.extend(checked.evidence().iter().cloned());
    next.quality.retain(|recipe, _| !states.contains_key(recipe));
    next.quality.extend(checked.quality().iter().map(|(recipe, quality)| (recipe.clone(), quality.clone())));
    // The findings on texts beside the new ones were made again as well.
    let stays =
        |finding: &Finding| !states.contains_key(&finding.recipe) && finding.rule != "consistency.overtaken";
    next.findings.retain(stays);
    next.findings.extend(checked.findings().iter().cloned());
    next.recipes.extend(states);
    next
}

/// The drafts that wait, without those of recipes that there is a newer text of.
fn waiting_without(document: &Document, newer: &BTreeMap<String, RecipeState>) -> Vec<HeldPointer> {
    let mut waiting: Vec<HeldPointer> = document.held_next.clone();
    waiting.splice(0..0, document.held.clone());
    for pointer in &mut waiting {
        pointer.recipes.retain(|recipe, _| !newer.contains_key(recipe));
    }
    waiting.retain(|pointer| !pointer.recipes.is_empty());
    waiting
}

/// The document of a product that is gone: no content, and no fingerprint that a revival could find done.
pub(super) fn tombstone(current: Option<&Document>, deletion: Deletion<'_>, now: Timestamp) -> Document {
    let Deletion { sku, locale, version, facts_of, operation } = deletion;
    let mut next = current.cloned().unwrap_or_else(|| empty(sku, locale, now));
    touch(&mut next, operation, now);
    next.state = State::Deleted;
    (next.product_version, next.facts_of) = (version, Some(facts_of.clone()));
    next.held = None;
    next.held_next.clear();
    next.rejected = None;
    next.content.clear();
    next.evidence.clear();
    next.findings.clear();
    next.quality.clear();
    next.recipes.clear();
    next
}

/// A document before its first revision.
fn empty(sku: &Sku, locale: &Locale, now: Timestamp) -> Document {
    Document {
        schema: SCHEMA.to_owned(),
        sku: sku.clone(),
        locale: locale.clone(),
        state: State::Held,
        revision: 0,
        product_version: None,
        facts_of: None,
        updated_at: now,
        content: BTreeMap::new(),
        evidence: Vec::new(),
        findings: Vec::new(),
        quality: BTreeMap::new(),
        recipes: BTreeMap::new(),
        locks: Vec::new(),
        operations: Vec::new(),
        held: None,
        held_next: Vec::new(),
        rejected: None,
        locked: BTreeMap::new(),
        decided: None,
    }
}

/// Counts a revision.
pub(super) fn touch(document: &mut Document, operation: OperationId, now: Timestamp) {
    // Edited by hand it may stand at the end of its numbers: it stays there.
    document.revision = document.revision.saturating_add(1);
    document.updated_at = now;
    document.operations.push(operation);
    let surplus = document.operations.len().saturating_sub(OPERATIONS_KEPT);
    document.operations.drain(..surplus);
}
