//! Items that belong together though they stand apart: children behind their product, variants that a product names.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value, json};

use super::format::Join;
use super::map::id_at;
use super::pattern::any;
use crate::import::{Complaint, Entry};

/// Most bytes of items that wait for what belongs to them.
const WAITING_BYTES_MAX: usize = 16 << 20;
/// Most ids that are remembered.
const IDS_MAX: usize = 1_000_000;
/// Most levels between a product and a variant.
const LEVELS_MAX: usize = 4;

/// An item with what belongs to it.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    pub(crate) row: u64,
    pub(crate) value: Value,
    /// The key of a group of which parts stand elsewhere in the file.
    pub(crate) group: Option<String>,
    /// Whether it is the product of that group.
    pub(crate) is_parent: bool,
}

/// Joins items as a format says, within a bounded window.
#[derive(Debug, Default)]
pub(crate) struct Joiner {
    rule: Option<&'static Join>,
    order: VecDeque<String>,
    waiting: HashMap<String, Waiting>,
    bytes: usize,
    /// Child → where its own children go: its root, the key and the place there.
    places: HashMap<String, (String, String, usize)>,
    /// Variants that were named before they came → the product's key.
    named: HashMap<String, String>,
    levels: HashMap<String, Value>,
}

#[derive(Debug)]
struct Waiting {
    row: u64,
    value: Value,
    bytes: usize,
}

/// What comes out.
pub(crate) type Out = VecDeque<Result<Joined, Complaint>>;

impl Joiner {
    pub(crate) fn new(rule: Option<&'static Join>) -> Self {
        Self { rule, ..Self::default() }
    }

    /// Takes an item of so many bytes.
    pub(crate) fn push(&mut self, row: u64, value: Value, bytes: usize, out: &mut Out) {
        match self.rule {
            None => out.push_back(Ok(Joined { row, value, ..Joined::default() })),
            Some(Join::Children { parent, id, into }) => {
                let id = id_at(id, &value);
                match id_at(parent, &value) {
                    None => self.wait(id.unwrap_or_else(|| format!("row {row}")), row, value, bytes, out),
                    Some(parent) => {
                        let key =
                            id.as_ref().and_then(|id| into.iter().find(|(begin, _)| id.starts_with(*begin)));
                        // What is neither variant nor attribute: images, places of stock.
                        let Some((_, key)) = key else { return };
                        self.child(row, &parent, id.as_deref(), key, value, bytes, out);
                    }
                }
                self.shrink(out);
            }
            Some(Join::Links { children, id, into, child }) => {
                let links: Vec<String> = children
                    .find(&value)
                    .into_iter()
                    .flat_map(super::path::elements)
                    .filter_map(super::value::as_text)
                    .collect();
                let own = id_at(id, &value).unwrap_or_default();
                if !links.is_empty() {
                    self.parent(row, own, &links, into, value, out);
                } else if let Some(group) = self.named.remove(&own) {
                    out.push_back(Ok(Joined { row, value, group: Some(group), is_parent: false }));
                } else if any(child, &value) {
                    self.wait(own, row, value, bytes, out);
                    self.shrink(out);
                } else {
                    out.push_back(Ok(Joined { row, value, ..Joined::default() }));
                }
            }
            Some(Join::Levels { parent, id, values, level }) => {
                if any(level, &value) && id_at(parent, &value).is_some() {
                    if let Some(id) = id_at(id, &value).filter(|_| self.bytes + bytes <= WAITING_BYTES_MAX) {
                        self.bytes += bytes;
                        self.levels.insert(id, value);
                    } else {
                        let rule = "there are too many levels between products and variants to keep";
                        out.push_back(Err(Complaint::new(row, rule, "import fewer families at once")));
                    }
                    return;
                }
                let mut value = value;
                for _ in 0..LEVELS_MAX {
                    let above = id_at(parent, &value).and_then(|parent| self.levels.get(&parent));
                    let Some(above) = above else { break };
                    merge(&mut value, above, values, parent.top());
                }
                out.push_back(Ok(Joined { row, value, ..Joined::default() }));
            }
        }
    }

    /// Gives out what still waits.
    pub(crate) fn finish(&mut self, out: &mut Out) {
        while let Some(id) = self.order.pop_front() {
            if let Some(waiting) = self.waiting.remove(&id) {
                out.push_back(Ok(Joined { row: waiting.row, value: waiting.value, ..Joined::default() }));
            }
        }
        self.bytes = 0;
    }

    fn wait(&mut self, id: String, row: u64, value: Value, bytes: usize, out: &mut Out) {
        self.bytes += bytes;
        self.order.push_back(id.clone());
        if let Some(before) = self.waiting.insert(id, Waiting { row, value, bytes }) {
            self.bytes = self.bytes.saturating_sub(before.bytes);
            out.push_back(Ok(Joined { row: before.row, value: before.value, ..Joined::default() }));
        }
    }

    /// Gives out the oldest while more waits than may.
    fn shrink(&mut self, out: &mut Out) {
        while self.bytes > WAITING_BYTES_MAX {
            let Some(id) = self.order.pop_front() else { return };
            let Some(waiting) = self.waiting.remove(&id) else { continue };
            self.bytes = self.bytes.saturating_sub(waiting.bytes);
            let is_children = matches!(self.rule, Some(Join::Children { .. }));
            let group = is_children.then(|| last_part(&id));
            self.places.retain(|_, (root, ..)| *root != id);
            out.push_back(Ok(Joined {
                row: waiting.row,
                value: waiting.value,
                is_parent: group.is_some(),
                group,
            }));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one child")]
    fn child(
        &mut self,
        row: u64,
        parent: &str,
        id: Option<&str>,
        key: &str,
        value: Value,
        bytes: usize,
        out: &mut Out,
    ) {
        let place = self.places.get(parent).cloned();
        let root = place.as_ref().map_or(parent, |(root, ..)| root.as_str()).to_owned();
        let Some(waiting) = self.waiting.get_mut(&root) else {
            // A variant is a group's; what belongs to a product that is gone is lost.
            if key == "variants" {
                let value = json!({ "id": parent, "variants": [value] });
                out.push_back(Ok(Joined { row, value, group: Some(last_part(parent)), is_parent: false }));
            } else {
                let rule = "the product that it belongs to stands too far before it, or nowhere";
                let remedy = "export with groupObjects: true, which keeps products and their parts together";
                out.push_back(Err(Complaint::new(row, rule, remedy).at("/__parentId").seeing(parent)));
            }
            return;
        };
        self.bytes += bytes;
        waiting.bytes += bytes;
        let into = match &place {
            Some((_, key, index)) => waiting.value.get_mut(key).and_then(|list| list.get_mut(*index)),
            None => Some(&mut waiting.value),
        };
        let Some(fields) = into.and_then(Value::as_object_mut) else { return };
        let list = fields.entry(key.to_owned()).or_insert_with(|| json!([]));
        if !list.is_array() {
            *list = json!([]);
        }
        let Some(list) = list.as_array_mut() else { return };
        list.push(value);
        let index = list.len() - 1;
        if let (Some(id), None, true) = (id, place, self.places.len() < IDS_MAX) {
            self.places.insert(id.to_owned(), (root, key.to_owned(), index));
        }
    }

    /// A product with the variants that it names: those that wait are put into it, the others are a group's.
    fn parent(
        &mut self,
        row: u64,
        own: String,
        links: &[String],
        into: &str,
        mut value: Value,
        out: &mut Out,
    ) {
        let (mut found, mut missing) = (Vec::new(), false);
        for link in links {
            match self.waiting.remove(link) {
                Some(waiting) => {
                    self.bytes = self.bytes.saturating_sub(waiting.bytes);
                    found.push(waiting.value);
                }
                None if self.named.len() < IDS_MAX => {
                    missing = true;
                    self.named.insert(link.clone(), own.clone());
                }
                None => {}
            }
        }
        if let Some(fields) = value.as_object_mut() {
            fields.insert(into.to_owned(), Value::Array(found));
        }
        out.push_back(Ok(Joined { row, value, group: missing.then_some(own), is_parent: missing }));
    }
}

/// Adds what a level above says, where the item says nothing of its own, and goes on with what stands above that.
fn merge(value: &mut Value, above: &Value, values: &str, parent: &str) {
    let Some(fields) = value.as_object_mut() else { return };
    let own = fields.entry(values.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if let (Some(own), Some(common)) = (own.as_object_mut(), above.get(values).and_then(Value::as_object)) {
        for (name, said) in common {
            own.entry(name.clone()).or_insert_with(|| said.clone());
        }
    }
    fields.insert(parent.to_owned(), above.get(parent).cloned().unwrap_or_default());
}

/// A product that stands for one variant is that variant.
pub(super) fn as_variant(entry: &mut Entry) {
    let Some(Value::Array(mut variants)) = entry.product.remove("variants") else { return };
    if let Some(Value::Object(variant)) = variants.pop().filter(|_| variants.is_empty()) {
        for (key, value) in variant {
            match (entry.product.get_mut(&key), value) {
                (Some(Value::Object(common)), Value::Object(own)) => common.extend(own),
                (_, value) => {
                    entry.product.insert(key, value);
                }
            }
        }
    }
}

/// The end of a global id.
fn last_part(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_owned()
}
