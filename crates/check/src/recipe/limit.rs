//! Lengths and counts that a recipe sets for parts of its content.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A bound on the length of a text or list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// JSON pointer inside the recipe's content; `*` stands for every item of a list.
    pub at: String,
    /// What is counted.
    pub unit: LimitUnit,
    /// The least, inclusive.
    #[serde(default)]
    pub min: usize,
    /// The most, inclusive.
    pub max: usize,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitUnit {
    /// Unicode scalar values; of a list of sentences, all of them with one between each.
    Characters,
    /// UTF-8 bytes, likewise.
    Bytes,
    /// Words by UAX #29, likewise.
    Words,
    /// Items of a list.
    Items,
    /// Characters as X counts them: most scripts one, Chinese, Japanese, Korean and emoji two, an address 23.
    XWeighted,
    /// Characters as Google Ads counts them: those of double width two.
    DoubleWidth,
}

impl LimitUnit {
    /// The unit as people read it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Bytes => "bytes",
            Self::Words => "words",
            Self::Items => "items",
            Self::XWeighted => "characters as X counts them",
            Self::DoubleWidth => "characters, wide ones twice",
        }
    }

    /// The length of a value in this unit; `None` where it has none.
    #[must_use]
    pub fn measure(self, value: &Value) -> Option<usize> {
        use unicode_segmentation::UnicodeSegmentation;
        if self == Self::Items {
            return value.as_array().map(Vec::len);
        }
        let of = |text: &str| match self {
            Self::Characters => text.chars().count(),
            Self::Bytes => text.len(),
            Self::Words | Self::Items => text.unicode_words().count(),
            Self::XWeighted => x_weighted(text),
            Self::DoubleWidth => unicode_width::UnicodeWidthStr::width(text),
        };
        let separator = usize::from(self != Self::Words);
        match value {
            Value::String(text) => Some(of(text)),
            Value::Object(fields) => fields.get("text").and_then(Value::as_str).map(of),
            Value::Array(items) => {
                let lengths: Option<Vec<usize>> = items.iter().map(|item| self.measure(item)).collect();
                lengths.map(|lengths| {
                    lengths.iter().sum::<usize>() + separator * lengths.len().saturating_sub(1)
                })
            }
            _ => None,
        }
    }
}

/// The length of a post on X: twitter-text's configuration 3, weights halved (github.com/twitter/twitter-text, config/v3.json).
fn x_weighted(text: &str) -> usize {
    use unicode_segmentation::UnicodeSegmentation;
    const ADDRESS: usize = 23;
    let weight = |cluster: &str| {
        let emoji = cluster.chars().any(
            |c| matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{fe0f}' | '\u{20e3}'),
        );
        if emoji {
            return 2;
        }
        let of = |c: char| match c {
            '\0'..='\u{10ff}'
            | '\u{2000}'..='\u{200d}'
            | '\u{2010}'..='\u{201f}'
            | '\u{2032}'..='\u{2037}' => 1,
            _ => 2,
        };
        cluster.chars().map(of).sum()
    };
    let of_word = |word: &str| {
        if word.starts_with("http://") || word.starts_with("https://") {
            ADDRESS
        } else {
            word.graphemes(true).map(weight).sum()
        }
    };
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_end();
            of_word(bare) + word.get(bare.len()..).map_or(0, |blank| blank.chars().count())
        })
        .sum()
}

/// Every value that a pointer with `*` names, with its plain pointer.
#[must_use]
pub fn resolve<'a>(content: &'a Value, pointer: &str) -> Vec<(String, &'a Value)> {
    let mut found = vec![(String::new(), content)];
    for segment in pointer.split('/').skip(1) {
        let mut next = Vec::new();
        for (at, value) in found {
            if segment == "*" {
                let items = value.as_array().into_iter().flatten().enumerate();
                next.extend(items.map(|(index, item)| (format!("{at}/{index}"), item)));
            } else if let Some(child) = value.pointer(&format!("/{segment}")) {
                next.push((format!("{at}/{segment}"), child));
            }
        }
        found = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lengths_are_counted_in_their_own_unit() {
        for (unit, value, expected) in [
            (LimitUnit::Characters, json!("größe"), Some(5)),
            (LimitUnit::Bytes, json!("größe"), Some(7)),
            (LimitUnit::Words, json!("one two-three"), Some(3)),
            (LimitUnit::Items, json!(["a", "b"]), Some(2)),
            (
                LimitUnit::Characters,
                json!([{ "text": "ab", "evidence": [] }, { "text": "c", "evidence": [] }]),
                Some(4),
            ),
            (LimitUnit::Items, json!("a"), None),
            (LimitUnit::XWeighted, json!("größe 300 ml"), Some(12)),
            (LimitUnit::XWeighted, json!("水筒 300ml"), Some(10)),
            (LimitUnit::XWeighted, json!("see https://example.com/a/very/long/path now"), Some(31)),
            (LimitUnit::XWeighted, json!("a 👨‍👩‍👧 b"), Some(6)),
            (LimitUnit::DoubleWidth, json!("水筒 300ml"), Some(10)),
        ] {
            assert_eq!(unit.measure(&value), expected, "{unit:?} {value}");
        }
    }

    #[test]
    fn a_star_stands_for_every_item() {
        let content = json!({ "entries": [{ "q": "a" }, { "q": "b" }] });
        let places: Vec<String> = resolve(&content, "/entries/*/q").into_iter().map(|(at, _)| at).collect();
        assert_eq!(places, ["/entries/0/q", "/entries/1/q"]);
    }
}
