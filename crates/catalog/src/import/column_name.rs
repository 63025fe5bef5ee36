//! Names of columns as formats write them: without regard to case, with placeholders.

use regex::Regex;
use serde::Deserialize;

/// What the placeholders of a column's name are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) number: Option<u32>,
    pub(super) name: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) unit: Option<String>,
}

/// Names of columns, one of which is wanted.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Alternatives(pub(super) Vec<ColumnPattern>);

impl TryFrom<String> for Alternatives {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.split(" | ").map(ColumnPattern::new).collect::<Result<_, _>>().map(Self)
    }
}

/// The name of a column, with placeholders.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ColumnPattern(Pattern);

#[derive(Clone, Debug)]
enum Pattern {
    /// In lower case, with single spaces.
    Exact(String),
    Placeholders(Regex),
}

impl TryFrom<String> for ColumnPattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

/// A name without regard to case and to what stands between its words.
pub(super) fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for word in
        name.split(|c: char| c.is_whitespace() || matches!(c, '_' | '\u{feff}')).filter(|w| !w.is_empty())
    {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// The placeholders, as regular expressions.
const PLACEHOLDERS: [(&str, &str); 7] = [
    ("{n}", r"(?P<n>[0-9]{1,3})"),
    ("{name}", r"(?P<name>.+?)"),
    ("{locale}", r"(?P<locale>[a-z]{2}(?:[_-][a-z]{4})?(?:[_-][a-z]{2})?)"),
    ("{unit}", r"(?P<unit>[^()]+)"),
    ("{scope}", r"[a-z][a-z0-9_]*"),
    ("{currency}", r"[a-z]{3}"),
    ("*", r".*"),
];

impl ColumnPattern {
    /// The pattern that fits one name alone.
    pub(super) fn exactly(name: &str) -> Self {
        Self(Pattern::Exact(folded(name)))
    }

    /// The one name that it fits, folded; none where it has placeholders.
    pub(super) fn exact(&self) -> Option<&str> {
        match &self.0 {
            Pattern::Exact(name) => Some(name),
            Pattern::Placeholders(_) => None,
        }
    }

    fn new(text: &str) -> Result<Self, regex::Error> {
        let plain = text.replace(r"\*", "");
        if !plain.contains(['{', '*']) {
            return Ok(Self(Pattern::Exact(folded(&text.replace(r"\*", "*")))));
        }
        let mut expression = String::from("(?i)^");
        let mut rest = text.trim();
        while !rest.is_empty() {
            let placeholder = PLACEHOLDERS.iter().find(|(name, _)| rest.starts_with(name));
            if let Some((name, pattern)) = placeholder {
                expression.push_str(pattern);
                rest = rest.get(name.len()..).unwrap_or_default();
                continue;
            }
            let mut characters = rest.chars();
            match characters.next() {
                Some(' ') => expression.push_str(r"[\s_]+"),
                Some(c) => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
                None => {}
            }
            rest = characters.as_str();
        }
        expression.push('$');
        Regex::new(&expression).map(|regex| Self(Pattern::Placeholders(regex)))
    }

    pub(super) fn captures(&self, name: &str) -> Option<Captured> {
        match &self.0 {
            Pattern::Exact(exact) => (folded(name) == *exact).then(Captured::default),
            Pattern::Placeholders(regex) => {
                let captures = regex.captures(name.trim())?;
                let named = |group: &str| captures.name(group).map(|part| part.as_str().trim().to_owned());
                Some(Captured {
                    number: named("n").and_then(|number| number.parse().ok()),
                    name: named("name"),
                    locale: named("locale"),
                    unit: named("unit"),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_read_from_the_name_of_a_column() {
        let captured = |pattern: &str, name: &str| ColumnPattern::new(pattern).unwrap().captures(name);
        assert_eq!(captured("attribute {n} value(s)", "Attribute 2 value(s)").unwrap().number, Some(2));
        assert_eq!(captured("weight ({unit})", "Weight (lbs)").unwrap().unit.unwrap(), "lbs");
        let localized = captured("{name}-{locale}-{scope}", "short_name-en_US-ecommerce").unwrap();
        assert_eq!(
            (localized.name.as_deref(), localized.locale.as_deref()),
            (Some("short_name"), Some("en_US"))
        );
        assert_eq!(captured("{name}-{locale}", "price-EUR"), None);
        assert!(captured("body (html)", " Body  (HTML)").is_some());
    }
}
