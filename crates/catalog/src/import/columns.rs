//! The columns of one table: what each holds, by the rules of its format.

use std::collections::{BTreeMap, HashMap};

use super::column_name::{Captured, folded};
use super::format::{ColumnRule, Holds, Layout, Rest, RowRules, TableFormat};

/// What each column of a table holds.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The header as it stands in the file.
    pub names: Vec<String>,
    pub(super) held: Vec<Held>,
    fields: HashMap<Holds, usize>,
    /// Attribute or option of a number: its columns.
    pub(super) numbered: BTreeMap<(bool, u32), Numbered>,
    /// Columns with the name of another one, and that one before them.
    pub(super) repeated: Vec<(usize, usize)>,
    /// The unit columns, by the folded name of the column that they belong to.
    pub(super) units: HashMap<String, usize>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What it is.
    pub is: Holds,
    /// The attribute's name, if it is one.
    pub name: String,
    /// The locale that it is for.
    pub locale: Option<String>,
    /// The unit of its numbers.
    pub unit: Option<String>,
    /// What may stand between the items of a list.
    pub split: Vec<String>,
    /// What stands between pairs, and within one.
    pub pairs: (String, String),
}

/// The columns of a numbered attribute or option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) name: Option<usize>,
    pub(super) value: Option<usize>,
    pub(super) visible: Option<usize>,
}

/// The likeliest column of each field and locale: how likely, and where it stands.
type Best = HashMap<(Holds, Option<String>), ((usize, usize), usize)>;

/// What one column at most holds for a product.
const SINGLE: &[Holds] = &[
    Holds::Sku,
    Holds::Id,
    Holds::Title,
    Holds::Brand,
    Holds::Gtin,
    Holds::Category,
    Holds::Description,
    Holds::Summary,
    Holds::StructuredTitle,
    Holds::StructuredDescription,
    Holds::SeoTitle,
    Holds::SeoDescription,
    Holds::Locale,
    Holds::Version,
    Holds::StoreView,
    Holds::Kind,
    Holds::Parent,
    Holds::Group,
    Holds::GroupTitle,
    Holds::Links,
    Holds::VariantSku,
    Holds::VariantGtin,
];

impl Columns {
    /// Reads a header by a format.
    #[must_use]
    pub fn of_header(header: &[&str], format: &TableFormat) -> Self {
        let mut columns = Self::default();
        // Of several columns that could hold a field, the one that the format names first does.
        let mut best = Best::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (index, name) in header.iter().enumerate() {
            let name = name.trim().trim_start_matches('\u{feff}');
            columns.names.push(name.to_owned());
            let rule = format.columns.iter().enumerate().find_map(|(at, rule)| {
                let (alternative, captured) = rule.captures(name)?;
                Some(((at, alternative), rule, captured))
            });
            let first = *known.entry(folded(name)).or_insert(index);
            let reads_all = |is: Holds| {
                matches!(is, Holds::Pairs | Holds::OptionPairs | Holds::Details | Holds::Plumbing)
            };
            let rest = if format.rest == Rest::Plumbing { Holds::Plumbing } else { Holds::Attribute };
            let is = rule.as_ref().map_or(rest, |(_, rule, _)| rule.is);
            if first != index && !name.is_empty() && !reads_all(is) {
                columns.repeated.push((first, index));
                columns.held.push(plain(Holds::Plumbing, name));
                continue;
            }
            let held = match rule {
                Some((rank, rule, captured)) => {
                    let held = held(name, rule, captured);
                    if SINGLE.contains(&held.is) {
                        let place = best.entry((held.is, held.locale.clone())).or_insert((rank, index));
                        if rank < place.0 {
                            *place = (rank, index);
                        }
                    }
                    held
                }
                None if name.is_empty() || format.rest == Rest::Plumbing => plain(Holds::Plumbing, name),
                None => plain(Holds::Attribute, name),
            };
            columns.held.push(held);
        }
        columns.settle(&best, format);
        columns
    }

    /// Decides between columns that could hold the same, and joins those that belong together.
    fn settle(&mut self, best: &Best, format: &TableFormat) {
        let mut attributes: HashMap<(String, Option<String>), usize> = HashMap::new();
        for index in 0..self.held.len() {
            let Some(held) = self.held.get_mut(index) else { continue };
            if SINGLE.contains(&held.is) {
                let chosen = best.get(&(held.is, held.locale.clone())).map(|(_, index)| *index);
                if chosen == Some(index) {
                    if held.locale.is_none() {
                        self.fields.insert(held.is, index);
                    }
                    continue;
                }
                let is_text = matches!(
                    held.is,
                    Holds::Title | Holds::Brand | Holds::Category | Holds::Sku | Holds::Group
                );
                // What another column says better may still be a fact; a second key is none.
                held.is = match held.is {
                    Holds::Sku | Holds::Group if format.rest == Rest::Attribute => Holds::Attribute,
                    Holds::Title | Holds::Brand | Holds::Category if is_text => Holds::Attribute,
                    _ => Holds::Plumbing,
                };
            }
            match held.is {
                Holds::Attribute if !held.name.is_empty() => {
                    // The same attribute of another scope: the first column counts.
                    let key = (held.name.to_lowercase(), held.locale.clone());
                    if *attributes.entry(key).or_insert(index) != index {
                        held.is = Holds::Plumbing;
                    }
                }
                Holds::Unit => {
                    self.units.insert(super::column_name::folded(&held.name), index);
                }
                _ => {}
            }
        }
        self.number(format);
    }

    fn number(&mut self, format: &TableFormat) {
        for (index, name) in self.names.iter().enumerate() {
            let Some(held) = self.held.get(index) else { continue };
            let is_option = matches!(held.is, Holds::OptionName | Holds::OptionValue);
            if !is_option
                && !matches!(held.is, Holds::AttributeName | Holds::AttributeValue | Holds::AttributeVisible)
            {
                continue;
            }
            let number = format.columns.iter().find_map(|rule| rule.captures(name)?.1.number).unwrap_or(0);
            let numbered = self.numbered.entry((is_option, number)).or_default();
            match held.is {
                Holds::OptionName | Holds::AttributeName => numbered.name = Some(index),
                Holds::AttributeVisible => numbered.visible = Some(index),
                _ => numbered.value = Some(index),
            }
        }
    }

    /// The column of a field, where the table has one.
    #[must_use]
    pub fn of(&self, field: Holds) -> Option<usize> {
        self.fields.get(&field).copied()
    }

    /// What the rows are to each other: a table that names parents is linked, whatever its format says.
    #[must_use]
    pub fn layout(&self, rules: &RowRules) -> Layout {
        match rules.layout {
            Layout::Flat if self.of(Holds::Parent).is_some() => Layout::Linked,
            layout => layout,
        }
    }

    /// The name of the column of a field; empty where the table has none.
    #[must_use]
    pub fn name_of(&self, field: Holds) -> &str {
        self.of(field).and_then(|index| self.names.get(index)).map_or("", String::as_str)
    }

    /// What each column holds, by its name, in the file's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Held)> {
        self.names.iter().map(String::as_str).zip(&self.held)
    }
}

fn plain(is: Holds, name: &str) -> Held {
    Held {
        is,
        name: name.to_owned(),
        locale: None,
        unit: None,
        split: Vec::new(),
        pairs: (String::new(), String::new()),
    }
}

fn held(column: &str, rule: &ColumnRule, captured: Captured) -> Held {
    let unit = match rule.unit.as_deref() {
        Some("{unit}") => captured.unit.clone(),
        other => other.map(str::to_owned),
    };
    // "Weight (lbs)" is the weight, in pounds.
    let without_unit = || match (&captured.unit, column.split_once('(')) {
        (Some(_), Some((name, _))) => name.trim().to_owned(),
        _ => column.to_owned(),
    };
    Held {
        is: rule.is,
        name: rule.name.clone().or(captured.name).unwrap_or_else(without_unit),
        locale: captured.locale.as_deref().map(bcp47),
        unit,
        split: rule.split.clone(),
        pairs: (rule.pairs.clone(), rule.equals.clone()),
    }
}

/// A locale as files write it (`de_DE`, `de-de`) in the form of BCP 47.
pub(super) fn bcp47(text: &str) -> String {
    let tagged = text.replace('_', "-");
    tagged.parse::<skuscribe_check::product::Locale>().map_or(tagged, String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: &[(&str, Holds, &str)]) {
        let header: Vec<&str> = header.split(';').collect();
        let format = TableFormat::of_header(&header).unwrap();
        let columns = Columns::of_header(&header, format);
        let shown: Vec<(&str, Holds, &str)> =
            columns.iter().map(|(column, held)| (column, held.is, held.name.as_str())).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn of_columns_that_could_hold_a_field_the_likeliest_does_and_the_others_are_attributes() {
        check(
            "sku;name;title;manufacturer;brand;Price",
            &[
                ("sku", Holds::Sku, "sku"),
                ("name", Holds::Attribute, "name"),
                ("title", Holds::Title, "title"),
                ("manufacturer", Holds::Attribute, "manufacturer"),
                ("brand", Holds::Brand, "brand"),
                ("Price", Holds::Plumbing, "Price"),
            ],
        );
    }

    #[test]
    fn locales_and_units_are_read_from_the_names_of_columns() {
        let header = [
            "sku",
            "categories",
            "family",
            "enabled",
            "name-de_DE",
            "size",
            "size-unit",
            "note-en_US-web",
            "price-EUR",
        ];
        let columns = Columns::of_header(&header, TableFormat::of_header(&header).unwrap());
        let at = |index: usize| columns.held.get(index).unwrap();
        assert_eq!((at(4).is, at(4).locale.as_deref()), (Holds::Title, Some("de-DE")));
        assert_eq!(
            (at(7).is, at(7).name.as_str(), at(7).locale.as_deref()),
            (Holds::Attribute, "note", Some("en-US"))
        );
        assert_eq!(at(8).is, Holds::Plumbing);
        assert_eq!(columns.units.get("size"), Some(&6));
    }
}
