//! Texts that people write: in the place of a draft that waits, or of what is published.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ReviewDecision, ReviewError, blocking, names};
use crate::check::Verdict;
use crate::commit::BesideTexts;
use crate::pipeline::{Pipeline, RACES_MAX};
use crate::plan::{Due, Task, rewritten, voice_digest};
use crate::store::{Condition, Key, save};
use skuscribe_check::check::Review;
use skuscribe_check::content::{
    Change, Correction, DecisionKind, Document, Draft, Drafts, Finding, HistoryEntry, OperationId, Outcome,
    ReviewOutcome, sentences, texts,
};
use skuscribe_check::product::{Digest, Locale, Sku};

/// The result of an edit.
#[derive(Debug)]
pub struct Edited {
    /// Published or held.
    pub outcome: Outcome,
    /// The draft that it is now.
    pub draft: OperationId,
    /// What changed.
    pub changes: Vec<Change>,
    /// What the checks say of it.
    pub findings: Vec<Finding>,
}

impl Pipeline {
    /// Replaces a draft that waits, or what is published, by a person's text. Every check runs on it; what holds
    /// it is passed where `approve` is set. What the person changed is kept.
    ///
    /// # Errors
    /// When the draft is not there any more, the content is not in the recipe's shape, something blocks it, or the store
    /// does not answer.
    pub async fn edit(
        &self,
        decision: ReviewDecision<'_>,
        content: BTreeMap<String, Value>,
        approve: bool,
    ) -> Result<Edited, ReviewError> {
        let ReviewDecision { sku, locale, draft, by, .. } = decision;
        decision.act().validate()?;
        for _ in 0..RACES_MAX {
            let (document, etag) = self.reviewed_document(sku, locale).await?;
            let base = base_of(&document, draft)
                .ok_or_else(|| ReviewError::Superseded { draft: draft.to_owned() })?;
            let history = self.history(&document, base).await?;
            let text = serde_json::to_string(&content).unwrap_or_default();
            let text = Digest::of(&[by.as_bytes(), text.as_bytes()]);
            let message_id = format!("edit-{base}-{text}-{}", document.revision);
            let task = self.review_task(sku, locale, &message_id).await?;
            let due = self.due_of(&task, &history)?;
            let before = Drafts::kept(&history, &due.fingerprints())
                .ok_or_else(|| ReviewError::Superseded { draft: draft.to_owned() })?;
            let written = replaced(&before.drafts, &content)?;
            let changes = difference(&before.drafts, &written);
            if changes.is_empty() {
                // It may be this very edit, done before: what follows a commit may be missing.
                self.committer.tidy(&document).await?;
                return Err(ReviewError::Unchanged);
            }
            let (drafts, review) = if approve {
                // What the person let stand is approved as it is.
                let before = before.reviewed_by(&self.reviewer(by, ReviewOutcome::Approved));
                (before, Review::Approved(by))
            } else {
                (before, Review::Edited)
            };
            let drafts = drafts.edited_by(&self.reviewer(by, ReviewOutcome::Edited), written);
            let verdict = self.checked_by_person(due, drafts, review, &document);
            storable(&verdict)?;
            let operation = task.operation;
            let correction = Correction {
                sku: sku.clone(),
                locale: locale.clone(),
                before: base,
                after: operation,
                editor: by.to_owned(),
                at: self.clock.now(),
                changes: changes.clone(),
                findings: history.findings.clone(),
            };
            let key = Key::Correction { locale: locale.clone(), sku: sku.clone(), operation };
            save(&*self.store, &key, &correction, Condition::Absent).await?;
            let mut deciding =
                self.deciding(DecisionKind::Edit, decision.act(), &document, BesideTexts::Nothing);
            deciding.decision.draft = Some(base);
            deciding.decision.recipes = changed_recipes(&changes);
            if let Some(stored) = self.committed(&verdict, document, etag, &deciding).await? {
                let findings = verdict.checked().findings().to_vec();
                let stored = self.announce_decision(stored, &message_id).await?;
                return Ok(Edited { outcome: stored.outcome(), draft: operation, changes, findings });
            }
        }
        Err(ReviewError::Races)
    }

    /// What the checks would say of an edit; nothing is written.
    ///
    /// # Errors
    /// As [`Pipeline::edit`], but for what the checks say.
    pub async fn findings_of_edit(
        &self,
        decision: ReviewDecision<'_>,
        content: &BTreeMap<String, Value>,
    ) -> Result<Vec<Finding>, ReviewError> {
        let ReviewDecision { sku, locale, draft, by, .. } = decision;
        let superseded = || ReviewError::Superseded { draft: draft.to_owned() };
        let (document, _) = self.reviewed_document(sku, locale).await?;
        let base = base_of(&document, draft).ok_or_else(superseded)?;
        let history = self.history(&document, base).await?;
        let task = self.review_task(sku, locale, "edit").await?;
        let due = self.due_of(&task, &history)?;
        let before = Drafts::kept(&history, &due.fingerprints()).ok_or_else(superseded)?;
        let written = replaced(&before.drafts, content)?;
        let drafts = before.edited_by(&self.reviewer(by, ReviewOutcome::Edited), written);
        let verdict = self.checked_by_person(due, drafts, Review::Edited, &document);
        Ok(verdict.checked().findings().to_vec())
    }

    /// The body that a person is to edit: of the draft that waits, or of what is published.
    ///
    /// # Errors
    /// When there is neither, or the store does not answer.
    pub async fn editable(
        &self,
        sku: &Sku,
        locale: &Locale,
        draft: Option<&str>,
    ) -> Result<HistoryEntry, ReviewError> {
        let (document, _) = self.reviewed_document(sku, locale).await?;
        let base = base_of(&document, draft.unwrap_or_default());
        let base = base.ok_or_else(|| match draft {
            Some(draft) => ReviewError::Superseded { draft: draft.to_owned() },
            None => ReviewError::NothingWaits { sku: sku.clone(), locale: locale.clone() },
        })?;
        self.history(&document, base).await
    }

    fn due_of(&self, task: &Task, history: &HistoryEntry) -> Result<Due, ReviewError> {
        let recipe = |draft: &Draft| {
            let recipe = self.recipes.get(&draft.recipe).cloned();
            recipe.ok_or_else(|| ReviewError::Unfit(format!("there is no recipe {} any more", draft.recipe)))
        };
        let recipes = history.drafts.iter().map(recipe).collect::<Result<Vec<_>, _>>()?;
        let voice = voice_digest(self.recipes.voice(&task.catalog, &task.locale));
        Ok(rewritten(task, recipes, voice))
    }
}

fn changed_recipes(changes: &[Change]) -> Vec<String> {
    let mut recipes: Vec<String> = changes.iter().map(|change| change.recipe.clone()).collect();
    recipes.dedup();
    recipes
}

/// The content of a draft without the sentence that a finding is about, with its recipe's name; a list loses an entry of
/// which nothing is left. `None` where there is no such sentence, or nothing would be left of a text that must be there.
#[must_use]
pub fn without_sentence(drafts: &[Draft], finding: &Finding) -> Option<(String, Value)> {
    let draft = drafts.iter().find(|draft| draft.recipe == finding.recipe)?;
    let mut content = draft.content.clone();
    let text = content.pointer(&finding.at)?.as_str()?;
    let start = text.char_indices().nth(finding.span?.start).map_or(text.len(), |(at, _)| at);
    let has_start = |(from, sentence): &(usize, &str)| *from <= start && start < from + sentence.len();
    let (from, sentence) = sentences(text).find(has_start)?;
    let (before, after) = (text.get(..from)?.trim_end(), text.get(from + sentence.len()..)?.trim_start());
    let is_spaced = !before.is_empty() && !after.is_empty() && text.contains(' ');
    let left = format!("{before}{}{after}", if is_spaced { " " } else { "" });
    if !left.is_empty() {
        *content.pointer_mut(&finding.at)? = Value::String(left);
        return Some((draft.recipe.clone(), content));
    }
    // The nearest list around it loses the entry.
    let mut at = finding.at.as_str();
    while let Some((list, name)) = at.rsplit_once('/') {
        if let (Ok(place), Some(Value::Array(items))) = (name.parse::<usize>(), content.pointer_mut(list)) {
            if items.len() < 2 || place >= items.len() {
                return None;
            }
            items.remove(place);
            return Some((draft.recipe.clone(), content));
        }
        at = list;
    }
    None
}

/// Fails where the text is not in the recipe's shape, or a finding blocks it.
pub(super) fn storable(verdict: &Verdict) -> Result<(), ReviewError> {
    let mut findings = verdict.checked().findings().iter();
    if let Some(shape) = findings.find(|finding| finding.rule.starts_with("schema.")) {
        return Err(ReviewError::Unfit(format!("{} {}: {}", shape.recipe, shape.at, shape.message)));
    }
    if verdict.checked().blocks().next().is_some() {
        return Err(ReviewError::Blocked { findings: blocking(verdict) });
    }
    Ok(())
}

/// The draft that an edit begins from: the one that waits, or one that is published.
fn base_of(document: &Document, draft: &str) -> Option<OperationId> {
    let held = document.held.as_ref().map(|held| held.operation);
    let published = document.recipes.values().map(|state| state.provenance.operation);
    let mut all = held.into_iter().chain(published);
    if draft.is_empty() { all.next() } else { all.find(|operation| names(*operation, draft)) }
}

/// Drafts with the contents that a person wrote in the place of theirs.
fn replaced(drafts: &[Draft], content: &BTreeMap<String, Value>) -> Result<Vec<Draft>, ReviewError> {
    if let Some(unknown) = content.keys().find(|name| drafts.iter().all(|draft| draft.recipe != **name)) {
        let known: Vec<&str> = drafts.iter().map(|draft| draft.recipe.as_str()).collect();
        return Err(ReviewError::Unfit(format!(
            "the draft holds no recipe {unknown:?}; it holds {}",
            known.join(", ")
        )));
    }
    let with_content = |draft: &Draft| Draft {
        recipe: draft.recipe.clone(),
        content: content.get(&draft.recipe).unwrap_or(&draft.content).clone(),
    };
    Ok(drafts.iter().map(with_content).collect())
}

/// Every text that differs.
pub(super) fn difference(before: &[Draft], after: &[Draft]) -> Vec<Change> {
    let mut all: BTreeMap<(String, String), (Option<String>, Option<String>)> = BTreeMap::new();
    for draft in before {
        for text in texts(&draft.content) {
            all.entry((draft.recipe.clone(), text.at)).or_default().0 = Some(text.text.to_owned());
        }
    }
    for draft in after {
        for text in texts(&draft.content) {
            all.entry((draft.recipe.clone(), text.at)).or_default().1 = Some(text.text.to_owned());
        }
    }
    all.into_iter()
        .filter(|(_, (before, after))| before != after)
        .map(|((recipe, at), (before, after))| Change { recipe, at, before, after })
        .collect()
}
