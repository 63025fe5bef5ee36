//! The kinds of statements that the facts check distinguishes.

use std::fmt;

macro_rules! statement_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// Of which kind a statement is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum StatementKind {
            $($(#[$doc])* $kind,)*
        }

        impl StatementKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its name, in settings and findings.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

statement_kinds! {
    /// A number in digits, with its unit if it has one.
    Number = "number",
    /// A number in words, without a unit.
    Count = "count",
    /// Letters and digits that belong together: `IP68`.
    Code = "code",
    /// A month, or a year in which something happened.
    Date = "date",
    /// A feature that a product has or has not.
    Feature = "feature",
    /// A name, or an abbreviation in capitals.
    Name = "name",
    /// What a sentence asserts with words that neither the facts nor general phrasing have.
    Predicate = "predicate",
    /// What it is made of.
    Material = "material",
    /// Its colour.
    Colour = "colour",
    /// A certificate or standard.
    Certification = "certification",
    /// A country.
    Country = "country",
    /// A kind of restaurant, hotel or shop.
    Establishment = "establishment",
    /// A place that something is near or in.
    Place = "place",
    /// What a food or cosmetic contains.
    Ingredient = "ingredient",
    /// Whom it is for.
    Audience = "audience",
    /// A property, such as waterproof.
    Property = "property",
    /// A price level.
    Price = "price",
    /// A rating level.
    Rating = "rating",
    /// A warranty, a guarantee, a right to return.
    Warranty = "warranty",
    /// What it works with.
    Compatibility = "compatibility",
    /// What is in the box.
    Contents = "contents",
    /// What it is good for.
    Use = "use",
    /// What it does for its owner.
    Benefit = "benefit",
    /// The highest degree.
    Superlative = "superlative",
    /// A comparison with something else.
    Comparison = "comparison",
    /// Praise, which states nothing.
    Praise = "praise",
}

impl StatementKind {
    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for StatementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
