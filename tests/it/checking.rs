//! `skuscribe check` and `skuscribe eval`: the checks alone, from the command line.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::harness::unique;

fn skuscribe(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_skuscribe")).env_clear().args(arguments).output().unwrap()
}

fn line(id: &str, text: &str, label: &str) -> String {
    let facts = json!({ "material": "cotton", "weight": "205 g", "NFC": "No", "waterproof": false });
    json!({ "id": id, "facts": facts, "text": text, "label": label, "locale": "en" }).to_string()
}

#[test]
fn a_byte_order_mark_and_bytes_that_are_no_text_cost_no_other_line() {
    let file = std::env::temp_dir().join(format!("{}.jsonl", unique("skuscribe-check")));
    let good = line("good", "A cotton case of 205 g.", "supported");
    let bytes = [b"\xef\xbb\xbf", good.as_bytes(), b"\r\n{\"text\": \"\xff\"}\n", good.as_bytes()].concat();
    std::fs::write(&file, bytes).unwrap();
    let output = skuscribe(&["check", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("line 2: ") && said.contains("2 texts, 0 would be held, 1 lines refused"),
        "{said}"
    );
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn texts_of_others_are_checked_against_their_facts_line_by_line() {
    let file = std::env::temp_dir().join(format!("{}.jsonl", unique("skuscribe-check")));
    let lines = [
        line("good", "A cotton case of 205 g.", "supported"),
        line("bad", "A waterproof leather case of 250 g.", "unsupported"),
        "{\"text\": \"no facts\"}".to_owned(),
        line("denied", "It has no NFC.", "supported"),
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let path = file.to_str().unwrap();
    let output = skuscribe(&["check", path]);
    assert!(!output.status.success(), "a line that is none makes the command fail");
    let refused = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(refused.contains("line 3") && refused.contains("missing field `facts`"), "{refused}");
    let found: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let held: Vec<(u64, bool)> =
        found.iter().map(|line| (line["line"].as_u64().unwrap(), line["held"].as_bool().unwrap())).collect();
    assert_eq!(held, [(1, false), (2, true), (4, false)]);
    let places: Vec<String> = found[1]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            format!(
                "{} {}..{}",
                finding["rule"].as_str().unwrap(),
                finding["span"]["start"],
                finding["span"]["end"]
            )
        })
        .collect();
    assert_eq!(
        places,
        ["facts.contradicted 2..12", "facts.contradicted 13..20", "facts.contradicted 29..34"],
        "waterproof, leather, 250 g"
    );
    let report = skuscribe(&["check", path, "--report"]);
    let report = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(
        report.contains("line 2 (bad)") && report.contains("[leather]") && report.contains("nothing found"),
        "{report}"
    );
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn the_checks_are_measured_on_what_people_labelled() {
    let folder = std::env::temp_dir().join(unique("skuscribe-eval"));
    std::fs::create_dir_all(&folder).unwrap();
    let lines: Vec<String> = (0..20)
        .map(|number| match number % 4 {
            0 => line("a", "Made of wool.", "unsupported"),
            1 => line("b", "A very nice case.", "unsupported"),
            _ => line("c", "Made of cotton.", "supported"),
        })
        .collect();
    std::fs::write(folder.join("set.jsonl"), lines.join("\n")).unwrap();
    std::fs::write(folder.join("other.jsonl"), "{\"question\": \"?\"}\n").unwrap();
    let output = skuscribe(&["eval", folder.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let row = text.lines().find(|line| line.contains("unsupported, held")).unwrap();
    // Half of those that are wanting are caught, and no other one is.
    assert!(row.contains("0.750") && row.contains(" 0.500 ") && row.contains(" 1.000 "), "{row}");
    assert!(!text.contains("other.jsonl"), "{text}");
    std::fs::remove_dir_all(&folder).unwrap();
    let nothing = skuscribe(&["eval", "/nowhere"]);
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("/nowhere"));
}

#[test]
fn mutants_of_true_copy_are_caught_and_true_copy_is_not() {
    let folder = std::env::temp_dir().join(unique("skuscribe-mutants"));
    std::fs::create_dir_all(&folder).unwrap();
    let product = json!({
        "sku": "A1", "title": "Trail Jacket", "attributes": { "material": "Nylon", "weight": "320 g", "waterproof": false, "pockets": 3 }
    });
    std::fs::write(folder.join("catalog.jsonl"), format!("{product}\n")).unwrap();
    let output = skuscribe(&["eval", "--mutants", folder.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 texts of true copy, 0 held unmutated (0.0 %)"), "{text}");
    for operator in ["number", "unit", "word", "negation", "claim added"] {
        let row = text.lines().find(|line| line.trim_start().starts_with(operator)).unwrap();
        assert!(row.contains("100.0 % caught"), "{text}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn texts_without_labels_are_printed_with_their_verdict() {
    let file = std::env::temp_dir().join(format!("{}.jsonl", unique("skuscribe-verdicts")));
    let text = |text: &str| json!({ "facts": { "material": "cotton" }, "text": text }).to_string();
    std::fs::write(&file, [text("Made of cotton."), text("Made of wool.")].join("\n")).unwrap();
    let output = skuscribe(&["eval", file.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("publish   Made of cotton.") && text.contains("hold      Made of wool."), "{text}");
    std::fs::remove_file(&file).unwrap();
}
