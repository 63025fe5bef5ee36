//! `skuscribe export`: published content written out for storefronts, feeds and other systems.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Args;
use jiff::Timestamp;
use skuscribe_catalog::export::{ExportOptions, FieldMap, Metafield, find, formats};
use skuscribe_check::product::Locale;

use super::progress::thousands;
use super::terminal::{Columns, cut, printable};
use crate::catalog::selection::Selection;
use crate::clock::Clock;
use crate::config::Config;
use crate::export::{
    ExportRequest, ExportScope, Exported, OntoExport, export, last_cursor, left_out_path, onto,
};
use crate::store::SetAside;

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The format, such as shopify or openai@2026-06; `list` shows all. With --onto it says what the feed is.
    #[arg(long, value_name = "FORMAT", required_unless_present = "onto")]
    format: Option<String>,
    /// The shop's own feed (CSV or TSV, Google's XML, JSON lines): its texts are replaced, every other byte stays.
    #[arg(long, value_name = "FEED")]
    onto: Option<PathBuf>,
    /// The feed's encoding, such as windows-1252, where it is not found right.
    #[arg(long, value_name = "ENCODING", requires = "onto")]
    encoding: Option<String>,
    /// The file to write, or - for standard output. A name that ends in .gz is packed.
    #[arg(long, value_name = "FILE", default_value = "-")]
    to: PathBuf,
    /// Only these products, such as 'category:"Shoes" brand:Acme'.
    #[arg(long, value_name = "SELECTION", default_value = "")]
    select: String,
    /// Only texts of this time or later (RFC 3339), or `last`: what came since the last export to the same file.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Locales to export; those that each product is written in where none is named.
    #[arg(long, value_delimiter = ',', value_name = "LOCALES")]
    locales: Vec<Locale>,
    /// Recipes whose texts are exported; those of the configuration where none is named.
    #[arg(long, value_delimiter = ',', value_name = "RECIPES")]
    recipes: Vec<String>,
    /// A file that says which recipe's text fills which field.
    #[arg(long, value_name = "FILE")]
    fields: Option<PathBuf>,
    /// A value that is the same for all products, such as `seller_name=Acme`.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// A column more, such as `bullets=product_highlight`; in Akeneo an attribute's code, such as `html=text@ecommerce`.
    #[arg(long, value_name = "CONTENT=NAME")]
    column: Vec<String>,
    /// A metafield of Shopify, such as questions=custom.faq.
    #[arg(long, value_name = "CONTENT=NAMESPACE.KEY")]
    metafield: Vec<Metafield>,
}

pub(super) async fn run(config: Config, args: ExportArgs) -> anyhow::Result<ExitCode> {
    if args.format.as_deref() == Some("list") {
        return list();
    }
    // A feed that is recognised needs no name: the rules for its texts are those of its kind.
    let format = find(args.format.as_deref().unwrap_or("jsonl"))?;
    let options = options(&config, &args)?;
    let to = Some(args.to.clone()).filter(|to| to.as_os_str() != "-");
    let since = args.since.as_deref().map(|since| time(since, to.as_deref())).transpose()?;
    let selection: Selection = args.select.parse().map_err(|error| anyhow::anyhow!("--select: {error}"))?;
    let locales = if args.locales.is_empty() { selection.locales().to_vec() } else { args.locales.clone() };
    let scope = ExportScope {
        selection,
        locales,
        since,
        recipes: recipes(&config, &args),
        fields: options.fields.clone(),
    };
    let store = crate::store::open(&config.store).await?;
    let aside = Arc::new(SetAside::default());
    let request = ExportRequest { format, options, scope, to: to.clone(), now: Clock::System.now() };
    let internal = config.internal_names()?;
    let exported = match &args.onto {
        Some(feed) => {
            let feed = OntoExport {
                request,
                feed: feed.clone(),
                named: args.format.is_some(),
                encoding: args.encoding.clone(),
            };
            onto(&store, feed, &internal, &aside).await?
        }
        None => export(&store, request, &internal, &aside).await?,
    };
    report(&exported, to.as_deref(), args.onto.is_some());
    let broken = super::report_left_out(&aside);
    Ok(super::exit_code(broken || exported.left_out.is_published_left_out()))
}

/// The recipes whose texts are exported.
fn recipes(config: &Config, args: &ExportArgs) -> Vec<String> {
    if args.recipes.is_empty() { config.recipes.enabled.clone() } else { args.recipes.clone() }
}

fn options(config: &Config, args: &ExportArgs) -> anyhow::Result<ExportOptions> {
    let fields = match &args.fields {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("--fields {}: the file cannot be read", path.display()))?;
            FieldMap::read(&text).with_context(|| format!("--fields {}", path.display()))?
        }
        None => FieldMap::built_in()?,
    };
    let pair = |flag: &str, text: &String| -> anyhow::Result<(String, String)> {
        let (name, value) =
            text.split_once('=').with_context(|| format!("{flag} {text}: write NAME=VALUE"))?;
        ensure!(!name.is_empty() && !value.is_empty(), "{flag} {text}: write NAME=VALUE");
        Ok((name.to_owned(), value.to_owned()))
    };
    let set = args.set.iter().map(|text| pair("--set", text)).collect::<anyhow::Result<BTreeMap<_, _>>>()?;
    let columns =
        args.column.iter().map(|text| pair("--column", text)).collect::<anyhow::Result<Vec<_>>>()?;
    let fields = fields.of_recipes(&recipes(config, args))?;
    Ok(ExportOptions { fields, set, columns, metafields: args.metafield.clone() })
}

fn time(since: &str, to: Option<&std::path::Path>) -> anyhow::Result<Timestamp> {
    if since == "last" {
        let to = to.context("--since last goes with --to FILE, beside which the last export's state lies")?;
        return last_cursor(to);
    }
    since
        .parse()
        .with_context(|| format!("--since {since}: write a time such as 2026-11-27T00:00:00Z, or last"))
}

/// Prints the formats.
fn list() -> anyhow::Result<ExitCode> {
    let mut columns = Columns::new(0, &[]);
    columns.row(["FORMAT", "VERSION", "WHAT IT IS"]);
    for format in formats()? {
        columns.row([&format.name, &format.version, &format.about]);
    }
    print!("{columns}");
    Ok(ExitCode::SUCCESS)
}

/// Says on standard error what was written: standard output may be the export.
fn report(exported: &Exported, to: Option<&std::path::Path>, is_onto: bool) {
    let left_out = &exported.left_out;
    let what = if is_onto { "records have other texts" } else { "records" };
    eprintln!("{} {what}", thousands(exported.records));
    for file in &exported.files {
        eprintln!("  {}", file.display());
    }
    if exported.records == 0 && !is_onto {
        eprintln!("nothing is written: no published text is selected, or all of them are left out");
    }
    if exported.older > 0 {
        eprintln!("{} documents are older than --since", thousands(exported.older));
    }
    if left_out.count() > 0 {
        eprintln!("{} left out", thousands(left_out.count()));
        for (reason, count) in left_out.counts() {
            eprintln!("  {} {}", thousands(count), reason.words());
        }
        match to {
            Some(to) => eprintln!("  each with its reason: {}", left_out_path(to).display()),
            None => {
                for one in left_out.first() {
                    let locale = one.locale.as_ref().map(ToString::to_string).unwrap_or_default();
                    let words = one.reason.words();
                    let detail = cut(&format!("{} {}", one.column, one.detail), 120);
                    eprintln!("  {} {locale}: {words}: {}", printable(&one.sku), detail.trim());
                }
            }
        }
    }
    eprintln!("next: --since {}", exported.cursor);
}
