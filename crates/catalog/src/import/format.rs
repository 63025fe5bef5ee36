//! Formats of tables as data: how one is recognised, what its rows are, and what each of its columns holds.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::Context as _;
use serde::Deserialize;

use super::column_name::{Alternatives, Captured, ColumnPattern};
pub use super::holds::Holds;

/// The formats that are built in, the likelier first where two fit a header equally well; the last fits every table.
const BUILT_IN: &[(&str, &str)] = &[
    ("shopify", include_str!("../../../../config/formats/shopify.toml")),
    ("woocommerce", include_str!("../../../../config/formats/woocommerce.toml")),
    ("magento", include_str!("../../../../config/formats/magento.toml")),
    ("openai", include_str!("../../../../config/formats/openai.toml")),
    ("google", include_str!("../../../../config/formats/google.toml")),
    ("prestashop", include_str!("../../../../config/formats/prestashop.toml")),
    ("akeneo", include_str!("../../../../config/formats/akeneo.toml")),
    ("bigcommerce", include_str!("../../../../config/formats/bigcommerce.toml")),
    ("commercetools", include_str!("../../../../config/formats/commercetools.toml")),
    ("table", include_str!("../../../../config/formats/table.toml")),
];

/// How a kind of table is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFormat {
    /// Its short name: that of its file.
    #[serde(skip)]
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Columns that must be there; "handle | url handle" where one of several must.
    #[serde(default)]
    must: Vec<Alternatives>,
    /// Columns that are often there.
    #[serde(default)]
    should: Vec<Alternatives>,
    /// How many of those have to be there.
    #[serde(default)]
    should_min: usize,
    /// Columns that must not be there.
    #[serde(default)]
    never: Vec<Alternatives>,
    /// Whole headers of updates of texts, as exports write them: the names between commas, in this very spelling.
    #[serde(default)]
    updates: Vec<String>,
    /// Whether an apostrophe keeps a spreadsheet from running a cell that begins like a formula, and is none of its text.
    #[serde(default)]
    pub apostrophes: bool,
    /// What its rows are to each other.
    #[serde(default)]
    pub rows: RowRules,
    /// What its columns hold; the first that fits counts.
    #[serde(rename = "column", default)]
    pub columns: Vec<ColumnRule>,
    /// What a column holds that none of them fits.
    #[serde(default)]
    pub rest: Rest,
    /// How a cell with categories is read.
    #[serde(default)]
    pub category: CategoryRule,
    /// Names of attributes, in cells of pairs, that say nothing of the product.
    #[serde(default)]
    pub plumbing: Vec<String>,
    /// Names of attributes whose text is a list, with what stands between its items.
    #[serde(default)]
    pub split: Vec<String>,
}

/// What the rows of a table are to each other.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RowRules {
    /// How rows become products.
    pub layout: Layout,
    /// Values of the column of kinds that make a row a variant, in lower case.
    pub variant: Vec<String>,
    /// Values of it that make a row no product at all.
    pub skip: Vec<String>,
    /// Whether keys that differ in upper and lower case are one.
    pub ignore_case: bool,
    /// The beginning of a reference by id instead of by SKU, such as "id:".
    pub id_prefix: String,
    /// Names of store views, in lower case, whose texts are the general ones.
    pub default_views: Vec<String>,
    /// The locales of store views, by their names in lower case: those of a mapping.
    pub views: BTreeMap<String, String>,
    /// Values of options, in lower case, that stand for a product without options.
    pub no_option: Vec<String>,
    /// Values of the key column, in lower case, that are examples or explanations and no product.
    pub no_key: Vec<String>,
}

/// How rows become products.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// A row is a product; rows of one group, where a column names groups, are its variants.
    #[default]
    Flat,
    /// Rows with the same key, or without one behind it, are one product: each may hold a variant.
    Grouped,
    /// Rows of variants stand behind the row of their product.
    Sectioned,
    /// Rows of variants name their product, or it names them; they stand anywhere.
    Linked,
}

/// What a column holds that no rule fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// An attribute of that name.
    #[default]
    Attribute,
    /// Nothing that says what the product is.
    Plumbing,
}

/// How a cell with categories is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CategoryRule {
    /// What stands between several paths; the longest path counts. Empty: there is one.
    pub paths: String,
    /// What stands between the levels of a path.
    pub levels: Vec<String>,
    /// Levels that say nothing, in lower case.
    pub drop: Vec<String>,
}

/// What columns of some names hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnRule {
    /// Their names, the likelier first: without regard to case, a space also for `_`; `{n}` is a number, `{name}`, `{scope}`
    /// and `{unit}` any text, `{locale}` a locale, `{currency}` three letters, `*` anything, `\*` a star.
    pub(super) names: Vec<ColumnPattern>,
    /// What they hold.
    pub is: Holds,
    /// The attribute's name; `{name}` by default, or the column's own.
    #[serde(default)]
    pub name: Option<String>,
    /// The unit of its numbers; `{unit}` is that of the column's name.
    #[serde(default)]
    pub unit: Option<String>,
    /// What stands between the items of a list; the first that occurs counts.
    #[serde(default)]
    pub split: Vec<String>,
    /// What stands between pairs.
    #[serde(default)]
    pub pairs: String,
    /// What stands between a name and its value.
    #[serde(default)]
    pub equals: String,
}

impl TableFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// With the place in the text.
    fn read(name: &str, text: &str) -> anyhow::Result<Self> {
        let mut format: Self = toml::from_str(text).with_context(|| format!("config/formats/{name}.toml"))?;
        name.clone_into(&mut format.name);
        Ok(format)
    }

    /// The formats that are built in.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn built_in() -> anyhow::Result<&'static [Self]> {
        static READ: OnceLock<Vec<TableFormat>> = OnceLock::new();
        if let Some(formats) = READ.get() {
            return Ok(formats);
        }
        let formats: Vec<Self> =
            BUILT_IN.iter().map(|(name, text)| Self::read(name, text)).collect::<anyhow::Result<_>>()?;
        Ok(READ.get_or_init(|| formats))
    }

    /// The built-in format that a header fits best.
    ///
    /// # Errors
    /// As [`TableFormat::built_in`].
    pub fn of_header(header: &[&str]) -> anyhow::Result<&'static Self> {
        let formats = Self::built_in()?;
        // Of equals the first: `max_by_key` gives the last.
        let best = formats.iter().rev().max_by_key(|format| format.fits(header));
        best.context("no format of tables is built in")
    }

    /// What the format calls the columns of a field, folded; names with placeholders are left out.
    pub(super) fn names_of(&self, field: Holds) -> impl Iterator<Item = &str> {
        let rules = self.columns.iter().filter(move |rule| rule.is == field);
        rules.flat_map(|rule| &rule.names).filter_map(ColumnPattern::exact)
    }

    /// How well a header fits; `None` where it is of another kind.
    fn fits(&self, header: &[&str]) -> Option<usize> {
        if self.updates.iter().any(|update| update.split(',').eq(header.iter().copied())) {
            return Some(usize::MAX);
        }
        let has = |wanted: &Alternatives| {
            wanted.0.iter().any(|pattern| header.iter().any(|name| pattern.captures(name).is_some()))
        };
        let should = self.should.iter().filter(|wanted| has(wanted)).count();
        let fits = self.must.iter().all(has) && !self.never.iter().any(has) && should >= self.should_min;
        fits.then_some(self.must.len() * 2 + should)
    }
}

impl ColumnRule {
    /// The rule for one column, by its very name.
    pub(super) fn exact(column: &str, is: Holds) -> Self {
        let pattern = ColumnPattern::exactly(column);
        Self {
            names: vec![pattern],
            is,
            name: None,
            unit: None,
            split: Vec::new(),
            pairs: String::new(),
            equals: String::new(),
        }
    }

    /// Where among the names of the rule a column's name stands, and what its placeholders are.
    pub(super) fn captures(&self, name: &str) -> Option<(usize, Captured)> {
        self.names.iter().enumerate().find_map(|(index, pattern)| Some((index, pattern.captures(name)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: &str) {
        let header: Vec<&str> = header.split(',').collect();
        assert_eq!(TableFormat::of_header(&header).unwrap().name, expected, "{header:?}");
    }

    #[test]
    fn a_format_is_known_by_its_header() {
        check("Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Variant SKU", "shopify");
        check("Title,URL handle,Description,Vendor,SKU,Option1 name,Option1 value,Price", "shopify");
        check("Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,SKU,Variant Grams", "shopify");
        check("ID,Type,SKU,Name,Published,Short description,Regular price,Attribute 1 name", "woocommerce");
        check("sku,store_view_code,attribute_set_code,product_type,name,additional_attributes", "magento");
        check("id,title,description,link,image_link,availability,price", "google");
        check("id,title,material", "table");
        check(
            "item_id,title,description,url,image_url,availability,seller_name,is_eligible_search",
            "openai",
        );
        check("sku,categories,enabled,family,groups,name-de_DE,price-EUR", "akeneo");
        check("Product ID,Active (0/1),Name *,Categories (x,Reference #", "prestashop");
        check("Item Type,Product ID,Product Name,Product Code/SKU,Option Set", "bigcommerce");
        check("key,productType.key,name.en,variants.sku,variants.attributes.color", "commercetools");
        check("sku,title,material", "table");
        check("Artikelnummer,Bezeichnung", "table");
        check("sku,name,description", "table");
    }

    #[test]
    fn updates_of_texts_are_known_by_their_whole_header() {
        check("URL handle,Title,Description,SEO title,SEO description", "shopify");
        check("URL handle,Title,Description", "shopify");
        check("id,structured_title,structured_description,question_and_answer", "google");
        check("id,structured_title,structured_description", "google");
        check("SKU,Name,Description", "woocommerce");
        check("sku,name,description,meta_title,meta_description", "magento");
        check("sku,store_view_code,name,description", "magento");
        check("Reference #,Name*,Description,Meta title,Meta description", "prestashop");
        check(
            "Item Type,Product Code/SKU,Product Name,Product Description,Page Title,Meta Description",
            "bigcommerce",
        );
        check("Item Type,Product Code/SKU,Product Name,Product Description", "bigcommerce");
    }
}
