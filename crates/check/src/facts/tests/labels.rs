//! What shoppers call an attribute names it as its own name does.

use serde_json::{Value, json};

use super::*;

fn bag() -> Value {
    json!({
        "title": "Reisetasche", "features_bags": ["abschließbar", "gepolstert"], "material": "Baumwolle",
        "dim_1": "75 cm", "dim_2": "40 cm", "grade_x": "A",
        ":labels": { "features_bags": "Ausstattung", "material": "Obermaterial", "dim_1": "Breite", "dim_2": "Höhe", "grade_x": "Klasse" }
    })
}

#[test]
fn a_text_that_says_a_value_under_its_label_is_supported_and_one_that_says_another_is_not() {
    passes(
        &bag(),
        "de",
        &[
            "Ausstattung: abschließbar, gepolstert.",
            "Die Reisetasche ist aus Baumwolle.",
            "Die Klasse ist A.",
            "Die Reisetasche ist 75 cm breit und 40 cm hoch.",
        ],
    );
    holds(
        &bag(),
        "de",
        &["Die Klasse ist B.", "Die Reisetasche ist aus Leder.", "Die Reisetasche ist 40 cm breit."],
    );
    // Without labels nobody knows which of the two is the width.
    let mut unnamed = bag();
    unnamed.as_object_mut().unwrap().remove(":labels");
    passes(&unnamed, "de", &["Die Reisetasche ist 40 cm breit."]);
}

#[test]
fn what_stands_behind_a_label_in_another_language_than_the_values_is_not_compared_with_them() {
    let english = json!({
        "title": "Joust Duffle Bag", "style_bags": ["Luggage", "Duffel", "Exercise"],
        "features_bags": ["Waterproof", "TSA Approved", "Lockable"], "activity": ["Gym", "Travel", "Overnight"],
        ":labels": { "style_bags": "Style" }
    });
    passes(&english, "fr", &["Style : bagage, sac de voyage et exercice."]);
    holds(&english, "en", &["Style: messenger, hatbox."]);
}

#[test]
fn a_label_says_what_a_value_is_of_and_whether_it_denies_it() {
    let lining =
        json!({ "title": "Bag", "m1": "leather", "m2": "cotton", ":labels": { "m2": "Lining material" } });
    passes(&lining, "en", &["The lining is made of cotton."]);
    holds(&lining, "en", &["The bag is made of cotton."]);
    let free = json!({ "title": "Bread", "x1": "gluten", ":labels": { "x1": "Free from" } });
    passes(&free, "en", &["This bread is free from gluten."]);
    holds(&free, "en", &["This bread contains gluten."]);
}

#[test]
fn a_writer_may_cite_a_label_that_one_attribute_alone_has() {
    let facts = facts(&json!({
        "features_bags": "x", "m1": "y", "m2": "z", ":labels": { "features_bags": "Ausstattung", "m1": "Stoff", "m2": "Stoff" }
    }));
    let sheet = FactSheet::of(&facts);
    assert_eq!(sheet.place("ausstattung"), sheet.place("features_bags"));
    assert!(sheet.place("features_bags").is_some() && sheet.place("m2").is_some());
    assert_eq!((sheet.place("Stoff"), sheet.place("Farbe")), (None, None));
}
