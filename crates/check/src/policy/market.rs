//! The rules of a market, and which of them a text may break.

use std::sync::Arc;

use super::screen::Screen;
use super::words::{Part, Places};
use super::{Rule, Test};

/// The rules that apply to a locale, and one look at a text that tells which of them it may break.
#[derive(Debug)]
pub struct MarketRules {
    rules: Vec<Arc<Rule>>,
    language: String,
    screen: Screen,
    /// Rules that no words break.
    counted: Vec<usize>,
}

/// A rule that a text may break.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Where its words stand; `None` where something is counted.
    pub places: Option<Places<'a>>,
}

impl MarketRules {
    pub(super) fn new<'a>(rules: impl Iterator<Item = &'a Arc<Rule>>, language: &str) -> Self {
        let applies = |rule: &&Arc<Rule>| match &rule.test {
            Test::Words(words) => words.of(language).is_some(),
            _ => true,
        };
        let rules: Vec<Arc<Rule>> = rules.filter(applies).cloned().collect();
        let words = |(place, rule): (usize, &'_ Arc<Rule>)| (place, !matches!(rule.test, Test::Words(_)));
        let counted = rules.iter().enumerate().map(words).filter(|(_, counted)| *counted);
        let counted = counted.map(|(place, _)| place).collect();
        let screen = Screen::new(rules.iter().map(|rule| parts(rule, language)).enumerate());
        Self { rules, language: language.to_owned(), screen, counted }
    }

    /// Every one of them.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|rule| &**rule)
    }

    /// Whether a rule is among them.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        self.rules.iter().any(|rule| rule.id == id)
    }

    /// The rules that may be broken by a text: first those that count, then those whose words may stand in it.
    pub fn candidates<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Candidate<'a>> {
        let of = |place: usize| self.rules.get(place).map_or(&[][..], |rule| parts(rule, &self.language));
        let found = self.screen.candidates(text, of);
        let counted = self.counted.iter().filter_map(|place| self.rules.get(*place));
        let counted = counted.map(|rule| Candidate { rule, places: None });
        counted.chain(found.into_iter().filter_map(move |(place, found)| {
            let places = Some(found.places(text, of(place)));
            Some(Candidate { rule: self.rules.get(place)?, places })
        }))
    }
}

/// The words of a rule in a language.
fn parts<'a>(rule: &'a Rule, language: &str) -> &'a [Part] {
    match &rule.test {
        Test::Words(words) => words.of(language).unwrap_or_default(),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::ops::Range;

    use super::*;
    use crate::config::TestConfig;
    use crate::policy::Packs;
    use crate::policy::pattern::Pattern;

    /// The rules of every pack, in a language.
    fn of_every_pack(language: &str) -> MarketRules {
        let packs = Packs::load(&TestConfig::defaults().unwrap().policies).unwrap();
        MarketRules::new(packs.packs.iter().flat_map(|pack| &pack.rules), language)
    }

    /// The places of a rule's words in a text, by one pattern of them all.
    fn places_of_one_pattern(rule: &Rule, language: &str, text: &str) -> Vec<Range<usize>> {
        let all: Vec<&str> = parts(rule, language).iter().map(|part| part.pattern.as_str()).collect();
        let pattern = Pattern::new(all.join("|"));
        let places = pattern.regex().unwrap().find_iter(text).map(|found| found.range());
        places.filter(|place| !place.is_empty()).collect()
    }

    #[test]
    fn literals_and_terms_find_what_one_pattern_of_all_words_of_a_rule_finds() {
        let tables = [
            include_str!("../../../../tests/claims/eu.txt"),
            include_str!("../../../../tests/claims/us.txt"),
            include_str!("../../../../tests/claims/cn.txt"),
            include_str!("../../../../tests/claims/output.txt"),
            include_str!("../../../../tests/claims/google.txt"),
            "ſhit, CRAP-2 and crap_2; \u{212a}limaneutral",
        ];
        for language in ["en", "de", "zh"] {
            let rules = of_every_pack(language);
            for text in tables {
                let mut found: HashMap<&str, Vec<Range<usize>>> = HashMap::new();
                for Candidate { rule, places } in rules.candidates(text) {
                    found.insert(&rule.id, places.into_iter().flatten().collect());
                }
                for rule in rules.rules.iter().filter(|rule| !parts(rule, language).is_empty()) {
                    let found = found.remove(rule.id.as_str()).unwrap_or_default();
                    assert_eq!(found, places_of_one_pattern(rule, language, text), "{}", rule.id);
                }
            }
        }
    }

    #[test]
    fn every_pattern_of_the_built_in_packs_has_a_literal_without_which_it_is_not_run() {
        for language in ["en", "de", "fr", "es", "it", "zh", "ja"] {
            let rules = of_every_pack(language);
            let run: Vec<&str> = rules
                .candidates("")
                .filter(|candidate| candidate.places.is_some())
                .map(|candidate| candidate.rule.id.as_str())
                .collect();
            assert_eq!(run, Vec::<&str>::new(), "{language}");
        }
    }
}
