//! Policy packs: what a market's rules forbid in copy, and what exempts from them. Data, loaded and validated once.
//!
//! A pack is a TOML file. It applies to the markets that it names, by the region of a locale (or its language, where the
//! locale has no region), everywhere, or where the configuration names it: those of sales channels. Each rule names the
//! law or guide that it comes from, the words or patterns that break it, its exemptions, and what to say to a merchandiser.

mod exemption;
mod file;
mod fold;
mod literals;
mod load;
mod market;
mod pattern;
mod screen;
mod term;
mod words;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

pub use exemption::{Basis, Depends, Exemption, PolicyMatchContext};
pub use market::{Candidate, MarketRules};
use pattern::Pattern;
pub use words::{Places, Words};

use crate::content::Severity;
use crate::product::{Digest, Locale};

/// One pack.
#[derive(Debug)]
pub struct Pack {
    /// Its name; the first part of its rules' ids.
    pub name: String,
    /// Whose rules they are, for people.
    pub title: String,
    scope: PackScope,
    rules: Vec<Arc<Rule>>,
}

/// Where a pack applies.
#[derive(Debug)]
enum PackScope {
    Everywhere,
    /// In these regions; and where a locale names none, for these languages.
    Markets {
        regions: Vec<String>,
        languages: Vec<String>,
    },
    /// Where the configuration names it.
    Channel,
}

/// One rule of a pack.
#[derive(Debug)]
pub struct Rule {
    /// Its id, as findings report it: `eu.green.generic`.
    pub id: String,
    /// The law or guide that it comes from.
    pub source: String,
    /// What breaking it does to a draft.
    pub severity: Severity,
    /// What is wrong and what to write instead, for a merchandiser.
    pub explanation: String,
    /// What it is about in the product: it applies where the category or title matches; everywhere without one.
    pub products: Option<Pattern>,
    /// Ends of the JSON pointers that it is about (`title` for `/title` and `/meta_title`); empty for all.
    pub places: Vec<String>,
    /// What breaks it.
    pub test: Test,
    /// What exempts from it.
    pub exemptions: Vec<Exemption>,
}

/// What breaks a rule.
#[derive(Debug)]
pub enum Test {
    /// Terms and patterns, by language; those under "any" in every language.
    Words(Words),
    /// More characters than this.
    CharactersMax(usize),
    /// One of these characters.
    Characters(String),
    /// A word that is repeated more often; small words (articles, conjunctions, prepositions) are not counted.
    RepeatsMax(usize),
    /// Words of capitals alone, more than this many in a row.
    CapitalsMax(usize),
}

/// All packs of a run.
pub struct Packs {
    packs: Vec<Pack>,
    channels: Vec<String>,
    off: Vec<String>,
    digest: Digest,
    chosen: RwLock<HashMap<Locale, Arc<OnceLock<Arc<MarketRules>>>>>,
}

impl std::fmt::Debug for Packs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.packs.iter().map(|pack| &pack.name)).finish()
    }
}

impl Packs {
    /// A digest over everything that decides what is found.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Every pack.
    pub fn all(&self) -> impl Iterator<Item = &Pack> {
        self.packs.iter()
    }

    /// The rule of that id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Arc<Rule>> {
        self.packs.iter().flat_map(|pack| &pack.rules).find(|rule| rule.id == id)
    }

    /// Names the first of these ids that no rule has.
    #[must_use]
    pub fn unknown<'a>(&self, mut ids: impl Iterator<Item = &'a String>) -> Option<&'a String> {
        ids.find(|id| self.rule(id).is_none())
    }

    /// The rules for a locale, put together on first use.
    #[must_use]
    pub fn chosen(&self, locale: &Locale) -> Arc<MarketRules> {
        let known = self.chosen.read().unwrap_or_else(PoisonError::into_inner).get(locale).cloned();
        let slot = known.unwrap_or_else(|| {
            let mut all = self.chosen.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(locale.clone()).or_default())
        });
        // Tasks of one locale begin at one time: one of them does the work, and the others wait for it.
        Arc::clone(slot.get_or_init(|| Arc::new(self.put_together(locale))))
    }

    fn put_together(&self, locale: &Locale) -> MarketRules {
        let packs = self.packs.iter().filter(|pack| !self.off.contains(&pack.name));
        let applying = packs.filter(|pack| match &pack.scope {
            PackScope::Everywhere => true,
            PackScope::Channel => self.channels.contains(&pack.name),
            PackScope::Markets { regions, languages } => match locale.region() {
                Some(region) => regions.iter().any(|listed| listed == region),
                None => languages.iter().any(|listed| listed == locale.language()),
            },
        });
        MarketRules::new(applying.flat_map(|pack| &pack.rules), locale.language())
    }
}

impl Pack {
    /// Its rules.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|rule| &**rule)
    }

    /// Where it applies, for people.
    #[must_use]
    pub fn markets(&self) -> String {
        match &self.scope {
            PackScope::Everywhere => "everywhere".to_owned(),
            PackScope::Channel => "where policies.channels names it".to_owned(),
            PackScope::Markets { regions, languages } => {
                format!("{}; without a region: {}", regions.join(" "), languages.join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TestConfig;

    fn packs(channels: &[&str]) -> Packs {
        let mut config = TestConfig::defaults().unwrap().policies;
        config.channels = channels.iter().map(|channel| (*channel).to_owned()).collect();
        Packs::load(&config).unwrap()
    }

    fn names(packs: &Packs, locale: &str) -> Vec<String> {
        let chosen = packs.chosen(&locale.parse().unwrap());
        let mut names: Vec<String> =
            chosen.rules().map(|rule| rule.id.split('.').next().unwrap().to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    #[test]
    fn packs_are_chosen_by_the_region_of_a_locale_then_by_its_language_and_channels_by_name() {
        let with = |more: &[&str]| {
            let mut all: Vec<String> =
                ["bias", "abuse", "output"].iter().chain(more).map(ToString::to_string).collect();
            all.sort_unstable();
            all
        };
        let packs_of_default = packs(&[]);
        assert_eq!(names(&packs_of_default, "de-DE"), with(&["eu"]));
        assert_eq!(names(&packs_of_default, "de"), with(&["eu"]));
        assert_eq!(names(&packs_of_default, "en-IE"), with(&["eu"]));
        assert_eq!(names(&packs_of_default, "en-US"), with(&["us"]));
        assert_eq!(names(&packs_of_default, "en"), with(&["us"]));
        assert_eq!(names(&packs_of_default, "zh-CN"), with(&["cn"]));
        assert_eq!(names(&packs_of_default, "ja-JP"), with(&[]));
        assert_eq!(names(&packs(&["amazon"]), "ja-JP"), with(&["amazon"]));
    }

    #[test]
    fn every_rule_names_its_source_and_says_what_to_do() {
        for pack in packs(&[]).all() {
            for rule in pack.rules() {
                assert!(rule.id.starts_with(&format!("{}.", pack.name)), "{}", rule.id);
                assert!(rule.source.len() > 8 && rule.explanation.len() > 30, "{}", rule.id);
            }
        }
    }
}
