//! The table of slots: which words name them, which exclude each other, which are wider than others.

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};

use super::super::lemma::{ByLemma, Lemma, lemma};
use super::lexicon_data::{dimensions, meanings, of_table, spellings};
use crate::product::unit::{Dimension, is_cjk};

/// Words of the longest phrase that names a slot.
pub(super) const PHRASE_WORDS: usize = 3;

/// Every slot with its words; slots are bits.
#[derive(Default)]
pub(super) struct SlotTable {
    names: Vec<&'static str>,
    /// Phrases, as one lemma, with the slots that they name.
    phrases: ByLemma<u128>,
    /// The same for Chinese and Japanese, the longest first; those of bounds name none.
    pub(super) unspaced: Vec<(&'static str, u128)>,
    /// Slots of which a number has one, by what its unit measures; `None` where it has no unit.
    groups: Vec<(Option<Dimension>, u128)>,
    /// The same whatever it measures: systems of sizes, and what a number is said for.
    free: Vec<u128>,
    wider: Vec<u128>,
    pub(super) borders: HashSet<&'static str>,
    /// Of those the ones that join.
    pub(super) joins: HashSet<&'static str>,
    pub(super) per: HashSet<&'static str>,
    pub(super) systems: HashMap<&'static str, u128>,
    pub(super) basis: ByLemma<u128>,
    pub(super) modes: HashMap<&'static str, u128>,
    pub(super) mode_joins: HashSet<&'static str>,
    pub(super) order: HashMap<&'static str, u128>,
}

/// The table, built once.
pub(super) static TABLE: LazyLock<SlotTable> = LazyLock::new(SlotTable::new);

impl SlotTable {
    fn new() -> Self {
        let mut table = Self {
            borders: spellings("joins", "slot_borders").collect(),
            joins: spellings("joins", "slot_joins").collect(),
            per: spellings("joins", "per").collect(),
            mode_joins: spellings("mode_joins", "words").collect(),
            ..Self::default()
        };
        for (spelling, name) in dimensions().chain(meanings("slots")) {
            let bit = table.bit(name);
            if spelling.starts_with(is_cjk) {
                table.unspaced.push((spelling, bit));
            } else if let Some(phrase) = phrase(spelling) {
                *table.phrases.entry(phrase).or_default() |= bit;
            }
        }
        let bounds = meanings("bounds").map(|(spelling, _)| (spelling, 0));
        table.unspaced.extend(bounds.filter(|(spelling, _)| spelling.starts_with(is_cjk)));
        merge(&mut table.unspaced);
        table.unspaced.sort_by_key(|(spelling, _)| std::cmp::Reverse(spelling.len()));
        let mut systems = 0;
        for (spelling, name) in meanings("systems") {
            let bit = table.bit(name);
            systems |= bit;
            table.systems.insert(spelling, bit);
        }
        let mut basis = 0;
        for (spelling, name) in meanings("basis") {
            let bit = table.bit(name);
            basis |= bit;
            table.basis.insert(lemma(spelling), bit);
        }
        let mut modes = 0;
        for (spelling, name) in meanings("modes") {
            let bit = table.bit(name);
            modes |= bit;
            table.modes.insert(spelling, bit);
        }
        table.free = vec![systems, basis, modes];
        for entry in of_table("slot_groups") {
            let group = entry.spellings().fold(0, |group, name| group | table.bit(name));
            let dimension = Dimension::named(entry.key);
            if dimension.is_some() || entry.key == "count" {
                table.groups.push((dimension, group));
            }
        }
        for entry in of_table("wider_slots") {
            let wider = entry.spellings().fold(0, |wider, name| wider | table.bit(name));
            let at = table.place(entry.key);
            if let Some(slot) = table.wider.get_mut(at) {
                *slot = wider;
            }
        }
        for (spelling, name) in meanings("slot_order") {
            let bit = table.bit(name);
            table.order.insert(spelling, bit);
        }
        table
    }

    fn place(&mut self, name: &'static str) -> usize {
        self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.names.push(name);
            self.wider.push(0);
            self.names.len() - 1
        })
    }

    /// The bit of a slot by name; one too many has none.
    fn bit(&mut self, name: &'static str) -> u128 {
        u32::try_from(self.place(name)).ok().and_then(|at| 1u128.checked_shl(at)).unwrap_or(0)
    }

    /// The slots that a phrase names, its words as one.
    pub(super) fn of_phrase(&self, phrase: Lemma) -> Option<u128> {
        self.phrases.get(&phrase).copied()
    }

    /// The slots of which a number with such a unit has one.
    pub(super) fn group(&self, dimension: Option<Dimension>) -> u128 {
        self.groups.iter().find(|group| group.0 == dimension).map_or(0, |group| group.1)
    }

    /// Every group of slots that exclude each other, for numbers of such a unit.
    pub(super) fn exclusive(&self, dimension: Option<Dimension>) -> impl Iterator<Item = u128> + '_ {
        self.free.iter().copied().chain([self.group(dimension)])
    }

    /// Every group.
    pub(super) fn all_groups(&self) -> impl Iterator<Item = u128> + '_ {
        self.free.iter().copied().chain(self.groups.iter().map(|group| group.1))
    }

    /// Slots with those that are wider.
    pub(super) fn widened(&self, slots: u128) -> u128 {
        let wider = self.wider.iter().enumerate().filter(|(at, _)| slots >> at & 1 == 1);
        wider.fold(slots, |all, (_, wider)| all | wider)
    }
}

/// Makes one of several entries of the same spelling.
fn merge(entries: &mut Vec<(&'static str, u128)>) {
    entries.sort_unstable();
    entries.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 |= next.1;
        }
        same
    });
}

/// A phrase as it is compared.
fn phrase(spelling: &str) -> Option<Lemma> {
    let words = spelling.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(lemma).reduce(Lemma::then)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_has_a_bit() {
        assert!(TABLE.names.len() <= 128, "{} slots", TABLE.names.len());
        assert_ne!(TABLE.group(Some(Dimension::Length)), 0);
        assert_ne!(TABLE.group(None), 0);
    }

    #[test]
    fn words_of_every_language_name_a_slot() {
        for word in ["height", "tall", "Höhe", "hoch", "hauteur", "altura"] {
            assert_eq!(TABLE.of_phrase(lemma(word)), TABLE.of_phrase(lemma("height")), "{word}");
            assert_ne!(TABLE.of_phrase(lemma(word)), None, "{word}");
        }
    }
}
