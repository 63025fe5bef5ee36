//! The language data of quantities: tables of `config/lexicon`, read once.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::super::lexicon::lexicon;
use super::super::lexicon_file::{LexiconEntry, entries};
use crate::rulebook;

/// How quantities are written: tables, each from a meaning to its spellings.
static QUANTITIES: LazyLock<Vec<LexiconEntry<'static>>> = LazyLock::new(|| entries(rulebook::QUANTITIES));

/// The entries of a table.
pub(super) fn of_table(table: &str) -> impl Iterator<Item = LexiconEntry<'static>> {
    QUANTITIES.iter().filter(move |entry| entry.table == table).copied()
}

/// Every spelling of a dimension in any language, with the dimension's name.
pub(super) fn dimensions() -> impl Iterator<Item = (&'static str, &'static str)> {
    lexicon().dimensions()
}

/// The spellings of a meaning.
pub(super) fn spellings(table: &str, key: &str) -> impl Iterator<Item = &'static str> {
    of_table(table).filter(move |entry| entry.key == key).flat_map(LexiconEntry::spellings)
}

/// Every spelling of a table with the meaning that it has.
pub(super) fn meanings(table: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    of_table(table).flat_map(|entry| entry.spellings().map(move |spelling| (spelling, entry.key)))
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
            assert!(of_table(table).next().is_some(), "{table}");
        }
        assert_eq!(values("numbers").get("zwölf"), Some(&12.0));
        for word in ["height", "Höhe", "hauteur", "altura", "高度"] {
            assert!(dimensions().any(|(spelling, _)| spelling == word.to_lowercase()), "{word}");
        }
    }
}
