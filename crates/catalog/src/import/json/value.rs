//! How shops write values in JSON, read as facts: quantities, labels of options, lists in HTML, values by locale.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use skuscribe_check::product::Locale;

use super::fact::{fact, one_or_list, quantity};

/// Most elements of a list that are looked at.
const ELEMENTS_MAX: usize = 1000;

/// How values are written, whatever the format.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shapes {
    pub(super) money: Vec<String>,
    /// Keys of our own form.
    pub(crate) native_keys: Vec<String>,
    pub(super) amounts: Vec<String>,
    pub(super) units: Vec<String>,
    pub(super) texts: Vec<String>,
    pub(super) references: Vec<String>,
    pub(crate) pair_names: Vec<String>,
    pub(crate) pair_values: Vec<String>,
    pub(crate) containers: Vec<String>,
    /// Keys under which interfaces put their lists.
    pub(crate) lists: Vec<String>,
    pub(super) nothing: Vec<String>,
    pub(super) addresses: Vec<String>,
    pub(super) files: Vec<String>,
    pub(super) unit_names: HashMap<String, String>,
}

/// The shapes that are compiled in.
static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    // A test reads it.
    toml::from_str(include_str!("../../../../../config/formats/json/shapes.toml")).unwrap_or_default()
});

/// The shapes that are compiled in.
pub(crate) fn shapes() -> &'static Shapes {
    &SHAPES
}

/// How a format writes what differs between locales.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Localized {
    /// It does not.
    #[default]
    No,
    /// `{"en": "red", "de": "rot"}`.
    Map,
    /// `[{"locale": "en_US", "scope": null, "data": "red"}]`, under these keys.
    Scoped {
        /// Key of the locale.
        locale: String,
        /// Key of the channel, where there are some.
        scope: Option<String>,
        /// Key of the value.
        value: String,
    },
}

/// A value as it is said in each locale; `None` where it holds in all.
pub(crate) type Said = Vec<(Option<String>, Value)>;

/// The first channel of a file that values were taken from, where no setting names one.
pub(crate) type Scope = Option<String>;

impl Localized {
    /// What a value says, by locale; empty where it is nothing, or an object that says several things.
    pub(crate) fn read(&self, value: &Value, scope: &mut Scope) -> Said {
        let said = match self {
            Self::No => None,
            Self::Map => by_locale(value),
            Self::Scoped { locale, scope: channel, value: key } => {
                scoped(value, locale, channel.as_deref(), key, scope)
            }
        };
        said.unwrap_or_else(|| fact(value).map(|fact| (None, fact)).into_iter().collect())
    }
}

fn by_locale(value: &Value) -> Option<Said> {
    let fields = value.as_object().filter(|fields| !fields.is_empty())?;
    if fields.len() == 1 && fields.contains_key("id") {
        return None;
    }
    fields
        .iter()
        .map(|(key, value)| {
            let locale = locale(key)?;
            let is_plain = value.is_string() || value.is_array() || value.is_null();
            is_plain.then(|| (Some(locale), fact(value)))
        })
        .collect::<Option<Vec<_>>>()
        .map(|said| said.into_iter().filter_map(|(locale, fact)| Some((locale, fact?))).collect())
}

fn scoped(value: &Value, by: &str, channel: Option<&str>, key: &str, scope: &mut Scope) -> Option<Said> {
    let one = std::slice::from_ref(value);
    let entries = value.as_array().map_or(one, Vec::as_slice);
    let entries: Vec<&Map<String, Value>> = entries
        .iter()
        .take(ELEMENTS_MAX)
        .map(|entry| entry.as_object().filter(|entry| entry.contains_key(key)))
        .collect::<Option<Vec<_>>>()
        .filter(|entries| !entries.is_empty())?;
    let scope_of = |entry: &Map<String, Value>| {
        channel.and_then(|channel| entry.get(channel)).and_then(Value::as_str).map(str::to_owned)
    };
    let scopes: Vec<Scope> = entries.iter().map(|entry| scope_of(entry)).collect();
    // The chosen channel, else what holds in all, else the first.
    let chosen = [scope.clone(), None].into_iter().find(|scope| scopes.contains(scope));
    let chosen = chosen.unwrap_or_else(|| scopes.first().cloned().flatten());
    if scope.is_none() {
        scope.clone_from(&chosen);
    }
    let mut said: Said = Vec::new();
    for (entry, _) in entries.iter().zip(&scopes).filter(|(_, scope)| **scope == chosen) {
        let locale = entry.get(by).and_then(Value::as_str).and_then(locale);
        let labels = entry.get("linked_data").map(labels).unwrap_or_default();
        if !labels.is_empty() {
            for (locale, label) in labels {
                add(&mut said, Some(locale), label);
            }
            continue;
        }
        // A unit may stand beside the value.
        let read = match entry.get(key) {
            Some(value @ (Value::Object(_) | Value::Array(_) | Value::Null)) => fact(value),
            Some(value) => quantity(entry).or_else(|| fact(value)),
            None => None,
        };
        if let Some(read) = read {
            add(&mut said, locale, read);
        }
    }
    Some(said)
}

/// The labels of one option, or of several under their codes.
fn labels(linked: &Value) -> Vec<(String, Value)> {
    let Some(fields) = linked.as_object() else { return Vec::new() };
    let one = |option: &Value| -> Vec<(String, Value)> {
        let labels = option.get("labels").and_then(Value::as_object).into_iter().flatten();
        labels.filter_map(|(key, label)| Some((locale(key)?, json!(as_text(label)?)))).collect()
    };
    if fields.contains_key("labels") { one(linked) } else { fields.values().flat_map(one).collect() }
}

/// Adds a value; what a locale has already and this become a list.
pub(crate) fn add(said: &mut Said, locale: Option<String>, value: Value) {
    match said.iter_mut().find(|(known, _)| *known == locale) {
        None => said.push((locale, value)),
        Some((_, known)) => {
            let mut items = match known.take() {
                Value::Array(items) => items,
                one => vec![one],
            };
            let new = match value {
                Value::Array(new) => new,
                one => vec![one],
            };
            for item in new {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            *known = one_or_list(items).unwrap_or_default();
        }
    }
}

/// A locale in canonical form: `de_DE` is `de-DE`.
pub(crate) fn locale(text: &str) -> Option<String> {
    let text = text.trim().replace('_', "-");
    text.parse::<Locale>().ok().map(|locale| locale.as_str().to_owned())
}

/// A value as a short text: a key, a name.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_that_are_compiled_in_can_be_read() {
        toml::from_str::<Shapes>(include_str!("../../../../../config/formats/json/shapes.toml")).unwrap();
        assert!(!shapes().money.is_empty());
    }

    #[test]
    fn values_are_read_as_shops_write_them() {
        for (value, expected) in [
            (json!("  red "), json!("red")),
            (json!("n/a"), json!(null)),
            (json!(["a", null, "b"]), json!(["a", "b"])),
            (json!(["a"]), json!("a")),
            (json!({ "amount": "12.5000", "unit": "KILOGRAM" }), json!({ "value": 12.5, "unit": "kg" })),
            (json!({ "value": 3, "unitCode": "CMT" }), json!({ "value": 3, "unit": "cm" })),
            (json!({ "value": "small", "unit": "" }), json!("small")),
            (json!({ "amount": "9.99", "currency": "EUR" }), json!(null)),
            (json!([{ "amount": "9.99", "currency": "EUR" }]), json!(null)),
            (json!({ "key": "rd", "label": "Red" }), json!("Red")),
            (json!([{ "name": "A", "id": 1 }, { "name": "B" }]), json!(["A", "B"])),
            (json!({ "typeId": "category", "id": "x" }), json!(null)),
            (json!({ "height": 3 }), json!(null)),
            (json!("gid://shopify/Metaobject/1"), json!(null)),
            (json!("https://shop.example/a"), json!(null)),
            (json!("a/b/Mug.JPG"), json!(null)),
            (json!("ships with manual.pdf"), json!("ships with manual.pdf")),
            (
                json!("<ul class=\"x\"><li>one &amp; two</li>\n<li><b>three</b></li></ul>"),
                json!(["one &amp; two", "<b>three</b>"]),
            ),
            (json!("<UL><LI>one<LI>two</UL>"), json!(["one", "two"])),
            (json!("<ul><li>one</li></ul> and more"), json!("<ul><li>one</li></ul> and more")),
            (json!("<li"), json!("<li")),
        ] {
            assert_eq!(fact(&value).unwrap_or_default(), expected, "{value}");
        }
    }

    #[test]
    fn values_by_locale_and_channel_are_told_apart() {
        let mut scope = None;
        let akeneo =
            Localized::Scoped { locale: "locale".into(), scope: Some("scope".into()), value: "data".into() };
        let value = json!([
            { "locale": "de_DE", "scope": "web", "data": "rot" },
            { "locale": "en_US", "scope": "web", "data": "red" },
            { "locale": "en_US", "scope": "print", "data": "RED" },
        ]);
        let said = akeneo.read(&value, &mut scope);
        assert_eq!(said, [(Some("de-DE".into()), json!("rot")), (Some("en-US".into()), json!("red"))]);
        assert_eq!(scope.as_deref(), Some("web"));
        let map = Localized::Map.read(&json!({ "en": "red", "de-de": "rot" }), &mut scope);
        assert_eq!(map, [(Some("en".into()), json!("red")), (Some("de-DE".into()), json!("rot"))]);
        assert_eq!(Localized::Map.read(&json!({ "id": "x" }), &mut scope), []);
        let amazon = Localized::Scoped { locale: "language_tag".into(), scope: None, value: "value".into() };
        let value = json!([
            { "value": "soft", "language_tag": "en_US" }, { "value": "warm", "language_tag": "en_US" },
        ]);
        assert_eq!(amazon.read(&value, &mut None), [(Some("en-US".into()), json!(["soft", "warm"]))]);
        let weight = json!([{ "value": 1.2, "unit": "kilograms", "marketplace_id": "X" }]);
        assert_eq!(amazon.read(&weight, &mut None), [(None, json!({ "value": 1.2, "unit": "kg" }))]);
    }
}
