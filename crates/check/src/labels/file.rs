//! The shop's file of labels, units and translations of values, read with errors that name the line and the key.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{ByLocale, ShopLabels, folded};
use crate::product::{Digest, Locale};

/// Most bytes of a file: some hundred thousand translations.
const FILE_BYTES_MAX: usize = 16 << 20;
/// Longest label, in characters, and longest translation of a value.
const LABEL_CHARS_MAX: usize = 80;
const VALUE_CHARS_MAX: usize = 2_000;
/// Longest unit, in characters.
const UNIT_CHARS_MAX: usize = 64;

type Table<T> = BTreeMap<String, T>;
type Translations = BTreeMap<Spanned<String>, Spanned<String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelsFile {
    /// Name → locale → label.
    #[serde(default)]
    attributes: Table<Translations>,
    /// Name → value → locale → value.
    #[serde(default)]
    values: Table<BTreeMap<Spanned<String>, Translations>>,
    /// Name → unit.
    #[serde(default)]
    units: Table<UnitEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitEntry {
    unit: Spanned<String>,
}

/// Why a file of labels cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LabelsError {
    /// It is larger than any file of labels.
    #[error("{origin}: {bytes} bytes are too many for a file of labels; at most {FILE_BYTES_MAX} are read")]
    TooLarge {
        /// The file.
        origin: String,
        /// Its size.
        bytes: usize,
    },
    /// Something in it is not as it should be.
    #[error("{origin}, line {line}: {what}")]
    Line {
        /// The file.
        origin: String,
        /// The line, from 1.
        line: usize,
        /// The key, and what is wrong with it.
        what: String,
    },
}

/// A file while it is read.
struct Source<'a> {
    text: &'a str,
    origin: &'a str,
}

impl Source<'_> {
    fn error(&self, place: Option<Range<usize>>, what: &dyn Display) -> LabelsError {
        let before = place.and_then(|place| self.text.get(..place.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        LabelsError::Line { origin: self.origin.to_owned(), line, what: what.to_string() }
    }

    /// Texts by locale; `key` names the table for messages.
    fn by_locale(&self, key: &str, entries: Translations, chars_max: usize) -> Result<ByLocale, LabelsError> {
        let mut texts = ByLocale::new();
        for (locale, text) in entries {
            let key = format!("{key}.{}", locale.get_ref());
            let parsed: Locale = locale
                .get_ref()
                .parse()
                .map_err(|error| self.error(Some(locale.span()), &format!("{key}: {error}")))?;
            let written = self.text_within(&key, &text, chars_max)?;
            if texts.insert(parsed, written).is_some() {
                return Err(
                    self.error(Some(locale.span()), &format!("{key} is there twice; keep one of them"))
                );
            }
        }
        Ok(texts)
    }

    fn text_within(
        &self,
        key: &str,
        text: &Spanned<String>,
        chars_max: usize,
    ) -> Result<String, LabelsError> {
        let written = text.get_ref().trim();
        let chars = written.chars().count();
        if chars == 0 || chars > chars_max || written.contains(char::is_control) {
            let what = format!("{key} has {chars} characters; write 1 to {chars_max} of them, on one line");
            return Err(self.error(Some(text.span()), &what));
        }
        Ok(written.to_owned())
    }
}

/// Reads a file; `origin` names it in errors.
pub(super) fn parse(text: &str, origin: &str) -> Result<ShopLabels, LabelsError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(LabelsError::TooLarge { origin: origin.to_owned(), bytes: text.len() });
    }
    let source = Source { text, origin };
    let file: LabelsFile =
        toml::from_str(text).map_err(|error| source.error(error.span(), &error.message().trim()))?;
    let mut labels = ShopLabels { digest: Digest::of(&[text.as_bytes()]), ..ShopLabels::default() };
    for (name, entries) in file.attributes {
        let by_locale = source.by_locale(&format!("attributes.{name}"), entries, LABEL_CHARS_MAX)?;
        labels.attributes.insert(name, by_locale);
    }
    for (name, values) in file.values {
        let of_name = labels.values.entry(name.clone()).or_default();
        for (value, entries) in values {
            let key = format!("values.{name}.{:?}", value.get_ref());
            let by_locale = source.by_locale(&key, entries, VALUE_CHARS_MAX)?;
            if of_name.insert(folded(value.get_ref()), by_locale).is_some() {
                let what = format!("{key} is there twice, for case does not count; keep one of them");
                return Err(source.error(Some(value.span()), &what));
            }
        }
    }
    for (name, UnitEntry { unit }) in file.units {
        let unit = source.text_within(&format!("units.{name}.unit"), &unit, UNIT_CHARS_MAX)?;
        labels.units.insert(name, unit);
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text, "labels.toml").unwrap_err().to_string(), expected, "{text}");
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_its_line_and_key() {
        check(
            "[attributes.a]\nde-DE = \"A\"\ngerman = \"B\"\n",
            "labels.toml, line 3: attributes.a.german: \"german\" is no locale; write BCP 47 such as en-US, de-DE or zh-CN",
        );
        check(
            "[attributes.a]\n\nde-DE = \" \"\n",
            "labels.toml, line 3: attributes.a.de-DE has 0 characters; write 1 to 80 of them, on one line",
        );
        check(
            "[attributes.a]\nde-DE = \"A\"\nde-de = \"B\"\n",
            "labels.toml, line 3: attributes.a.de-de is there twice; keep one of them",
        );
        check(
            "[values.m]\n\"cotton\" = { de = \"Baumwolle\" }\n\"Cotton\" = { de = \"Watte\" }\n",
            "labels.toml, line 2: values.m.\"cotton\" is there twice, for case does not count; keep one of them",
        );
        let unknown =
            parse("[attributes.a]\nde = \"A\"\n[unit.w]\nunit = \"g\"\n", "f").unwrap_err().to_string();
        assert!(unknown.starts_with("f, line 3: unknown field `unit`"), "{unknown}");
        let wrong = parse("[units.w]\nunit = 3\n", "f").unwrap_err().to_string();
        assert!(wrong.starts_with("f, line 2: invalid type: integer `3`"), "{wrong}");
        assert!(parse("[units.w\n", "f").unwrap_err().to_string().starts_with("f, line 1: "));
        let large = " ".repeat(FILE_BYTES_MAX + 1);
        assert!(matches!(parse(&large, "f"), Err(LabelsError::TooLarge { .. })));
    }
}
