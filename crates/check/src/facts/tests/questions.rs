//! Questions: what they take for granted, what they ask, and the questions of a FAQ.

use super::*;

fn bottle() -> Value {
    json!({ "material": "aluminium", "waterproof": "no", "weight": "320 g" })
}

#[test]
fn a_question_takes_for_granted_what_it_says() {
    check(&bottle(), "en", "Who would not want a titanium bottle?", &["contradicted titanium"]);
    check(&bottle(), "en", "Why is the titanium so light?", &["contradicted titanium"]);
    check(&bottle(), "en", "Why does it weigh 500 g?", &["contradicted 500 g"]);
    check(&bottle(), "en", "Why is it waterproof?", &["contradicted waterproof"]);
    check(&bottle(), "de", "Wer möchte keine Flasche aus Titan?", &["contradicted Titan"]);
    check(&bottle(), "de", "Warum ist das Titan so leicht?", &["contradicted Titan"]);
    holds(&bottle(), "fr", &["Pourquoi le titane est-il si léger ?"]);
    holds(
        &bottle(),
        "es",
        &["¿Por qué es tan ligero el titanio?", "¿Quién no querría una botella de titanio?"],
    );
    holds(&bottle(), "zh", &["为什么钛这么轻？"]);
    holds(&bottle(), "ja", &["なぜチタンはこんなに軽いのですか？"]);
}

/// How the statements of a text that the facts refute are made.
fn modalities(language: &str, text: &str) -> Vec<String> {
    told(&bottle(), language, text, |statement| {
        statement.is_refuted().then(|| format!("{:?}", statement.modality))
    })
}

#[test]
fn a_question_with_a_word_that_asks_presupposes_and_another_one_asks() {
    for (language, asks, presupposes) in [
        ("en", "Is it waterproof?", "Why is it waterproof?"),
        ("de", "Ist sie wasserdicht?", "Warum ist sie wasserdicht?"),
        ("fr", "Est-elle étanche ?", "Pourquoi est-elle étanche ?"),
        ("es", "¿Es impermeable?", "¿Por qué es impermeable?"),
        ("ja", "防水ですか？", "なぜ防水ですか？"),
    ] {
        assert_eq!(modalities(language, asks), ["Asked"], "{asks}");
        assert_eq!(modalities(language, presupposes), ["Presupposed"], "{presupposes}");
    }
    assert_eq!(modalities("en", "It is waterproof."), ["Asserted"]);
    assert_eq!(modalities("en", "Is it light? It is waterproof."), ["Asserted"]);
}
