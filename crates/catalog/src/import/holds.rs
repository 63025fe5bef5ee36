//! What a column of a table holds: the words of formats and mappings.

use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// The product's key.
    Sku,
    /// The key by which others refer to it where they do not name the SKU.
    Id,
    /// Its name.
    Title,
    /// Its manufacturer.
    Brand,
    /// Its GTIN.
    Gtin,
    /// Its categories.
    Category,
    /// The text that shoppers read.
    Description,
    /// A short text that shoppers read.
    Summary,
    /// Its name behind a word that says who made it: `trained_algorithmic_media:"Mug"`.
    StructuredTitle,
    /// The text that shoppers read, behind such a word.
    StructuredDescription,
    /// The title for search engines.
    SeoTitle,
    /// The description for search engines.
    SeoDescription,
    /// A locale to write.
    Locale,
    /// The version of the facts.
    Version,
    /// A store view, whose texts are those of a locale.
    StoreView,
    /// What a row is.
    Kind,
    /// The product that a variant belongs to.
    Parent,
    /// The group that a product belongs to as a variant.
    Group,
    /// The name of a group.
    GroupTitle,
    /// The variants of a product, each with its options.
    Links,
    /// The key of a row's variant.
    VariantSku,
    /// The GTIN of a row's variant.
    VariantGtin,
    /// An attribute of a row's variant.
    VariantAttribute,
    /// The name of an attribute whose value stands in another column.
    AttributeName,
    /// The value of such a one.
    AttributeValue,
    /// Whether shoppers see it.
    AttributeVisible,
    /// The name of an option.
    OptionName,
    /// The value of an option.
    OptionValue,
    /// Pairs of names and values.
    Pairs,
    /// Details with a section, a name and a value.
    Details,
    /// Pairs of options and values.
    OptionPairs,
    /// The unit of another column.
    Unit,
    /// An attribute.
    Attribute,
    /// Nothing that says what the product is.
    Plumbing,
}
