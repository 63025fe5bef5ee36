//! `skuscribe check`: the checks alone, over texts that somebody else wrote. No model, no store.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use skuscribe_check::content::{Finding, Quality, Severity};
use skuscribe_check::product::{Attributes, Locale, Product};
use skuscribe_check::texts::{self, ExplainedStatement};

/// A byte order mark in UTF-8, with which many programs begin a file.
const BOM: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// JSONL, each line {facts, text, locale?, id?}: facts are a product's attributes by name; with a locale, as `en-US`, the
    /// text is checked in its language and against the rules of its market.
    file: PathBuf,
    /// Print findings for people, and not as JSONL.
    #[arg(long)]
    report: bool,
    /// Print each statement of a text too: its slot, the part that it is said of, whether it is denied, and what decided it.
    #[arg(long)]
    explain: bool,
    /// End with exit code 1 where a text would be held, for pipelines.
    #[arg(long)]
    fail_on_hold: bool,
}

/// A text and the facts that it may state.
#[derive(Debug, Deserialize)]
struct CheckedLine {
    #[serde(default)]
    id: Option<String>,
    facts: Attributes,
    /// Its language, as `en` or `en-US`.
    #[serde(default)]
    locale: Option<String>,
    text: String,
}

/// What was found in one line, as it is printed.
#[derive(Debug, Serialize)]
struct LineReport<'a> {
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    held: bool,
    /// How suspicious the text is, findings or not; orders texts.
    score: f64,
    findings: &'a [Finding],
    /// How good it is as copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<&'a Quality>,
    /// Every statement of the text, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    statements: Option<&'a [ExplainedStatement]>,
}

pub(super) fn run(config: &Config, args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let file = std::fs::File::open(&args.file)
        .with_context(|| format!("{}: the file cannot be read", args.file.display()))?;
    let policy = config.policy()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut checked, mut held_texts, mut refused) = (0_usize, 0_usize, 0_usize);
    for (index, line) in std::io::BufReader::new(file).split(b'\n').enumerate() {
        let (number, line) =
            (index + 1, line.with_context(|| format!("{}: line {}", args.file.display(), index + 1))?);
        let line = line.strip_prefix(BOM).filter(|_| index == 0).unwrap_or(&line).trim_ascii();
        if line.is_empty() {
            continue;
        }
        let line: CheckedLine = match serde_json::from_slice(line) {
            Ok(line) => line,
            Err(error) => {
                refused += 1;
                eprintln!(
                    "{}: line {number}: {error}; write {{\"facts\": {{…}}, \"text\": \"…\"}}",
                    args.file.display()
                );
                continue;
            }
        };
        let mut product = Product::bare("text".parse()?);
        product.attributes = line.facts;
        let language = line.locale.as_deref().map(texts::language);
        // Without a locale nobody knows the market, and the text is checked against its facts alone.
        let market: Option<Locale> =
            line.locale.as_deref().and_then(|locale| locale.replace('_', "-").parse().ok());
        if let Some(locale) = &market {
            product = config.labels.product(&product, locale).into_owned();
        }
        let texts::TextReport { findings, score, quality, .. } =
            texts::report(&product, &line.text, language, market.as_ref(), &policy);
        let held = findings.iter().any(|finding| finding.severity >= Severity::Hold);
        let explained = args.explain.then(|| texts::explain(&product, &line.text, language, &policy));
        let statements = explained.as_deref();
        checked += 1;
        held_texts += usize::from(held);
        if args.report {
            report(&mut out, number, line.id.as_deref(), &line.text, &findings)?;
            if let Some(quality) = &quality {
                writeln!(out, "  {:<20} {quality}", "quality")?;
            }
            explain(&mut out, statements.unwrap_or_default())?;
        } else {
            let id = line.id.as_deref();
            let quality = quality.as_ref();
            let found =
                LineReport { line: number, id, held, score, findings: &findings, quality, statements };
            serde_json::to_writer(&mut out, &found)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    eprintln!("{checked} texts, {held_texts} would be held, {refused} lines refused");
    let failed = refused > 0 || (args.fail_on_hold && held_texts > 0);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// One text with its findings, the place that each is about in brackets.
fn report(
    out: &mut impl std::io::Write,
    line: usize,
    id: Option<&str>,
    text: &str,
    findings: &[Finding],
) -> std::io::Result<()> {
    let name = id.map(|id| format!(" ({id})")).unwrap_or_default();
    if findings.is_empty() {
        return writeln!(out, "line {line}{name}: nothing found");
    }
    writeln!(out, "line {line}{name}:")?;
    let characters: Vec<char> = text.chars().collect();
    for finding in findings {
        let part = |from: usize, to: usize| -> String {
            characters
                .get(from.min(characters.len())..to.min(characters.len()))
                .unwrap_or_default()
                .iter()
                .collect()
        };
        let around = finding.span.map_or_else(String::new, |span| {
            let (before, after) =
                (part(span.start.saturating_sub(40), span.start), part(span.end, span.end + 40));
            format!("…{before}[{}]{after}…", part(span.start, span.end)).replace('\n', " ")
        });
        writeln!(out, "  {:<20} {}\n  {:<20} {around}", finding.rule, finding.message, "")?;
    }
    Ok(())
}

/// The statements of one text, each with what decided it.
fn explain(out: &mut impl std::io::Write, statements: &[ExplainedStatement]) -> std::io::Result<()> {
    for statement in statements {
        let part = statement.part.map(|part| format!(" of {part}")).unwrap_or_default();
        let denied = if statement.denied { ", denied" } else { "" };
        let asked = if statement.presupposed { ", in a question" } else { "" };
        let slot = format!("{}{part}{denied}{asked}", statement.slot);
        let by = match &statement.attribute {
            Some(attribute) => format!("{} by {attribute}", statement.decision),
            None => statement.decision.to_owned(),
        };
        writeln!(out, "    {:<30} {slot:<32} {by}", format!("{:?}", statement.text))?;
    }
    Ok(())
}
