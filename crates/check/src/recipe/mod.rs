//! Recipes and voices: what to write and how it sounds. Data, loaded and validated once.

mod brief;
mod limit;
mod load;
mod recipes;
mod validator;
mod voice;

use std::borrow::Cow;
use std::sync::Arc;

pub use brief::{Brief, leak};
pub use limit::{Limit, LimitUnit, resolve};
pub use load::files_of;
pub use recipes::{RecipeError, Recipes};
pub use validator::{Mismatch, Validator};
pub use voice::Voice;

use serde::Deserialize;
use serde_json::Value;

use crate::internal::InternalNames;
use crate::product::{Digest, Facts, Product, VERBATIM};
use crate::{injection, privacy};

/// How much of what limits allow texts fill, in the samples that this project started with.
const FILLED_PERCENT: u64 = 30;
/// Characters of a token in English, by `OpenAI`'s rule of thumb.
const CHARACTERS_PER_TOKEN: u64 = 4;
/// Characters of a word with its space.
const CHARACTERS_PER_WORD: usize = 6;
/// Items of a list that a recipe sets no limit for.
const ITEMS_GUESS: usize = 20;
/// Characters of a draft whose recipe sets no limit.
const CHECKED_CHARS_GUESS: usize = 10_000;
/// Least of what is checked: titles and keywords mostly have no limit.
const CHECKED_CHARS_MIN: usize = 4_000;
/// Most of what is checked, whatever a recipe allows: some tenths of a second.
const CHECKED_CHARS_MAX: usize = 100_000;
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
    /// The least score of its copy's quality, 0 to 1; a text below it is found.
    pub quality_min: Option<f64>,
    /// JSON Schema of its content.
    pub schema: Value,
    /// The schema, compiled.
    pub validator: Arc<Validator>,
    /// Digest of all of the above and of the prompt; part of the fingerprint.
    pub digest: Digest,
    /// Attributes that hold the shop's own contact data.
    pub contact_attributes: Arc<[String]>,
    /// Which attributes are for the shop alone.
    pub internal: Arc<InternalNames>,
}

impl Recipe {
    /// The facts that this recipe may use: without internal attributes, personal data, and what speaks to the model.
    #[must_use]
    pub fn facts(&self, product: &Product) -> Facts {
        self.screened(product, self.internal.facts(product, |name| self.may_use(name)))
    }

    /// The digest that the facts had before anything was kept back; `None` where nothing is.
    #[must_use]
    pub fn digest_with_internal(&self, product: &Product) -> Option<Digest> {
        self.internal.kept_back(product).next()?;
        Some(self.screened(product, Facts::select(product, |name| self.may_use(name))).digest())
    }

    fn may_use(&self, name: &str) -> bool {
        (self.verbatim || name != VERBATIM)
            && !self.exclude.iter().any(|excluded| excluded.eq_ignore_ascii_case(name))
    }

    fn screened(&self, product: &Product, facts: Facts) -> Facts {
        let masked = facts
            .rewritten(|name, text| masked(name, text, &self.contact_attributes))
            .keeping_labels(|name, label| masked(name, label, &self.contact_attributes).is_none());
        injection::Screen::new(product).facts(masked)
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

impl Recipe {
    /// The most characters of all texts of a draft that are checked: twice what its limits allow, for some texts have
    /// none.
    #[must_use]
    pub fn checked_chars_max(&self) -> usize {
        let times = |at: &str| {
            let lists = at.match_indices("/*").filter_map(|(end, _)| at.get(..end));
            let items = |list: &str| {
                let of_list = |limit: &&Limit| limit.unit == LimitUnit::Items && limit.at == list;
                self.limits.iter().find(of_list).map_or(ITEMS_GUESS, |limit| limit.max)
            };
            lists.map(items).fold(1_usize, usize::saturating_mul)
        };
        let characters = self.limits.iter().map(|limit| match limit.unit {
            LimitUnit::Items => 0,
            LimitUnit::Words => {
                limit.max.saturating_mul(2 * CHARACTERS_PER_WORD).saturating_mul(times(&limit.at))
            }
            LimitUnit::Characters | LimitUnit::Bytes | LimitUnit::XWeighted | LimitUnit::DoubleWidth => {
                limit.max.saturating_mul(times(&limit.at))
            }
        });
        let allowed = characters.fold(0, usize::saturating_add);
        let allowed = if allowed == 0 { CHECKED_CHARS_GUESS } else { allowed };
        allowed.saturating_mul(2).clamp(CHECKED_CHARS_MIN, CHECKED_CHARS_MAX)
    }
}

/// Names of attributes whose numbers are those of articles, whatever they look like.
const NUMBERED: &[&str] = &["gtin", "ean", "upc", "isbn", "issn", "asin", "mpn", "barcode", "sku", "model"];

/// Whether an attribute of this name holds the number of an article.
pub(crate) fn is_numbered(name: &str) -> bool {
    NUMBERED.iter().any(|listed| listed.eq_ignore_ascii_case(name))
}

/// A text of an attribute without personal data; `None` where there is none.
fn masked(name: &str, text: &str, contact: &[String]) -> Option<String> {
    let is = |listed: &str| listed.eq_ignore_ascii_case(name);
    if name == VERBATIM || is_numbered(name) || contact.iter().any(|listed| is(listed)) {
        return None;
    }
    match privacy::mask(text, privacy::Scope::Facts) {
        Cow::Owned(masked) => Some(masked),
        Cow::Borrowed(_) => None,
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
    quality_min: Option<f64>,
    #[serde(default)]
    facts: FactsFilter,
    #[serde(default)]
    output: RecipeOutput,
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
    /// A change of an attribute that supports some sentence of the text; others leave the text as it is.
    Evidence,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeOutput {
    #[serde(default)]
    join: Vec<String>,
    #[serde(default)]
    untrue: Vec<String>,
    #[serde(default)]
    verbatim: bool,
}
