//! Entries that belong to one product, wherever they stand in a file that is no table.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::aside::Aside;
use super::families::Families;
use super::json::draft::{Draft, VariantDraft};
use super::json::value::Said;
use super::reader::Entries;
use super::variants::{common_title, hand_over};
use super::{Complaint, Entry};

/// Entries that wait for others of their product are held in memory up to this size, and beyond it in a file.
const HELD_BYTES_MAX: usize = 16 << 20;
/// Most entries of one product.
const ENTRIES_MAX: usize = 2_000;

/// Gives the entries of a file from its beginning, each time anew.
pub type OpenEntries = Arc<dyn Fn() -> std::io::Result<Entries> + Send + Sync>;

/// Reads a file once, then hands its products out, each once its last entry is read; gives how many there are, too.
pub(super) fn join(open: &OpenEntries, aside: &Path) -> std::io::Result<(JoinedEntries, u64)> {
    let hash = foldhash::fast::FixedState::default();
    let (mut groups, mut broken) = (Vec::new(), 0);
    for entry in open()? {
        match entry? {
            Ok(entry) => groups.push(key(&entry, &hash)),
            Err(_) => broken += 1,
        }
    }
    let families = Families::of_groups(groups, broken);
    let products = families.products + broken;
    let entries = JoinedEntries {
        entries: open()?,
        families,
        at: 0,
        waiting: HashMap::new(),
        bytes: 0,
        aside: Aside::new(aside),
    };
    Ok((entries, products))
}

fn key(entry: &Entry, hash: &foldhash::fast::FixedState) -> u64 {
    let sku = entry.product.get("sku").and_then(Value::as_str);
    let (space, key) = match (&entry.group, sku) {
        (Some(group), _) => (1, group.clone()),
        (None, Some(sku)) => (0, sku.trim().to_owned()),
        // A whole message, or an entry that is refused later: nothing else belongs to it.
        (None, None) => (2, entry.row.to_string()),
    };
    let mut hasher = hash.build_hasher();
    hasher.write_u8(space);
    hasher.write(key.as_bytes());
    hasher.finish()
}

/// The products of a file, one after the other.
pub(super) struct JoinedEntries {
    entries: Entries,
    families: Families,
    at: usize,
    waiting: HashMap<u64, Vec<Waiting>>,
    bytes: usize,
    aside: Aside,
}

/// An entry that waits for others of its product, as JSON.
enum Waiting {
    Here(Vec<u8>),
    Aside { at: u64, length: usize },
}

impl JoinedEntries {
    fn keep(&mut self, group: u64, entry: &Entry) -> std::io::Result<()> {
        let bytes =
            serde_json::to_vec(&(entry.row, &entry.product, &entry.group, entry.is_parent, &entry.warnings))?;
        let waiting = if self.bytes + bytes.len() <= HELD_BYTES_MAX {
            self.bytes += bytes.len();
            Waiting::Here(bytes)
        } else {
            let length = bytes.len();
            Waiting::Aside { at: self.aside.put(&bytes)?, length }
        };
        self.waiting.entry(group).or_default().push(waiting);
        Ok(())
    }

    fn take(&mut self, waiting: Waiting) -> std::io::Result<Entry> {
        let bytes = match waiting {
            Waiting::Here(bytes) => {
                self.bytes = self.bytes.saturating_sub(bytes.len());
                bytes
            }
            Waiting::Aside { at, length } => self.aside.get(at, length)?,
        };
        let (row, product, group, is_parent, warnings) = serde_json::from_slice(&bytes)?;
        Ok(Entry { row, product, group, is_parent, warnings })
    }

    fn product(&mut self, group: u64, last: Entry) -> std::io::Result<Entry> {
        let Some(waiting) = self.waiting.remove(&group) else { return Ok(whole(vec![last])) };
        let mut entries = Vec::new();
        for waiting in waiting {
            let entry = self.take(waiting)?;
            if entries.len() < ENTRIES_MAX {
                entries.push(entry);
            }
        }
        entries.push(last);
        Ok(whole(entries))
    }
}

impl Iterator for JoinedEntries {
    type Item = std::io::Result<Result<Entry, Complaint>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let entry = match self.entries.next()? {
                Ok(Ok(entry)) => entry,
                other => return Some(other),
            };
            let Some((group, is_last)) = self.families.place(self.at) else {
                return Some(Err(std::io::Error::other(
                    "the file has grown while it was read; read it again",
                )));
            };
            self.at += 1;
            if is_last {
                return Some(self.product(group, entry).map(Ok));
            }
            if let Err(error) = self.keep(group, &entry) {
                return Some(Err(error));
            }
        }
    }
}

/// The product of entries that belong together.
fn whole(mut entries: Vec<Entry>) -> Entry {
    let is_group = entries.iter().any(|entry| entry.group.is_some());
    if !is_group {
        if let Some(entry) = by_locale(&entries) {
            return entry;
        }
        let mut last = entries.pop().unwrap_or_default();
        for entry in entries {
            let rule = format!("row {} has the same key, and counts", last.row);
            last.warnings.push(Complaint::new(entry.row, rule, "give each product a key of its own"));
        }
        return last;
    }
    let at = entries.iter().position(|entry| entry.is_parent);
    let parent = at.map(|at| entries.remove(at));
    if entries.is_empty() {
        return parent.unwrap_or_default();
    }
    let group = entries.iter().find_map(|entry| entry.group.clone()).unwrap_or_default();
    let row = parent.as_ref().or(entries.first()).map_or(0, |entry| entry.row);
    let mut warnings: Vec<Complaint> = Vec::new();
    let mut draft = Draft::default();
    let is_orphan = parent.is_none();
    let base = parent.unwrap_or_else(|| orphan(&entries, &group));
    let stated: Vec<(String, Said)> = attributes(&base.product);
    let mut variants: Vec<VariantDraft> = Vec::new();
    for entry in &mut entries {
        warnings.append(&mut entry.warnings);
        let sku = entry.product.get("sku").and_then(Value::as_str).unwrap_or_default().to_owned();
        if sku.is_empty() || variants.iter().any(|variant| variant.sku == sku) {
            let rule = "another entry of the product is the same variant; the first one counts";
            warnings.push(Complaint::new(entry.row, rule, "give each variant a key of its own").seeing(&sku));
            continue;
        }
        variants.push(VariantDraft { sku, attributes: attributes(&entry.product) });
    }
    for (name, said) in &stated {
        draft.attribute(name, said.clone());
    }
    warnings.extend(hand_over(row, is_orphan, &stated, variants, &mut draft));
    let mut product = base.product;
    let sku = product.get("sku").and_then(Value::as_str).unwrap_or(&group).to_owned();
    let made = draft.finish(&sku, None);
    product.insert("sku".to_owned(), json!(sku));
    for field in ["attributes", "variants"] {
        if let Some(value) = made.get(field) {
            product.insert(field.to_owned(), value.clone());
        }
    }
    let mut all = base.warnings;
    all.append(&mut warnings);
    Entry { row, product, group: None, is_parent: true, warnings: all }
}

/// One product of entries each of which says what it is in one locale; `None` where they are something else.
fn by_locale(entries: &[Entry]) -> Option<Entry> {
    let locale = |entry: &Entry| -> Option<String> {
        let locales = entry.product.get("locales")?.as_array()?;
        let [locale] = locales.as_slice() else { return None };
        locale.as_str().map(str::to_owned)
    };
    let locales: Vec<String> = entries.iter().map(locale).collect::<Option<_>>()?;
    let differ = locales
        .iter()
        .enumerate()
        .all(|(at, locale)| !locales.iter().skip(at + 1).any(|other| other == locale));
    let (first, others) = entries.split_first().filter(|(_, others)| differ && !others.is_empty())?;
    let mut entry = first.clone();
    let mut localized = Map::new();
    for (other, locale) in others.iter().zip(locales.iter().skip(1)) {
        let texts: Map<String, Value> = ["title", "description"]
            .into_iter()
            .filter_map(|field| Some((field.to_owned(), other.product.get(field)?.clone())))
            .collect();
        localized.insert(locale.clone(), Value::Object(texts));
        entry.warnings.extend(other.warnings.iter().cloned());
    }
    entry.product.insert("localized".to_owned(), Value::Object(localized));
    entry.product.insert("locales".to_owned(), json!(locales));
    Some(entry)
}

/// A product of which the file has only variants: what they say alike, under the key of the group.
fn orphan(entries: &[Entry], group: &str) -> Entry {
    let mut product = Map::new();
    product.insert("sku".to_owned(), json!(group));
    let titles: Vec<&str> = entries.iter().filter_map(|entry| entry.product.get("title")?.as_str()).collect();
    let title = common_title(&titles);
    if !title.is_empty() {
        product.insert("title".to_owned(), json!(title));
    }
    if let Some(first) = entries.first() {
        for (field, value) in &first.product {
            if !matches!(field.as_str(), "sku" | "title" | "gtin" | "attributes" | "variants") {
                product.insert(field.clone(), value.clone());
            }
        }
    }
    Entry { row: entries.first().map_or(0, |entry| entry.row), product, ..Entry::default() }
}

fn attributes(product: &Map<String, Value>) -> Vec<(String, Said)> {
    let attributes = product.get("attributes").and_then(Value::as_object);
    attributes
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), vec![(None, value.clone())]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(row: u64, product: Value, group: Option<&str>) -> Entry {
        let Value::Object(product) = product else { panic!("no object") };
        Entry { row, product, group: group.map(str::to_owned), ..Entry::default() }
    }

    fn joined(entries: Vec<Entry>) -> Vec<Entry> {
        let open: OpenEntries =
            Arc::new(move || Ok(Box::new(entries.clone().into_iter().map(|entry| Ok(Ok(entry))))));
        let (joined, _) = join(&open, Path::new("/nonexistent")).unwrap();
        joined.map(|entry| entry.unwrap().unwrap()).collect()
    }

    #[test]
    fn variants_of_a_group_are_one_product_wherever_they_stand() {
        let made = joined(vec![
            entry(
                1,
                json!({ "sku": "A-R", "title": "Mug red", "brand": "Acme", "attributes": { "color": "red", "material": "clay" } }),
                Some("A"),
            ),
            entry(2, json!({ "sku": "B", "title": "Jug" }), None),
            entry(
                3,
                json!({ "sku": "A-B", "title": "Mug blue", "brand": "Acme", "attributes": { "color": "blue", "material": "clay" } }),
                Some("A"),
            ),
        ]);
        let products: Vec<Value> = made.into_iter().map(|entry| Value::Object(entry.product)).collect();
        assert_eq!(products[0]["sku"], "B");
        assert_eq!(
            products[1],
            json!({
                "sku": "A", "title": "Mug", "brand": "Acme", "attributes": { "color": ["red", "blue"], "material": "clay" },
                "variants": [
                    { "sku": "A-R", "attributes": { "color": "red" } },
                    { "sku": "A-B", "attributes": { "color": "blue" } }
                ]
            })
        );
    }

    #[test]
    fn of_entries_with_one_key_the_last_counts_and_that_is_said() {
        let made = joined(vec![
            entry(1, json!({ "sku": "A", "title": "Mug" }), None),
            entry(4, json!({ "sku": "A", "title": "Cup" }), None),
        ]);
        assert_eq!(made.len(), 1);
        assert_eq!(made[0].product["title"], "Cup");
        assert!(made[0].warnings[0].to_string().starts_with("row 1: row 4 has the same key"));
    }
}
