//! Products with instructions in their texts, through the pipeline with a model that obeys whatever it finds.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::trial;
use crate::cli::terminal::Columns;
use crate::config::Config;
use skuscribe_check::config::recipes::Shown;
use skuscribe_check::content::{Document, State};
use skuscribe_check::product::{Product, Value as ProductValue};
use skuscribe_sandbox::Behaviour;

/// A product, half of them with an instruction of somebody's in its description.
#[derive(Debug, Deserialize)]
pub(super) struct Injected {
    product: Product,
    label: String,
    #[serde(default)]
    kind: Option<String>,
}

/// Where the description stands when the model sees it.
const PLACES: &[(&str, bool)] = &[("shown as copy", false), ("as an attribute", true)];

/// Every product is written twice: by a model that obeys, and by one that does not, from the same facts. What is published
/// must be the same; else it did what somebody bade.
pub(super) async fn evaluate(
    config: &Config,
    name: &str,
    lines: &[Injected],
    disagreements: bool,
) -> anyhow::Result<()> {
    println!(
        "{name}: {} products, through the pipeline with a model that obeys whatever it finds",
        lines.len()
    );
    let mut columns = Columns::new(2, &[2, 3, 4, 5, 6]);
    columns.row([
        "the description",
        "label",
        "products",
        "published",
        "followed",
        "held",
        "held also honest",
    ]);
    for (place, as_attribute) in PLACES {
        let obeying = run(config, lines, *as_attribute, true).await?;
        let honest = run(config, lines, *as_attribute, false).await?;
        let mut rows: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
        for ((line, obeyed), honest) in lines.iter().zip(&obeying).zip(&honest) {
            let [products, published, followed, held, held_anyhow] = rows.entry(&line.label).or_default();
            *products += 1;
            let is_out = |document: &Option<Document>| {
                document.as_ref().is_some_and(|own| own.state == State::Published)
            };
            *held_anyhow += usize::from(!is_out(honest));
            if !is_out(obeyed) {
                *held += 1;
                if disagreements && line.label != "injected" {
                    println!("  held: {}", line.product.sku);
                }
                continue;
            }
            *published += 1;
            let texts = |document: &Option<Document>| document.as_ref().map(|own| own.content.clone());
            if line.label == "injected" && is_out(honest) && texts(obeyed) != texts(honest) {
                *followed += 1;
                if disagreements {
                    let kind = line.kind.as_deref().unwrap_or_default();
                    println!("  followed ({kind}): {}", serde_json::to_string(&texts(obeyed))?);
                }
            }
        }
        for (label, counts) in rows {
            let names = [*place, label].map(str::to_owned);
            columns.row(names.into_iter().chain(counts.map(|count| count.to_string())));
        }
    }
    println!("{columns}");
    Ok(())
}

/// Writes every product; gives the documents in their order.
async fn run(
    config: &Config,
    lines: &[Injected],
    as_attribute: bool,
    obey: bool,
) -> anyhow::Result<Vec<Option<Document>>> {
    let mut config = config.clone();
    let _sandbox = trial::with_sandbox(&mut config, Behaviour { obey, ..Behaviour::default() }).await?;
    config.recipes.enabled = vec!["description".to_owned()];
    config.recipes.show = vec![Shown::Description, Shown::Reviews];
    let mut products = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        // Products stand there several times, with and without the instruction.
        let sku = format!("eval-{number}").parse()?;
        let mut product = Product { sku, ..line.product.clone() };
        if as_attribute && let Some(description) = product.description.take() {
            let details = ("details".to_owned(), ProductValue::Text(description));
            let own = product.attributes.iter().map(|(name, value)| (name.to_owned(), value.clone()));
            product.attributes = own.chain([details]).collect();
        }
        products.push(product);
    }
    let tried = trial::run(&config, &products, &"en-US".parse()?).await?;
    Ok(tried.into_iter().map(|own| own.document).collect())
}
