//! Which statements stay where some overlap, and what a reading sums up.

use super::super::reading::without_overlaps;
use super::*;
use crate::content::StatementKind;

fn statement(start: usize, end: usize, kind: StatementKind, decision: Decision) -> Statement {
    let (part, denied, modality) = (None, false, Modality::Asserted);
    Statement { start, end, kind, part, denied, modality, decision, message: String::new() }
}

/// The kinds that stay, in the order of the text.
fn kept(found: Vec<Statement>) -> Vec<StatementKind> {
    without_overlaps(found).iter().map(|statement| statement.kind).collect()
}

#[test]
fn what_is_refuted_goes_before_what_is_merely_not_stated() {
    let found = vec![
        statement(0, 20, StatementKind::Predicate, Decision::NotStated),
        statement(5, 10, StatementKind::Material, Decision::Refuted(0)),
    ];
    assert_eq!(kept(found), [StatementKind::Material]);
}

#[test]
fn what_one_slot_finds_supported_another_need_not_state() {
    let found = vec![
        statement(0, 5, StatementKind::Country, Decision::NotStated),
        statement(0, 5, StatementKind::Material, Decision::Supported(1)),
    ];
    assert_eq!(kept(found), [StatementKind::Material]);
}

#[test]
fn what_does_not_overlap_stays_in_the_order_of_the_text() {
    let found = vec![
        statement(30, 40, StatementKind::Colour, Decision::Refuted(0)),
        statement(10, 20, StatementKind::Praise, Decision::NotStated),
        statement(20, 30, StatementKind::Predicate, Decision::NotStated),
        statement(0, 10, StatementKind::Number, Decision::Supported(2)),
    ];
    let expected =
        [StatementKind::Number, StatementKind::Praise, StatementKind::Predicate, StatementKind::Colour];
    assert_eq!(kept(found), expected);
    assert_eq!(kept(Vec::new()), []);
}

#[test]
fn an_attribute_supports_a_place_once() {
    let facts = facts(&json!({ "material": "oak", "colour": "black" }));
    let sheet = FactSheet::of(&facts);
    let text = "Oak, oak and oak. Black.";
    let reading = read(sheet, text, Some("en"));
    let names = |start, end| -> Vec<&str> {
        reading.supported_by(start, end).into_iter().map(|attribute| sheet.name(attribute)).collect()
    };
    assert_eq!(names(0, 17), ["material"]);
    assert_eq!(names(18, text.len()), ["colour"]);
    assert_eq!(names(4, 4), [""; 0]);
}

#[test]
fn suspicion_grows_with_what_is_refuted_and_with_new_words() {
    let facts = facts(&json!({ "material": "oak", "colour": "black" }));
    let of = |text: &str| read(FactSheet::of(&facts), text, Some("en")).suspicion();
    assert!(of("") < f64::EPSILON);
    assert!(of("Black oak.") < of("Sleek black oak."));
    assert!(of("Sleek black oak.") < of("Black oak, tested by wizards."));
    assert!(of("Black oak, tested by wizards.") < of("White beech."));
}
