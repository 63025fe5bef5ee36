//! The language data of quantities: tables of `config/lexicon`, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use foldhash::HashMap;

use super::super::lexicon::lexicon;
use crate::rulebook;

/// Tables by name, each from a meaning to its spellings, which `|` separates.
pub(super) type LexiconTables = BTreeMap<String, BTreeMap<String, String>>;

/// How quantities are written.
pub(super) static QUANTITIES: LazyLock<LexiconTables> =
    LazyLock::new(|| toml::from_str(rulebook::QUANTITIES).unwrap_or_default());

/// Every spelling of a dimension in any language, with the dimension's name.
pub(super) fn dimensions() -> impl Iterator<Item = (&'static str, &'static str)> {
    lexicon().dimensions()
}

/// The spellings of a meaning.
pub(super) fn spellings<'a>(table: &str, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    QUANTITIES.get(table).and_then(|table| table.get(key)).into_iter().flat_map(|line| line.split('|'))
}

/// Every spelling of a table with the meaning that it has.
pub(super) fn meanings(table: &str) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let lines = QUANTITIES.get(table).into_iter().flatten();
    lines.flat_map(|(key, line)| line.split('|').map(move |spelling| (spelling, key.as_str())))
}

/// Spellings of numbers with their values.
pub(super) fn values(table: &str) -> HashMap<&'static str, f64> {
    meanings(table).filter_map(|(spelling, key)| Some((spelling, key.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_read() {
        for table in ["numbers", "multiples", "joins", "bounds", "bounds_behind", "signs", "counters"] {
            assert!(QUANTITIES.contains_key(table), "{table}");
        }
        assert_eq!(values("numbers").get("zwölf"), Some(&12.0));
        for word in ["height", "Höhe", "hauteur", "altura", "高度"] {
            assert!(dimensions().any(|(spelling, _)| spelling == word.to_lowercase()), "{word}");
        }
    }
}
