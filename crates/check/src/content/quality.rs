//! How good the copy of a text is, from what can be counted.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of the quality, counted on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualityPart {
    /// How many of the product's attributes the text uses.
    Coverage,
    /// How many of its sentences rest on an attribute.
    Density,
    /// How little it repeats itself.
    Variety,
    /// How well its sentences read, by their length and that of their words.
    Rhythm,
    /// Whether title and first sentence name the product.
    Front,
}

impl QualityPart {
    /// Every part.
    pub const ALL: &[Self] = &[Self::Coverage, Self::Density, Self::Variety, Self::Rhythm, Self::Front];

    /// Its name in settings and documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coverage => "coverage",
            Self::Density => "density",
            Self::Variety => "variety",
            Self::Rhythm => "rhythm",
            Self::Front => "front",
        }
    }
}

/// How good the copy of a text is, from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    /// The weighted mean of its parts.
    pub score: f64,
    /// Each part that applies to the text, by name: `coverage`, `density`, `variety`, `rhythm`, `front`. Readers skip names
    /// that they do not know.
    pub parts: BTreeMap<String, f64>,
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.score)?;
        for (place, (name, part)) in self.parts.iter().enumerate() {
            write!(f, "{} {name} {part:.2}", if place == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quality_reads_as_a_line() {
        let parts = [("density", 0.5), ("coverage", 1.0)].map(|(name, part)| (name.to_owned(), part));
        let quality = Quality { score: 0.756, parts: parts.into() };
        assert_eq!(quality.to_string(), "0.76: coverage 1.00, density 0.50");
    }
}
