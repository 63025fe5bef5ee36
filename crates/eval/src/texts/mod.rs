//! Texts with what people said of them: how well findings tell those that the facts do not support from the rest.

mod print;

use serde::Deserialize;
use skuscribe_check::check::CheckPolicy;
use skuscribe_check::content::{Finding, Severity};
use skuscribe_check::product::{Attributes, Product, Sku};
use skuscribe_check::texts::{self, TextReport};

use crate::before::Figures;
use crate::figures::{ScoredText, auroc, rates, with_interval};
use crate::mutants::TrueCopy;
use crate::not_checkable::NotCheckable;
use crate::table::table;

/// One text with what people said of it, if they did.
#[derive(Debug, Deserialize)]
pub struct LabelledText {
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

/// A way of flagging a text by its findings.
type FlagRule = fn(&[Finding]) -> bool;

/// The ways of flagging that are shown.
const FLAG_RULES: &[(&str, FlagRule)] = &[
    ("contradicted", |findings| findings.iter().any(|finding| finding.rule == "facts.contradicted")),
    ("held", is_held),
    ("any finding", |findings| !findings.is_empty()),
];

/// What counts as unsupported, by the kinds of spans that people marked.
const VIEWS: &[(&str, &[&str])] = &[
    ("contradictory", &["incorrect"]),
    ("contradictory or uncheckable", &["incorrect", "not_checkable"]),
    ("any span", &["incorrect", "not_checkable", "misleading", "other"]),
];

/// The one view where people labelled texts and marked no spans.
const LABEL_VIEW: &[(&str, &[&str])] = &[("unsupported", &[])];

impl LabelledText {
    /// Whether people found that the facts do not support it: by its spans of these kinds, or by its label.
    fn is_unsupported(&self, kinds: &[&str]) -> bool {
        if kinds.is_empty() {
            self.label.as_deref() == Some("unsupported")
        } else {
            self.spans.iter().any(|span| kinds.contains(&span.kind.as_str()))
        }
    }
}

/// The texts that people found to be supported, each with a product that has the facts and nothing else.
pub(crate) fn supported(texts: &[LabelledText]) -> anyhow::Result<Vec<TrueCopy>> {
    let supported = texts.iter().filter(|text| text.label.as_deref() == Some("supported"));
    supported
        .map(|text| Ok(TrueCopy::written(product(&text.facts)?, &text.text, text.locale.clone())))
        .collect()
}

/// A product that has the facts and nothing else.
pub(crate) fn product(facts: &Attributes) -> anyhow::Result<Product> {
    // Nothing is stored under it.
    let sku: Sku = "text".parse()?;
    Ok(Product { attributes: facts.clone(), ..Product::bare(sku) })
}

pub(crate) fn report(
    policy: &CheckPolicy,
    product: &Product,
    text: &str,
    locale: Option<&str>,
) -> TextReport {
    texts::report(product, text, locale.map(texts::language), None, policy)
}

pub(crate) fn is_held(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity >= Severity::Hold)
}

/// Prints the figures of texts that have labels, and the verdicts of texts that have none.
///
/// # Errors
/// Never in practice: the products' key is a constant.
pub fn evaluate(
    policy: &CheckPolicy,
    name: &str,
    texts: &[LabelledText],
    disagreements: bool,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let products = texts.iter().map(|text| product(&text.facts)).collect::<anyhow::Result<Vec<_>>>()?;
    let started = std::time::Instant::now();
    let reports: Vec<TextReport> = texts
        .iter()
        .zip(&products)
        .map(|(text, product)| report(policy, product, &text.text, text.locale.as_deref()))
        .collect();
    let elapsed = started.elapsed().as_secs_f64();
    let sentences: usize = texts.iter().map(|text| texts::sentences(&text.text)).sum();
    println!(
        "{name}: {} texts, {sentences} sentences, {:.0} sentences/s on one core",
        texts.len(),
        sentences as f64 / elapsed
    );
    if texts.iter().all(|text| text.label.is_none()) {
        print::verdicts(texts, &reports);
        return Ok(());
    }
    let has_spans = texts.iter().any(|text| !text.spans.is_empty());
    figures.of_file(name);
    print_rates(texts, &reports, if has_spans { VIEWS } else { LABEL_VIEW }, figures);
    let mut not_checkable = NotCheckable::default();
    for (text, report) in texts.iter().zip(&reports) {
        not_checkable.add(text.locale.as_deref(), &report.findings);
    }
    not_checkable.print();
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

fn print_rates(
    texts: &[LabelledText],
    reports: &[TextReport],
    views: &[(&str, &[&str])],
    figures: &mut Figures,
) {
    let titles = [
        "view, flagged by",
        "base",
        "flagged",
        "balanced acc.",
        "sens.",
        "spec.",
        "prec.",
        "F1",
        "AUROC",
        "bal. acc. and F1",
    ];
    let mut rows = vec![titles.map(str::to_owned)];
    for (view, kinds) in views {
        for (flag, is_flagged) in FLAG_RULES {
            let scored: Vec<ScoredText> = texts
                .iter()
                .zip(reports)
                .map(|(text, report)| ScoredText {
                    flagged: is_flagged(&report.findings),
                    score: report.score,
                    unsupported: text.is_unsupported(kinds),
                })
                .collect();
            rows.push(row(format!("{view}, {flag}"), &scored, figures));
        }
        let novelty = by_novelty(texts, reports, kinds);
        rows.push(row(format!("{view}, by new words alone"), &novelty, figures));
    }
    print!("{}", table(2, &[0], rows));
}

/// The plain baseline: texts flagged by the share of words that no fact has, from the share on that serves best here.
fn by_novelty(texts: &[LabelledText], reports: &[TextReport], kinds: &[&str]) -> Vec<ScoredText> {
    let flagged_from = |least: f64| -> Vec<ScoredText> {
        texts
            .iter()
            .zip(reports)
            .map(|(text, report)| ScoredText {
                flagged: report.novelty >= least,
                score: report.novelty,
                unsupported: text.is_unsupported(kinds),
            })
            .collect()
    };
    let candidates = (0..40_u32).map(|step| flagged_from(f64::from(step) / 40.0));
    let better = |left: &Vec<ScoredText>, right: &Vec<ScoredText>| {
        rates(left).balanced.total_cmp(&rates(right).balanced)
    };
    candidates.max_by(better).unwrap_or_default()
}

fn row(name: String, scored: &[ScoredText], figures: &mut Figures) -> [String; 10] {
    let share = |counts: fn(&ScoredText) -> bool| {
        scored.iter().filter(|text| counts(text)).count() as f64 / scored.len().max(1) as f64 * 100.0
    };
    let found = rates(scored);
    let balanced_before = figures.take(&format!("{name}: balanced accuracy"), found.balanced);
    let f1_before = figures.take(&format!("{name}: F1"), found.f1);
    [
        name,
        format!("{:.0}%", share(|text| text.unsupported)),
        format!("{:.0}%", share(|text| text.flagged)),
        with_interval(scored, |sample| rates(sample).balanced),
        format!("{:.3}", found.sensitivity),
        format!("{:.3}", found.specificity),
        format!("{:.3}", found.precision),
        with_interval(scored, |sample| rates(sample).f1),
        with_interval(scored, auroc),
        format!("{balanced_before} {}", f1_before.trim_start_matches("before")),
    ]
}
