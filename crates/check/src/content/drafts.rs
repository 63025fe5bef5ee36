//! The drafts of one operation with how they came about. Untrusted until checked, whoever wrote them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::money::{Nanos, nanos};
use super::{Draft, Finding, HistoryEntry, Provenance, Reviewer, Usage};
use crate::product::Digest;

/// What a model, a person or the facts alone wrote for a task.
#[derive(Clone, Debug)]
pub struct Drafts {
    /// One per recipe.
    pub drafts: Vec<Draft>,
    /// The model's answer as it came, to show it again in a repair call; empty where no model answered.
    pub answer: String,
    /// How they came about.
    pub origin: DraftOrigin,
    /// Sentences that a verifier found supported, though no rule did.
    pub verified: Vec<VerifiedSentence>,
    /// What was left out of them and why; part of their findings.
    pub left_out: Vec<Finding>,
}

/// A sentence that a verifier found supported by the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSentence {
    /// The recipe of its draft.
    pub recipe: String,
    /// JSON pointer to its text.
    pub at: String,
    /// The sentence.
    pub sentence: String,
    /// The attribute that supports it, where the verifier named one.
    pub attribute: Option<String>,
}

/// Which model or person made drafts, what it took, and who approved them.
#[derive(Clone, Debug)]
pub struct DraftOrigin {
    /// The model that answered last, as its server names it; empty where none did.
    pub model: String,
    /// The server's address, without credentials.
    pub provider: String,
    /// Tokens of all calls.
    pub usage: Usage,
    /// Calls, repairs included.
    pub calls: u32,
    /// Requests sent for them, those that failed included.
    pub attempts: u32,
    /// Time of all calls, summed, in milliseconds.
    pub latency_ms: u64,
    /// Cost by the price table.
    pub cost: Nanos,
    /// What the calls were expected to cost before they were made.
    pub expected_cost: Nanos,
    /// When the text was written.
    pub generated_at: Timestamp,
    /// The message that asked for it, where it is not the one that is worked now.
    pub message_id: Option<String>,
    /// The job that they were written for.
    pub job: Option<String>,
    /// What the person who asked for that job told the writer.
    pub note: Option<String>,
    /// What people did with the drafts, by recipe; a recipe that nobody touched is left out.
    pub people: BTreeMap<String, DraftReview>,
}

/// What people did with the draft of one recipe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftReview {
    /// Who approved it.
    pub reviewer: Option<String>,
    /// Who wrote or changed it.
    pub editor: Option<String>,
    /// When the editor did.
    pub edited_at: Option<Timestamp>,
    /// What a person decided on it last.
    pub reviewed: Option<Reviewer>,
}

impl DraftOrigin {
    /// Of drafts that no model was called for yet.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self {
            model: String::new(),
            provider: String::new(),
            usage: Usage::default(),
            calls: 0,
            attempts: 0,
            latency_ms: 0,
            cost: 0,
            expected_cost: 0,
            generated_at: at,
            message_id: None,
            job: None,
            note: None,
            people: BTreeMap::new(),
        }
    }

    fn of_history(provenance: &Provenance) -> Self {
        Self {
            model: provenance.model.clone(),
            provider: provenance.provider.clone(),
            usage: provenance.usage,
            calls: provenance.calls,
            attempts: provenance.attempts,
            latency_ms: provenance.latency_ms,
            cost: nanos(provenance.cost),
            expected_cost: 0,
            generated_at: provenance.generated_at,
            message_id: Some(provenance.message_id.clone()),
            job: provenance.job.clone(),
            note: provenance.note.clone(),
            people: BTreeMap::new(),
        }
    }
}

impl DraftReview {
    fn of_history(provenance: &Provenance) -> Self {
        let Provenance { reviewer, editor, reviewed, generated_at, .. } = provenance;
        Self {
            reviewer: reviewer.clone(),
            edited_at: editor.is_some().then_some(*generated_at),
            editor: editor.clone(),
            reviewed: reviewed.clone(),
        }
    }
}

impl Drafts {
    /// Drafts as their writer left them.
    #[must_use]
    pub fn new(drafts: Vec<Draft>, answer: String, origin: DraftOrigin) -> Self {
        Self { drafts, answer, origin, verified: Vec::new(), left_out: Vec::new() }
    }

    /// The draft for a recipe.
    #[must_use]
    pub fn of_recipe(&self, recipe: &str) -> Option<&Draft> {
        self.drafts.iter().find(|draft| draft.recipe == recipe)
    }

    /// The same, as a person left them: whose contents differ are that person's, the others stay whose they are.
    #[must_use]
    pub fn edited_by(mut self, editor: &Reviewer, drafts: Vec<Draft>) -> Self {
        let before = |draft: &&Draft| self.of_recipe(&draft.recipe).map(|draft| &draft.content);
        let changed: BTreeSet<String> = drafts
            .iter()
            .filter(|draft| before(draft) != Some(&draft.content))
            .map(|draft| draft.recipe.clone())
            .collect();
        self.drafts = drafts;
        for recipe in changed {
            let review = DraftReview {
                reviewer: None,
                editor: Some(editor.id.clone()),
                edited_at: Some(editor.at),
                reviewed: Some(editor.clone()),
            };
            self.origin.people.insert(recipe, review);
        }
        self
    }

    /// The same, once a person decided on them.
    #[must_use]
    pub fn reviewed_by(mut self, reviewer: &Reviewer) -> Self {
        self.each_review(|review| review.reviewed = Some(reviewer.clone()));
        self
    }

    /// Notes that a person's approval lets them be published.
    pub fn approve(&mut self, reviewer: &str) {
        self.each_review(|review| review.reviewer = Some(reviewer.to_owned()));
    }

    fn each_review(&mut self, change: impl Fn(&mut DraftReview)) {
        for draft in &self.drafts {
            change(self.origin.people.entry(draft.recipe.clone()).or_default());
        }
    }

    /// Only the drafts of these recipes.
    #[must_use]
    pub fn narrowed(mut self, recipes: &[&str]) -> Self {
        self.drafts.retain(|draft| recipes.contains(&draft.recipe.as_str()));
        self
    }

    /// The drafts of an earlier attempt, as history keeps them: no call was made for them now. `None` where one of these
    /// recipes was written from another fingerprint.
    #[must_use]
    pub fn from_history(entry: &HistoryEntry, due: &[(&str, Digest)]) -> Option<Self> {
        let written = |(name, fingerprint): &(&str, Digest)| {
            entry.recipes.get(*name).is_some_and(|state| state.fingerprint == *fingerprint)
        };
        due.iter().all(written).then(|| Self::kept(entry, due)).flatten()
    }

    /// The drafts of these recipes that history keeps, as a person is to see or to change them, whatever facts they were
    /// written from. `None` where it keeps none of them.
    #[must_use]
    pub fn kept(entry: &HistoryEntry, due: &[(&str, Digest)]) -> Option<Self> {
        let names: Vec<&str> = due.iter().map(|(name, _)| *name).collect();
        let states = || names.iter().filter_map(|name| Some((*name, &entry.recipes.get(*name)?.provenance)));
        // What a person changed has the time of the change.
        let by_machine = states().find(|(_, provenance)| provenance.editor.is_none());
        let (_, provenance) = by_machine.or_else(|| states().next())?;
        let mut origin = DraftOrigin::of_history(provenance);
        let reviews = states().map(|(name, made)| (name.to_owned(), DraftReview::of_history(made)));
        origin.people = reviews.filter(|(_, review)| *review != DraftReview::default()).collect();
        Some(Self::new(entry.drafts.clone(), String::new(), origin).narrowed(&names))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::content::ReviewOutcome;

    fn state(editor: Option<&str>, at: &str) -> Value {
        let digest = Digest::of(&[b"x"]);
        let made = json!({
            "model": "gpt", "provider": "", "recipe_version": "1", "usage": Usage::default(), "calls": 1, "cost": 0.0,
            "generated_at": at, "worker_version": "0.1.0", "message_id": "m", "operation": digest,
            "digital_source_type": "trained_algorithmic_media", "editor": editor,
        });
        json!({ "fingerprint": digest, "facts": digest, "policy": digest, "provenance": made })
    }

    #[test]
    fn what_a_person_changed_and_what_they_let_stand_stay_apart_through_history() {
        let (machine, person) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let draft = |recipe: &str| json!({ "recipe": recipe, "content": { "text": recipe } });
        let entry = json!({
            "sku": "A1", "locale": "en-US", "operation": Digest::of(&[b"x"]), "product_version": 1, "state": "held",
            "drafts": [draft("description"), draft("faq"), draft("seo")], "findings": [],
            "recipes": {
                "description": state(Some("ann"), person), "faq": state(None, machine), "seo": state(None, machine),
            },
        });
        let entry: HistoryEntry = serde_json::from_value(entry).unwrap();
        let fingerprint = Digest::of(&[b"x"]);
        let due = ["description", "faq", "seo"].map(|recipe| (recipe, fingerprint));
        let kept = Drafts::kept(&entry, &due).unwrap();
        let origin = &kept.origin;
        let editor = |drafts: &Drafts, recipe: &str| {
            drafts.origin.people.get(recipe).and_then(|review| review.editor.clone())
        };
        assert_eq!(origin.generated_at, machine.parse().unwrap());
        assert_eq!(origin.people["description"].edited_at, Some(person.parse().unwrap()));
        assert_eq!((editor(&kept, "description").as_deref(), editor(&kept, "faq")), (Some("ann"), None));

        let bob = |decision| Reviewer { id: "bob".into(), role: None, decision, at: person.parse().unwrap() };
        let mut changed = kept.drafts.clone();
        changed[1].content = json!({ "text": "another" });
        let kept = kept.reviewed_by(&bob(ReviewOutcome::Approved));
        let edited = kept.edited_by(&bob(ReviewOutcome::Edited), changed);
        let editors = ["description", "faq", "seo"].map(|recipe| editor(&edited, recipe));
        assert_eq!(editors, [Some("ann".to_owned()), Some("bob".to_owned()), None]);
        let decision = |recipe: &str| edited.origin.people[recipe].reviewed.clone().unwrap().decision;
        assert_eq!(decision("description"), ReviewOutcome::Approved);
        assert_eq!((decision("faq"), decision("seo")), (ReviewOutcome::Edited, ReviewOutcome::Approved));
        assert_eq!(edited.origin.source_type("seo").name(), "trained_algorithmic_media");
        assert_eq!(edited.origin.source_type("faq").name(), "composite_with_trained_algorithmic_media");
    }
}
