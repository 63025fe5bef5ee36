//! The attributes of a row, and the texts of a store view.

use serde_json::{Value, json};

use super::{Assembler, clean};
use crate::import::column_name::folded;
use crate::import::columns::{Held, Numbered};
use crate::import::format::Holds;
use crate::import::json::draft::Draft;
use crate::import::json::fact::unit_name;
use crate::import::json::value::Said;
use crate::import::pairs::{details, pairs, value};
use crate::import::row::Row;

impl Assembler<'_> {
    /// The attributes of a row; with a locale, as they are said there.
    pub(super) fn row_attributes(&self, row: &Row) -> Vec<(String, Said, bool)> {
        let mut found: Vec<(String, Said, bool)> = Vec::new();
        for (index, held) in self.columns.held.iter().enumerate() {
            let cell = row.cell(index);
            if cell.is_empty() {
                continue;
            }
            match held.is {
                Holds::Attribute => {
                    let unit =
                        self.columns.units.get(&folded(&held.name)).map(|unit| unit_name(row.cell(*unit)));
                    let unit = held.unit.clone().or(unit);
                    if let Some(value) = value(&self.text(cell), held, unit.as_deref()) {
                        found.push((held.name.clone(), vec![(held.locale.clone(), value)], true));
                    }
                }
                Holds::Pairs => {
                    for (name, text) in pairs(&clean(cell), &held.pairs.0, &held.pairs.1) {
                        if self.is_plumbing(&name) {
                            continue;
                        }
                        // PrestaShop's features are name:value:position.
                        let text = match text.rsplit_once(':') {
                            Some((value, position))
                                if held.pairs.1 == ":"
                                    && position.trim().chars().all(|c| c.is_ascii_digit()) =>
                            {
                                value.trim().to_owned()
                            }
                            _ => text,
                        };
                        if let Some(value) = value(&text, held, None) {
                            found.push((name, vec![(None, value)], true));
                        }
                    }
                }
                Holds::Details => {
                    let details = details(&clean(cell)).into_iter();
                    found.extend(details.map(|(name, value)| (name, vec![(None, json!(value))], true)));
                }
                _ => {}
            }
        }
        for ((is_option, _), columns) in &self.columns.numbered {
            if !is_option && let Some((name, value, visible)) = self.numbered(row, columns) {
                found.push((name, vec![(None, value)], visible));
            }
        }
        found
    }

    fn numbered(&self, row: &Row, columns: &Numbered) -> Option<(String, Value, bool)> {
        let (name, index) = (clean(row.cell(columns.name?)), columns.value?);
        let held = self.columns.held.get(index)?;
        // A variant has one value of each, whatever stands in it.
        let one = Held { split: Vec::new(), ..held.clone() };
        let held = if self.is_variant(row) { &one } else { held };
        let value = value(&self.text(row.cell(index)), held, None)?;
        let visible = columns.visible.is_none_or(|index| row.cell(index) != "0");
        (!name.is_empty()).then_some((name, value, visible))
    }

    fn is_plumbing(&self, name: &str) -> bool {
        let name = name.trim();
        self.format.plumbing.iter().any(|known| match known.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name.eq_ignore_ascii_case(known),
        })
    }

    pub(super) fn attributes(&self, row: &Row, locale: Option<&str>, draft: &mut Draft, is_group: bool) {
        // What rows of a group say is what their variants say.
        if is_group {
            return;
        }
        for (name, said, _) in self.row_attributes(row) {
            let said = match locale {
                Some(locale) => said.into_iter().map(|(_, value)| (Some(locale.to_owned()), value)).collect(),
                None => said,
            };
            draft.attribute(&name, said);
        }
    }

    /// The texts of a store view are those of its locale.
    pub(super) fn view(&self, locale: &str, row: &Row, draft: &mut Draft) {
        for (field, holds) in [("title", Holds::Title), ("description", Holds::Description)] {
            let text = self.text(self.cell(row, holds));
            if !text.is_empty() {
                draft.localize(field, locale, json!(text));
            }
        }
        self.attributes(row, Some(locale), draft, false);
    }
}
