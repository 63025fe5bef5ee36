//! Texts in another language than the facts: what can be compared is, and the rest is said to be not checkable.

use super::*;

/// A cup whose facts are in English.
fn cup() -> Value {
    json!({
        "material": "stoneware", "capacity": "300 ml", "colour": "grey", "glaze": "matt",
        "origin": "hand-thrown in a small workshop"
    })
}

/// What cannot be looked up in a text.
fn not_checkable(language: &str, text: &str) -> Vec<String> {
    told(&cup(), language, text, |statement| {
        (statement.decision == Decision::NotCheckable)
            .then(|| text[statement.start..statement.end].to_owned())
    })
}

#[test]
fn terms_and_numbers_are_compared_across_languages() {
    check(
        &cup(),
        "de",
        "Die Tasse aus Porzellan fasst 500 ml.",
        &["contradicted Porzellan", "contradicted 500 ml"],
    );
    passes(&cup(), "de", &["Die Tasse aus Steinzeug fasst 300 ml."]);
    check(
        &cup(),
        "fr",
        "La tasse en porcelaine contient 500 ml.",
        &["contradicted porcelaine", "contradicted 500 ml"],
    );
    passes(&cup(), "fr", &["La tasse en grès contient 300 ml."]);
}

#[test]
fn open_predicates_of_another_language_are_not_checkable() {
    assert_eq!(not_checkable("de", "Die Tasse wurde im Ofen gebrannt."), ["gebrannt"]);
    assert_eq!(not_checkable("en", "A cup of stoneware."), [""; 0]);
}

#[test]
fn a_language_without_a_file_is_read_by_the_words_of_all() {
    passes(&cup(), "xx", &["Stoneware, 300 ml."]);
    check(&cup(), "xx", "Porcelain, 500 ml.", &["contradicted Porcelain", "contradicted 500 ml"]);
}
