//! The formats of JSON and XML catalogs as data: how to recognise one, which key is which field, what is no fact.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::path::{Path, page};
use super::pattern::{Condition, Pattern, folded};
use super::value::Localized;

/// A format, as a file of `config/formats/json` or `config/formats/xml` describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Format {
    /// Its name, as settings and reports write it.
    pub(crate) name: String,
    /// What people call it.
    pub(crate) title: String,
    pub(crate) anchors: Anchors,
    /// Items that are products; others are passed over. All are, where there is no condition.
    #[serde(default)]
    pub(crate) only: Vec<Condition>,
    /// Items that are products already: nothing of them is changed.
    #[serde(default)]
    pub(crate) untouched: bool,
    /// Whether an item is a document of linked data, in which products are looked for.
    #[serde(default)]
    pub(crate) linked_data: bool,
    /// Whether keys are compared without case and separators.
    #[serde(default)]
    pub(crate) fold: bool,
    #[serde(default)]
    pub(crate) localized: Localized,
    /// Product field → where it stands; the first that holds something counts.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Vec<Path>>,
    /// Fields that are put together of several texts, each on lines of its own, where no path of [`Self::fields`] holds one.
    #[serde(default)]
    pub(crate) joined: BTreeMap<String, Vec<Path>>,
    /// Whether an item is what its product says in one locale: items of other locales are the same product.
    #[serde(default)]
    pub(crate) by_locale: bool,
    /// Where changes of the item stand that are its content.
    pub(crate) patches: Option<Patches>,
    /// Why its items are no products, where they are known and none.
    pub(crate) refused: Option<Refused>,
    /// What separates the parts of a category path.
    #[serde(default)]
    pub(crate) category_separators: Vec<String>,
    #[serde(default)]
    pub(crate) attributes: Vec<AttributeRule>,
    pub(crate) variants: Option<Variants>,
    /// The key that a product shares with its variants where they are items of their own.
    #[serde(default)]
    pub(crate) group: Vec<Path>,
    /// The same as the product of a group has it.
    #[serde(default)]
    pub(crate) own_group: Vec<Path>,
    /// Attributes that are for the shop alone.
    #[serde(default)]
    pub(crate) internal: Vec<String>,
    /// What tells the product of a group from its variants.
    #[serde(default)]
    pub(crate) parent: Vec<Condition>,
    /// How items that belong together are joined.
    pub(crate) join: Option<Join>,
    #[serde(default)]
    pub(crate) rest: Rest,
    /// Names that are no facts, with `*` for anything at either end.
    #[serde(default)]
    pub(crate) plumbing: Vec<Pattern>,
}

/// What an item of a format has.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Anchors {
    /// All of these.
    pub(crate) must: Vec<Condition>,
    /// These, mostly.
    #[serde(default)]
    pub(crate) should: Vec<Condition>,
    /// None of these.
    #[serde(default)]
    pub(crate) never: Vec<Condition>,
}

/// What becomes of keys that no rule names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rest {
    /// They are attributes, but for the plumbing.
    Attributes,
    /// They are no facts: the format names all that are.
    #[default]
    Plumbing,
}

/// Where attributes stand.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeRule {
    /// The elements that the other paths begin at: of a list, or the item itself.
    pub(crate) from: Option<Path>,
    /// The attribute's name, where it is always the same.
    #[serde(rename = "as")]
    pub(crate) named: Option<String>,
    #[serde(default)]
    pub(crate) name: Vec<Path>,
    /// What shoppers call it.
    #[serde(default)]
    pub(crate) label: Vec<Path>,
    /// The section that the name stands in.
    pub(crate) section: Option<Path>,
    #[serde(default)]
    pub(crate) value: Vec<Path>,
    /// A unit that stands beside the value.
    #[serde(default)]
    pub(crate) unit: Vec<Path>,
    /// Whether a value of digits is an option's code, which says nothing without a label.
    #[serde(default)]
    pub(crate) codes: bool,
    /// Whether each key of the object is an attribute.
    #[serde(default)]
    pub(crate) entries: bool,
    /// Whether a text may be JSON.
    #[serde(default)]
    pub(crate) json: bool,
    /// Elements that are no facts.
    #[serde(default)]
    pub(crate) skip: Vec<Condition>,
}

/// Where changes stand: `[{"path": "/attributes/color", "value": …}]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patches {
    /// The key of their list.
    pub(crate) from: String,
    /// What the paths begin with that count.
    pub(crate) under: String,
    /// The key of the item that they go into.
    pub(crate) into: String,
}

/// Why items are no products.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refused {
    pub(crate) rule: String,
    pub(crate) remedy: String,
}

/// Where variants stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variants {
    /// All of these.
    pub(crate) from: Vec<Path>,
    pub(crate) sku: Vec<Path>,
    /// Where its GTIN stands, which is the product's where it is the only one.
    #[serde(default)]
    pub(crate) gtin: Vec<Path>,
    #[serde(default)]
    pub(crate) attributes: Vec<AttributeRule>,
    /// Options whose names stand with the product, and their values with the variant.
    pub(crate) options: Option<Options>,
    #[serde(default)]
    pub(crate) rest: Rest,
    #[serde(default)]
    pub(crate) plumbing: Vec<Pattern>,
    /// Values that stand for there being no options.
    #[serde(default)]
    pub(crate) no_option: Vec<String>,
    /// Whether what all variants say alike is the product's.
    #[serde(default)]
    pub(crate) hoist: bool,
}

/// Options by their place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) names: Path,
    pub(crate) keys: Vec<String>,
}

/// How items that belong together are joined.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Join {
    /// An item names the one that it belongs to, which stands before it.
    Children {
        /// Where it names it.
        parent: Path,
        /// What it is named by.
        id: Path,
        /// Beginning of a child's id → the key of its parent that it is added to.
        into: BTreeMap<String, String>,
    },
    /// A product names its variants, wherever they stand.
    Links {
        /// Where it names them.
        children: Path,
        /// What they are named by.
        id: Path,
        /// The key of the product that they are added to.
        into: String,
        /// What only variants have.
        child: Vec<Condition>,
    },
    /// Levels between the product and its variants, whose values are the variants'.
    Levels {
        /// Where an item names the level above it.
        parent: Path,
        /// What a level is named by.
        id: Path,
        /// Where the values stand that go down.
        values: String,
        /// What only levels have.
        level: Vec<Condition>,
    },
}

impl Format {
    /// The keys by which the format knows them, where case and separators do not count.
    pub(crate) fn canonical(&self, fields: Map<String, Value>) -> Map<String, Value> {
        let known: Vec<&str> = self.fields.values().flatten().map(Path::as_str).collect();
        let mut canonical = Map::with_capacity(fields.len());
        for (key, value) in fields {
            let plain = folded(&key);
            let key = known.iter().find(|name| **name == plain).map_or(key, |name| (*name).to_owned());
            canonical.entry(key).or_insert(value);
        }
        canonical
    }

    /// How well an item fits: `None` where it is not of this format, else how many anchors it has.
    pub(crate) fn fit(&self, item: &Value) -> Option<usize> {
        if self.fold {
            let item = Value::Object(self.canonical(item.as_object()?.clone()));
            let has = |field: &str| {
                self.fields.get(field).is_some_and(|paths| paths.iter().any(|path| path.is_in(&item)))
            };
            return (has("sku") && (has("title") || has("description"))).then_some(0);
        }
        // A page of a connection is a list.
        if page(item).is_some() {
            return None;
        }
        let Anchors { must, should, never } = &self.anchors;
        if never.iter().any(|anchor| anchor.holds(item)) || !must.iter().all(|anchor| anchor.holds(item)) {
            return None;
        }
        Some(must.len() + should.iter().filter(|anchor| anchor.holds(item)).count())
    }
}

/// The format that fits the most items of a sample, and of several the one with most anchors; the first of equals.
pub(crate) fn recognise<'f>(formats: &'f [Format], sample: &[&Value]) -> Option<&'f Format> {
    let mut best: Option<(usize, usize, &Format)> = None;
    for format in formats {
        let fits: Vec<usize> = sample.iter().filter_map(|item| format.fit(item)).collect();
        // A file holds other things beside products.
        let (items, anchors) = (fits.len(), fits.iter().max().copied().unwrap_or_default());
        let few = items * 10 < sample.len();
        if items > 0 && !few && best.is_none_or(|(_, most, _)| anchors > most) {
            best = Some((items, anchors, format));
        }
    }
    best.map(|(.., format)| format)
}
