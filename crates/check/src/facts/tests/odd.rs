//! Odd texts and facts, which must be read to the end.

use super::*;

/// Texts that nobody expects.
fn odd_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\n\n\n",
        "\0",
        "a",
        "?",
        "！",
        "…",
        "+",
        "A+",
        "++",
        "-",
        "-free",
        "un",
        "non-",
        "'s",
        "d'",
        "¼",
        "%",
        "100 %",
        "\u{301}",
        "\u{301}\u{301}\u{301}",
        "e\u{301}",
        "\u{202e}abc",
        "\u{200b}",
        "\u{feff}not",
        "שלום עולם, לא עמיד במים.",
        "مقاوم للماء؟ ٥٠٠ مل",
        "👩‍👩‍👧‍👦",
        "🇩🇪🇫🇷",
        "ー",
        "ーー不ー",
        "不",
        "なし",
        "無",
        "没有",
        "no no no no",
        "not",
        "without",
        "than",
        "than than",
        "more than",
        "?!?!",
        "Why?",
        "de 2023",
        "May 2023 de",
        "A.B.C.D.",
        "((((",
        "))))",
        "](",
        "1/2/3/4/5",
        "99999999999999999999999",
        "0x1F",
        "１２３",
        "İstanbul",
        "ǅ",
        "ß",
        "ẞ",
        "ﬃ",
        "\u{1F1E9}",
        "\u{10ffff}",
        "a\u{ad}b",
        "not\u{a0}waterproof",
        "A\u{2028}B",
    ]
    .map(str::to_owned)
    .into();
    for part in [
        "a", "é", "不", "ー", "+", ".", "!", "1", "1 ", "no ", "A+", "-", "\u{301}", "'", "(", "{", "<b>",
        "😀", "א", "than ",
    ] {
        texts.push(part.repeat(10_000 / part.len()));
    }
    texts
}

#[test]
fn every_text_is_read_against_every_fact() {
    let plain = json!({ "title": "Red Bull", "material": "leather", "lining": "cotton", "NFC": "No", "released": "2013-09-20" });
    let plain = facts(&plain);
    let none = facts(&json!({}));
    for text in odd_texts() {
        for language in [None, Some("en"), Some("de"), Some("ja"), Some("xx")] {
            for facts in [&none, &plain] {
                let reading = read(FactSheet::of(facts), &text, language);
                let mut end = 0;
                for statement in &reading.statements {
                    assert!(statement.start >= end && statement.end > statement.start, "{statement:?}");
                    assert!(text.get(statement.start..statement.end).is_some(), "{statement:?}");
                    end = statement.end;
                }
            }
        }
    }
}

#[test]
fn every_text_may_be_a_fact() {
    for odd in odd_texts() {
        let name = odd.chars().take(50).collect::<String>();
        let facts =
            facts(&json!({ "material": odd, name: "no", "brand": odd.chars().take(90).collect::<String>() }));
        let sheet = FactSheet::of(&facts);
        read(sheet, "It is not made of leather, is it? 5 cm, May 2023.", Some("en"));
        read(sheet, &odd, Some("en"));
    }
}
