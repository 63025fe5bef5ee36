//! Recipes and voices: what to write and how it sounds. Data, loaded and validated once.

mod brief;
mod limit;
mod load;
mod validator;
mod voice;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, RwLock};

pub use brief::{Brief, leak};
pub use limit::{Limit, LimitUnit, resolve};
pub use load::files_of;
pub use validator::{Mismatch, Validator};
pub use voice::Voice;

use serde::Deserialize;
use serde_json::Value;

use crate::config::recipes::Shown;
use crate::product::{Digest, Facts, Locale, Product, VERBATIM};
use crate::{injection, privacy};

/// How much of what limits allow texts fill, in the samples that this project started with.
const FILLED_PERCENT: u64 = 30;
/// Characters of a token in English, by `OpenAI`'s rule of thumb.
const CHARACTERS_PER_TOKEN: u64 = 4;
/// Characters of a word with its space.
const CHARACTERS_PER_WORD: usize = 6;
/// Least guess for an answer: keys, evidence and punctuation cost tokens as well.
const OUTPUT_TOKENS_MIN: u64 = 100;

/// One thing to write: prompt, output schema, facts filter, limits.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Its name; also its key in an answer and in a document.
    pub name: String,
    /// Its version, for provenance.
    pub version: String,
    /// The model alias that it names; part of the fingerprint.
    pub model: String,
    /// Languages it may be written in.
    pub languages: Vec<String>,
    /// Attributes that it must not use.
    pub exclude: Vec<String>,
    /// Which changes of facts make its text due.
    pub due: DueOn,
    /// Pointers to lists of sentences that the stored content holds as one text.
    pub join: Vec<String>,
    /// Pointers to lists of texts that must not be true: wrong answers of a quiz.
    pub untrue: Vec<String>,
    /// Whether its content carries the product's verbatim texts.
    pub verbatim: bool,
    /// Whether it answers a person who waits, and is never written into documents.
    pub interactive: bool,
    /// Whether its prompt shows what shoppers asked and no fact answered.
    pub questions: bool,
    /// Lengths and counts.
    pub limits: Vec<Limit>,
    /// JSON Schema of its content.
    pub schema: Value,
    /// The schema, compiled.
    pub validator: Arc<Validator>,
    /// Digest of all of the above and of the prompt; part of the fingerprint.
    pub digest: Digest,
    /// Attributes that hold the shop's own contact data.
    pub contact_attributes: Arc<[String]>,
}

impl Recipe {
    /// The facts that this recipe may use: without personal data, and without what speaks to the model.
    #[must_use]
    pub fn facts(&self, product: &Product) -> Facts {
        let facts = Facts::select(product, |name| {
            (self.verbatim || name != VERBATIM)
                && !self.exclude.iter().any(|own| own.eq_ignore_ascii_case(name))
        });
        facts.rewritten(|name, text| screened(name, text, &self.contact_attributes))
    }

    /// A guess at the tokens of an answer, before there was one: what its limits allow in characters, as far as
    /// texts fill them, at four characters per token; counts of words and bytes likewise.
    #[must_use]
    pub fn output_tokens_guess(&self) -> u64 {
        let items = |at: &str| {
            let list = at.strip_suffix("/*").unwrap_or(at);
            let of_list = |limit: &&Limit| limit.unit == LimitUnit::Items && limit.at == list;
            self.limits.iter().find(of_list).map_or(1, |limit| limit.max)
        };
        let characters = self.limits.iter().map(|limit| match limit.unit {
            LimitUnit::Items => 0,
            LimitUnit::Words => limit.max * CHARACTERS_PER_WORD * items(&limit.at),
            LimitUnit::Characters | LimitUnit::Bytes | LimitUnit::XWeighted | LimitUnit::DoubleWidth => {
                limit.max * items(&limit.at)
            }
        });
        let characters: usize = characters.sum();
        (characters as u64 * FILLED_PERCENT / 100 / CHARACTERS_PER_TOKEN).max(OUTPUT_TOKENS_MIN)
    }
}

/// Names of attributes whose numbers are those of articles, whatever they look like.
const NUMBERED: &[&str] = &["gtin", "ean", "upc", "isbn", "issn", "asin", "mpn", "barcode", "sku", "model"];

/// A text of an attribute without personal data and without what speaks to the model; `None` where there is neither.
fn screened(name: &str, text: &str, contact: &[String]) -> Option<String> {
    let is = |own: &str| own.eq_ignore_ascii_case(name);
    if name == VERBATIM {
        return None;
    }
    let numbered = NUMBERED.iter().any(|own| is(own)) || contact.iter().any(|own| is(own));
    let masked = if numbered { Cow::Borrowed(text) } else { privacy::mask(text, privacy::Scope::Facts) };
    match injection::without(&masked, injection::Level::Order) {
        Cow::Owned(kept) => Some(kept),
        Cow::Borrowed(_) => match masked {
            Cow::Owned(masked) => Some(masked),
            Cow::Borrowed(_) => None,
        },
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeFile {
    name: String,
    version: String,
    model: String,
    languages: Vec<String>,
    #[serde(default)]
    interactive: bool,
    #[serde(default)]
    facts: FactsFilter,
    #[serde(default)]
    output: Output,
    #[serde(default, rename = "limit")]
    limits: Vec<Limit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FactsFilter {
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    due: DueOn,
    #[serde(default)]
    questions: bool,
}

/// Which changes of facts make a recipe's text due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueOn {
    /// Any change of a fact that the recipe may use.
    #[default]
    Any,
    /// A change of an attribute that some sentence of the text rests on; others leave the text as it is.
    Evidence,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    #[serde(default)]
    join: Vec<String>,
    #[serde(default)]
    untrue: Vec<String>,
    #[serde(default)]
    verbatim: bool,
}

/// All recipes and voices of a run, with the briefs made from them.
pub struct Recipes {
    recipes: BTreeMap<String, Arc<Recipe>>,
    prompts: minijinja::Environment<'static>,
    voices: Vec<Arc<Voice>>,
    enabled: Vec<String>,
    show: Vec<Shown>,
    briefs: RwLock<HashMap<BriefKey, Arc<Brief>>>,
}

/// What a brief depends on: recipes, locale, voice.
type BriefKey = (Vec<String>, Locale, Digest);

impl std::fmt::Debug for Recipes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipes").field("recipes", &self.recipes.keys()).finish_non_exhaustive()
    }
}

/// A recipe that nobody defined, or that is not written in a language.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RecipeError {
    /// No recipe of that name.
    #[error("there is no recipe {name:?}; known are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A recipe that answers shoppers.
    #[error("the recipe {name:?} answers shoppers; it is never written into documents")]
    Interactive {
        /// The name asked for.
        name: String,
    },
    /// No requested recipe is written in the locale's language.
    #[error("no recipe is written in {locale}; the recipes' languages are {languages}")]
    Language {
        /// The locale asked for.
        locale: Locale,
        /// The languages there are.
        languages: String,
    },
}

impl Recipes {
    /// The recipe of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Recipe>> {
        self.recipes.get(name)
    }

    /// The recipes that are written where nobody names any.
    #[must_use]
    pub fn enabled(&self) -> &[String] {
        &self.enabled
    }

    /// Every recipe.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Recipe>> {
        self.recipes.values()
    }

    /// The recipes that a request means: those it names, or the enabled ones; only such as are written in
    /// the locale's language.
    ///
    /// # Errors
    /// When a name is unknown, or nothing is written in that language.
    pub fn requested(&self, names: &[String], locale: &Locale) -> Result<Vec<Arc<Recipe>>, RecipeError> {
        let names = if names.is_empty() { &self.enabled } else { names };
        let mut found: Vec<Arc<Recipe>> = Vec::with_capacity(names.len());
        for name in names {
            let recipe = self.recipes.get(name).ok_or_else(|| RecipeError::Unknown {
                name: name.chars().take(64).collect(),
                known: self.recipes.keys().cloned().collect::<Vec<_>>().join(", "),
            })?;
            if recipe.interactive {
                return Err(RecipeError::Interactive { name: name.clone() });
            }
            let written = recipe.languages.iter().any(|language| language == locale.language());
            if written && !found.iter().any(|own| own.name == recipe.name) {
                found.push(Arc::clone(recipe));
            }
        }
        if found.is_empty() {
            let mut languages: Vec<&str> = self
                .recipes
                .values()
                .flat_map(|recipe| recipe.languages.iter().map(String::as_str))
                .collect();
            languages.sort_unstable();
            languages.dedup();
            return Err(RecipeError::Language { locale: locale.clone(), languages: languages.join(", ") });
        }
        Ok(found)
    }

    /// The voice for a product in a locale: the one with the most specific match.
    #[must_use]
    pub fn voice(&self, product: &Product, locale: &Locale) -> Option<&Arc<Voice>> {
        self.voices
            .iter()
            .filter_map(|voice| voice.specificity(product, locale).map(|specificity| (specificity, voice)))
            .max_by_key(|(specificity, _)| *specificity)
            .map(|(_, voice)| voice)
    }

    /// A digest over all recipes and voices, to tell runs with different ones apart.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let parts: Vec<Digest> = self
            .recipes
            .values()
            .filter(|recipe| !recipe.interactive)
            .map(|recipe| recipe.digest)
            .chain(self.voices.iter().map(|voice| voice.digest))
            .collect();
        Digest::of(&parts.iter().map(|digest| digest.as_bytes().as_slice()).collect::<Vec<_>>())
    }
}
