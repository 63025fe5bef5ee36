//! What the demo shows of its results on one screen: products with their texts and evidence, what was left out, what is held.

use anyhow::Context as _;
use serde_json::{Map, Value};

use super::super::terminal::{cut, printable};
use crate::answers::label;
use crate::store::{ContentStore, Key, load};
use skuscribe_check::content::{Document, Finding, HeldEntry, Severity, State};
use skuscribe_check::labels::ShopLabels;
use skuscribe_check::product::{Locale, Sku};

/// Widest line; and the column at which evidence stands.
const COLUMNS: usize = 96;
const TEXT_COLUMNS: usize = 62;
/// Facts, sentences and bullets that are shown of a product.
const FACTS: usize = 3;
const BULLETS: usize = 1;

/// A product of the catalog in one locale, and what became of it.
pub(super) struct Worked<'a> {
    product: &'a Map<String, Value>,
    document: Document,
    held: Option<HeldEntry>,
}

/// The products of a catalog, one a line.
pub(super) fn products(catalog: &str) -> anyhow::Result<Vec<Map<String, Value>>> {
    catalog.lines().map(|line| serde_json::from_str(line).context("the catalog")).collect()
}

/// What became of every product in every locale that it asks for.
pub(super) async fn worked<'a>(
    store: &dyn ContentStore,
    products: &'a [Map<String, Value>],
) -> anyhow::Result<Vec<Worked<'a>>> {
    let mut all = Vec::new();
    for product in products {
        let sku: Sku = text(product, "sku").parse()?;
        let several = product.get("locales").and_then(Value::as_array).into_iter().flatten();
        let mut locales: Vec<&str> = several.filter_map(Value::as_str).collect();
        if locales.is_empty() {
            locales.push(product.get("locale").and_then(Value::as_str).unwrap_or("en-US"));
        }
        for locale in locales {
            let locale: Locale = locale.parse()?;
            let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
            let Some((document, _)) = load::<Document>(store, &key).await? else { continue };
            let held = match document.held {
                Some(_) => load::<HeldEntry>(store, &Key::Held { locale, sku: sku.clone() }).await?,
                None => None,
            };
            all.push(Worked { product, document, held: held.map(|(held, _)| held) });
        }
    }
    Ok(all)
}

/// Prints the first published product with the evidence of its text, and one sentence of it in another language.
pub(super) fn print_texts(worked: &[Worked<'_>], labels: &ShopLabels) {
    let published = |text: &&Worked<'_>| text.document.state == State::Published;
    let Some(first) = worked.iter().find(published) else {
        println!("no text was published");
        return;
    };
    println!("product  {} ({})", printable(text(first.product, "title")), first.document.sku);
    let attributes = first.product.get("attributes").and_then(Value::as_object).into_iter().flatten();
    for (name, value) in attributes.take(FACTS) {
        let called = label(name, labels.label(name, &first.document.locale));
        println!("  fact   {}", cut(&format!("{called}: {}", plain(value)), COLUMNS - 9));
    }
    println!("text     {}", first.document.locale);
    print_sentences(&first.document, "/body", "", usize::MAX);
    print_sentences(&first.document, "/bullets/", "• ", BULLETS);
    let question = first.document.content.get("faq").and_then(|faq| faq.pointer("/entries/0/question"));
    if let Some(question) = question.and_then(Value::as_str) {
        println!("         Q {}", cut(question, COLUMNS - 11));
        print_sentences(&first.document, "/entries/0/answer", "A ", 1);
    }
    let language = first.document.locale.language();
    let other = worked
        .iter()
        .filter(published)
        .find(|text| text.document.sku == first.document.sku && text.document.locale.language() != language);
    if let Some(other) = other {
        println!("text     {}", other.document.locale);
        print_sentences(&other.document, "/body", "", 2);
    }
}

/// Prints the sentences of a document's texts that stand below a pointer, each beside its evidence.
fn print_sentences(document: &Document, at: &str, mark: &str, most: usize) {
    for evidence in document.evidence.iter().filter(|text| text.at.starts_with(at)).take(most) {
        let names: Vec<&str> = evidence.attributes.iter().map(|support| support.name.as_str()).collect();
        let sentence = cut(&format!("{mark}{}", evidence.text), TEXT_COLUMNS);
        let names = cut(&names.join(", "), COLUMNS - TEXT_COLUMNS - 13);
        println!("         {sentence:<TEXT_COLUMNS$}  ← {names}");
    }
}

/// Prints one sentence that was left out of a published text, and one draft that is held, each with its reason.
pub(super) fn print_problems(worked: &[Worked<'_>]) {
    let dropped = worked.iter().find_map(|text| Some((text, dropped(&text.document).next()?)));
    if let Some((text, finding)) = dropped {
        let message = finding.message.strip_prefix("left out ").unwrap_or(&finding.message);
        print_problem("left out", text, message);
    }
    let held = worked.iter().find_map(|text| Some((text, reason(text.held.as_ref()?)?)));
    if let Some((text, finding)) = held {
        print_problem("held", text, &format!("{}: {}", finding.rule, finding.message));
    }
}

fn print_problem(what: &str, text: &Worked<'_>, why: &str) {
    println!("{what:<8} {} {}", text.document.sku, text.document.locale);
    println!("         {}", cut(why, COLUMNS - 9));
}

/// How many sentences no attribute supports were left out of what is published.
pub(super) fn count_dropped(worked: &[Worked<'_>]) -> usize {
    worked.iter().map(|text| dropped(&text.document).count()).sum()
}

fn dropped(document: &Document) -> impl Iterator<Item = &Finding> {
    document.findings.iter().filter(|finding| finding.rule == "repair.dropped")
}

/// Why a draft is held.
fn reason(held: &HeldEntry) -> Option<&Finding> {
    held.findings.iter().find(|finding| finding.severity >= Severity::Hold)
}

fn text<'a>(product: &'a Map<String, Value>, name: &str) -> &'a str {
    product.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// An attribute's value as a line shows it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
