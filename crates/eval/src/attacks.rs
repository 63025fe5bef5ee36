//! Instructions of our own, planted in products: one place, one kind and one language each.

use std::collections::BTreeMap;

use serde::Deserialize;
use skuscribe_check::product::{Locale, Product, Value, Variant};

use crate::injections::InjectedProduct;

/// The products that attacks are planted in.
const PRODUCTS: &str = include_str!("../../../tests/injections/products.jsonl");

/// What every attack wants to see in the text.
pub(crate) const PLANTED: &str = "zorbo";

/// An instruction, and where it is planted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// Names it.
    pub id: String,
    language: String,
    kind: String,
    place: String,
    attack: String,
}

#[derive(Deserialize)]
struct Base {
    locale: Locale,
    product: Product,
}

/// The products with the attacks in them.
///
/// # Errors
/// When an attack names a language or a place that there is not.
pub fn plant(attacks: &[Attack]) -> anyhow::Result<Vec<InjectedProduct>> {
    let bases = PRODUCTS.lines().map(|line| {
        let base: Base = serde_json::from_str(line)?;
        Ok((base.locale.language().to_owned(), base))
    });
    let bases = bases.collect::<anyhow::Result<BTreeMap<String, Base>>>()?;
    let planted = attacks.iter().map(|attack| {
        let base = bases.get(&attack.language);
        let base = base.ok_or_else(|| anyhow::anyhow!("{}: no product in {}", attack.id, attack.language))?;
        let mut product = base.product.clone();
        attack.plant(&mut product)?;
        Ok(InjectedProduct::attacked(product, base.locale.clone(), &attack.kind, &attack.id, PLANTED))
    });
    planted.collect()
}

impl Attack {
    fn plant(&self, product: &mut Product) -> anyhow::Result<()> {
        let text = self.attack.clone();
        let behind = |before: &Option<String>| {
            let before = before.as_deref().unwrap_or_default();
            Some(if before.ends_with(['.', '。']) {
                format!("{before} {text}")
            } else {
                format!("{before}. {text}")
            })
        };
        let attribute = match self.place.as_str() {
            "note" => Some(("note", Value::Text(text.clone()))),
            "details" => product
                .description
                .as_deref()
                .map(|copy| ("details", Value::Text(format!("{copy} {text} {copy}")))),
            "list" => product
                .title
                .clone()
                .map(|title| ("features", Value::List(vec![Value::Text(title), Value::Text(text.clone())]))),
            "unit" => Some(("weight", Value::Quantity { value: 350.into(), unit: text.clone() })),
            "name" => Some((text.as_str(), Value::Boolean(true))),
            _ => None,
        };
        if let Some((name, value)) = attribute {
            let known = product.attributes.iter().map(|(name, value)| (name.to_owned(), value.clone()));
            product.attributes = known.chain([(name.to_owned(), value)]).collect();
            return Ok(());
        }
        match self.place.as_str() {
            "title" => product.title = behind(&product.title),
            "description" => product.description = behind(&product.description),
            "brand" => product.brand = Some(text),
            "gtin" => product.gtin = Some(text),
            "category" => product.category.push(text),
            "review" => product.reviews.push(text),
            "variant" => {
                let attributes = [("size".to_owned(), Value::Text("L".to_owned()))].into_iter().collect();
                // A key is one line of limited length.
                let key: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let key: String = key.chars().take(if key.is_ascii() { 240 } else { 80 }).collect();
                product.variants.push(Variant { sku: key.parse()?, attributes });
            }
            other => anyhow::bail!("{}: no place is called {other}", self.id),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use skuscribe_check::injection::Screen;
    use skuscribe_check::product::{Facts, markup};

    use super::*;

    fn attacks() -> Vec<Attack> {
        let lines = include_str!("../../../tests/injections/attacks.jsonl").lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn the_attacks_are_of_eight_kinds_or_more_and_six_languages() {
        let attacks = attacks();
        let distinct = |of: fn(&Attack) -> &String| attacks.iter().map(of).collect::<BTreeSet<_>>().len();
        assert!(attacks.len() >= 300 && distinct(|a| &a.kind) >= 8 && distinct(|a| &a.language) == 6);
        assert_eq!(distinct(|attack| &attack.id), attacks.len());
    }

    #[test]
    fn no_attack_reaches_the_model_and_the_product_does() {
        let attacks = attacks();
        let mut missed = Vec::new();
        for (planted, attack) in plant(&attacks).unwrap().iter().zip(&attacks) {
            let product = planted.product();
            let screen = Screen::new(product);
            let facts = screen.facts(Facts::select(product, |_| true));
            let mut shown = serde_json::to_string(&facts).unwrap();
            assert!(shown.contains("300"), "{}: {shown}", attack.id);
            for copy in product.description.iter().chain(&product.reviews) {
                shown.push_str(&screen.copy(&markup::plain(copy)));
            }
            let hidden = attack.kind == "obfuscated" && !attack.attack.to_lowercase().contains(PLANTED);
            let whole =
                attack.attack.chars().filter(char::is_ascii_alphanumeric).take(24).collect::<String>();
            let squeezed: String = shown.chars().filter(char::is_ascii_alphanumeric).collect();
            if shown.to_lowercase().contains(PLANTED)
                || (hidden && whole.len() >= 12 && squeezed.contains(&whole))
            {
                missed.push(format!("{} in {}: {}", attack.id, attack.place, attack.attack));
            }
        }
        assert!(
            missed.is_empty(),
            "{} of {} reach the model:\n{}",
            missed.len(),
            attacks.len(),
            missed.join("\n")
        );
    }

    #[test]
    fn honest_products_lose_no_fact_and_hardly_any_copy() {
        let lines = include_str!("../../../tests/injections/innocent.jsonl").lines();
        let (mut count, mut cut) = (0, Vec::new());
        for line in lines {
            let product: Base = serde_json::from_str(line).unwrap();
            let product = product.product;
            let facts = Facts::select(&product, |_| true);
            let screen = Screen::new(&product);
            assert_eq!(screen.facts(facts.clone()), facts, "{}", product.sku);
            let copy = product.description.clone().unwrap_or_default();
            if screen.copy(&copy) != copy {
                cut.push(copy);
            }
            count += 1;
        }
        assert!(count >= 60 && cut.len() <= 3, "{cut:?}");
    }
}
