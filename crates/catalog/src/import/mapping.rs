//! A shop's own mapping: which of its columns hold what, and columns that are computed from others.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use minijinja::{Environment, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Complaint;
use super::columns::Columns;
use super::format::{ColumnRule, Holds, Layout, TableFormat};
use super::row::{OpenRows, Row};

/// Longest mapping, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// A mapping, as its file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MappingFile {
    /// The format whose rules hold for the columns that are not named here; found by the header where none is.
    format: Option<String>,
    /// How rows become products, where the format says something else.
    layout: Option<Layout>,
    /// What columns hold.
    columns: BTreeMap<String, Rule>,
    /// Columns that are computed.
    computed: BTreeMap<String, Computed>,
    /// The locales of store views.
    locales: BTreeMap<String, String>,
}

/// What a column holds: a word, or a word with details.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a column holds a word such as \"sku\", \"title\", \"attribute\" or \"plumbing\", or { is = \"attribute\", name = \"color\" }; the documentation of catalog files lists all words"
)]
enum Rule {
    Word(Holds),
    Details(Details),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Details {
    is: Holds,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    split: Vec<String>,
    #[serde(default)]
    pairs: String,
    #[serde(default)]
    equals: String,
}

/// A column that is computed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Computed {
    /// What it holds.
    is: Holds,
    /// A minijinja expression in text: `row` has the cells by the names of their columns.
    value: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    split: Vec<String>,
}

/// A shop's own mapping.
#[derive(Debug)]
pub struct Mapping {
    place: String,
    file: MappingFile,
    templates: Arc<Environment<'static>>,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// With file, line and key.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let place = path.display().to_string();
        let size =
            std::fs::metadata(path).with_context(|| format!("{place}: the mapping cannot be read"))?.len();
        if size > BYTES_MAX {
            bail!("{place}: a mapping has at most {BYTES_MAX} bytes, this file has {size}");
        }
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{place}: the mapping cannot be read"))?;
        Self::read(&place, &text)
    }

    /// Reads the text of a mapping.
    ///
    /// # Errors
    /// With line and key.
    pub fn read(place: &str, text: &str) -> anyhow::Result<Self> {
        let file: MappingFile = toml::from_str(text).with_context(|| place.to_owned())?;
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        for (name, computed) in &file.computed {
            templates
                .add_template_owned(name.clone(), computed.value.clone())
                .with_context(|| format!("{place}: computed.{name:?} is no minijinja template"))?;
        }
        if let Some(format) = &file.format
            && !TableFormat::built_in()?.iter().any(|known| known.name == *format)
        {
            let known: Vec<&str> =
                TableFormat::built_in()?.iter().map(|format| format.name.as_str()).collect();
            bail!("{place}: format {format:?} is none; write one of {}", known.join(", "));
        }
        for (view, locale) in &file.locales {
            if locale.parse::<skuscribe_check::product::Locale>().is_err() {
                bail!(
                    "{place}: locales.{view} is {locale:?}, which is no locale; write BCP 47 such as de-DE"
                );
            }
        }
        Ok(Self { place: place.to_owned(), file, templates: Arc::new(templates) })
    }

    /// The table with the computed columns, its header, and the format that it is read by.
    ///
    /// # Errors
    /// When the mapping names a column that the table does not have.
    pub(super) fn over(
        &self,
        open: OpenRows,
        mut names: Vec<String>,
    ) -> anyhow::Result<(OpenRows, Vec<String>, Arc<TableFormat>)> {
        for column in self.file.columns.keys() {
            if !names.iter().any(|name| name.trim() == column.trim()) {
                bail!(
                    "{}: columns.{column:?} is no column of the file (its columns: {})",
                    self.place,
                    names.iter().take(20).cloned().collect::<Vec<_>>().join(", ")
                );
            }
        }
        let header: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = match &self.file.format {
            Some(name) => TableFormat::built_in()?.iter().find(|format| format.name == *name),
            None => None,
        };
        let base = match found {
            Some(format) => format,
            None => TableFormat::of_header(&header)?,
        };
        let mut format = base.clone();
        if let Some(layout) = self.file.layout {
            format.rows.layout = layout;
        }
        format.rows.views =
            self.file.locales.iter().map(|(view, locale)| (view.to_lowercase(), locale.clone())).collect();
        format.columns = self.rules().into_iter().chain(format.columns).collect();
        let open = self.computed(open, &names);
        names.extend(self.file.computed.keys().cloned());
        Ok((open, names, Arc::new(format)))
    }

    fn rules(&self) -> Vec<ColumnRule> {
        let mut rules = Vec::new();
        for (column, rule) in &self.file.columns {
            rules.push(match rule {
                Rule::Word(is) => ColumnRule::exact(column, *is),
                Rule::Details(details) => ColumnRule {
                    name: details.name.clone(),
                    unit: details.unit.clone(),
                    split: details.split.clone(),
                    pairs: details.pairs.clone(),
                    equals: details.equals.clone(),
                    ..ColumnRule::exact(column, details.is)
                },
            });
        }
        for (column, computed) in &self.file.computed {
            rules.push(ColumnRule {
                name: computed.name.clone(),
                unit: computed.unit.clone(),
                split: computed.split.clone(),
                ..ColumnRule::exact(column, computed.is)
            });
        }
        rules
    }

    fn computed(&self, open: OpenRows, names: &[String]) -> OpenRows {
        if self.file.computed.is_empty() {
            return open;
        }
        let (templates, names): (_, Arc<[String]>) = (Arc::clone(&self.templates), names.into());
        let computed: Arc<[String]> = self.file.computed.keys().cloned().collect();
        Arc::new(move || {
            let (templates, names, computed) =
                (Arc::clone(&templates), Arc::clone(&names), Arc::clone(&computed));
            let rows = open()?.map(move |row| {
                row.map(|row| row.and_then(|row| with_computed(row, &templates, &names, &computed)))
            });
            Ok(Box::new(rows))
        })
    }
}

/// A row with the columns that are computed from it.
fn with_computed(
    mut row: Row,
    templates: &Environment<'_>,
    names: &[String],
    computed: &[String],
) -> Result<Row, Complaint> {
    let cells = names.iter().enumerate().map(|(index, name)| (name.as_str(), row.cell(index)));
    let context = minijinja::context! { row => minijinja::Value::from_pairs(cells) };
    while row.len() < names.len() {
        row.push("");
    }
    row.truncate(names.len());
    for name in computed {
        let text = templates.get_template(name).and_then(|template| template.render(&context));
        match text {
            Ok(text) => row.push(&text),
            Err(error) => {
                let rule = format!("the column cannot be computed: {error}");
                return Err(
                    Complaint::new(row.number, rule, "correct its template in the mapping").at(name.clone())
                );
            }
        }
    }
    Ok(row)
}

/// A word of a mapping, to be written out.
#[derive(Serialize)]
struct Word(Holds);

/// A mapping that says of each column what it is taken for: a draft to be corrected.
#[must_use]
pub fn draft(columns: &Columns, format: &TableFormat) -> String {
    let mut text = format!(
        "# What the columns of the file are taken for. Take the # away from a line and correct it; a line with # changes nothing.\n# Common words: sku, title, brand, gtin, category, description, attribute, plumbing (no fact), group (variants of one\n# product), parent, store-view; all of them are in the documentation of catalog files.\nformat = {}\n\n[columns]\n",
        quoted(&format.name)
    );
    for (name, held) in columns.iter().filter(|(name, _)| !name.is_empty()) {
        let word = serde_json::to_value(Word(held.is)).ok();
        let word = word.as_ref().and_then(Value::as_str).unwrap_or("attribute").to_owned();
        text.push_str(&format!("# {} = {}\n", quoted(name), quoted(&word)));
    }
    text.push_str(
        "\n# Columns that are computed, with minijinja; `row` has the cells by the names of their columns.\n# [computed.\"full title\"]\n# is = \"title\"\n# value = \"{{ row['Name'] }} {{ row['Size'] }}\"\n\n# Store views and their locales.\n# [locales]\n# german = \"de-DE\"\n",
    );
    text
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(rows: &'static [&'static [&'static str]]) -> OpenRows {
        Arc::new(move || {
            let rows = rows.iter().enumerate().map(|(index, cells)| {
                let mut row: Row = cells.iter().collect();
                row.number = index as u64 + 1;
                Ok(Ok(row))
            });
            Ok(Box::new(rows))
        })
    }

    const ROWS: &[&[&str]] = &[&["Art", "Name", "Größe", "EK"], &["7", "Becher", "0,3 l", "2.10"]];

    fn read(mapping: &str) -> anyhow::Result<Value> {
        let mapping = Mapping::read("map.toml", mapping)?;
        let options = super::super::reader::ImportOptions {
            mapping: Some(mapping.into()),
            ..super::super::reader::ImportOptions::default()
        };
        let table = super::super::table::Table::open(&open(ROWS), &options, Path::new("/nonexistent"))?;
        let mut entries = table.unwrap().entries()?;
        Ok(Value::Object(entries.next().unwrap()?.unwrap().product))
    }

    #[test]
    fn columns_hold_what_the_mapping_says_and_others_are_computed() {
        let product = read(
            "[columns]\n\"Art\" = \"sku\"\n\"EK\" = \"plumbing\"\n\"Größe\" = { is = \"attribute\", name = \"volume\" }\n\
             [computed.full]\nis = \"title\"\nvalue = \"{{ row['Name'] }} {{ row['Größe'] }}\"\n",
        )
        .unwrap();
        assert_eq!(
            product,
            serde_json::json!({ "sku": "7", "title": "Becher 0,3 l", "attributes": { "Name": "Becher", "volume": "0,3 l" } })
        );
    }

    #[test]
    fn a_mapping_that_is_wrong_names_its_place() {
        for (mapping, part) in [
            ("[columns]\n\"Nr\" = \"sku\"\n", "is no column of the file (its columns: Art, Name"),
            ("[columns]\n\"Art\" = \"key\"\n", "map.toml"),
            ("[computed.x]\nis = \"title\"\nvalue = \"{{ row[\"\n", "no minijinja template"),
            ("format = \"etsy\"\n", "write one of shopify"),
            ("[locales]\nx = \"german\"\n", "BCP 47"),
        ] {
            let error = format!("{:#}", read(mapping).unwrap_err());
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_drafted_mapping_reads_the_file_as_it_was_read_without_it() {
        let header = ["Artikelnummer", "Bezeichnung \"x\"", "Material"];
        let format = TableFormat::of_header(&header).unwrap();
        let columns = Columns::of_header(&header, format);
        let mapping = Mapping::read("map.toml", &draft(&columns, format)).unwrap();
        let names = header.iter().map(|name| (*name).to_owned()).collect();
        let (_, names, mapped) = mapping.over(open(ROWS), names).unwrap();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let again: Vec<Holds> = Columns::of_header(&names, &mapped).held.iter().map(|held| held.is).collect();
        assert_eq!(again, columns.held.iter().map(|held| held.is).collect::<Vec<_>>());
    }
}
