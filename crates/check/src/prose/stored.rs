//! What was derived of a product, as it is stored beside what its publisher says.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::acceptance::{Acceptance, Resolution};
use super::proposal::{Proposal, Reason};
use crate::product::{DerivedFact, Digest, Sku};

/// The contract's name.
const SCHEMA: &str = "derived.v1";
/// Most decisions of people that are kept.
const DECISIONS_MAX: usize = 200;

/// The facts that were read out of a product's prose, and what waits for a person. No publisher writes it, and no update of
/// the product replaces it; it is made anew when the prose changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DerivedFacts {
    /// `derived.v1`.
    pub schema: Cow<'static, str>,
    /// The product.
    pub sku: Sku,
    /// Digest of the prose that was read: title, description, reviews.
    pub prose: Digest,
    /// The model that proposed, as the server names it; empty where its answer was unusable.
    pub model: String,
    /// When.
    #[schemars(with = "String")]
    pub proposed_at: Timestamp,
    /// What counts as a fact wherever no attribute speaks of it.
    #[serde(default)]
    pub facts: Vec<DerivedFact>,
    /// What waits for a person.
    #[serde(default)]
    pub waiting: Vec<WaitingProposal>,
    /// What people decided, oldest first.
    #[serde(default)]
    pub decisions: Vec<PersonDecision>,
}

/// A proposal that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingProposal {
    /// What is proposed.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// Why it is no fact yet, as a word: `opinion`, `of_part`, `contradicts`.
    pub reason: String,
    /// The same for people.
    pub message: String,
}

/// What a person decided on a proposal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PersonDecision {
    /// What was proposed.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// Whether it is a fact.
    pub accepted: bool,
    /// Who decided.
    pub by: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

impl PersonDecision {
    fn is_on(&self, name: &str, value: &str, unit: &str) -> bool {
        (self.proposal.name.as_str(), self.proposal.value.as_str(), self.proposal.unit.as_str())
            == (name, value, unit)
    }
}

impl DerivedFacts {
    /// What proposals about a product's prose come to, with what people decided before: what one confirmed stays as long as
    /// its words stand there, what one rejected stays rejected.
    #[must_use]
    pub fn new(
        sku: Sku,
        prose: Digest,
        (model, proposed_at): (String, Timestamp),
        resolution: Resolution,
        before: Option<Self>,
        rules: &Acceptance<'_>,
    ) -> Self {
        let (earlier, decisions) =
            before.map_or_else(Default::default, |before| (before.facts, before.decisions));
        let mut facts: Vec<DerivedFact> =
            earlier.into_iter().filter(|fact| fact.by.is_some() && rules.is_usable(fact)).collect();
        let rejected = |name: &str, value: &str, unit: &str| {
            decisions
                .iter()
                .rev()
                .find(|decision| decision.is_on(name, value, unit))
                .is_some_and(|last| !last.accepted)
        };
        for fact in resolution.accepted {
            let known = facts.iter().any(|known| super::names::same(&known.name, &fact.name));
            let (value, unit) = parts(&fact);
            if !known && !rejected(&fact.name, &value, &unit) {
                facts.push(fact);
            }
        }
        let waiting = resolution
            .waiting
            .into_iter()
            .filter(|(proposal, _)| {
                let known = facts.iter().any(|known| super::names::same(&known.name, &proposal.name));
                !known && !rejected(&proposal.name, &proposal.value, &proposal.unit)
            })
            .map(|(proposal, reason)| WaitingProposal::new(proposal, &reason))
            .collect();
        Self { schema: SCHEMA.into(), sku, prose, model, proposed_at, facts, waiting, decisions }
    }

    /// Takes a proposal that waits, or a fact, of that name (and value, where several have it) for a fact on a person's word.
    ///
    /// # Errors
    /// A text for the person: nothing waits under that name, or the rules forbid it.
    pub fn accept(
        &mut self,
        (name, value): (&str, Option<&str>),
        (by, at): (&str, Timestamp),
        rules: &Acceptance<'_>,
    ) -> Result<DerivedFact, String> {
        let proposal = self.named(name, value)?;
        let fact = rules.confirm(&proposal, by).map_err(|reason| reason.to_string())?;
        self.facts.retain(|known| !super::names::same(&known.name, &fact.name));
        self.facts.push(fact.clone());
        self.decide(proposal, true, by, at);
        Ok(fact)
    }

    /// Rejects a proposal that waits, or a fact, likewise: it is not proposed again.
    ///
    /// # Errors
    /// A text for the person: there is none under that name.
    pub fn reject(
        &mut self,
        (name, value): (&str, Option<&str>),
        (by, at): (&str, Timestamp),
    ) -> Result<Proposal, String> {
        let proposal = self.named(name, value)?;
        self.facts.retain(|known| known.name != proposal.name);
        self.decide(proposal.clone(), false, by, at);
        Ok(proposal)
    }

    fn decide(&mut self, proposal: Proposal, accepted: bool, by: &str, at: Timestamp) {
        self.waiting.retain(|waiting| waiting.proposal != proposal);
        self.decisions.push(PersonDecision { proposal, accepted, by: by.to_owned(), at });
        let over = self.decisions.len().saturating_sub(DECISIONS_MAX);
        self.decisions.drain(..over);
    }

    /// The one proposal, or fact, of a name.
    fn named(&self, name: &str, value: Option<&str>) -> Result<Proposal, String> {
        let is = |proposal: &Proposal| {
            proposal.name == name && value.is_none_or(|value| proposal.value.eq_ignore_ascii_case(value))
        };
        let waiting = self.waiting.iter().map(|waiting| waiting.proposal.clone());
        let facts = self.facts.iter().map(|fact| {
            let (value, unit) = parts(fact);
            Proposal { name: fact.name.clone(), value, unit, quote: fact.quote.clone(), from: fact.from }
        });
        let found: Vec<Proposal> = waiting.chain(facts).filter(is).collect();
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(format!("nothing of {} is proposed as {name:?}", self.sku)),
            several => {
                let values: Vec<String> =
                    several.iter().map(|proposal| format!("{:?}", proposal.value)).collect();
                Err(format!(
                    "{name:?} is proposed with several values; name one with --value: {}",
                    values.join(", ")
                ))
            }
        }
    }
}

impl WaitingProposal {
    fn new(proposal: Proposal, reason: &Reason) -> Self {
        Self { proposal, reason: reason.code().to_owned(), message: reason.to_string() }
    }
}

/// Value and unit of a fact, as proposals write them.
fn parts(fact: &DerivedFact) -> (String, String) {
    match &fact.value {
        crate::product::Value::Quantity { value, unit } => (value.to_string(), unit.clone()),
        value => (value.to_string(), String::new()),
    }
}
