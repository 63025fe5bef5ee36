//! Fields that nothing reads: one that is nearly the name of a known one is misspelt, and noted.

use std::collections::HashMap;
use std::sync::LazyLock;

use schemars::{JsonSchema, schema_for};
use serde_ignored::Path;
use skuscribe_check::content::{Finding, Severity};
use skuscribe_check::product::{Localized, Product, Variant};

use super::ProductUpdate;

/// The place of what a product has of its own for a locale.
const LOCALIZED: &str = "/product/localized/*";

/// Most fields of a message that are looked at.
const FIELDS_MAX: usize = 64;
/// Most notes on one message.
const NOTES_MAX: usize = 8;
/// Longest name that can be a misspelt one.
const NAME_BYTES_MAX: usize = 40;

/// The names of the fields that are read, by the place of their object.
static KNOWN: LazyLock<HashMap<&'static str, Vec<String>>> = LazyLock::new(|| {
    HashMap::from([
        ("", names::<ProductUpdate>()),
        ("/product", names::<Product>()),
        ("/product/variants/*", names::<Variant>()),
        (LOCALIZED, names::<Localized>()),
    ])
});

fn names<T: JsonSchema>() -> Vec<String> {
    let schema = schema_for!(T);
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    properties.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// The fields of a message that nothing reads, as its decoder meets them.
#[derive(Debug, Default)]
pub(super) struct UnreadFields(Vec<(String, String)>);

impl UnreadFields {
    /// Keeps a field, with the place of its object.
    pub(super) fn add(&mut self, path: &Path<'_>) {
        if self.0.len() == FIELDS_MAX {
            return;
        }
        if let Path::Map { parent, key } = path
            && key.len() <= NAME_BYTES_MAX
        {
            let mut place = String::new();
            pointer(parent, &mut place);
            self.0.push((place, key.clone()));
        }
    }

    /// A note on each that is nearly the name of a known field.
    pub(super) fn notes(&self) -> Vec<Finding> {
        let of = |(place, name): &(String, String)| {
            let known = KNOWN.get(object(place))?.iter().find(|known| is_close(name, known))?;
            let shown: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let message = format!("{place}/{shown} is no field and was not read; is {place}/{known} meant?");
            Some(note("message.unknown_field", &message))
        };
        self.0.iter().filter_map(of).take(NOTES_MAX).collect()
    }
}

/// The place of an object as [`KNOWN`] has it: that of every locale is the same.
fn object(place: &str) -> &str {
    let of_locale = place.strip_prefix("/product/localized/").is_some_and(|locale| !locale.contains('/'));
    if of_locale { LOCALIZED } else { place }
}

/// The place as a JSON pointer, every item of a list as `*`.
fn pointer(path: &Path<'_>, out: &mut String) {
    match path {
        Path::Root => {}
        Path::Seq { parent, .. } => {
            pointer(parent, out);
            out.push_str("/*");
        }
        Path::Map { parent, key } => {
            pointer(parent, out);
            out.push('/');
            out.push_str(key);
        }
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            pointer(parent, out);
        }
    }
}

/// Whether a name is a known one with other capitals or separators, or with a slip of the fingers; of short names only one.
fn is_close(name: &str, known: &str) -> bool {
    let folded = |name: &str| -> String {
        name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
    };
    let (name, known) = (folded(name), folded(known));
    let slips = if known.len() < 5 { 1 } else { 2 };
    strsim::osa_distance(&name, &known) <= slips
}

/// A note on a message; the text that it is about is not known yet.
pub(crate) fn note(rule: &str, message: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        kind: None,
        severity: Severity::Note,
        recipe: String::new(),
        at: String::new(),
        span: None,
        message: message.to_owned(),
        evidence: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::intake::{Origin, decode};

    fn check(message: &serde_json::Value, expected: &[&str]) {
        let update = decode(message.to_string().as_bytes(), &Origin::default()).unwrap();
        let notes: Vec<&str> = update.notes().iter().map(|note| note.message.as_str()).collect();
        assert_eq!(notes, expected, "{message}");
    }

    #[test]
    fn a_field_that_is_nearly_a_known_one_is_noted_and_any_other_is_not() {
        let message = |product: serde_json::Value| {
            serde_json::json!({
                "id": "m", "type": "product.updated", "occurred_at": "2026-01-02T03:04:05Z", "product": product
            })
        };
        check(
            &message(
                serde_json::json!({ "sku": "A", "title": "Mug", "atributes": { "material": "clay" }, "price": 3 }),
            ),
            &["/product/atributes is no field and was not read; is /product/attributes meant?"],
        );
        check(
            &message(
                serde_json::json!({ "sku": "A", "title": "Mug", "attributes": { "titel": "no field at all" } }),
            ),
            &[],
        );
        let variants = serde_json::json!([{ "sku": "A-1", "Attributes": { "size": "L" } }]);
        check(
            &message(serde_json::json!({ "sku": "A", "title": "Mug", "variants": variants })),
            &[
                "/product/variants/*/Attributes is no field and was not read; is /product/variants/*/attributes meant?",
            ],
        );
        let localized = serde_json::json!({ "de-DE": { "titel": "Becher", "sku": "A" } });
        check(
            &message(serde_json::json!({ "sku": "A", "title": "Mug", "localized": localized })),
            &[
                "/product/localized/de-DE/titel is no field and was not read; is /product/localized/de-DE/title meant?",
            ],
        );
        let mut whole = message(serde_json::json!({ "sku": "A", "title": "Mug" }));
        whole["locale"] = serde_json::json!("de-DE");
        whole["tenant"] = serde_json::json!("shop-1");
        check(&whole, &["/locale is no field and was not read; is /locales meant?"]);
    }
}
