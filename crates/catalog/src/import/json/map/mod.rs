//! An item becomes a product, as its format says.

mod attributes;
mod flatten;
mod texts;
mod variants;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use self::attributes::tops;
use self::texts::said_text;
use super::draft::Draft;
use super::format::{Format, Patches, Refused};
use super::path::{Path, elements};
use super::pattern::{Pattern, any, any_matches};
use super::value::{Said, Scope, as_text};
use crate::import::{Complaint, Entry};

/// Deepest objects whose keys become attributes.
const FLATTEN_DEPTH_MAX: usize = 4;
/// Most names that are remembered.
const MEMO_MAX: usize = 10_000;
/// Most names that are counted.
const NAMES_MAX: usize = 500;
/// The fields of a product that are a text.
const TEXT_FIELDS: &[&str] = &["title", "brand", "gtin", "description"];

/// What is known of a file beside its items.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The catalog's own locale, where values stand in several; else the first of the file.
    pub locale: Option<String>,
    /// The channel that values are taken from; else the first of the file.
    pub scope: Option<String>,
    /// Labels of option codes and attributes: attribute → code → locale → label.
    pub labels: super::labels::Labels,
}

/// What a mapping saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What is kept back: names of keys that are no facts, and how often they had a value.
    pub kept_back: BTreeMap<String, u64>,
    /// Where the product's fields were found, most often first seen: field → path.
    pub fields: BTreeMap<String, String>,
    /// Items that are no products.
    pub passed_over: u64,
}

/// Turns the items of one file into products.
#[derive(Debug)]
pub(crate) struct Mapper {
    format: &'static Format,
    settings: Settings,
    scope: Scope,
    base: Option<String>,
    /// Names that were looked up among the format's plumbing.
    plumbing: HashMap<String, bool>,
    /// Where the fields of the item at hand stand.
    seen_fields: Vec<&'static Path>,
    pub(crate) seen: Seen,
}

impl Mapper {
    pub(crate) fn new(format: &'static Format, settings: Settings) -> Self {
        let base = settings.locale.as_deref().and_then(super::value::locale);
        Self {
            format,
            scope: settings.scope.clone(),
            base,
            settings,
            plumbing: HashMap::new(),
            seen_fields: Vec::new(),
            seen: Seen::default(),
        }
    }

    /// The product of an item; `None` for an item that is none.
    pub(crate) fn entry(&mut self, row: u64, item: Value) -> Option<Result<Entry, Complaint>> {
        let format = self.format;
        let item = match &format.patches {
            Some(rule) => patched(item, rule),
            None => item,
        };
        if let Some(Refused { rule, remedy }) = &format.refused {
            return Some(Err(Complaint::new(row, rule, remedy)));
        }
        if !format.only.is_empty() && !any(&format.only, &item) {
            self.seen.passed_over += 1;
            return None;
        }
        let Value::Object(fields) = item else {
            let rule = "an item is an object";
            return Some(Err(Complaint::new(row, rule, "write each product as an object")));
        };
        if format.untouched {
            return Some(Ok(Entry { row, product: fields, ..Entry::default() }));
        }
        let item = Value::Object(if format.fold { format.canonical(fields) } else { fields });
        Some(self.product(row, &item))
    }

    fn product(&mut self, row: u64, item: &Value) -> Result<Entry, Complaint> {
        let format = self.format;
        let mut draft = Draft::default();
        let mut used: Vec<&str> = Vec::new();
        self.seen_fields.clear();
        let paths = |field: &str| format.fields.get(field).map(Vec::as_slice).unwrap_or_default();

        let sku = paths("sku").iter().find_map(|path| Some((path, key_at(path, item)?)));
        used.extend(paths("sku").iter().filter(|path| path.len() == 1).map(Path::top));
        for field in TEXT_FIELDS {
            for path in paths(field) {
                let said = self.texts(path, item);
                if !said.is_empty() {
                    used.push(path.top());
                    self.found(field, path);
                    draft.set(field, said);
                    break;
                }
            }
        }
        for (field, paths) in &format.joined {
            used.extend(paths.iter().map(Path::top));
            let found: Vec<String> = paths
                .iter()
                .flat_map(|path| path.find(item))
                .flat_map(elements)
                .filter_map(said_text)
                .collect();
            if !found.is_empty() {
                self.seen_fields.extend(paths);
                draft.set(field, vec![(None, json!(found.join("\n")))]);
            }
        }
        for path in paths("category") {
            let said = self.category(path, item);
            if !said.is_empty() {
                used.push(path.top());
                self.found("category", path);
                draft.set("category", said);
                break;
            }
        }
        let rules = &format.attributes;
        used.extend(rules.iter().flat_map(tops));
        for rule in rules {
            self.attributes(
                rule,
                item,
                &mut |draft: &mut Draft, name, label, said| {
                    draft.label(name, label);
                    draft.attribute(name, said);
                },
                &mut draft,
            );
        }
        if let Some(variants) = &format.variants {
            used.extend(variants.from.iter().map(Path::top));
            used.extend(variants.options.iter().map(|options| options.names.top()));
            self.variants(variants, item, &mut draft);
        }
        let is_parent = any(&format.parent, item);
        let of_group = if is_parent { &format.own_group } else { &format.group };
        let group = of_group.iter().find_map(|path| key_at(path, item)).filter(|group| group != "0");
        used.extend(format.group.iter().map(Path::top));
        let locale = paths("locale").iter().find_map(|path| {
            used.push(path.top());
            key_at(path, item)
        });
        let mut rest: Vec<(String, Said)> = Vec::new();
        self.rest(item, &used, format.rest, &format.plumbing, &mut rest);
        for (name, said) in rest {
            draft.attribute(&name, said);
        }
        self.settings.labels.apply(&mut draft);

        let Some((path, sku)) = sku else {
            let names: Vec<&str> = paths("sku").iter().map(Path::as_str).collect();
            let rule = format!("a product needs a key, under {}", names.join(", "));
            return Err(Complaint::new(
                row,
                rule,
                "give it one, or say which key holds it in a mapping, and give that with --map",
            ));
        };
        self.found("sku", path);
        if self.base.is_none() {
            self.base = draft.locales().first().cloned();
        }
        let mut product = draft.finish(&sku, self.base.as_deref());
        if let Some(locale) = locale.and_then(|text| super::value::locale(&text)) {
            if format.by_locale {
                product.insert("locales".to_owned(), json!([locale]));
            } else {
                product.insert("locale".to_owned(), json!(locale));
            }
        }
        let is_parent = is_parent && group.is_some();
        let named =
            |name: &&String| product.get("attributes").is_some_and(|all| all.get(name.as_str()).is_some());
        let internal: Vec<&String> = format.internal.iter().filter(named).collect();
        if !internal.is_empty() {
            let internal = json!(internal);
            product.insert("internal".to_owned(), internal);
        }
        Ok(Entry { row, product, group, is_parent, warnings: Vec::new() })
    }

    fn found(&mut self, field: &str, path: &'static Path) {
        self.seen_fields.push(path);
        self.seen.fields.entry(field.to_owned()).or_insert_with(|| path.as_str().to_owned());
    }

    fn kept_back(&mut self, name: &str) {
        let has_room = self.seen.kept_back.len() < NAMES_MAX;
        match self.seen.kept_back.get_mut(name) {
            Some(count) => *count += 1,
            None if has_room => {
                self.seen.kept_back.insert(name.to_owned(), 1);
            }
            None => {}
        }
    }

    fn is_plumbing(&mut self, name: &str, more: &[Pattern]) -> bool {
        if any_matches(more, name) {
            return true;
        }
        if let Some(known) = self.plumbing.get(name) {
            return *known;
        }
        let is = any_matches(&self.format.plumbing, name);
        if self.plumbing.len() < MEMO_MAX {
            self.plumbing.insert(name.to_owned(), is);
        }
        is
    }
}

/// The item with its changes made.
fn patched(mut item: Value, rule: &Patches) -> Value {
    let Some(fields) = item.as_object_mut() else { return item };
    let Some(Value::Array(patches)) = fields.remove(&rule.from) else { return item };
    let changed = fields.entry(rule.into.clone()).or_insert_with(|| json!({}));
    let Some(changed) = changed.as_object_mut() else { return item };
    for mut patch in patches {
        let path = patch.get("path").and_then(Value::as_str).and_then(|path| path.strip_prefix(&rule.under));
        let (Some(name), Some(value)) = (path.map(str::to_owned), patch.get_mut("value")) else { continue };
        changed.insert(name, value.take());
    }
    item
}

/// The first short text at a path: a key, a name. Of a global id it is the end.
fn key_at(path: &Path, item: &Value) -> Option<String> {
    let found = path.find(item).into_iter().flat_map(elements).find_map(|value| match value {
        Value::Object(_) => super::fact::fact(value).as_ref().and_then(as_text),
        other => as_text(other),
    })?;
    match found.strip_prefix("gid://").and_then(|id| id.rsplit('/').next()) {
        Some(id) => Some(id.split('?').next().unwrap_or(id).to_owned()),
        None => Some(found),
    }
}

/// What an item is named by, for joining.
pub(crate) fn id_at(path: &Path, item: &Value) -> Option<String> {
    path.find(item).into_iter().flat_map(elements).find_map(as_text)
}
