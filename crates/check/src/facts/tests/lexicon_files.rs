//! The language data: every file parses, every table and key is one that is read, every relation names a concept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use toml::{Table, Value as Toml};

use super::super::implied::Condition;
use super::super::lexicon::{Class, Role, lexicon};
use crate::rulebook::{LEXICON_FILES, RELATIONS};

type Tables = BTreeMap<String, BTreeMap<String, String>>;

/// The files, each with its language, parsed once.
static FILES: LazyLock<BTreeMap<&str, Tables>> = LazyLock::new(|| {
    LEXICON_FILES.into_iter().map(|(language, file)| (language, toml::from_str(file).unwrap())).collect()
});

/// The names of all concepts, in whatever language.
fn concepts() -> BTreeSet<&'static str> {
    let tables = FILES.values().flatten().filter(|(table, _)| Class::of_table(table).is_some());
    tables.flat_map(|(_, entries)| entries.keys().map(String::as_str)).collect()
}

#[test]
fn every_table_of_every_language_is_known() {
    for (language, tables) in FILES.iter() {
        for (table, entries) in tables {
            let known = Class::of_table(table).is_some() || ["words", "numbers"].contains(&table.as_str());
            assert!(known, "{language}: [{table}]");
            assert!(!entries.is_empty(), "{language}: [{table}]");
        }
    }
}

#[test]
fn every_key_of_words_is_known() {
    // These are no roles of words in a text.
    let spellings = ["deny_behind", "deny_prefix", "deny_suffix", "undoes", "nothing"];
    let roles: BTreeSet<&str> = Role::ALL.iter().map(|(_, key)| *key).collect();
    for (language, tables) in FILES.iter() {
        for key in tables["words"].keys() {
            let general = key.starts_with("general_");
            assert!(
                general || roles.contains(key.as_str()) || spellings.contains(&key.as_str()),
                "{language}: {key}"
            );
        }
    }
}

#[test]
fn every_language_denies_affirms_and_says_nothing() {
    for (language, tables) in FILES.iter() {
        for key in ["deny", "function", "yes", "no", "nothing", "looks_only", "pure", "up_to", "at_least"] {
            assert!(tables["words"].contains_key(key), "{language}: {key}");
        }
        for key in ["yes", "no"] {
            for spelling in tables["words"][key].split('|').map(str::trim) {
                assert_eq!(lexicon().yes_or_no(spelling), Some(key == "yes"), "{language}: {spelling}");
            }
        }
        for spelling in tables["words"]["nothing"].split('|') {
            assert!(lexicon().says_nothing(spelling), "{language}: {spelling}");
        }
    }
}

#[test]
fn numbers_and_months_are_figures() {
    for (language, tables) in FILES.iter() {
        for key in tables["numbers"].keys() {
            assert!(key.parse::<f64>().is_ok(), "{language}: {key}");
        }
        let months: Vec<u8> = tables["months"].keys().map(|key| key.parse().unwrap()).collect();
        assert_eq!(months.len(), 12, "{language}");
        assert!(months.iter().all(|month| (1..=12).contains(month)), "{language}");
    }
}

#[test]
fn concepts_are_those_of_english_in_every_language() {
    let tables = &*FILES;
    for (language, tables_of_language) in tables {
        for table in ["parts", "roles", "events", "levels"] {
            let english: BTreeSet<&String> = tables["en"][table].keys().collect();
            let keys: BTreeSet<&String> = tables_of_language[table].keys().collect();
            assert_eq!(keys, english, "{language}: [{table}]");
        }
    }
}

/// The strings of a value of relations.toml.
fn names(value: &Toml) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn every_relation_names_a_concept() {
    let concepts = concepts();
    let relations: Table = toml::from_str(RELATIONS).unwrap();
    let is_concept = |name: &str| assert!(concepts.contains(name), "{name}");
    for key in ["broader", "freedom", "same_part"] {
        for (name, others) in relations[key].as_table().unwrap() {
            is_concept(name);
            names(others).into_iter().for_each(is_concept);
        }
    }
    for key in ["soft", "diets"] {
        names(&relations[key]).into_iter().for_each(is_concept);
    }
    for key in ["whole", "sides"] {
        names(&relations["parts"][key]).into_iter().for_each(is_concept);
    }
    relations["country_codes"].as_table().unwrap().keys().for_each(|country| is_concept(country));
    for rule in relations["implies"].as_array().unwrap() {
        for name in ["if", "then"].map(|key| rule[key].as_str().unwrap()) {
            // "charging_power >= 15 W", "3840 x 2160 px" and "ip65" are read in the facts themselves.
            assert!(concepts.contains(name) || Condition::parse(name).is_some(), "{name}");
        }
        assert!(!rule["reason"].as_str().unwrap().is_empty(), "{rule}");
    }
}

#[test]
fn every_code_of_a_country_stands_for_one() {
    let relations: Table = toml::from_str(RELATIONS).unwrap();
    let mut seen = BTreeSet::new();
    for (country, codes) in relations["country_codes"].as_table().unwrap() {
        for code in codes.as_str().unwrap().split('|') {
            assert!(seen.insert(code), "{code} stands for two countries");
            let name = lexicon().country(code).map(|country| lexicon().name(country));
            assert_eq!(name, Some(country.as_str()), "{code}");
        }
    }
}

#[test]
fn no_spelling_of_a_feature_is_denied_by_its_own_affix() {
    // "Unlined" is no spelling of "lined".
    for (language, tables) in FILES.iter() {
        for (key, spellings) in &tables["features"] {
            let spellings: Vec<&str> = spellings.split('|').map(str::trim).collect();
            for spelling in &spellings {
                let opposite = ["un", "non-"].iter().find_map(|prefix| spelling.strip_prefix(prefix));
                assert!(
                    opposite.is_none_or(|opposite| !spellings.contains(&opposite)),
                    "{language}: {key}: {spelling}"
                );
            }
        }
    }
}
