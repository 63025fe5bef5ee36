//! Which products of a catalog file need work: each is compared with the index, without reading what is stored.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::fast::FixedState;

use super::{IndexRow, short};
use skuscribe_check::content::State;
use skuscribe_check::product::{Digest, Locale, Product, Sku};
use skuscribe_check::recipe::Recipe;

/// Why a product is to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The index does not know it.
    New,
    /// Its facts changed.
    Changed,
    /// It is there, but not in this locale.
    MissingLocale,
    /// It is there, but a recipe is not.
    MissingRecipe,
}

/// What every product is to have.
#[derive(Debug)]
pub struct BackfillTargets {
    /// Locales, each with its recipes.
    pub locales: Vec<(Locale, Vec<std::sync::Arc<Recipe>>)>,
}

/// What the index knows of a product in a locale, in as few bytes as a comparison needs.
#[derive(Debug)]
struct IndexedProduct {
    facts: u64,
    recipes: u64,
    /// Whether the file has it.
    compared: AtomicBool,
}

/// One locale of the index, in memory.
#[derive(Debug, Default)]
pub struct IndexedLocale {
    rows: HashMap<Sku, IndexedProduct, FixedState>,
}

/// Compares products with the index.
#[derive(Debug)]
pub struct Planner {
    targets: BackfillTargets,
    indexed: Vec<IndexedLocale>,
}

/// Bits for recipe names.
fn mask<'a>(names: impl Iterator<Item = &'a str>) -> u64 {
    names.fold(0, |mask, name| mask | 1 << (short(Digest::of(&[name.as_bytes()])) % 64))
}

/// One number for the facts of several recipes, whatever their order.
fn combined(facts: impl Iterator<Item = u64>) -> u64 {
    facts.fold(0, |all, facts| all.wrapping_add(facts.rotate_left(17).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

impl IndexedLocale {
    /// Adds a row; deleted products are as if they were not there.
    pub fn add(&mut self, row: &IndexRow, targets: &[std::sync::Arc<Recipe>]) {
        if row.state == State::Deleted {
            return;
        }
        let recipes =
            row.recipes.iter().filter(|(name, ..)| targets.iter().any(|recipe| recipe.name == *name));
        let known = IndexedProduct {
            facts: combined(recipes.clone().map(|(.., facts)| *facts)),
            recipes: mask(recipes.map(|(name, ..)| name.as_str())),
            compared: AtomicBool::new(false),
        };
        self.rows.insert(row.sku.clone(), known);
    }

    /// How many products it holds.
    #[must_use]
    pub fn products(&self) -> usize {
        self.rows.len()
    }
}

/// The digest of what a recipe may use of a product. Recipes mostly share their selection: each is made once.
fn facts_of<'a>(digests: &mut Vec<(&'a Recipe, u64)>, recipe: &'a Recipe, product: &Product) -> u64 {
    let same = |other: &Recipe| other.exclude == recipe.exclude && other.verbatim == recipe.verbatim;
    if let Some((_, digest)) = digests.iter().find(|(other, _)| same(other)) {
        return *digest;
    }
    let digest = short(recipe.facts(product).digest());
    digests.push((recipe, digest));
    digest
}

impl Planner {
    /// A planner over the index of the target locales, in their order.
    #[must_use]
    pub fn new(targets: BackfillTargets, indexed: Vec<IndexedLocale>) -> Self {
        Self { targets, indexed }
    }

    /// What a product of the file needs, by locale; nothing where everything is as it should be.
    #[must_use]
    pub fn needs(&self, product: &Product) -> Vec<(&Locale, Need)> {
        let mut known_somewhere = false;
        for known in self.indexed.iter().filter_map(|locale| locale.rows.get(&product.sku)) {
            known.compared.store(true, Ordering::Relaxed);
            known_somewhere = true;
        }
        // Most products say the same in every locale.
        let (mut general, mut localized) = (Vec::new(), Vec::new());
        let mut needs = Vec::new();
        for ((locale, recipes), indexed) in self.targets.locales.iter().zip(&self.indexed) {
            let Some(known) = indexed.rows.get(&product.sku) else {
                needs.push((locale, if known_somewhere { Need::MissingLocale } else { Need::New }));
                continue;
            };
            if known.recipes != mask(recipes.iter().map(|recipe| recipe.name.as_str())) {
                needs.push((locale, Need::MissingRecipe));
                continue;
            }
            // As their publisher states them: what the shop's labels make of them is no change of facts.
            let stated = product.in_locale(locale);
            let digests = if let Cow::Borrowed(_) = stated {
                &mut general
            } else {
                localized.clear();
                &mut localized
            };
            if known.facts != combined(recipes.iter().map(|recipe| facts_of(digests, recipe, &stated))) {
                needs.push((locale, Need::Changed));
            }
        }
        needs
    }

    /// The locales that it plans for.
    pub fn locales(&self) -> impl Iterator<Item = &Locale> {
        self.targets.locales.iter().map(|(locale, _)| locale)
    }

    /// The products that were not compared so far, in order: the file does not have them.
    #[must_use]
    pub fn unseen(&self) -> Vec<Sku> {
        let rows = self.indexed.iter().flat_map(|locale| &locale.rows);
        let unseen = rows.filter(|(_, known)| !known.compared.load(Ordering::Relaxed));
        let mut unseen: Vec<Sku> = unseen.map(|(sku, _)| sku.clone()).collect();
        unseen.sort_unstable();
        unseen.dedup();
        unseen
    }

    /// The index of each locale, in their order.
    #[must_use]
    pub fn indexed(&self) -> &[IndexedLocale] {
        &self.indexed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Config;
    use skuscribe_check::recipe::Recipes;

    fn product(sku: &str, material: &str, price: u32) -> Product {
        let value = serde_json::json!({ "sku": sku, "title": "Mug", "attributes": { "material": material, "price": price } });
        serde_json::from_value(value).unwrap()
    }

    fn row(recipes: &[Arc<Recipe>], product: &Product, state: State) -> IndexRow {
        let of = |recipe: &Arc<Recipe>| (recipe.name.clone(), 1, short(recipe.facts(product).digest()));
        IndexRow {
            sku: product.sku.clone(),
            revision: 1,
            product_version: 1,
            state,
            updated_at_us: 0,
            input_tokens: 0,
            output_tokens: 0,
            cost: 0.0,
            recipes: recipes.iter().map(of).collect(),
        }
    }

    #[test]
    fn only_what_is_new_changed_or_missing_is_asked_for() {
        let all = Recipes::load(&Config::defaults().unwrap().recipes).unwrap();
        let (english, german): (Locale, Locale) = ("en-US".parse().unwrap(), "de-DE".parse().unwrap());
        let recipes = all.requested(&[], &english).unwrap();
        let (mut first, mut second) = (IndexedLocale::default(), IndexedLocale::default());
        let known = product("A", "clay", 5);
        first.add(&row(&recipes, &known, State::Published), &recipes);
        second.add(&row(&recipes, &known, State::Published), &recipes);
        first.add(&row(&recipes[..2], &product("B", "clay", 5), State::Published), &recipes);
        second.add(&row(&recipes, &product("B", "clay", 5), State::Published), &recipes);
        first.add(&row(&recipes, &product("C", "clay", 5), State::Held), &recipes);
        first.add(&row(&recipes, &product("D", "clay", 5), State::Deleted), &recipes);
        let targets = BackfillTargets {
            locales: vec![(english.clone(), recipes.clone()), (german.clone(), recipes.clone())],
        };
        let planner = Planner::new(targets, vec![first, second]);
        let needs = |product: &Product| -> Vec<(String, Need)> {
            planner.needs(product).into_iter().map(|(locale, need)| (locale.to_string(), need)).collect()
        };
        let both = |need| vec![("en-US".to_owned(), need), ("de-DE".to_owned(), need)];
        assert_eq!(needs(&product("A", "clay", 5)), []);
        // A price is no fact of these recipes.
        assert_eq!(needs(&product("A", "clay", 9)), []);
        assert_eq!(needs(&product("A", "glass", 5)), both(Need::Changed));
        assert_eq!(needs(&product("B", "clay", 5)), [("en-US".to_owned(), Need::MissingRecipe)]);
        assert_eq!(needs(&product("C", "clay", 5)), [("de-DE".to_owned(), Need::MissingLocale)]);
        assert_eq!(needs(&product("D", "clay", 5)), both(Need::New));
        assert_eq!(needs(&product("E", "clay", 5)), both(Need::New));
        assert_eq!(planner.unseen(), []);
        let mut described = serde_json::to_value(product("A", "clay", 5)).unwrap();
        described["localized"] = serde_json::json!({ "de": { "attributes": { "material": "Ton" } } });
        let described: Product = serde_json::from_value(described).unwrap();
        assert_eq!(needs(&described), [("de-DE".to_owned(), Need::Changed)]);
    }
}
