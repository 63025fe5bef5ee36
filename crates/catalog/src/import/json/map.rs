//! An item becomes a product, as its format says.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::draft::{Draft, VariantDraft, put};
use super::format::{
    AttributeRule, Format, Options, Patches, Pattern, Refused, Rest, Variants, any, any_matches,
};
use super::path::{Path, elements};
use super::value::{Said, Scope, as_text, is_money, shapes, unit_name};
use crate::import::{Complaint, Entry, gtin_fault};

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

    /// Whether a key of a rule's object is a field of the product.
    fn taken(&self, rule: &AttributeRule, name: &str) -> bool {
        let from = rule.from.as_ref().map_or("", Path::as_str);
        let is = |path: &Path| {
            path.as_str()
                .strip_prefix(from)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|rest| rest == name)
        };
        let paths = self.format.fields.get("sku").into_iter().flatten();
        paths.clone().any(is) || self.seen_fields.iter().any(|path| is(path))
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

    /// A field that is one text.
    fn texts(&mut self, path: &Path, item: &Value) -> Said {
        let found = path.find(item);
        for value in found {
            let said = match value {
                // Copy stays as it is written, lists included.
                Value::String(text) if !super::value::is_nothing(text.trim()) => {
                    vec![(None, json!(text.trim()))]
                }
                other => self.format.localized.read(other, &mut self.scope),
            };
            let text = |value: Value| match value {
                Value::Array(items) => {
                    let texts: Vec<String> = items.iter().filter_map(as_text).collect();
                    texts.first().cloned()
                }
                Value::Object(_) => None,
                other => as_text(&other),
            };
            let said: Said =
                said.into_iter().filter_map(|(locale, value)| Some((locale, json!(text(value)?)))).collect();
            if !said.is_empty() {
                return said;
            }
        }
        Said::new()
    }

    /// The path of categories: the deepest of several, outermost first.
    fn category(&mut self, path: &Path, item: &Value) -> Said {
        let separators = &self.format.category_separators;
        let split = |text: &str| -> Vec<String> {
            let separator = separators.iter().find(|separator| text.contains(separator.as_str()));
            let parts: Vec<&str> =
                separator.map_or_else(|| vec![text], |separator| text.split(separator.as_str()).collect());
            parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let mut paths: Vec<(Option<String>, Vec<String>)> = Vec::new();
        let found: Vec<&Value> = path.find(item).into_iter().flat_map(elements).collect();
        for value in found {
            for (locale, value) in self.format.localized.read(value, &mut self.scope) {
                for text in elements(&value).into_iter().filter_map(as_text) {
                    let parts = split(&text);
                    match paths.iter_mut().find(|(known, _)| *known == locale) {
                        None => paths.push((locale.clone(), parts)),
                        // Names without a separator are the parts of one path.
                        Some((_, known)) if separators.is_empty() => {
                            known.extend(parts);
                        }
                        Some((_, known)) if parts.len() > known.len() => *known = parts,
                        Some(_) => {}
                    }
                }
            }
        }
        paths.retain(|(_, parts)| !parts.is_empty());
        paths.into_iter().map(|(locale, parts)| (locale, json!(parts))).collect()
    }

    /// What a rule finds, handed to `put` as name, label and value.
    fn attributes<T>(
        &mut self,
        rule: &AttributeRule,
        item: &Value,
        put: &mut impl FnMut(&mut T, &str, Said, Said),
        into: &mut T,
    ) {
        let found: Vec<&Value> = match &rule.from {
            Some(from) => from.find(item),
            None => vec![item],
        };
        for element in found.into_iter().flat_map(elements) {
            if any(&rule.skip, element) {
                let name = rule.name.iter().find_map(|path| key_at(path, element));
                self.kept_back(name.as_deref().or(rule.named.as_deref()).unwrap_or_default());
                continue;
            }
            if rule.entries {
                let plumbing: &[Pattern] = &[];
                for (name, value) in element.as_object().into_iter().flatten() {
                    if self.taken(rule, name) {
                        continue;
                    }
                    if self.is_plumbing(name, plumbing) {
                        self.kept_back(name);
                        continue;
                    }
                    let mut facts = Vec::new();
                    self.flatten(name, value, 0, plumbing, &mut facts);
                    for (name, said) in facts {
                        put(into, &name, Said::new(), said);
                    }
                }
                continue;
            }
            let name = rule.named.clone().or_else(|| rule.name.iter().find_map(|path| key_at(path, element)));
            let label: Said = rule
                .label
                .iter()
                .map(|path| self.texts(path, element))
                .find(|said| !said.is_empty())
                .unwrap_or_default();
            let name = name.or_else(|| label.iter().find_map(|(_, text)| as_text(text)));
            let Some(mut name) = name else { continue };
            let mut label = label;
            // Under the same name sections say different things.
            if let Some(section) = rule.section.as_ref().and_then(|path| key_at(path, element)) {
                label = vec![(None, json!(name))];
                name = format!("{section} {name}");
            }
            if self.is_plumbing(&name, &[]) {
                self.kept_back(&name);
                continue;
            }
            let mut said = self.values(rule, element);
            if rule.codes {
                let labels = &self.settings.labels;
                said.retain(|(_, value)| {
                    !elements(value).iter().any(|code| is_code(code) && !labels.has(&name, code))
                });
            }
            if said.is_empty() {
                let had = rule.value.iter().any(|path| path.is_in(element));
                if had {
                    self.kept_back(&name);
                }
                continue;
            }
            put(into, &name, label, said);
        }
    }

    fn values(&mut self, rule: &AttributeRule, element: &Value) -> Said {
        for path in &rule.value {
            let found = path.find(element);
            let mut said = Said::new();
            let decoded: Vec<Option<Value>> =
                found.iter().map(|value| rule.json.then(|| decoded(value)).flatten()).collect();
            for (value, decoded) in found.into_iter().zip(&decoded) {
                let value = decoded.as_ref().unwrap_or(value);
                for (locale, value) in self.format.localized.read(value, &mut self.scope) {
                    super::value::add(&mut said, locale, value);
                }
            }
            if said.is_empty() {
                continue;
            }
            let unit = rule.unit.iter().find_map(|unit| key_at(unit, element));
            if let Some(unit) = unit.map(|unit| unit_name(&unit)).filter(|unit| !unit.is_empty()) {
                for (_, value) in &mut said {
                    let number = value.as_str().and_then(super::value::number).map(Value::Number);
                    let number = number.or_else(|| value.is_number().then(|| value.clone()));
                    if let Some(number) = number {
                        *value = json!({ "value": number, "unit": unit });
                    }
                }
            }
            // Shops fill in zero where they did not measure.
            said.retain(|(_, value)| {
                rule.named.is_none() || value.get("value").and_then(Value::as_f64) != Some(0.0)
            });
            return said;
        }
        Said::new()
    }

    fn variants(&mut self, rule: &Variants, item: &Value, draft: &mut Draft) {
        let found: Vec<&Value> =
            rule.from.iter().flat_map(|path| path.find(item)).flat_map(elements).collect();
        // A variant that is only pointed to is another item, and an object around the variants is none.
        let says = |variant: &&Value| {
            variant.as_object().is_some_and(|fields| {
                fields.iter().any(|(key, value)| {
                    !key.starts_with('@')
                        && !matches!(value, Value::Object(_) | Value::Array(_) | Value::Null)
                })
            })
        };
        let mut gtins: Vec<Option<String>> = Vec::new();
        for variant in found.into_iter().filter(says) {
            let mut attributes: Vec<(String, Said)> = Vec::new();
            if let Some(Options { names, keys }) = &rule.options {
                let names: Vec<String> = names.find(item).into_iter().filter_map(as_text).collect();
                for (place, key) in keys.iter().enumerate() {
                    let value = variant.get(key).filter(|value| !value.is_null());
                    let Some(value) = value else { continue };
                    let name = names.get(place).cloned().unwrap_or_else(|| key.clone());
                    put(&mut attributes, &name, self.format.localized.read(value, &mut self.scope));
                }
            }
            let mut used: Vec<&str> = rule.sku.iter().map(Path::top).collect();
            used.extend(rule.attributes.iter().flat_map(tops));
            for rule in &rule.attributes {
                let mut labels: Vec<(String, Said)> = Vec::new();
                self.attributes(
                    rule,
                    variant,
                    &mut |entries, name, label, said| {
                        labels.push((name.to_owned(), label));
                        put(entries, name, said);
                    },
                    &mut attributes,
                );
                for (name, label) in labels {
                    draft.label(&name, label);
                }
            }
            if rule.rest == Rest::Attributes {
                self.rest(variant, &used, rule.rest, &rule.plumbing, &mut attributes);
            }
            attributes.retain(|(_, said)| {
                !said.iter().any(|(_, value)| {
                    value.as_str().is_some_and(|text| rule.no_option.iter().any(|none| none == text))
                })
            });
            let sku = rule.sku.iter().find_map(|path| key_at(path, variant));
            gtins.push(rule.gtin.iter().find_map(|path| key_at(path, variant)));
            // Without a key of its own it is told from the others by its place.
            let sku = sku.unwrap_or_else(|| format!("{}", draft.variants().len() + 1));
            draft.variant(VariantDraft { sku, attributes });
        }
        if rule.hoist {
            draft.hoist();
        }
        if let [Some(gtin)] = gtins.as_slice()
            && gtin_fault(gtin).is_none()
        {
            draft.set("gtin", vec![(None, json!(gtin))]);
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

    /// The keys that no rule names.
    fn rest(
        &mut self,
        item: &Value,
        used: &[&str],
        rest: Rest,
        plumbing: &[Pattern],
        into: &mut Vec<(String, Said)>,
    ) {
        for (name, value) in item.as_object().into_iter().flatten() {
            if used.contains(&name.as_str()) || value.is_null() || name == "#text" {
                continue;
            }
            if rest == Rest::Plumbing || self.is_plumbing(name, plumbing) {
                self.kept_back(name);
                continue;
            }
            self.flatten(name, value, 0, plumbing, into);
        }
    }

    /// A value as attributes: one, or one for each key of an object.
    fn flatten(
        &mut self,
        name: &str,
        value: &Value,
        depth: usize,
        plumbing: &[Pattern],
        into: &mut Vec<(String, Said)>,
    ) {
        let said = self.format.localized.read(value, &mut self.scope);
        let is_container = |name: &str| shapes().containers.iter().any(|known| known == name);
        let is_pair = value.is_object() && value.get("name").is_some();
        let items =
            value.as_array().map(Vec::as_slice).or_else(|| is_pair.then(|| std::slice::from_ref(value)));
        let pairs = items.filter(|_| depth < FLATTEN_DEPTH_MAX).and_then(pairs);
        if let Some(pairs) = pairs {
            for (name, value) in pairs {
                if self.is_plumbing(&name, plumbing) {
                    self.kept_back(&name);
                } else {
                    self.flatten(&name, value, depth + 1, plumbing, into);
                }
            }
            return;
        }
        if !said.is_empty() && (!value.is_object() || !is_container(name)) {
            put(into, name, said);
            return;
        }
        match value {
            Value::Object(fields) if depth < FLATTEN_DEPTH_MAX && !is_money(fields) => {
                for (key, value) in fields {
                    if self.is_plumbing(key, plumbing) || value.is_null() {
                        self.kept_back(key);
                        continue;
                    }
                    let full = if is_container(name) { key.clone() } else { format!("{name} {key}") };
                    self.flatten(&full, value, depth + 1, plumbing, into);
                }
            }
            Value::Array(items) if depth < FLATTEN_DEPTH_MAX => {
                for item in items.iter().filter(|item| item.is_object()).take(NAMES_MAX) {
                    self.flatten(name, item, depth + 1, plumbing, into);
                }
            }
            Value::Null => {}
            _ => self.kept_back(name),
        }
    }
}

/// A text, or the text of an object that has one.
fn said_text(value: &Value) -> Option<String> {
    as_text(value).or_else(|| value.get("text").and_then(as_text))
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

/// Whether a value is nothing but digits, or several such with commas between.
fn is_code(value: &Value) -> bool {
    as_text(value).is_some_and(|text| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' '))
    })
}

/// The keys of the item that a rule reads.
fn tops(rule: &AttributeRule) -> Vec<&str> {
    match &rule.from {
        Some(from) => vec![from.top()],
        None => rule.name.iter().chain(&rule.value).chain(&rule.unit).map(Path::top).collect(),
    }
}

/// A list of pairs of name and value; `None` where it is none.
fn pairs(items: &[Value]) -> Option<Vec<(String, &Value)>> {
    let first =
        |item: &'_ Value, keys: &[String]| keys.iter().find(|key| item.get(key.as_str()).is_some()).cloned();
    let mut pairs = Vec::new();
    for item in items.iter().take(NAMES_MAX) {
        let name = first(item, &shapes().pair_names)?;
        let value = first(item, &shapes().pair_values)?;
        if name == value {
            return None;
        }
        pairs.push((as_text(item.get(&name)?)?, item.get(&value)?));
    }
    (!pairs.is_empty()).then_some(pairs)
}

/// What a text holds that is JSON itself, as metafields have it.
fn decoded(value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim();
    if !text.starts_with(['[', '{']) {
        return match text {
            "true" => Some(json!(true)),
            "false" => Some(json!(false)),
            _ => None,
        };
    }
    let value: Value = serde_json::from_str(text).ok()?;
    Some(if value.get("type").and_then(Value::as_str) == Some("root") {
        json!(rich_text(&value, 0))
    } else {
        value
    })
}

/// The text of a tree of rich text.
fn rich_text(node: &Value, depth: usize) -> String {
    if let Some(text) = node.get("value").and_then(Value::as_str) {
        return text.to_owned();
    }
    let children = node.get("children").and_then(Value::as_array).filter(|_| depth < FLATTEN_DEPTH_MAX * 2);
    let texts = children.into_iter().flatten().map(|child| rich_text(child, depth + 1));
    let block = matches!(node.get("type").and_then(Value::as_str), Some("root" | "list"));
    texts.collect::<Vec<String>>().join(if block { "\n" } else { "" })
}

/// The first short text at a path: a key, a name. Of a global id it is the end.
fn key_at(path: &Path, item: &Value) -> Option<String> {
    let found = path.find(item).into_iter().flat_map(elements).find_map(|value| match value {
        Value::Object(_) => super::value::fact(value).as_ref().and_then(as_text),
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
