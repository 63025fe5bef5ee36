//! `skuscribe inspect`: how a catalog file is read, before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::catalog_file::CatalogArgs;
use super::terminal::{Columns, cut, printable};
use crate::catalog::{CatalogReader, Inspected};
use crate::config::Config;
use skuscribe_catalog::import::format::Holds;
use skuscribe_catalog::import::mapping::draft;
use skuscribe_check::labels::LocalProduct;
use skuscribe_check::product::Locale;

/// Longest value that is shown, in characters.
const VALUE_CHARS_MAX: usize = 100;
/// Facts that are shown of a product.
const FACTS_SHOWN: usize = 24;
/// Warnings and refused rows that are shown.
const COMPLAINTS_SHOWN: usize = 20;
/// Names that a line lists.
const NAMES_SHOWN: usize = 30;

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    #[command(flatten)]
    catalog: CatalogArgs,
    /// Products that are shown as the model will see them.
    #[arg(long, default_value_t = 10, value_name = "N")]
    products: usize,
    /// The locale to show them in; that of the settings by default.
    #[arg(long, value_name = "LOCALE")]
    locale: Option<Locale>,
    /// Write a mapping that says what each column or key is taken for, to be corrected and given to --map.
    #[arg(long, value_name = "FILE")]
    write_map: Option<PathBuf>,
    /// Print it as one JSON object.
    #[arg(long)]
    json: bool,
}

/// How a file is read.
#[derive(Debug, Default, Serialize)]
struct Report {
    file: String,
    format: String,
    encoding: String,
    separator: &'static str,
    rows: Option<u64>,
    products: u64,
    variants: u64,
    locales: BTreeSet<String>,
    columns: Vec<Column>,
    kept_back: BTreeMap<String, u64>,
    shown: Vec<Shown>,
    warnings: Vec<String>,
    warnings_total: u64,
    rejected: Vec<RejectedRow>,
    rejected_total: u64,
    /// Whether it was read no further, for all of the first products were refused.
    wrong_file: bool,
}

/// What a column holds.
#[derive(Debug, Serialize)]
struct Column {
    column: String,
    holds: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
}

/// A product as the model will see it.
#[derive(Debug, Serialize)]
struct Shown {
    row: u64,
    sku: String,
    variants: usize,
    facts: Vec<(String, String)>,
}

/// A row that is no product.
#[derive(Debug, Serialize)]
struct RejectedRow {
    row: u64,
    #[serde(flatten)]
    why: crate::catalog::Refusal,
}

pub(super) async fn run(config: Config, args: InspectArgs) -> anyhow::Result<ExitCode> {
    if let Some(path) = &args.write_map {
        return write_map(&args.catalog.open_draft(&config).await?, path);
    }
    let reader = args.catalog.open_quietly(&config, String::new(), false).await?;
    let report = tokio::task::block_in_place(|| report(&config, &args, reader))?;
    let good = report.products > 0 || (report.rejected_total == 0 && report.warnings_total == 0);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(if report.rejected_total > 0 || !good { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn write_map(reader: &CatalogReader, path: &std::path::Path) -> anyhow::Result<ExitCode> {
    let Inspected::Table { columns, format } = reader.inspected() else {
        anyhow::bail!("there is nothing to be mapped: this file is {}", reader.shape().format);
    };
    let mut file = std::fs::File::create_new(path).with_context(|| {
        format!("{}: the mapping cannot be written (a file that is there stays)", path.display())
    })?;
    std::io::Write::write_all(&mut file, draft(columns, format).as_bytes())
        .with_context(|| format!("{}: the mapping cannot be written", path.display()))?;
    println!("{}: correct what each column holds, then give it to --map", path.display());
    Ok(ExitCode::SUCCESS)
}

fn report(config: &Config, args: &InspectArgs, reader: CatalogReader) -> anyhow::Result<Report> {
    let internal = config.internal_names()?;
    let locale = args.locale.clone().or_else(|| config.recipes.locales.first().cloned());
    let shape = reader.shape().clone();
    let mut report = Report {
        file: args.catalog.name(),
        format: shape.format.clone(),
        encoding: shape.encoding.clone(),
        separator: shape.separator,
        rows: shape.rows,
        columns: columns(&reader),
        ..Report::default()
    };
    let (decoder, notes) = (reader.decoder(), reader.notes());
    notes.keep(COMPLAINTS_SHOWN);
    notes.be_patient();
    for record in reader {
        if notes.is_wrong_file() {
            report.wrong_file = true;
            break;
        }
        let record = record.context("the file cannot be read to its end")?;
        let row = record.line;
        let update = match decoder.update(record) {
            Ok(update) => update,
            Err(why) => {
                report.rejected_total += 1;
                if report.rejected.len() < COMPLAINTS_SHOWN {
                    report.rejected.push(RejectedRow { row, why });
                }
                continue;
            }
        };
        for note in update.notes().iter() {
            notes.warn_of_row(row, &note.message);
        }
        let Some(product) = update.product() else { continue };
        report.products += 1;
        report.variants += product.variants.len() as u64;
        report.locales.extend(update.locales().iter().chain(product.localized.keys()).map(Locale::to_string));
        let mut names: Vec<&str> = internal.kept_back(product).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            *report.kept_back.entry(name.to_owned()).or_default() += 1;
        }
        if report.shown.len() < args.products {
            let spoken = match &locale {
                Some(locale) => LocalProduct::new(product, locale, &config.labels).spoken,
                None => std::sync::Arc::clone(product),
            };
            let facts = internal.facts(&spoken, |_| true);
            let facts = facts.iter().map(|(name, value)| {
                let label = spoken
                    .labels
                    .get(name)
                    .map_or_else(|| name.to_owned(), |label| format!("{name} ({label})"));
                (label, value.to_string())
            });
            report.shown.push(Shown {
                row,
                sku: product.sku.to_string(),
                variants: product.variants.len(),
                facts: facts.collect(),
            });
        }
    }
    report.warnings = notes.warnings();
    report.warnings_total = notes.count();
    Ok(report)
}

fn columns(reader: &CatalogReader) -> Vec<Column> {
    match reader.inspected() {
        Inspected::Table { columns, .. } => {
            let column = |(name, held): (&str, &skuscribe_catalog::import::columns::Held)| {
                let word = serde_json::to_value(held.is).ok();
                let word = word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
                let holds = match held.is {
                    Holds::Plumbing => "no fact".to_owned(),
                    Holds::Attribute | Holds::VariantAttribute if held.name != name => {
                        format!("{} {}", word.replace('-', " "), held.name)
                    }
                    _ => word.replace('-', " "),
                };
                Column { column: name.to_owned(), holds, locale: held.locale.clone() }
            };
            columns.iter().filter(|(name, _)| !name.is_empty()).map(column).collect()
        }
        Inspected::Paths { fields, plumbing } => {
            let found = fields.iter().map(|(field, path)| (path.clone(), field.clone()));
            let kept = plumbing.keys().map(|path| (path.clone(), "no fact".to_owned()));
            found.chain(kept).map(|(column, holds)| Column { column, holds, locale: None }).collect()
        }
        Inspected::Lines => Vec::new(),
    }
}

fn print(report: &Report) {
    let mut what = vec![report.format.clone()];
    what.extend((!report.encoding.is_empty()).then(|| report.encoding.clone()));
    what.extend((!report.separator.is_empty()).then(|| format!("{}-separated", report.separator)));
    println!("{}: {}", printable(&report.file), what.join(", "));
    let rows = report.rows.map_or_else(String::new, |rows| format!("{rows} rows, "));
    let locales: Vec<&str> = report.locales.iter().map(String::as_str).collect();
    let locales = if locales.is_empty() { "none named".to_owned() } else { locales.join(", ") };
    println!("{rows}{} products, {} variants, locales: {locales}", report.products, report.variants);
    let held: Vec<&Column> = report.columns.iter().filter(|column| column.holds != "no fact").collect();
    if !held.is_empty() {
        println!("\ncolumns");
        let mut columns = Columns::new(2, &[]);
        for column in held {
            let locale = column.locale.as_deref().unwrap_or_default();
            columns.row([cut(&column.column, 60).as_str(), &column.holds, locale]);
        }
        print!("{columns}");
    }
    let plumbing: Vec<&str> = report
        .columns
        .iter()
        .filter(|column| column.holds == "no fact")
        .map(|column| column.column.as_str())
        .collect();
    list("no facts", &plumbing);
    let kept: Vec<String> =
        report.kept_back.iter().map(|(name, count)| format!("{name} ({count})")).collect();
    list("kept back from texts and answers", &kept.iter().map(String::as_str).collect::<Vec<_>>());
    for shown in &report.shown {
        let variants =
            if shown.variants > 0 { format!(", {} variants", shown.variants) } else { String::new() };
        println!("\nproduct {} (row {}{variants})", printable(&shown.sku), shown.row);
        let mut columns = Columns::new(2, &[]);
        for (name, value) in shown.facts.iter().take(FACTS_SHOWN) {
            columns.row([cut(name, 40), cut(value, VALUE_CHARS_MAX)]);
        }
        print!("{columns}");
        let more = shown.facts.len().saturating_sub(FACTS_SHOWN);
        if more > 0 {
            println!("  and {more} more facts");
        }
    }
    complaints("warnings", &report.warnings, report.warnings_total);
    let rejected: Vec<String> =
        report.rejected.iter().map(|rejected| format!("row {}: {}", rejected.row, rejected.why)).collect();
    complaints("rejected", &rejected, report.rejected_total);
    if report.wrong_file {
        println!(
            "\nall of the first products were refused, and it was read no further: is this the right file?"
        );
    }
    if report.products == 0 && report.rejected_total == 0 {
        println!("\nthere is no product in it; nothing would be done");
    }
}

fn list(title: &str, names: &[&str]) {
    if names.is_empty() {
        return;
    }
    let shown: Vec<String> = names.iter().take(NAMES_SHOWN).map(|name| cut(name, 40)).collect();
    let more = names.len().saturating_sub(NAMES_SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    println!("\n{title}: {}{more}", shown.join(", "));
}

fn complaints(title: &str, shown: &[String], total: u64) {
    if total == 0 {
        return;
    }
    println!("\n{title} {total}");
    for complaint in shown {
        println!("  {}", cut(complaint, 300));
    }
    let more = total - shown.len() as u64;
    if more > 0 {
        println!("  and {more} more");
    }
}
