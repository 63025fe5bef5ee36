//! Conditions on items and names, as formats write them.

use serde::Deserialize;
use serde_json::Value;

use super::path::{Path, elements};
use super::value::as_text;

/// Something that an item has: `key`, `key=value`, `key=begin*`, alternatives with `|` between them.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Condition(Vec<(Path, Option<Pattern>)>);

impl From<String> for Condition {
    fn from(text: String) -> Self {
        let one = |text: &str| match text.split_once('=') {
            Some((path, pattern)) => (Path::from(path.to_owned()), Some(Pattern::from(pattern.to_owned()))),
            None => (Path::from(text.to_owned()), None),
        };
        Self(text.split('|').map(one).collect())
    }
}

impl Condition {
    pub(crate) fn holds(&self, item: &Value) -> bool {
        self.0.iter().any(|(path, pattern)| match pattern {
            None => path.is_in(item),
            Some(Pattern { kind: Some(Kind::Object), .. }) => {
                path.find(item).iter().any(|value| value.is_object())
            }
            Some(Pattern { kind: Some(Kind::List), .. }) => {
                path.find(item).iter().any(|value| value.is_array())
            }
            Some(pattern) => {
                let found = path.find(item).into_iter().flat_map(elements).filter_map(as_text);
                found.into_iter().any(|text| pattern.matches(&text))
            }
        })
    }
}

/// Whether one of the patterns fits a name.
pub(crate) fn any_matches(patterns: &[Pattern], name: &str) -> bool {
    if patterns.is_empty() {
        return false;
    }
    let name = format!(" {} ", folded(name));
    patterns.iter().any(|pattern| pattern.matches_folded(&name))
}

/// Whether one of the conditions holds.
pub(crate) fn any(conditions: &[Condition], item: &Value) -> bool {
    conditions.iter().any(|condition| condition.holds(item))
}

/// A name with `*` for anything at either end; case and the kind of separator do not count.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Pattern {
    /// The words, with a space where one has to begin or end.
    words: String,
    open_start: bool,
    open_end: bool,
    kind: Option<Kind>,
}

/// What kind of value `{}` and `[]` stand for.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Object,
    List,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        let kind = match text.as_str() {
            "{}" => Some(Kind::Object),
            "[]" => Some(Kind::List),
            _ => None,
        };
        let (open_start, open_end) = (text.starts_with('*'), text.ends_with('*'));
        let inner = text.trim_matches('*');
        let start = if !open_start || inner.starts_with(is_separator) { " " } else { "" };
        let end = if !open_end || inner.ends_with(is_separator) { " " } else { "" };
        Self { words: format!("{start}{}{end}", folded(inner)), open_start, open_end, kind }
    }
}

impl Pattern {
    /// Whether a name is such a one.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.matches_folded(&format!(" {} ", folded(name)))
    }

    /// The same of a name that is folded already, with a space before and behind.
    fn matches_folded(&self, name: &str) -> bool {
        match (self.open_start, self.open_end) {
            (true, true) => name.contains(&self.words),
            (true, false) => name.ends_with(&self.words),
            (false, true) => name.starts_with(&self.words),
            (false, false) => *name == self.words,
        }
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '_' | '-' | '.' | '/')
}

/// A name without case, its separators as one space: `costPrice` and `Cost_price` are `cost price`.
pub(crate) fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for c in name.chars() {
        if is_separator(c) {
            if !folded.is_empty() && !folded.ends_with(' ') {
                folded.push(' ');
            }
            after_lower = false;
            continue;
        }
        if c.is_uppercase() && after_lower {
            folded.push(' ');
        }
        after_lower = c.is_lowercase() || c.is_numeric();
        folded.extend(c.to_lowercase());
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn conditions_name_a_key_a_value_its_beginning_or_its_kind() {
        let item = json!({ "id": "gid://shopify/Product/1", "type": "variable", "attributes": {}, "list": ["A", "B"] });
        let holds = |text: &str| Condition::from(text.to_owned()).holds(&item);
        for text in [
            "id",
            "id=gid://shopify/*",
            "type=simple|type=variable",
            "attributes={}",
            "list=B",
            "list=[]|list=a",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in ["none", "type=simple", "attributes=[]", "id=*Order*"] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn patterns_do_not_tell_separators_and_case_apart() {
        let matches = |pattern: &str, name: &str| Pattern::from(pattern.to_owned()).matches(name);
        assert!(
            matches("cost_price", "costPrice") && matches("* url", "Image-URL") && matches("is *", "is_new")
        );
        assert!(
            matches("* url", "url") && matches("*price*", "salePrices") && matches("meta *", "meta_title")
        );
        assert!(!matches("cost", "costume") && !matches("* url", "curl") && !matches("meta *", "metal"));
    }
}
