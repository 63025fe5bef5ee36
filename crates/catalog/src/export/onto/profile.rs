//! The feeds that are known: `config/exports/feeds.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::Context as _;
use serde::Deserialize;

use crate::export::column::Column;
use crate::export::content_kind::Content;
use crate::export::format::{Format, find};

const FILE: &str = include_str!("../../../../../config/exports/feeds.toml");

/// Every feed that is known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profiles {
    pub(super) table: Vec<FeedProfile>,
    pub(super) json: Vec<FeedProfile>,
}

/// A kind of feed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedProfile {
    pub(super) name: String,
    /// The format whose rules its texts are held against.
    format: Option<String>,
    /// One of each group has to be there.
    #[serde(default)]
    pub(super) anchors: Vec<Vec<String>>,
    /// What names a product, the likeliest first.
    pub(super) keys: Vec<String>,
    /// Whether a record may be a variant.
    #[serde(default)]
    pub(super) variants: bool,
    /// A column that a row has to have a value in.
    pub(super) row_needs: Option<String>,
    /// A column that has to have the value that the shop sets for it, or none.
    pub(super) row_of: Option<String>,
    /// Names of columns, or JSON pointers, by what stands in them; the first that is there counts.
    pub(super) texts: BTreeMap<Content, Vec<String>>,
    /// Columns that get another name once texts stand in them.
    #[serde(default)]
    pub(super) renames: BTreeMap<String, String>,
}

impl Profiles {
    pub(super) fn read() -> anyhow::Result<&'static Self> {
        static PROFILES: OnceLock<Profiles> = OnceLock::new();
        if let Some(profiles) = PROFILES.get() {
            return Ok(profiles);
        }
        let profiles: Self = toml::from_str(FILE).context("config/exports/feeds.toml")?;
        Ok(PROFILES.get_or_init(|| profiles))
    }
}

impl FeedProfile {
    /// Whether it is of the format that the shop names; those of one target share the beginning of their names. Without a
    /// name every feed may be meant.
    pub(super) fn is_of(&self, format: Option<&str>) -> bool {
        format.is_none_or(|format| format.split('-').next() == Some(self.name.as_str()))
    }

    /// Whether it is that of any table, whose columns are found as those of an import.
    pub(super) fn is_plain(&self) -> bool {
        self.name == "plain"
    }

    /// The format whose rules hold.
    pub(super) fn format(&self) -> anyhow::Result<Option<&'static Format>> {
        self.format.as_deref().map(find).transpose()
    }

    /// The column of a content under a name, with the format's rules for it.
    pub(super) fn column(&self, content: Content, name: &str) -> anyhow::Result<Column> {
        let rules =
            self.format()?.and_then(|format| format.columns.iter().find(|column| column.is == content));
        Ok(rules.map_or_else(|| Column::added(name, content), Clone::clone).renamed(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feed_is_readable_and_its_format_has_rules_for_its_texts() {
        let profiles = Profiles::read().unwrap();
        for profile in profiles.table.iter().chain(&profiles.json) {
            let Some(format) = profile.format().unwrap() else { continue };
            for content in profile.texts.keys() {
                let has = format.columns.iter().any(|column| column.is == *content);
                assert!(has || *content == Content::Html, "{}: {content:?}", profile.name);
            }
        }
    }
}
