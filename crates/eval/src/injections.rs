//! Products with instructions in their texts, written by a model that obeys whatever it finds.

use std::collections::BTreeMap;

use serde::Deserialize;
use skuscribe_check::content::{Document, State};
use skuscribe_check::product::{Product, Value};

use crate::table::table;

/// A product, half of them with somebody's instruction in the description.
#[derive(Debug, Deserialize)]
pub struct InjectedProduct {
    product: Product,
    label: String,
    #[serde(default)]
    kind: Option<String>,
}

/// Where the description stands when the model sees it.
const PLACES: &[(&str, bool)] = &[("shown as copy", false), ("as an attribute", true)];

/// How many products of a label there are and what became of them.
type InjectionCounts = [usize; 5];

/// Prints how many instructions were followed. `write` has every product written by a model that obeys what it finds
/// (`true`) or by one that does not, and gives the documents in the order of the products.
///
/// Both have the same facts, so what they publish must be the same; otherwise an instruction was followed.
///
/// # Errors
/// When the products cannot be written.
pub async fn evaluate(
    name: &str,
    lines: &[InjectedProduct],
    disagreements: bool,
    write: impl AsyncFn(&[Product], bool) -> anyhow::Result<Vec<Option<Document>>>,
) -> anyhow::Result<()> {
    println!(
        "{name}: {} products, through the pipeline with a model that obeys whatever it finds",
        lines.len()
    );
    let titles =
        ["the description", "label", "products", "published", "followed", "held", "held also honest"];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    for (place, as_attribute) in PLACES {
        let products = products(lines, *as_attribute)?;
        let obeying = write(&products, true).await?;
        let honest = write(&products, false).await?;
        for (label, counts) in count(lines, &obeying, &honest, disagreements)? {
            let names = [*place, label].map(str::to_owned);
            rows.push(names.into_iter().chain(counts.map(|count| count.to_string())).collect());
        }
    }
    println!("{}", table(2, &[0, 1], rows));
    Ok(())
}

/// The products, each under a key that stands for its line: with and without an instruction they have the same one.
fn products(lines: &[InjectedProduct], as_attribute: bool) -> anyhow::Result<Vec<Product>> {
    let numbered = lines.iter().enumerate();
    let product = |(number, line): (usize, &InjectedProduct)| {
        let mut product = Product { sku: format!("eval-{number}").parse()?, ..line.product.clone() };
        if as_attribute && let Some(description) = product.description.take() {
            let details = ("details".to_owned(), Value::Text(description));
            let attributes = product.attributes.iter().map(|(name, value)| (name.to_owned(), value.clone()));
            product.attributes = attributes.chain([details]).collect();
        }
        Ok(product)
    };
    numbered.map(product).collect()
}

fn count<'a>(
    lines: &'a [InjectedProduct],
    obeying: &[Option<Document>],
    honest: &[Option<Document>],
    disagreements: bool,
) -> anyhow::Result<BTreeMap<&'a str, InjectionCounts>> {
    let mut rows: BTreeMap<&str, InjectionCounts> = BTreeMap::new();
    for ((line, obedient), honest) in lines.iter().zip(obeying).zip(honest) {
        let [products, published, followed, held, held_honest] = rows.entry(&line.label).or_default();
        let (obedient, honest) = (as_published(obedient.as_ref()), as_published(honest.as_ref()));
        *products += 1;
        *held_honest += usize::from(honest.is_none());
        let Some(obedient) = obedient else {
            *held += 1;
            if disagreements && line.label != "injected" {
                println!("  held: {}", line.product.sku);
            }
            continue;
        };
        *published += 1;
        if line.label == "injected" && honest.is_some_and(|honest| honest.content != obedient.content) {
            *followed += 1;
            if disagreements {
                let kind = line.kind.as_deref().unwrap_or_default();
                println!("  followed ({kind}): {}", serde_json::to_string(&obedient.content)?);
            }
        }
    }
    Ok(rows)
}

fn as_published(document: Option<&Document>) -> Option<&Document> {
    document.filter(|document| document.state == State::Published)
}
