//! Superlatives, comparisons, warranties, benefits, and what a thing is good for, works with or comes with.

use super::*;

fn bottle() -> Value {
    json!({ "material": "steel", "capacity": "750 ml", "type": "bottle", "fits": "cup holders", "use": "hiking" })
}

#[test]
fn superlatives_are_held_unless_an_attribute_has_the_words() {
    for (language, text, superlative) in [
        ("en", "The best bottle.", "best"),
        ("en", "The lightest bottle in the world.", "lightest"),
        ("de", "Die beste Flasche.", "beste"),
        ("fr", "La meilleure gourde.", "meilleure"),
        ("es", "La mejor botella.", "mejor"),
        ("zh", "最好的水瓶。", "最好的"),
        ("ja", "最高のボトルです。", "最高"),
    ] {
        check(&bottle(), language, text, &[&format!("unsupported {superlative}")]);
    }
    let coffee = json!({ "slogan": "the best coffee", "best before": "2026" });
    passes(&coffee, "en", &["The best coffee.", "Best before 2026."]);
}

#[test]
fn comparisons_with_other_things_are_held() {
    check(&bottle(), "en", "Lighter than any other bottle.", &["unsupported Lighter than any"]);
    check(&bottle(), "de", "Besser als jede andere.", &["unsupported Besser als jede"]);
    holds(&bottle(), "en", &["Better than plastic."]);
    holds(&bottle(), "de", &["Leichter als Glas."]);
    holds(&bottle(), "fr", &["Plus léger que l'aluminium."]);
    holds(&bottle(), "es", &["Más ligera que el aluminio."]);
    holds(&bottle(), "zh", &["比玻璃更轻。"]);
    holds(&bottle(), "ja", &["ガラスより軽いです。"]);
}

#[test]
fn more_than_a_number_or_than_just_a_thing_compares_with_nothing() {
    passes(&bottle(), "en", &["More than just a bottle.", "It holds more than you think."]);
    passes(&json!({ "capacity": "more than 500 ml" }), "en", &["It holds more than 500 ml."]);
}

#[test]
fn a_warranty_must_be_stated_with_its_length() {
    let fan = json!({ "warranty": "2 years" });
    for (language, right, wrong, length) in [
        ("en", "It comes with a two-year warranty.", "It comes with a three-year warranty.", "three-year"),
        ("de", "Mit zwei Jahren Garantie.", "Mit drei Jahren Garantie.", "drei Jahren"),
        ("fr", "Garantie deux ans.", "Garantie trois ans.", "trois ans"),
        ("es", "Garantía de dos años.", "Garantía de tres años.", "tres años"),
        ("zh", "保修两年。", "保修三年。", "三年"),
        ("ja", "2年保証。", "3年保証。", "3年"),
    ] {
        passes(&fan, language, &[right]);
        check(&fan, language, wrong, &[&format!("contradicted {length}")]);
        holds(&bottle(), language, &[right]);
    }
    passes(&fan, "en", &["Guaranteed for 2 years."]);
    let used = json!({ "warranty": "none" });
    check(&used, "en", "It comes with a warranty.", &["contradicted warranty"]);
    passes(&used, "en", &["It comes without a warranty."]);
}

#[test]
fn what_a_thing_is_good_for_must_be_stated_unless_it_says_nothing() {
    passes(&bottle(), "en", &["Ideal for hiking.", "Perfect for everyone.", "Compatible with cup holders."]);
    check(&bottle(), "en", "Ideal for diving.", &["unsupported Ideal for diving"]);
    check(&bottle(), "en", "Compatible with every iPhone.", &["unsupported Compatible with every iPhone"]);
    holds(&bottle(), "de", &["Kompatibel mit jedem iPhone."]);
    passes(&bottle(), "en", &["In the box: a bottle."]);
    holds(&bottle(), "en", &["In the box: a sponge.", "It boosts your immune system."]);
}
