//! What a statement says of itself: slot, part, polarity, what decided it and why.

use super::*;

/// Each statement of an English text: polarity, words, slot, part, and what decided it.
fn explained(attributes: &Value, text: &str) -> Vec<String> {
    let facts = facts(attributes);
    let sheet = FactSheet::of(&facts);
    let reading = read(sheet, text, Some("en"));
    let tell = |statement: &Statement| {
        let denied = if statement.denied { "not " } else { "" };
        let part = statement.part_name().map_or(String::new(), |part| format!(" of the {part}"));
        let by = statement.attribute().map_or("nothing", |attribute| sheet.name(attribute));
        let written = &text[statement.start..statement.end];
        format!("{denied}{written}, {}{part}, by {by}", statement.kind)
    };
    reading.statements.iter().map(tell).collect()
}

#[test]
fn a_statement_names_its_slot_its_part_and_what_decided_it() {
    let watch = json!({ "case material": "stainless steel", "band": "silicone strap", "NFC": "No" });
    assert_eq!(
        explained(&watch, "A stainless steel case with a leather strap, without NFC."),
        [
            "stainless steel, material of the case, by case material",
            "leather, material of the strap, by band",
            "not NFC, feature, by NFC"
        ]
    );
    assert_eq!(explained(&watch, "Flame resistant."), ["Flame resistant, certification, by nothing"]);
}

#[test]
fn a_message_says_what_an_attribute_says_instead() {
    let bag = json!({ "material": "leather", "waterproof": "no", "radio": "yes" });
    let message = |text: &str| told(&bag, "en", text, |statement| Some(statement.message.clone()));
    assert_eq!(
        message("Made of cotton."),
        ["no attribute states the material \"cotton\"; material states leather"]
    );
    assert_eq!(message("It is waterproof."), ["the text claims \"waterproof\", which waterproof: no denies"]);
    assert_eq!(message("It has no radio."), ["the text denies \"radio\", which radio: yes affirms"]);
    assert_eq!(message("It repels mosquitoes."), ["no attribute states \"repels mosquitoes\""]);
}

#[test]
fn a_long_value_is_shown_by_its_beginning() {
    let coat = json!({ "waterproof": format!("no, {}", "ä".repeat(500)) });
    let messages = told(&coat, "en", "It is waterproof.", |statement| Some(statement.message.clone()));
    assert_eq!(messages.len(), 1);
    assert!(messages[0].chars().count() < 150, "{}", messages[0]);
}

#[test]
fn findings_count_characters_and_not_bytes() {
    let facts = facts(&json!({ "material": "leather" }));
    let sheet = FactSheet::of(&facts);
    let text = "Größe zählt: äöü aus Baumwolle.";
    let reading = read(sheet, text, Some("de"));
    let policy = crate::config::TestConfig::defaults().unwrap().check;
    let findings = findings(sheet, text, &reading, &policy, Statement::is_refuted);
    let spans: Vec<_> = findings.iter().map(|finding| finding.span.unwrap()).collect();
    let start = text.chars().position(|c| c == 'B').unwrap();
    assert_eq!(spans, [Span { start, end: start + "Baumwolle".len() }]);
    assert_eq!(findings[0].evidence, ["material"]);
    assert_eq!(findings[0].rule, "facts.contradicted");
}
