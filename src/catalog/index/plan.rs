//! What a night's file asks for: each product held against the index, without reading what is stored.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::fast::FixedState;

use super::{Row, short};
use skuscribe_check::content::State;
use skuscribe_check::product::{Digest, Locale, Product, Sku};
use skuscribe_check::recipe::Recipe;

/// Why a product is to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The index does not know it.
    New,
    /// Its facts are others.
    Changed,
    /// It is there, but not in this locale.
    MissingLocale,
    /// It is there, but a recipe is not.
    MissingRecipe,
}

/// What is wanted of every product.
#[derive(Debug)]
pub struct Wants {
    /// Locales, each with its recipes.
    pub locales: Vec<(Locale, Vec<std::sync::Arc<Recipe>>)>,
}

/// What the index knows of a product in a locale, as little as serves.
#[derive(Debug)]
struct Known {
    facts: u64,
    recipes: u64,
    /// Whether the file has it.
    seen: AtomicBool,
}

/// One locale of the index, in memory.
#[derive(Debug, Default)]
pub struct Kept {
    rows: HashMap<Sku, Known, FixedState>,
}

/// Holds products against the index.
#[derive(Debug)]
pub struct Planner {
    wants: Wants,
    kept: Vec<Kept>,
}

/// Bits for recipe names.
fn mask<'a>(names: impl Iterator<Item = &'a str>) -> u64 {
    names.fold(0, |mask, name| mask | 1 << (short(Digest::of(&[name.as_bytes()])) % 64))
}

/// One number for the facts of several recipes, whatever their order.
fn combined(facts: impl Iterator<Item = u64>) -> u64 {
    facts.fold(0, |all, facts| all.wrapping_add(facts.rotate_left(17).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

impl Kept {
    /// Takes up a row; deleted products are as if they were not there.
    pub fn take(&mut self, row: &Row, wanted: &[std::sync::Arc<Recipe>]) {
        if row.state == State::Deleted {
            return;
        }
        let own = row.recipes.iter().filter(|(name, ..)| wanted.iter().any(|recipe| recipe.name == *name));
        let known = Known {
            facts: combined(own.clone().map(|(.., facts)| *facts)),
            recipes: mask(own.map(|(name, ..)| name.as_str())),
            seen: AtomicBool::new(false),
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
    let same = |own: &Recipe| own.exclude == recipe.exclude && own.verbatim == recipe.verbatim;
    if let Some((_, digest)) = digests.iter().find(|(own, _)| same(own)) {
        return *digest;
    }
    let digest = short(recipe.facts(product).digest());
    digests.push((recipe, digest));
    digest
}

impl Planner {
    /// A planner over the index of the wanted locales, in their order.
    #[must_use]
    pub fn new(wants: Wants, kept: Vec<Kept>) -> Self {
        Self { wants, kept }
    }

    /// What a product of the file needs, by locale; nothing where everything is as it should be.
    #[must_use]
    pub fn needs(&self, product: &Product) -> Vec<(&Locale, Need)> {
        let mut known_somewhere = false;
        for known in self.kept.iter().filter_map(|kept| kept.rows.get(&product.sku)) {
            known.seen.store(true, Ordering::Relaxed);
            known_somewhere = true;
        }
        let mut digests = Vec::new();
        let mut needs = Vec::new();
        for ((locale, recipes), kept) in self.wants.locales.iter().zip(&self.kept) {
            let Some(known) = kept.rows.get(&product.sku) else {
                needs.push((locale, if known_somewhere { Need::MissingLocale } else { Need::New }));
                continue;
            };
            if known.recipes != mask(recipes.iter().map(|recipe| recipe.name.as_str())) {
                needs.push((locale, Need::MissingRecipe));
            } else if known.facts
                != combined(recipes.iter().map(|recipe| facts_of(&mut digests, recipe, product)))
            {
                needs.push((locale, Need::Changed));
            }
        }
        needs
    }

    /// The products that nothing was asked about so far, in order: the file does not have them.
    #[must_use]
    pub fn unseen(&self) -> Vec<Sku> {
        let rows = self.kept.iter().flat_map(|kept| &kept.rows);
        let unseen = rows.filter(|(_, known)| !known.seen.load(Ordering::Relaxed));
        let mut unseen: Vec<Sku> = unseen.map(|(sku, _)| sku.clone()).collect();
        unseen.sort_unstable();
        unseen.dedup();
        unseen
    }

    /// What is kept, in the order of the locales.
    #[must_use]
    pub fn kept(&self) -> &[Kept] {
        &self.kept
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

    fn row(recipes: &[Arc<Recipe>], product: &Product, state: State) -> Row {
        let of = |recipe: &Arc<Recipe>| (recipe.name.clone(), 1, short(recipe.facts(product).digest()));
        Row {
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
        let (mut first, mut second) = (Kept::default(), Kept::default());
        let known = product("A", "clay", 5);
        first.take(&row(&recipes, &known, State::Published), &recipes);
        second.take(&row(&recipes, &known, State::Published), &recipes);
        first.take(&row(&recipes[..2], &product("B", "clay", 5), State::Published), &recipes);
        second.take(&row(&recipes, &product("B", "clay", 5), State::Published), &recipes);
        first.take(&row(&recipes, &product("C", "clay", 5), State::Held), &recipes);
        first.take(&row(&recipes, &product("D", "clay", 5), State::Deleted), &recipes);
        let wants =
            Wants { locales: vec![(english.clone(), recipes.clone()), (german.clone(), recipes.clone())] };
        let planner = Planner::new(wants, vec![first, second]);
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
    }
}
