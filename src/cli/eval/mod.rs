//! `skuscribe eval`: the checks beside what people said of the same texts, and on mutants of true copy.

mod asked;
mod figures;
mod injected;
mod mutants;
mod personal;
mod print;
mod questions;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize;

use super::terminal::Columns;
use crate::config::Config;
use figures::{Scored, auroc, rates, with_interval};
use skuscribe_check::check::CheckPolicy;
use skuscribe_check::content::{Finding, Severity};
use skuscribe_check::product::{Attributes, Product, Sku};
use skuscribe_check::texts::{self, TextReport};

#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// Folder of JSONL files, or one of them. A line is {facts, text, label, spans?}, {facts, text} without label,
    /// {text, spans} with personal data, {product, label} with instructions in the product's texts, {question, attributes, answerable} or {sku, question, kind, expect} with shoppers' questions, or with --mutants also a
    /// product; files of other lines are left out.
    folder: PathBuf,
    /// Print the texts that the checks and the people disagree on; with --mutants those not caught and those held unmutated.
    #[arg(long)]
    disagreements: bool,
    /// Change true copy, one statement at a time, and say what share of it is caught.
    #[arg(long)]
    mutants: bool,
    /// Who phrases the answers to questions {sku, question, kind, expect} over the sample catalog.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["facts", "honest", "lying"])]
    answered_by: Vec<asked::By>,
}

/// One text with what people said of it, if they did.
#[derive(Debug, Deserialize)]
struct Labelled {
    #[serde(default)]
    id: String,
    facts: Attributes,
    #[serde(default)]
    locale: Option<String>,
    text: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    spans: Vec<LabelledSpan>,
}

#[derive(Debug, Deserialize)]
struct LabelledSpan {
    start: usize,
    end: usize,
    #[serde(rename = "type")]
    kind: String,
}

/// What a file holds.
enum Lines {
    Texts(Vec<Labelled>),
    Products(Vec<Product>),
    Personal(Vec<personal::Marked>),
    Injected(Vec<injected::Injected>),
    Questions(Vec<questions::Asked>),
    Asked(Vec<asked::Line>),
    Other,
}

pub(super) async fn run(config: &Config, args: &EvalArgs) -> anyhow::Result<ExitCode> {
    let files = files(&args.folder)?;
    let policy = config.policy()?;
    let mut evaluated = 0;
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match (read(file)?, args.mutants) {
            (Lines::Texts(texts), true) => mutate(&policy, &name, &of_texts(&texts)?, args.disagreements)?,
            (Lines::Products(products), true) => {
                let copy = products.iter().map(|product| (product.clone(), mutants::true_copy(product)));
                mutate(&policy, &name, &copy.collect::<Vec<_>>(), args.disagreements)?;
            }
            (Lines::Texts(texts), false) => evaluate(&policy, &name, &texts, args.disagreements)?,
            (Lines::Personal(texts), false) => personal::evaluate(&name, &texts, args.disagreements),
            (Lines::Injected(lines), false) => {
                injected::evaluate(config, &name, &lines, args.disagreements).await?;
            }
            (Lines::Questions(lines), false) => questions::evaluate(&name, &lines, args.disagreements),
            (Lines::Asked(lines), false) => {
                for by in &args.answered_by {
                    Box::pin(asked::evaluate(config, &name, &lines, *by, args.disagreements)).await?;
                }
            }
            (_, _) => continue,
        }
        evaluated += 1;
    }
    anyhow::ensure!(
        evaluated > 0,
        "{}: no file holds lines with facts and text{}",
        args.folder.display(),
        if args.mutants { ", or products" } else { "" }
    );
    Ok(ExitCode::SUCCESS)
}

fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).with_context(|| format!("{}: the folder cannot be read", path.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    Ok(files)
}

/// Every line as one type.
fn all<T: serde::de::DeserializeOwned>(file: &Path, lines: &[(usize, &str)]) -> anyhow::Result<Vec<T>> {
    let parsed = lines.iter().map(|(number, line)| {
        serde_json::from_str(line)
            .map_err(|error| anyhow::anyhow!("{}: line {}: {error}", file.display(), number + 1))
    });
    parsed.collect()
}

/// The lines of a file, by what the first one is.
fn read(file: &Path) -> anyhow::Result<Lines> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let lines: Vec<(usize, &str)> =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    let Some((_, first)) = lines.first() else { return Ok(Lines::Other) };
    if serde_json::from_str::<Labelled>(first).is_ok() {
        all(file, &lines).map(Lines::Texts)
    } else if serde_json::from_str::<asked::Line>(first).is_ok() {
        all(file, &lines).map(Lines::Asked)
    } else if serde_json::from_str::<questions::Asked>(first).is_ok() {
        all(file, &lines).map(Lines::Questions)
    } else if serde_json::from_str::<injected::Injected>(first).is_ok() {
        all(file, &lines).map(Lines::Injected)
    } else if serde_json::from_str::<personal::Marked>(first).is_ok() {
        all(file, &lines).map(Lines::Personal)
    } else if serde_json::from_str::<Product>(first).is_ok() {
        all(file, &lines).map(Lines::Products)
    } else {
        Ok(Lines::Other)
    }
}

/// A product that has the facts and nothing else.
fn product(facts: &Attributes) -> anyhow::Result<Product> {
    // Nothing is stored under it.
    let sku: Sku = "text".parse()?;
    Ok(Product { attributes: facts.clone(), ..Product::bare(sku) })
}

fn report(policy: &CheckPolicy, product: &Product, text: &str, locale: Option<&str>) -> TextReport {
    texts::report(product, text, locale.map(texts::language), None, policy)
}

fn is_held(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity >= Severity::Hold)
}

/// Where a text was flagged, by what.
type Flags = fn(&[Finding]) -> bool;

/// The ways of flagging that are shown.
const FLAGS: &[(&str, Flags)] = &[
    ("contradicted", |findings| findings.iter().any(|own| own.rule == "facts.contradicted")),
    ("held", is_held),
    ("any finding", |findings| !findings.is_empty()),
];

/// What counts as wanting, by the kinds of spans that people marked.
const VIEWS: &[(&str, &[&str])] = &[
    ("contradictory", &["incorrect"]),
    ("contradictory or uncheckable", &["incorrect", "not_checkable"]),
    ("any span", &["incorrect", "not_checkable", "misleading", "other"]),
];

fn evaluate(policy: &CheckPolicy, name: &str, texts: &[Labelled], disagreements: bool) -> anyhow::Result<()> {
    let products = texts.iter().map(|own| product(&own.facts)).collect::<anyhow::Result<Vec<_>>>()?;
    let started = std::time::Instant::now();
    let reports: Vec<TextReport> = texts
        .iter()
        .zip(&products)
        .map(|(own, product)| report(policy, product, &own.text, own.locale.as_deref()))
        .collect();
    let elapsed = started.elapsed().as_secs_f64();
    let sentences: usize = texts.iter().map(|own| texts::sentences(&own.text)).sum();
    println!(
        "{name}: {} texts, {sentences} sentences, {:.0} sentences/s on one core",
        texts.len(),
        sentences as f64 / elapsed
    );
    if texts.iter().all(|own| own.label.is_none()) {
        print::verdicts(texts, &reports);
        return Ok(());
    }
    let mut columns = Columns::new(2, &[1, 2, 3, 4, 5, 6, 7, 8]);
    columns.row([
        "told from the rest, by",
        "base",
        "flagged",
        "balanced acc.",
        "sens.",
        "spec.",
        "prec.",
        "F1",
        "AUROC",
    ]);
    let has_spans = texts.iter().any(|own| !own.spans.is_empty());
    let views: &[(&str, &[&str])] = if has_spans { VIEWS } else { &[("unsupported", &[])] };
    for (view, kinds) in views {
        for (flag, flags) in FLAGS {
            let scored: Vec<Scored> = texts
                .iter()
                .zip(&reports)
                .map(|(own, report)| Scored {
                    flagged: flags(&report.findings),
                    score: report.score,
                    wanting: wanting(own, kinds),
                })
                .collect();
            columns.row(row(format!("{view}, {flag}"), &scored));
        }
        let novelty = by_novelty(texts, &reports, kinds);
        columns.row(row(format!("{view}, by new words alone"), &novelty));
    }
    print!("{columns}");
    print::by_kind(texts, &reports, has_spans);
    if has_spans {
        print::spans(texts, &reports);
    }
    if disagreements {
        print::disagreements(texts, &reports);
    }
    println!();
    Ok(())
}

/// The plain baseline: texts flagged by the share of words that no fact has, from the share on that serves best here.
fn by_novelty(texts: &[Labelled], reports: &[TextReport], kinds: &[&str]) -> Vec<Scored> {
    let flagged_from = |least: f64| -> Vec<Scored> {
        texts
            .iter()
            .zip(reports)
            .map(|(own, report)| Scored {
                flagged: report.novelty >= least,
                score: report.novelty,
                wanting: wanting(own, kinds),
            })
            .collect()
    };
    let candidates = (0..40_u32).map(|step| flagged_from(f64::from(step) / 40.0));
    let better =
        |left: &Vec<Scored>, right: &Vec<Scored>| rates(left).balanced.total_cmp(&rates(right).balanced);
    candidates.max_by(better).unwrap_or_default()
}

/// Whether people found a text wanting: by its spans of these kinds, or by its label.
fn wanting(own: &Labelled, kinds: &[&str]) -> bool {
    if kinds.is_empty() {
        own.label.as_deref() == Some("unsupported")
    } else {
        own.spans.iter().any(|span| kinds.contains(&span.kind.as_str()))
    }
}

fn row(name: String, scored: &[Scored]) -> [String; 9] {
    let share = |of: fn(&Scored) -> bool| {
        scored.iter().filter(|own| of(own)).count() as f64 / scored.len().max(1) as f64 * 100.0
    };
    let own = rates(scored);
    [
        name,
        format!("{:.0}%", share(|own| own.wanting)),
        format!("{:.0}%", share(|own| own.flagged)),
        with_interval(scored, |own| rates(own).balanced),
        format!("{:.3}", own.sensitivity),
        format!("{:.3}", own.specificity),
        format!("{:.3}", own.precision),
        with_interval(scored, |own| rates(own).f1),
        with_interval(scored, auroc),
    ]
}

/// The texts that people found nothing wanting in, as true copy.
fn of_texts(texts: &[Labelled]) -> anyhow::Result<Vec<(Product, String)>> {
    let supported = texts.iter().filter(|own| own.label.as_deref() == Some("supported"));
    supported.map(|own| Ok((product(&own.facts)?, own.text.clone()))).collect()
}

/// What share of the mutants of true copy is held, by operator, and how much of the copy itself.
fn mutate(
    policy: &CheckPolicy,
    name: &str,
    copy: &[(Product, String)],
    disagreements: bool,
) -> anyhow::Result<()> {
    let mut left_out = BTreeMap::new();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut held, mut clean) = (0, Vec::new());
    for (product, text) in copy {
        let found = report(policy, product, text, None).findings;
        if is_held(&found) {
            held += 1;
            if disagreements {
                let found: Vec<&str> = found
                    .iter()
                    .filter(|own| own.severity >= Severity::Hold)
                    .map(|own| own.message.as_str())
                    .collect();
                println!("  held unmutated: {}\n    {text}", found.join("; "));
            }
        } else {
            clean.push((product, text));
        }
    }
    // A text that is held anyhow shows nothing by being held.
    for (product, text) in clean {
        let facts = serde_json::to_string(&skuscribe_check::product::Facts::select(product, |_| true))?;
        for mutant in mutants::mutants(text, &facts, &mut left_out) {
            let caught = is_held(&report(policy, product, &mutant.text, None).findings);
            let (all, of_them) = counts.entry(mutant.operator).or_default();
            *all += 1;
            *of_them += usize::from(caught);
            if disagreements && !caught {
                println!("  not caught, {}: {}", mutant.operator, mutant.text);
            }
        }
    }
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64 * 100.0;
    println!(
        "{name}: {} texts of true copy, {held} held unmutated ({:.1} %)",
        copy.len(),
        share(held, copy.len())
    );
    let (mut all, mut caught) = (0, 0);
    let mut columns = Columns::new(2, &[1, 2]);
    let figures =
        |all: usize, caught: usize| [format!("{all} mutants"), format!("{:.1} % caught", share(caught, all))];
    for (operator, (of_operator, caught_of)) in &counts {
        all += of_operator;
        caught += caught_of;
        let [mutants, share] = figures(*of_operator, *caught_of);
        let left_out = left_out.get(operator).copied().unwrap_or(0);
        let left_out = format!("{left_out} left out, for the facts may bear them");
        columns.row([operator, mutants.as_str(), &share, &left_out]);
    }
    let [mutants, share] = figures(all, caught);
    columns.row(["all", &mutants, &share]);
    println!("{columns}");
    Ok(())
}
