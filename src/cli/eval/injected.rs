//! Products with instructions in their texts, through the pipeline with a model that obeys whatever it finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use crate::announce::Announcer;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::recipes::Shown;
use crate::content::{Document, State};
use crate::in_hand::InHand;
use crate::intake::{Origin, decode};
use crate::pipeline::Pipeline;
use crate::product::{Product, Value as ProductValue};
use crate::sandbox::{Behaviour, Sandbox};
use crate::store::{ContentStore, Key, load, open};

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
    println!(
        "  {:<18} {:<10} {:>8} {:>10} {:>9} {:>6} {:>17}",
        "the description", "label", "products", "published", "followed", "held", "held also honest"
    );
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
        for (label, [products, published, followed, held, held_anyhow]) in rows {
            println!(
                "  {place:<18} {label:<10} {products:>8} {published:>10} {followed:>9} {held:>6} {held_anyhow:>17}"
            );
        }
    }
    println!();
    Ok(())
}

/// Writes every product; gives the documents in their order.
async fn run(
    config: &Config,
    lines: &[Injected],
    as_attribute: bool,
    obey: bool,
) -> anyhow::Result<Vec<Option<Document>>> {
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour { obey, ..Behaviour::default() }).await?;
    let folder =
        std::env::temp_dir().join(format!("skuscribe-eval-{}-{as_attribute}-{obey}", std::process::id()));
    let mut config = config.clone();
    config.model.url = sandbox.url();
    config.model.key = None;
    config.fallbacks.clear();
    config.redis.url = String::new().into();
    config.store.url = folder.display().to_string();
    config.recipes.enabled = vec!["description".to_owned()];
    config.recipes.show = vec![Shown::Description, Shown::Reviews];
    let store: Arc<dyn ContentStore> = open(&config.store).await?;
    let pipeline = Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?;
    let in_hand = InHand::default();
    let mut documents = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        // Products stand there several times, with and without the instruction.
        let sku = format!("eval-{number}").parse()?;
        let mut product = Product { sku, ..line.product.clone() };
        if as_attribute && let Some(description) = product.description.take() {
            let details = ("details".to_owned(), ProductValue::Text(description));
            let own = product.attributes.iter().map(|(name, value)| (name.to_owned(), value.clone()));
            product.attributes = own.chain([details]).collect();
        }
        let message = json!({
            "id": format!("eval-{number}"), "type": "product.updated", "occurred_at": "2026-01-01T00:00:00Z",
            "product": product, "locales": ["en-US"]
        });
        let update = decode(&serde_json::to_vec(&message)?, &Origin::default(), &config.intake)?;
        let key = Key::Content { locale: "en-US".parse()?, sku: update.sku().clone() };
        let entry = in_hand.enter(Arc::new(update));
        pipeline.run(&entry).await.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        documents.push(load::<Document>(&*store, &key).await?.map(|(document, _)| document));
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(documents)
}
