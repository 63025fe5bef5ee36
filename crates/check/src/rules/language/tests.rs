//! Short sentences of six languages, each against each; names, mixed texts, the scripts of Chinese.

use serde_json::{Value, json};

use super::*;
use crate::config::TestConfig;
use crate::product::Product;

const SENTENCES: &[(&str, &str)] = &[
    ("en", include_str!("../../../../../tests/languages/en.txt")),
    ("de", include_str!("../../../../../tests/languages/de.txt")),
    ("fr", include_str!("../../../../../tests/languages/fr.txt")),
    ("es", include_str!("../../../../../tests/languages/es.txt")),
    ("zh", include_str!("../../../../../tests/languages/zh.txt")),
    ("ja", include_str!("../../../../../tests/languages/ja.txt")),
];

/// Rules and places of what is found in a text about a product.
fn found(product: &Value, locale: &str, text: &str) -> Vec<String> {
    let product: Product = serde_json::from_value(product.clone()).unwrap();
    let facts = Facts::select(&product, |_| true);
    let locale: Locale = locale.parse().unwrap();
    let policy = TestConfig::defaults().unwrap().check;
    let of_text = findings(&facts, text, locale.language(), Some(&locale), &policy);
    let characters: Vec<char> = text.chars().collect();
    let part = |span: Span| characters[span.start..span.end].iter().collect::<String>();
    of_text.iter().map(|finding| format!("{}: {}", finding.rule, part(finding.span.unwrap()))).collect()
}

fn mug() -> Value {
    json!({
        "sku": "A", "title": "Acme Ceramic Mug 300 ml", "brand": "Acme",
        "attributes": { "material": "ceramic", "volume": "300 ml" }
    })
}

fn check(locale: &str, text: &str, expected: &[&str]) {
    assert_eq!(found(&mug(), locale, text), expected, "{locale}: {text}");
}

#[test]
fn a_true_sentence_of_six_languages_is_never_one_of_another_however_short() {
    let mut count = 0;
    for (language, list) in SENTENCES {
        for sentence in list.lines() {
            count += 1;
            assert_eq!(found(&mug(), language, sentence), [""; 0], "{language}: {sentence}");
        }
    }
    assert!(count >= 300, "{count}");
}

#[test]
fn of_foreign_sentences_of_five_words_at_least_19_of_20_are_found() {
    let (mut all, mut missed) = (0, Vec::new());
    for (language, list) in SENTENCES {
        for (other, _) in SENTENCES.iter().filter(|(other, _)| other != language) {
            for sentence in list.lines() {
                let letters = Letters::of(sentence);
                let is_long =
                    sentence.split_whitespace().count() >= 5 && letters.latin >= 12 || letters.cjk() >= 8;
                if !is_long || sentence.starts_with("Acme") || sentence.starts_with("ThinkPad") {
                    continue;
                }
                all += 1;
                if found(&mug(), other, sentence).is_empty() {
                    missed.push(format!("{other}: {sentence}"));
                }
            }
        }
    }
    assert!(all >= 600, "{all}");
    assert!(missed.len() * 20 <= all, "{} of {all} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_foreign_sentence_is_found_within_a_text_of_the_right_language() {
    check(
        "en-US",
        "The mug holds 300 ml. La tasse est en céramique.",
        &["language.sentence: La tasse est en céramique."],
    );
    check("de-DE", "Die Tasse ist aus Keramik. It holds 300 ml.", &["language.sentence: It holds 300 ml."]);
    check("zh-CN", "这款杯子采用陶瓷。It holds 300 ml.", &["language.sentence: It holds 300 ml."]);
    check("ja-JP", "陶器製です。这款杯子采用陶瓷。", &["language.sentence: 这款杯子采用陶瓷。"]);
    check("zh-CN", "このカップは陶器製です。", &["language.sentence: このカップは陶器製です。"]);
    check("en-US", "The mug holds 300 ml. Кружка из керамики.", &["language.sentence: Кружка из керамики."]);
    check("en-US", "The mug holds 300 ml. 这款杯子采用陶瓷。", &["language.sentence: 这款杯子采用陶瓷。"]);
    check(
        "de-DE",
        "Die Tasse holds 300 ml and is made of clay.",
        &["language.sentence: Die Tasse holds 300 ml and is made of clay."],
    );
}

#[test]
fn names_and_loan_words_are_of_no_language() {
    for (locale, text) in [
        ("de-DE", "Der Coffee-to-go-Becher mit Plug-and-Play ist ein Allrounder für unterwegs."),
        ("en-US", "Crème brûlée is served à la carte."),
        ("en-US", "The feng shui bowl (碗) is ceramic."),
        ("fr-FR", "Le sac « The North Face » est étanche."),
        ("es-ES", "El modelo Game of Thrones es de edición limitada."),
        ("ja-JP", "Acmeのマグカップ「Made in Japan」です。"),
        ("zh-CN", "Acme品牌の马克杯，支持Plug and Play。"),
        ("en-US", "The Greek letters α, β and γ are printed on it."),
    ] {
        check(locale, text, &[]);
    }
    let wine = json!({
        "sku": "W", "title": "Château Margaux Premier Grand Cru Classé", "brand": "Maison de la Tour",
        "attributes": { "region": "Bordeaux, Médoc", "scent": "Fleur d'oranger de la mer" }
    });
    for text in [
        "Château Margaux Premier Grand Cru Classé is a wine.",
        "Château Margaux Premier Grand Cru Classé",
        "Maison de la Tour.",
        "It smells of Fleur d'oranger de la mer.",
    ] {
        assert_eq!(found(&wine, "en-US", text), [""; 0], "{text}");
    }
    let french = "Maison de la Tour est une marque qui plaît.";
    assert_eq!(found(&wine, "en-US", french), [format!("language.sentence: {french}")]);
}

#[test]
fn chinese_is_written_in_the_script_of_its_region() {
    let simplified = "这款杯子采用陶瓷材质。";
    let traditional = "這款杯子採用陶瓷材質。";
    check("zh-CN", simplified, &[]);
    check("zh-SG", simplified, &[]);
    check("zh", simplified, &[]);
    check("zh-TW", traditional, &[]);
    check("zh-Hant", traditional, &[]);
    check("zh-TW", simplified, &["language.script: 这"]);
    check("zh-HK", simplified, &["language.script: 这"]);
    check("zh-CN", traditional, &["language.script: 這"]);
    check("zh-Hans-TW", traditional, &["language.script: 這"]);
    // Characters that both write, and a name in the other script.
    check("zh-TW", "陶瓷杯子，容量大。", &[]);
    let book = json!({ "sku": "B", "title": "紅樓夢", "brand": "誠品" });
    assert_eq!(found(&book, "zh-CN", "《紅樓夢》由誠品出版，共三册。"), [""; 0]);
}

#[test]
fn languages_of_whole_texts_are_distinguished_and_short_texts_are_left_alone() {
    let check = |text: &str, expected: Option<&str>| assert_eq!(whole_seen(text), expected, "{text}");
    check(
        "This mug holds 300 ml and is made of stoneware. It is safe for the dishwasher and the microwave.",
        Some("en"),
    );
    check(
        "Diese Tasse fasst 300 ml und ist aus Steinzeug. Sie ist für die Spülmaschine und die Mikrowelle geeignet.",
        Some("de"),
    );
    check(
        "Cette tasse contient 300 ml et elle est en grès. Elle passe au lave-vaisselle et au four à micro-ondes.",
        Some("fr"),
    );
    check(
        "Esta taza tiene una capacidad de 300 ml y está hecha de gres. Es apta para el lavavajillas y el microondas.",
        Some("es"),
    );
    check("这款马克杯容量为300毫升，采用粗陶制成，可放入洗碗机和微波炉。", Some("zh"));
    check(
        "このマグカップの容量は300mlで、せっ器製です。食器洗い機と電子レンジに対応しています。",
        Some("ja"),
    );
    check("Mug 300 ml", None);
}

#[test]
fn the_lists_of_languages_and_characters_are_there() {
    for (language, _) in SENTENCES.iter().filter(|(language, _)| !matches!(*language, "zh" | "ja")) {
        assert!(LANGUAGES.place(language).is_some(), "{language}");
    }
    assert!(HanScript::Simplified.fault("這個").is_some());
}
