//! What is measured: policies and recipes, and how a page is checked with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;
use skuscribe_check::check::{CheckInput, CheckPolicy, Checked, RecipeFacts, Review, check};
use skuscribe_check::config::check::CheckConfig;
use skuscribe_check::config::policies::PoliciesConfig;
use skuscribe_check::config::recipes::RecipesConfig;
use skuscribe_check::config::review::ReviewConfig;
use skuscribe_check::content::{Draft, DraftOrigin, Drafts};
use skuscribe_check::product::{Digest, Facts, Locale, Product};
use skuscribe_check::recipe::Recipes;

/// The sections of the settings that are about checks.
#[derive(Deserialize)]
struct CheckSettings {
    check: CheckConfig,
    policies: PoliciesConfig,
    recipes: RecipesConfig,
    review: ReviewConfig,
}

/// Policies and recipes.
pub struct Checks {
    /// The policies.
    pub policy: CheckPolicy,
    /// The recipes.
    pub recipes: Recipes,
}

impl Checks {
    /// Those that ship, read without the product around them: for programs that link in seconds.
    ///
    /// # Errors
    /// When what ships is broken.
    pub fn built_in() -> anyhow::Result<Self> {
        let settings: CheckSettings = toml::from_str(include_str!("../../../config/default.toml"))?;
        let CheckSettings { check, policies, recipes, review } = settings;
        let policy = CheckPolicy::load(&check, &review, &recipes.show, &policies)?;
        Ok(Self { policy, recipes: Recipes::load(&recipes)? })
    }

    /// A product's page with the content of its recipes, checked as the product does it.
    ///
    /// # Errors
    /// When there is no such recipe.
    pub fn check_page(
        &self,
        product: &Product,
        locale: &Locale,
        content: &BTreeMap<&str, Value>,
    ) -> anyhow::Result<Checked> {
        let facts = self.facts(product, content)?;
        self.check_page_with(&facts, product, locale, content)
    }

    /// The facts that each recipe may use.
    ///
    /// # Errors
    /// When there is no such recipe.
    pub fn facts(
        &self,
        product: &Product,
        content: &BTreeMap<&str, Value>,
    ) -> anyhow::Result<BTreeMap<String, Arc<Facts>>> {
        // Recipes mostly share their selection of facts: the plan makes it once.
        let mut selections: BTreeMap<_, Arc<Facts>> = BTreeMap::new();
        let of_recipe = |name: &&str| {
            let recipe = self.recipes.get(name).with_context(|| format!("no recipe {name}"))?;
            let selection = selections.entry((recipe.exclude.as_slice(), recipe.verbatim));
            Ok(((*name).to_owned(), Arc::clone(selection.or_insert_with(|| Arc::new(recipe.facts(product))))))
        };
        content.keys().map(of_recipe).collect()
    }

    /// The same of a page whose facts were selected already, as a page is checked again that was repaired.
    ///
    /// # Errors
    /// When there is no such recipe.
    pub fn check_page_with(
        &self,
        facts: &BTreeMap<String, Arc<Facts>>,
        product: &Product,
        locale: &Locale,
        content: &BTreeMap<&str, Value>,
    ) -> anyhow::Result<Checked> {
        let recipes = facts.iter().map(|(name, facts)| {
            let recipe = self.recipes.get(name).with_context(|| format!("no recipe {name}"))?;
            Ok(RecipeFacts { recipe, facts })
        });
        let recipes = recipes.collect::<anyhow::Result<Vec<RecipeFacts<'_>>>>()?;
        let drafts = content
            .iter()
            .map(|(name, content)| Draft { recipe: (*name).to_owned(), content: content.clone() });
        let origin = DraftOrigin::new(jiff::Timestamp::UNIX_EPOCH);
        let input = CheckInput {
            product,
            version: Some(1),
            notes: &[],
            locale,
            operation: Digest::of(&[]),
            recipes,
            drafts: Drafts::new(drafts.collect(), String::new(), origin),
            asked: &[],
            review: Review::ByPolicy,
            page: None,
            catalog: None,
        };
        Ok(check(input, &self.policy))
    }
}
