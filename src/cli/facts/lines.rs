//! Proposed and derived facts as lines for people, and as JSON.

use serde_json::json;
use skuscribe_check::product::{DerivedFact, Product, Sku};
use skuscribe_check::prose::Proposal;

use crate::cli::terminal::{cut, printable};
use crate::pipeline::ProposedFacts;

/// Most characters of a quote on a line.
const SHOWN_CHARS_MAX: usize = 120;

pub(super) fn as_json(sku: &Sku, proposed: &ProposedFacts) -> serde_json::Value {
    let reasoned = |list: &[(Proposal, skuscribe_check::prose::Reason)]| {
        let entries = list.iter().map(|(proposal, reason)| {
            json!({ "proposal": proposal, "reason": reason.code(), "message": reason.to_string() })
        });
        entries.collect::<Vec<_>>()
    };
    let resolution = &proposed.resolution;
    json!({
        "sku": sku, "accepted": resolution.accepted, "waiting": reasoned(&resolution.waiting),
        "refused": reasoned(&resolution.refused), "stored": proposed.stored,
    })
}

pub(super) fn print(product: &Product, proposed: &ProposedFacts) {
    println!("{} {}", product.sku, printable(product.title.as_deref().unwrap_or_default()));
    for fact in &proposed.resolution.accepted {
        println!("  fact       {}", fact_line(fact));
    }
    let reasoned = |label: &str, list: &[(Proposal, skuscribe_check::prose::Reason)]| {
        for (proposal, reason) in list {
            println!("  {label:<10} {}: {reason}", proposal_line(proposal));
        }
    };
    reasoned("for you", &proposed.resolution.waiting);
    reasoned("refused", &proposed.resolution.refused);
}

pub(super) fn fact_line(fact: &DerivedFact) -> String {
    let by = fact.by.as_deref().map(|by| format!(", confirmed by {}", printable(by))).unwrap_or_default();
    format!(
        "{} = {}  (\"{}\", {}{by})",
        printable(&fact.name),
        cut(&fact.value.to_string(), SHOWN_CHARS_MAX),
        cut(&fact.quote, SHOWN_CHARS_MAX),
        fact.from
    )
}

pub(super) fn proposal_line(proposal: &Proposal) -> String {
    let value = format!("{} {}", proposal.value, proposal.unit);
    format!(
        "{} = {}  (\"{}\", {})",
        cut(&proposal.name, SHOWN_CHARS_MAX),
        cut(value.trim(), SHOWN_CHARS_MAX),
        cut(&proposal.quote, SHOWN_CHARS_MAX),
        proposal.from
    )
}
