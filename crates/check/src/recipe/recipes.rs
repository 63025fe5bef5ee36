//! All recipes and voices of a run, and the briefs made from them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Map, Value};

use super::brief::{language_name, preamble};
use super::{Brief, Recipe, Voice};
use crate::config::recipes::Shown;
use crate::internal::InternalNames;
use crate::labels::ShopLabels;
use crate::product::{Digest, Locale, Product};

/// Most briefs that are kept; beyond it all are dropped, and made again when needed.
const BRIEFS_KEPT: usize = 512;

/// All recipes and voices of a run, with the briefs made from them.
pub struct Recipes {
    pub(super) recipes: BTreeMap<String, Arc<Recipe>>,
    pub(super) prompts: minijinja::Environment<'static>,
    pub(super) voices: Vec<Arc<Voice>>,
    pub(super) enabled: Vec<String>,
    pub(super) show: Vec<Shown>,
    pub(super) briefs: RwLock<HashMap<BriefKey, Arc<Brief>>>,
    pub(super) internal: Arc<InternalNames>,
    pub(super) labels: Arc<ShopLabels>,
}

/// What a brief depends on: recipes, locale, voice.
pub(super) type BriefKey = (Vec<String>, Locale, Digest);

impl std::fmt::Debug for Recipes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipes").field("recipes", &self.recipes.keys()).finish_non_exhaustive()
    }
}

/// Why recipes cannot be written: one is unknown or answers shoppers, or none is written in a language.
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
    /// The same, keeping back the attributes that have these names.
    #[must_use]
    pub fn keeping_back(mut self, internal: &Arc<InternalNames>) -> Self {
        for recipe in self.recipes.values_mut() {
            Arc::make_mut(recipe).internal = Arc::clone(internal);
        }
        self.internal = Arc::clone(internal);
        self
    }

    /// The same with the shop's labels, units and translations.
    #[must_use]
    pub fn labelled(self, labels: &Arc<ShopLabels>) -> Self {
        Self { labels: Arc::clone(labels), ..self }
    }

    /// The shop's labels, units and translations.
    #[must_use]
    pub fn labels(&self) -> &Arc<ShopLabels> {
        &self.labels
    }

    /// Which attributes are for the shop alone.
    #[must_use]
    pub fn internal(&self) -> &Arc<InternalNames> {
        &self.internal
    }

    /// The recipe of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Recipe>> {
        self.recipes.get(name)
    }

    /// The recipes that are written where a message names none.
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
            if written && !found.iter().any(|other| other.name == recipe.name) {
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

    /// A digest over all recipes, voices and labels, to distinguish runs with different ones.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let parts: Vec<Digest> = self
            .recipes
            .values()
            .filter(|recipe| !recipe.interactive)
            .map(|recipe| recipe.digest)
            .chain(self.voices.iter().map(|voice| voice.digest))
            .chain((!self.labels.is_empty()).then(|| self.labels.digest()))
            .collect();
        Digest::of(&parts.iter().map(|digest| digest.as_bytes().as_slice()).collect::<Vec<_>>())
    }

    /// The brief for these recipes, made on first use.
    ///
    /// # Errors
    /// When a recipe's prompt cannot be rendered; the message names the recipe and the place.
    pub fn brief(
        &self,
        recipes: &[Arc<Recipe>],
        locale: &Locale,
        voice: Option<&Arc<Voice>>,
    ) -> anyhow::Result<Arc<Brief>> {
        let voice_digest = voice.map_or_else(|| Digest::of(&[]), |voice| voice.digest);
        let key = (recipes.iter().map(|recipe| recipe.name.clone()).collect(), locale.clone(), voice_digest);
        if let Some(brief) = self.briefs.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(brief));
        }
        let brief = Arc::new(self.render(recipes, locale, voice)?);
        let mut briefs = self.briefs.write().unwrap_or_else(PoisonError::into_inner);
        if briefs.len() >= BRIEFS_KEPT {
            briefs.clear();
        }
        briefs.insert(key, Arc::clone(&brief));
        Ok(brief)
    }

    fn render(
        &self,
        recipes: &[Arc<Recipe>],
        locale: &Locale,
        voice: Option<&Arc<Voice>>,
    ) -> anyhow::Result<Brief> {
        let (mut system, language) = (preamble(locale, voice), language_name(locale.language()));
        let mut properties = Map::new();
        for recipe in recipes {
            let context = minijinja::context! { locale => locale.as_str(), language => language };
            let prompt = self
                .prompts
                .get_template(&recipe.name)
                .and_then(|template| template.render(context))
                .map_err(|error| anyhow::anyhow!("recipe {}: {error:#}", recipe.name))?;
            let _infallible = write!(system, "\n## Key `{}`\n{}\n", recipe.name, prompt.trim());
            properties.insert(recipe.name.clone(), recipe.schema.clone());
        }
        let schema = serde_json::json!({
            "type": "object",
            "required": properties.keys().collect::<Vec<_>>(),
            "properties": Value::Object(properties),
            "additionalProperties": false
        });
        let mut brief = Brief::new(system, &schema)?;
        brief.show.clone_from(&self.show);
        Ok(brief)
    }
}
