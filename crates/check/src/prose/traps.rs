//! Sentences that say the opposite of what a careless reader takes from them, kind by kind.

use super::*;
use crate::internal::InternalNames;
use crate::product::Product;

const KINDS: &str = include_str!("../../../../tests/prose/traps.jsonl");

/// Of what is so, so much has to be accepted.
const RECALL_MIN: f64 = 0.9;

#[derive(serde::Deserialize)]
struct Trap {
    kind: String,
    language: String,
    title: String,
    description: String,
    proposal: Proposal,
    says: bool,
}

fn traps() -> Vec<Trap> {
    KINDS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn decided(trap: &Trap) -> Decision {
    let mut product = Product::bare("A1".parse().unwrap());
    product.title = Some(trap.title.clone());
    product.description = Some(trap.description.clone());
    let (prose, names) = (Prose::of(&product), AttributeNames::default());
    let internal = InternalNames::built_in().unwrap();
    Acceptance::new(&product, &prose, &names, &internal, &trap.language).decide(&trap.proposal)
}

/// No trap of a kind is accepted, and there are some.
fn none_is_a_fact(kind: &str) {
    let all = traps();
    let of_kind: Vec<&Trap> = all.iter().filter(|trap| trap.kind == kind && !trap.says).collect();
    assert!(!of_kind.is_empty(), "{kind}");
    let wrong: Vec<String> = of_kind
        .iter()
        .filter(|trap| matches!(decided(trap), Decision::Accepted(_)))
        .map(|trap| format!("{} ({}): {}", trap.description, trap.proposal.quote, trap.proposal.value))
        .collect();
    assert!(wrong.is_empty(), "{kind}:\n{}", wrong.join("\n"));
}

#[test]
fn an_answer_or_denial_behind_the_quoted_words_counts() {
    none_is_a_fact("answered behind");
}

#[test]
fn what_was_will_be_is_wished_or_meant_otherwise_is_no_fact() {
    none_is_a_fact("past, future, wish, irony");
}

#[test]
fn the_words_of_others_in_a_description_are_no_facts() {
    none_is_a_fact("words of others");
}

#[test]
fn a_measure_of_a_person_or_another_thing_is_none_of_the_product() {
    none_is_a_fact("another thing measured");
}

#[test]
fn what_stands_under_a_heading_of_something_else_is_not_said_of_the_product() {
    none_is_a_fact("headings and labels");
}

#[test]
fn a_difference_or_the_measure_of_one_state_is_no_fact() {
    none_is_a_fact("comparisons and conditions");
}

#[test]
fn one_of_several_numbers_is_no_fact() {
    none_is_a_fact("one of several");
}

#[test]
fn what_only_the_title_says_or_its_noun_leaves_open_is_no_fact() {
    none_is_a_fact("titles and nouns");
}

#[test]
fn what_is_struck_out_hidden_or_beside_instructions_is_no_fact() {
    none_is_a_fact("struck out, hidden, instructed");
}

#[test]
fn short_units_are_read_as_long_ones_are_and_no_word_is_one() {
    none_is_a_fact("short units");
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "there are a few hundred")]
fn of_what_is_so_among_the_traps_most_is_accepted() {
    let all = traps();
    let so: Vec<&Trap> = all.iter().filter(|trap| trap.says).collect();
    let mut missed = String::new();
    for trap in &so {
        let decision = decided(trap);
        if !matches!(decision, Decision::Accepted(_)) {
            missed.push_str(&format!("{}: {decision:?}\n", trap.description));
        }
    }
    let found = so.len() - missed.lines().count();
    println!("traps: {} proposals, {} so, {found} accepted\n{missed}", all.len(), so.len());
    assert!(found as f64 >= RECALL_MIN * so.len() as f64, "{missed}");
}
