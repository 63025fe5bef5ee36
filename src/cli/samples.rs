//! Samples as people read them: alone, or two of a product side by side.

use super::progress::thousands;
use super::terminal::{Columns, cut, printable};
use crate::samples::{Sample, SampleTotals};
use skuscribe_check::content::money::amount;
use skuscribe_check::content::{Outcome, Severity, texts};

/// Findings of each side that are shown beside a comparison.
const FINDINGS_SHOWN: usize = 5;

/// What is to be read of a product: state, texts with their lengths, findings.
pub(super) fn show(sample: &Sample) {
    println!("{}  {}{}", sample.sku, state(sample), quality(sample.quality));
    if let Some(failure) = &sample.failure {
        println!("  failed     {}", printable(failure));
    }
    let mut columns = Columns::new(2, &[1]);
    for text in sample.drafts.iter().flat_map(|draft| texts(&draft.content)) {
        columns.row([&cut(&text.at, 26), &text.text.chars().count().to_string(), text.text]);
    }
    print!("{columns}");
    findings(sample, "", usize::MAX);
    println!();
}

fn findings(sample: &Sample, mark: &str, most: usize) {
    let mut findings: Vec<_> = sample.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings.into_iter().take(most) {
        let severity = match finding.severity {
            Severity::Note => "note",
            Severity::Hold => "hold",
            Severity::Block => "block",
        };
        println!("  {mark}{severity:<5} {} {}: {}", finding.rule, finding.at, printable(&finding.message));
    }
}

fn state(sample: &Sample) -> &'static str {
    match (sample.outcome, &sample.failure) {
        (Some(outcome), None) => outcome.as_str(),
        _ => Outcome::Failed.as_str(),
    }
}

fn quality(score: Option<f64>) -> String {
    score.map(|score| format!(", quality {score:.2}")).unwrap_or_default()
}

/// Two texts of a product, place by place: `<` the first, `>` the second, `=` where they are equal.
pub(super) fn show_both(one: &Sample, two: &Sample) {
    println!("{}  {} | {}", one.sku, state(one), state(two));
    for failure in [&one.failure, &two.failure].into_iter().flatten() {
        println!("  failed     {}", printable(failure));
    }
    let flat = |sample: &Sample| -> Vec<(String, String)> {
        let of = |draft: &skuscribe_check::content::Draft| {
            texts(&draft.content).into_iter().map(|text| (text.at, text.text.to_owned())).collect::<Vec<_>>()
        };
        sample.drafts.iter().flat_map(of).collect()
    };
    let (left, right) = (flat(one), flat(two));
    let mut places: Vec<&String> = left.iter().chain(&right).map(|(at, _)| at).collect();
    places.sort();
    places.dedup();
    for place in places {
        let of = |texts: &[(String, String)]| {
            texts
                .iter()
                .find(|(at, _)| at == place)
                .map_or_else(|| "-".to_owned(), |(_, text)| printable(text))
        };
        let (left, right) = (of(&left), of(&right));
        if left == right {
            println!("  {:<26} = {left}", cut(place, 26));
        } else {
            println!("  {:<26} < {left}\n  {:<26} > {right}", cut(place, 26), "");
        }
    }
    findings(one, "< ", FINDINGS_SHOWN);
    findings(two, "> ", FINDINGS_SHOWN);
    let score =
        |sample: &Sample| sample.quality.map_or_else(|| "-".to_owned(), |score| format!("{score:.2}"));
    println!("  {:<26}   {} | {} findings that hold", "", one.holding(), two.holding());
    println!("  {:<26}   {} | {} quality\n", "", score(one), score(two));
}

/// Samples in numbers, on one line.
pub(super) fn totals(samples: &[Sample], currency: &str) -> String {
    let totals = SampleTotals::of(samples);
    let money =
        if totals.cost > 0 { format!(", {:.4} {currency}", amount(totals.cost)) } else { String::new() };
    format!(
        "{} products: {} published, {} held, {} failed; {} findings that hold{}; {} model calls, {} tokens in, {} out{money}",
        totals.samples,
        totals.published,
        totals.held,
        totals.failed,
        totals.holding,
        quality(totals.quality),
        totals.calls,
        thousands(totals.usage.input_tokens),
        thousands(totals.usage.output_tokens)
    )
}
