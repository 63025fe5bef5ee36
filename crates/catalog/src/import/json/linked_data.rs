//! schema.org in JSON-LD: products wherever they stand in a document or an HTML page, their keys without a prefix.

use serde_json::{Map, Value};

/// Deepest nesting that is searched.
const DEPTH_MAX: usize = 12;
/// Most products of one document.
const PRODUCTS_MAX: usize = 10_000;
/// Most bytes of an HTML page.
pub(crate) const PAGE_BYTES_MAX: usize = 16 << 20;
/// What prefixes of schema.org's terms look like.
const PREFIXES: &[&str] = &["https://schema.org/", "http://schema.org/", "schema:"];
/// Types of products.
const PRODUCTS: &[&str] =
    &["Product", "ProductGroup", "ProductModel", "IndividualProduct", "SomeProducts", "Vehicle", "Car"];

/// The products of a document, each by itself.
pub(crate) fn products(document: Value) -> Vec<Value> {
    let mut found = Vec::new();
    search(plain_keys(document, 0), 0, &mut found);
    found
}

fn search(value: Value, depth: usize, found: &mut Vec<Value>) {
    if depth > DEPTH_MAX || found.len() >= PRODUCTS_MAX {
        return;
    }
    match value {
        Value::Array(items) => {
            for item in items {
                search(item, depth + 1, found);
            }
        }
        Value::Object(fields) if is_product(&fields) => found.push(Value::Object(fields)),
        Value::Object(fields) => {
            for (_, child) in fields {
                search(child, depth + 1, found);
            }
        }
        _ => {}
    }
}

fn is_product(fields: &Map<String, Value>) -> bool {
    let types = fields.get("@type").map(super::path::elements).unwrap_or_default();
    types.iter().filter_map(|kind| kind.as_str()).any(|kind| PRODUCTS.contains(&kind))
}

/// The value with the keys and types of schema.org as the vocabulary has them.
fn plain_keys(value: Value, depth: usize) -> Value {
    if depth > DEPTH_MAX * 2 {
        return Value::Null;
    }
    match value {
        Value::Object(fields) => {
            let plain = |(key, value): (String, Value)| {
                let value = plain_keys(value, depth + 1);
                let value = if key == "@type" { plain_types(value) } else { value };
                (without_prefix(&key).to_owned(), value)
            };
            Value::Object(fields.into_iter().map(plain).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| plain_keys(item, depth + 1)).collect(),
        other => other,
    }
}

fn plain_types(value: Value) -> Value {
    match value {
        Value::String(kind) => Value::String(without_prefix(&kind).to_owned()),
        Value::Array(kinds) => kinds.into_iter().map(plain_types).collect(),
        other => other,
    }
}

fn without_prefix(name: &str) -> &str {
    PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// Whether a text is a page.
pub(crate) fn is_page(head: &[u8]) -> bool {
    let head =
        String::from_utf8_lossy(head.get(..head.len().min(4096)).unwrap_or_default()).to_ascii_lowercase();
    let head = head.trim_start();
    head.starts_with("<!doctype html")
        || head.starts_with("<html")
        || head.starts_with("<script")
        || (head.starts_with("<!--") && head.contains("<html"))
}

/// The scripts of a page that hold JSON-LD, with the line that each begins at.
pub(crate) fn scripts(page: &str) -> Vec<(u64, &str)> {
    let lower = page.to_ascii_lowercase();
    let (mut scripts, mut at) = (Vec::new(), 0);
    while let Some(found) = lower.get(at..).and_then(|rest| rest.find("<script")) {
        let open = at + found;
        let Some(end) = lower.get(open..).and_then(|rest| rest.find('>')) else { break };
        let start = open + end + 1;
        let close = lower
            .get(start..)
            .and_then(|rest| rest.find("</script"))
            .map_or(page.len(), |close| start + close);
        if lower.get(open..start).is_some_and(|tag| tag.contains("application/ld+json")) {
            let line = 1
                + page.get(..start).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count() as u64;
            let text = page.get(start..close).unwrap_or_default().trim();
            // Old pages hide scripts from old browsers.
            let text =
                text.trim_start_matches("<!--").trim_end_matches("-->").trim_start_matches("//<![CDATA[");
            let text = text.trim_end_matches("//]]>").trim();
            scripts.push((line, text));
        }
        at = close;
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn products_are_found_in_graphs_lists_and_pages() {
        let page = "<html><head>\n<SCRIPT type='application/ld+json'>\n{\"@graph\":[{\"@type\":\"WebPage\",\"schema:mainEntity\":\
            {\"@type\":[\"schema:Product\"],\"http://schema.org/name\":\"Mug\"}}]}</SCRIPT><script>x</script>";
        assert!(is_page(page.as_bytes()));
        let scripts = scripts(page);
        assert_eq!(scripts.len(), 1);
        assert_eq!(scripts[0].0, 2);
        let found = products(serde_json::from_str(scripts[0].1).unwrap());
        assert_eq!(found, [json!({ "@type": ["Product"], "name": "Mug" })]);
        let list = json!({ "@type": "ItemList", "itemListElement": [{ "item": { "@type": "Product", "isRelatedTo": { "@type": "Product" } } }] });
        assert_eq!(products(list).len(), 1);
    }
}
