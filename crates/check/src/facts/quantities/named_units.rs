//! Units that stand beside a value and not in it: in its attribute's name, or in an attribute of their own.

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};

use super::lexicon_data::spellings;
use crate::product::unit::{Unit, named};
use crate::product::{Facts, Value};

/// The units that attributes state for others: `weight-unit: GRAM`.
#[derive(Default)]
pub(super) struct UnitsBeside(HashMap<String, Unit>);

impl UnitsBeside {
    /// Reads the attributes that state units.
    pub(super) fn new(facts: &Facts) -> Self {
        static WORDS: LazyLock<HashSet<&str>> =
            LazyLock::new(|| spellings("unit_attribute", "words").collect());
        let mut units = HashMap::default();
        for (name, value) in facts.iter() {
            let Value::Text(value) = value else { continue };
            let words = words(name);
            let Some((last, of)) = words.split_last() else { continue };
            if WORDS.contains(last.as_str())
                && let Some(unit) = named(&value.replace('_', " "))
            {
                units.insert(of.concat(), unit);
            }
        }
        Self(units)
    }

    /// The unit that is stated for an attribute.
    pub(super) fn of(&self, name: &str) -> Option<Unit> {
        if self.0.is_empty() { None } else { self.0.get(&words(name).concat()).copied() }
    }
}

/// The words of a name, in lower case.
fn words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The unit that an attribute's name states: `weight_g`, `energy-kcal_100g`, `Width (cm)`, `Höhe in cm`, `Variant Grams`.
pub(super) fn in_name(name: &str) -> Option<Unit> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '%' | '°');
    let mut end = name.len();
    while let Some(last) = name.get(..end)?.rfind(part) {
        let word = name.get(..end)?;
        let behind = word.get(last..)?.trim_start_matches(part);
        let word = word.get(..word.len() - behind.len())?;
        let start = word.rfind(|c: char| !part(c)).map_or(0, |at| word.ceil_char_boundary(at + 1));
        let (before, written) = (word.get(..start)?, word.get(start..)?);
        // "in" and letters are words as well: brackets or a line below set them off.
        let set_off = before.ends_with(['_', '(', '[', '/', '-']);
        let ends = before.ends_with(' ') && end == name.len() && written != "in";
        let letters = written.chars().count();
        if (set_off || ends || letters > 2)
            && (!before.is_empty() || letters > 4)
            && let Some(unit) = named(written)
        {
            return Some(unit);
        }
        end = start;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Product;
    use crate::product::unit::Dimension;

    #[test]
    fn a_name_states_the_unit_of_its_values() {
        for (name, unit) in [
            ("weight_g", "g"),
            ("energy-kcal_100g", "kcal"),
            ("Width (cm)", "cm"),
            ("Length (in)", "in"),
            ("Höhe in cm", "cm"),
            ("height in inches", "inch"),
            ("Höhe [mm]", "mm"),
            ("Variant Grams", "g"),
            ("lumens", "lm"),
            ("Cotton (%)", "%"),
            ("Weight (lbs)", "lb"),
        ] {
            assert_eq!(in_name(name), named(unit), "{name}");
        }
        for name in ["Made in", "weight", "in the box", "size", "color"] {
            assert_eq!(in_name(name), None, "{name}");
        }
    }

    #[test]
    fn an_attribute_states_the_unit_of_another() {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "A", "attributes": { "weight": "500", "weight-unit": "GRAM", "display_diagonal_unit": "INCH" }
        }))
        .unwrap();
        let units = UnitsBeside::new(&Facts::select(&product, |_| true));
        assert_eq!(units.of("weight").map(|unit| unit.dimension), Some(Dimension::Mass));
        assert_eq!(units.of("Display diagonal"), named("inch"));
        assert_eq!(units.of("height"), None);
    }
}
