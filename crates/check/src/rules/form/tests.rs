//! What the form of a text may not have, kind by kind, and what honest copy has that looks like it.

use serde_json::{Value, json};

use crate::config::TestConfig;
use crate::product::{Facts, Product};

fn found(product: &Value, language: &str, text: &str) -> Vec<String> {
    let product: Product = serde_json::from_value(product.clone()).unwrap();
    let facts = Facts::select(&product, |_| true);
    let policy = TestConfig::defaults().unwrap().check;
    let mut rules: Vec<String> =
        super::findings(&facts, text, language, &policy).into_iter().map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}

fn mug() -> Value {
    json!({
        "sku": "A", "title": "Ceramic Mug N/A-2 {mini} 🔥", "brand": "Bora Bora",
        "attributes": { "material": "ceramic", "volume": "300 ml", "slogan": "50% more_fun", "colour": "N/A" }
    })
}

/// Every line of a table `language | text` has the kind of fault.
fn has(kind: &str, table: &str) {
    let rule = format!("form.{kind}");
    let missed: Vec<&str> = table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .filter(|line| {
            let (language, text) = line.split_once(" | ").unwrap();
            !found(&mug(), language, &text.replace("\\n", "\n")).contains(&rule)
        })
        .collect();
    assert!(missed.is_empty(), "{kind} missed:\n{}", missed.join("\n"));
}

/// No line of a table has any.
fn passes(table: &str) {
    let wrong: Vec<String> = table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .filter_map(|line| {
            let (language, text) = line.split_once(" | ").unwrap();
            let rules = found(&mug(), language, &text.replace("\\n", "\n"));
            (!rules.is_empty()).then(|| format!("{line}: {rules:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "wrongly found:\n{}", wrong.join("\n"));
}

#[test]
fn marks_of_markdown_are_found() {
    has("markdown", include_str!("../../../../../tests/form/markdown.txt"));
}

#[test]
fn tags_entities_and_pieces_of_programs_are_found() {
    has("html", include_str!("../../../../../tests/form/html.txt"));
}

#[test]
fn placeholders_are_found_in_every_notation() {
    has("placeholder", include_str!("../../../../../tests/form/placeholder.txt"));
}

#[test]
fn labels_of_an_answer_are_found() {
    has("label", include_str!("../../../../../tests/form/label.txt"));
}

#[test]
fn unseen_and_strange_characters_are_found() {
    let odd = [
        '\u{0}',
        '\u{1}',
        '\u{7}',
        '\u{8}',
        '\t',
        '\u{b}',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{9f}',
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{17b4}',
        '\u{180e}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{2029}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2062}',
        '\u{2066}',
        '\u{2069}',
        '\u{206a}',
        '\u{2800}',
        '\u{3164}',
        '\u{378}',
        '\u{e000}',
        '\u{fe00}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff9}',
        '\u{fffc}',
        '\u{fffd}',
        '\u{fffe}',
        '\u{1d5ba}',
        '\u{1d173}',
        '\u{e0001}',
        '\u{e0041}',
        '\u{e0100}',
        '\u{f0000}',
        '\u{10ffff}',
        '\r',
    ];
    for c in odd {
        let rules = found(&mug(), "en", &format!("The mu{c}g is ceramic."));
        assert!(rules.contains(&"form.character".to_owned()), "{c:?}: {rules:?}");
    }
    has(
        "character",
        "en | The m\u{443}g is ceramic.\nen | Z\u{3bf}rbo mug.\nen | The cafÃ© mug.\nen | It’s z\u{300}\u{301}\u{302}\u{303}.",
    );
}

#[test]
fn joiners_and_selectors_pass_where_their_script_or_emoji_needs_them() {
    passes(
        "fa | این کتاب می\u{200c}خواهد باشد.
        hi | क्\u{200d}ष और श्री है।
        ja | 葛\u{e0100}飾区のカップです。
        th | ถ้วย\u{200b}นี้ดี
        he | הספל עשוי קרמיקה\u{200f}.
        en | The mug is ceramic.\\nIt holds 300 ml.\\r\\nIt is light."
            .replace("\\r", "\r")
            .as_str(),
    );
    let family = json!({ "sku": "F", "title": "Mug 👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 1\u{fe0f}\u{20e3}" });
    let text = family["title"].as_str().unwrap();
    assert_eq!(found(&family, "en", text), [""; 0]);
    assert_eq!(found(&mug(), "en", text), ["form.emoji"]);
}

#[test]
fn emoji_are_found_where_the_facts_have_none() {
    has(
        "emoji",
        "en | ✨ Ceramic mug ✨
        en | Ceramic mug ☕
        en | Ceramic mug ✅
        en | Ceramic mug ❤
        en | Ceramic mug 🇩🇪
        en | Ceramic mug :fire:
        en | Ceramic mug ;)",
    );
    passes("en | Ceramic Mug 🔥\nen | Ceramic™ mug® ©\nen | 20 °C → 40 °C\nen | Size 5½ ± 1 × 2");
}

#[test]
fn words_and_sentences_said_twice_are_found() {
    has("doubled", include_str!("../../../../../tests/form/doubled.txt"));
}

#[test]
fn sentences_that_break_off_are_found() {
    has("broken", include_str!("../../../../../tests/form/broken.txt"));
}

#[test]
fn honest_copy_passes() {
    passes(include_str!("../../../../../tests/form/honest.txt"));
}

#[test]
fn a_value_that_is_a_placeholder_as_a_whole_exempts_from_nothing() {
    assert_eq!(found(&mug(), "en", "The colour is N/A."), ["form.placeholder"]);
}

#[test]
fn a_long_text_of_anything_is_read_in_one_go_and_gives_a_few_findings() {
    let units = [
        "{", "<b>", "`", " ", "a", "1 ", "[", "(", "*", "_", "\\", "陶瓷", "e\u{301}", "a. ", "&amp;", "#\n",
        "|", "🔥", "\u{200b}", "\n", "- a\n", "\"", "$", "%20", "X ",
    ];
    for unit in units {
        let text = unit.repeat(50_000 / unit.len());
        assert!(found(&mug(), "en", &text).len() < 20, "{unit:?}");
    }
}
