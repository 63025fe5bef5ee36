//! Builds what the checks otherwise build at their first use: language data, patterns, the rules of a market.

use serde_json::json;

use crate::check::{CheckInput, CheckPolicy, RecipeFacts, Review, check};
use crate::content::{Draft, DraftOrigin, Drafts};
use crate::product::{Digest, Locale, Product};
use crate::recipe::Recipe;

/// Checks a sample text for a locale and drops what comes of it: the first real text is then checked as fast as the next one.
///
/// # Errors
/// When the sample product is none.
pub fn warm_up(policy: &CheckPolicy, recipes: &[&Recipe], locale: &Locale) -> serde_json::Result<()> {
    let product: Product = serde_json::from_value(json!({
        "sku": "sample", "title": "Mug", "brand": "Sample",
        "description": "A blue mug of clay. It holds 300 ml.",
        "attributes": { "material": "clay", "colour": "blue", "volume": "300 ml", "height": "10 in", "dishwasher safe": true }
    }))?;
    let text = "A blue clay mug that holds 300 ml, is 25.4 cm tall, and is safe in the dishwasher. Who would not want \
                one? Call +1 202 555 0143 or write to a@example.com.";
    let draft = |recipe: &&Recipe| Draft {
        recipe: recipe.name.clone(),
        content: json!({ "text": text, "evidence": ["material", "volume"] }),
    };
    let facts: Vec<_> = recipes.iter().map(|recipe| recipe.facts(&product).into()).collect();
    let of = |(recipe, facts)| RecipeFacts { recipe, facts };
    let drafts = recipes.iter().map(draft).collect();
    let input = CheckInput {
        product: &product,
        version: None,
        notes: &[],
        locale,
        operation: Digest::of(&[]),
        recipes: recipes.iter().copied().zip(&facts).map(of).collect(),
        drafts: Drafts::new(drafts, String::new(), DraftOrigin::new(jiff::Timestamp::UNIX_EPOCH)),
        asked: &[],
        review: Review::ByPolicy,
        page: None,
        catalog: None,
    };
    // Only what was built on the way counts.
    drop(check(input, policy));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TestConfig;
    use crate::recipe::Recipes;

    #[test]
    fn the_sample_is_a_product_that_every_recipe_can_be_checked_for() {
        let TestConfig { check: settings, policies, recipes, review } = TestConfig::defaults().unwrap();
        let policy = CheckPolicy::load(&settings, &review, &recipes.show, &policies).unwrap();
        let recipes = Recipes::load(&recipes).unwrap();
        let all: Vec<&Recipe> = recipes.all().map(|recipe| &**recipe).collect();
        for locale in ["en-US", "de-DE", "zh-CN"] {
            warm_up(&policy, &all, &locale.parse().unwrap()).unwrap();
        }
    }
}
