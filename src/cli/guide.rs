//! `skuscribe guide`: a category as one product whose variants are the category's products, for the recipe `guide`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Args;
use futures_util::StreamExt as _;
use serde_json::{Map, Value, json};

use crate::broker::{Link, OutgoingMessage, Publisher};
use crate::catalog::selection::Selection;
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::{Selected, selected};
use crate::lane::Lane;
use crate::store::SetAside;
use skuscribe_check::product::{Digest, Locale, Product, Sku};

#[derive(Debug, Args)]
pub(super) struct GuideArgs {
    /// What the guide is about, as its title names it, such as "Stoneware mugs".
    name: String,
    /// The products, such as 'category:"Mugs" brand:Acme'.
    #[arg(long, value_name = "SELECTION")]
    select: String,
    /// Most products; those with the most attributes are taken.
    #[arg(long, default_value_t = 8)]
    limit: usize,
    /// Locales to write; those of the configuration where none is named.
    #[arg(long, value_delimiter = ',', value_name = "LOCALES")]
    locales: Vec<Locale>,
    /// Print the message, for `skuscribe enrich`, and publish nothing.
    #[arg(long)]
    print: bool,
}

pub(super) async fn run(config: Config, args: GuideArgs) -> anyhow::Result<ExitCode> {
    let selection: Selection = args.select.parse().map_err(|error| anyhow::anyhow!("--select: {error}"))?;
    let store = crate::store::open(&config.store).await?;
    let aside = Arc::new(SetAside::default());
    let (_, found) = selected(&store, Arc::new(selection), &aside).await?;
    let mut found = std::pin::pin!(found);
    let mut products: Vec<Selected> = Vec::new();
    while let Some(product) = found.next().await {
        products.extend(product?);
    }
    ensure!(products.len() >= 2, "{} products are selected; a guide compares at least two", products.len());
    products.sort_by_key(|selected| {
        let product = &selected.snapshot.product;
        (std::cmp::Reverse(product.attributes.len()), product.sku.clone())
    });
    products.truncate(args.limit.max(2));
    let locales = if args.locales.is_empty() { &config.recipes.locales } else { &args.locales };
    let now = Clock::System.now();
    // What is internal of a product stays behind here: a mark of its publisher is not in the guide's message.
    let internal = config.internal_names()?;
    let products = products.iter().map(|selected| internal.public(&selected.snapshot.product));
    let products: Vec<Cow<'_, Product>> = products.collect();
    let message = message(&args.name, &products, locales, &now.to_string())?;
    if args.print {
        println!("{message}");
        return Ok(super::done(&aside));
    }
    let id = message.get("id").and_then(Value::as_str).context("the message has no id")?.to_owned();
    let publisher = Publisher::patient(Link::from_config(&config.broker), "skuscribe-guide");
    publisher.declare().await?;
    let body = serde_json::to_vec(&message)?;
    let sent = publisher
        .work(Lane::Updates, OutgoingMessage { body: &body, id: Some(&id), ..OutgoingMessage::default() })
        .await;
    publisher.close().await;
    sent?;
    println!(
        "a guide to {} over {} products is asked for in {} locales",
        args.name,
        products.len(),
        locales.len()
    );
    Ok(super::done(&aside))
}

/// The message: the category as a product, its products as variants under the names that shoppers know.
fn message(
    name: &str,
    products: &[Cow<'_, Product>],
    locales: &[Locale],
    now: &str,
) -> anyhow::Result<Value> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut variants = Vec::with_capacity(products.len());
    for product in products {
        let title =
            product.title.as_deref().filter(|title| title.len() <= 200).unwrap_or(product.sku.as_str());
        // Where two have one title, the second one goes by its key.
        let name = if names.insert(title) { title } else { product.sku.as_str() };
        let attributes: Map<String, Value> = product
            .attributes
            .iter()
            .map(|(name, value)| Ok((name.to_owned(), serde_json::to_value(value)?)))
            .collect::<Result<_, serde_json::Error>>()?;
        variants.push(json!({ "sku": name, "attributes": attributes }));
    }
    let digest = Digest::of(&[name.as_bytes(), serde_json::to_string(&variants)?.as_bytes(), now.as_bytes()])
        .to_string();
    let digest = digest.get(..16).unwrap_or_default();
    Ok(json!({
        "id": format!("guide-{digest}"), "type": "product.updated", "occurred_at": now,
        "product": { "sku": Sku::of_guide(name)?, "title": name, "category": [name], "variants": variants },
        "locales": locales, "recipes": ["guide"]
    }))
}
