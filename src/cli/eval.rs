//! `skuscribe eval`: the checks beside what people said of the same texts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize;

use crate::check;
use crate::config::Config;
use crate::product::{Attributes, Product, Sku};

/// Resamples of the bootstrap behind each confidence interval.
const RESAMPLES: usize = 1_000;

#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// A folder of JSONL files, each line {facts, text, label, spans?}; others are left out.
    folder: PathBuf,
    /// Print the texts that the checks and the people disagree on.
    #[arg(long)]
    disagreements: bool,
}

/// One text with what people said of it.
#[derive(Debug, Deserialize)]
struct Labelled {
    #[serde(default)]
    id: String,
    facts: Attributes,
    /// Its language, as `en` or `en-US`.
    #[serde(default)]
    locale: Option<String>,
    text: String,
    label: String,
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

/// A text's score and whether people found it wanting.
#[derive(Clone, Copy, Debug)]
struct Scored {
    score: f64,
    wanting: bool,
}

pub(super) fn run(config: &Config, args: &EvalArgs) -> anyhow::Result<ExitCode> {
    let entries = std::fs::read_dir(&args.folder)
        .with_context(|| format!("{}: the folder cannot be read", args.folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let mut evaluated = 0;
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "jsonl")) {
        let Some(texts) = read(file)? else { continue };
        evaluated += 1;
        evaluate(config, file, &texts, args.disagreements)?;
    }
    anyhow::ensure!(
        evaluated > 0,
        "{}: no file holds lines with facts, text and label",
        args.folder.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// The labelled texts of a file; `None` where its first line is something else.
fn read(file: &Path) -> anyhow::Result<Option<Vec<Labelled>>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let mut texts = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(labelled) => texts.push(labelled),
            Err(_) if number == 0 => return Ok(None),
            Err(error) => anyhow::bail!("{}: line {}: {error}", file.display(), number + 1),
        }
    }
    Ok(Some(texts))
}

fn evaluate(config: &Config, file: &Path, texts: &[Labelled], disagreements: bool) -> anyhow::Result<()> {
    // Nothing is stored under it.
    let sku: Sku = "text".parse()?;
    let started = std::time::Instant::now();
    let findings: Vec<_> = texts
        .iter()
        .map(|own| {
            let mut product = Product::bare(sku.clone());
            product.attributes = own.facts.clone();
            check::texts::report(&product, &own.text, own.locale.as_deref().map(check::texts::language), &config.check).findings
        })
        .collect();
    let elapsed = started.elapsed().as_secs_f64();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    println!("{name}: {} texts, {:.0}/s on one core", texts.len(), texts.len() as f64 / elapsed);
    println!(
        "  {:<34} {:>5} {:>6} {:>16} {:>7} {:>7} {:>7} {:>7} {:>16}",
        "", "base", "held", "balanced acc.", "sens.", "spec.", "prec.", "F1", "AUROC"
    );
    let has_spans = texts.iter().any(|own| !own.spans.is_empty());
    let views: &[(&str, &[&str])] = if has_spans {
        &[
            ("contradictory or not", &["incorrect"]),
            ("contradictory or uncheckable", &["incorrect", "not_checkable"]),
            ("any span", &["incorrect", "not_checkable", "misleading", "other"]),
        ]
    } else {
        &[("label", &[])]
    };
    for (view, kinds) in views {
        for (rule, of) in
            [("contradicted", "facts.contradicted"), ("unsupported", "facts.unsupported"), ("both", "facts.")]
        {
            let scored: Vec<Scored> = texts
                .iter()
                .zip(&findings)
                .map(|(own, findings)| {
                    let wanting = if kinds.is_empty() {
                        own.label == "unsupported"
                    } else {
                        own.spans.iter().any(|span| kinds.contains(&span.kind.as_str()))
                    };
                    let score = findings.iter().filter(|finding| finding.rule.starts_with(of)).count();
                    Scored { score: score as f64, wanting }
                })
                .collect();
            row(&format!("{view}, {rule}"), &scored);
        }
    }
    if has_spans {
        spans(texts, &findings);
    }
    if disagreements {
        for (own, findings) in texts.iter().zip(&findings) {
            let held: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
            if held.is_empty() == (own.label == "unsupported") {
                println!("  {} ({}): {}\n    {}", own.id, own.label, held.join("; "), own.text);
            }
        }
    }
    println!();
    Ok(())
}

fn row(name: &str, scored: &[Scored]) {
    let wanting = scored.iter().filter(|own| own.wanting).count();
    let held = scored.iter().filter(|own| own.score > 0.0).count();
    let [sensitivity, specificity, precision, f1, balanced] = rates(scored);
    let interval = |of: fn(&[Scored]) -> f64| {
        let (low, high) = bootstrap(scored, of);
        format!("{:.3} ±{:.3}", of(scored), (high - low) / 2.0)
    };
    println!(
        "  {name:<34} {:>4.0}% {:>5.0}% {:>16} {sensitivity:>7.3} {specificity:>7.3} {precision:>7.3} {f1:>7.3} {:>16}",
        wanting as f64 / scored.len() as f64 * 100.0,
        held as f64 / scored.len() as f64 * 100.0,
        format!("{balanced:.3} ±{:.3}", {
            let (low, high) = bootstrap(scored, |own| rates(own)[4]);
            (high - low) / 2.0
        }),
        interval(auroc)
    );
}

/// Sensitivity, specificity, precision, F1, balanced accuracy of "held if anything was found".
fn rates(scored: &[Scored]) -> [f64; 5] {
    let count = |wanting: bool, held: bool| {
        scored.iter().filter(|own| own.wanting == wanting && (own.score > 0.0) == held).count() as f64
    };
    let (caught, missed, alarms, quiet) =
        (count(true, true), count(true, false), count(false, true), count(false, false));
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let (sensitivity, specificity) = (share(caught, caught + missed), share(quiet, quiet + alarms));
    let precision = share(caught, caught + alarms);
    let f1 = share(2.0 * precision * sensitivity, precision + sensitivity);
    [sensitivity, specificity, precision, f1, f64::midpoint(sensitivity, specificity)]
}

/// The chance that a text that is wanting scores higher than one that is not (ties count half).
fn auroc(scored: &[Scored]) -> f64 {
    let mut sorted: Vec<&Scored> = scored.iter().collect();
    sorted.sort_by(|left, right| left.score.total_cmp(&right.score));
    let (mut ranks, mut at) = (0.0, 0);
    while let Some(first) = sorted.get(at) {
        let same = sorted.iter().skip(at).take_while(|own| own.score.total_cmp(&first.score).is_eq()).count();
        // Ties share the middle of their ranks.
        let rank = at as f64 + f64::midpoint(same as f64, 1.0);
        ranks += rank * sorted.iter().skip(at).take(same).filter(|own| own.wanting).count() as f64;
        at += same;
    }
    let wanting = scored.iter().filter(|own| own.wanting).count() as f64;
    let other = scored.len() as f64 - wanting;
    if wanting == 0.0 || other == 0.0 {
        0.5
    } else {
        (ranks - wanting * (wanting + 1.0) / 2.0) / (wanting * other)
    }
}

/// The middle 95 % of a figure over resamples.
fn bootstrap(scored: &[Scored], of: impl Fn(&[Scored]) -> f64) -> (f64, f64) {
    let mut random = fastrand::Rng::with_seed(1);
    let mut figures: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let sample: Vec<Scored> =
                (0..scored.len()).filter_map(|_| scored.get(random.usize(..scored.len())).copied()).collect();
            of(&sample)
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    let at = |share: usize| figures.get(RESAMPLES * share / 1_000).copied().unwrap_or(0.0);
    (at(25), at(975))
}

/// How many findings touch a span that people marked, and how many of those spans a finding touches.
fn spans(texts: &[Labelled], findings: &[Vec<crate::content::Finding>]) {
    let (mut found, mut right) = (0, 0);
    let (mut marked, mut touched) = (0, 0);
    for (own, findings) in texts.iter().zip(findings) {
        let places: Vec<_> = findings.iter().filter_map(|finding| finding.span).collect();
        let meets = |place: &crate::content::Span, span: &LabelledSpan| {
            place.start < span.end && span.start < place.end
        };
        found += places.len();
        right += places.iter().filter(|place| own.spans.iter().any(|span| meets(place, span))).count();
        let incorrect = || own.spans.iter().filter(|span| span.kind == "incorrect");
        marked += incorrect().count();
        touched += incorrect().filter(|span| places.iter().any(|place| meets(place, span))).count();
    }
    println!(
        "  spans: {right} of {found} findings touch a marked span ({:.0} %); {touched} of {marked} contradictory spans are touched ({:.0} %)",
        right as f64 / f64::from(u32::try_from(found.max(1)).unwrap_or(1)) * 100.0,
        touched as f64 / f64::from(u32::try_from(marked.max(1)).unwrap_or(1)) * 100.0
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_what_their_definitions_say() {
        let own = |score: f64, wanting| Scored { score, wanting };
        let scored = [own(0.0, false), own(1.0, false), own(1.0, true), own(2.0, true)];
        let [sensitivity, specificity, precision, f1, balanced] = rates(&scored);
        assert!((sensitivity - 1.0).abs() < 1e-9 && (specificity - 0.5).abs() < 1e-9);
        assert!(
            (precision - 2.0 / 3.0).abs() < 1e-9 && (f1 - 0.8).abs() < 1e-9 && (balanced - 0.75).abs() < 1e-9
        );
        // Of four pairs three are in order and one ties.
        assert!((auroc(&scored) - 0.875).abs() < 1e-9);
    }
}
