//! Values that say yes, no or nothing, in every language and sign.

use super::*;

#[test]
fn yes_affirms_what_the_name_says() {
    let spellings = ["yes", "Y", "TRUE", "ja", "oui", "sí", "是", "はい", "✓", "1"].map(Value::from);
    for yes in spellings.into_iter().chain([json!(true), json!(1)]) {
        let jacket = json!({ "waterproof": yes });
        passes(&jacket, "en", &["It is waterproof."]);
        check(&jacket, "en", "It is not waterproof.", &["contradicted waterproof"]);
    }
}

#[test]
fn no_denies_what_the_name_says() {
    let spellings = [
        "no",
        "N",
        "No.",
        "0",
        "nein",
        "non",
        "否",
        "無",
        "无",
        "なし",
        "いいえ",
        "✗",
        "×",
        "nicht vorhanden",
        "not available",
    ]
    .map(Value::from);
    for no in spellings.into_iter().chain([json!(false), json!(0)]) {
        let jacket = json!({ "waterproof": no });
        check(&jacket, "en", "It is waterproof.", &["contradicted waterproof"]);
        passes(&jacket, "en", &["It is not waterproof."]);
    }
}

#[test]
fn a_placeholder_says_nothing() {
    for nothing in [
        "N/A",
        "-",
        "–",
        "null",
        "unknown",
        "k. A.",
        "unbekannt",
        "inconnu",
        "desconocido",
        "不详",
        "不明",
        "",
        "   ",
        "???",
    ] {
        let jacket = json!({ "waterproof": nothing });
        check(&jacket, "en", "It is waterproof.", &["unsupported waterproof"]);
    }
}

#[test]
fn one_and_zero_are_quantities_where_the_name_measures_something() {
    passes(&json!({ "weight": "1", "unit": "kg" }), "en", &["It weighs 1 kg."]);
    passes(&json!({ "number of doors": "0" }), "en", &["It has 0 doors."]);
    check(&json!({ "doors": "0" }), "en", "It has doors.", &["contradicted doors"]);
}
