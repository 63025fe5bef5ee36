//! What is printed of texts besides their rates: findings by rule and kind, spans, verdicts, disagreements.

use std::collections::{BTreeMap, BTreeSet};

use skuscribe_check::content::{Finding, Severity, Span};
use skuscribe_check::texts::TextReport;

use super::{LabelledSpan, LabelledText, is_held};
use crate::figures::percent;
use crate::table::table;

/// The findings of one rule and kind of statement.
#[derive(Default)]
struct FindingCounts {
    texts: usize,
    unsupported: usize,
    findings: usize,
    on_span: usize,
}

/// For each rule and kind of statement: how often it was found, and how many of its texts and places people marked too.
pub(super) fn by_kind(texts: &[LabelledText], reports: &[TextReport], has_spans: bool) {
    let mut counts: BTreeMap<(&str, &str), FindingCounts> = BTreeMap::new();
    for (text, report) in texts.iter().zip(reports) {
        let mut seen = BTreeSet::new();
        for finding in &report.findings {
            let key = (finding.rule.as_str(), finding.kind.as_deref().unwrap_or_default());
            let count = counts.entry(key).or_default();
            count.findings += 1;
            let touches = |span: &LabelledSpan| finding.span.is_some_and(|place| meets(place, span));
            count.on_span += usize::from(text.spans.iter().any(touches));
            if seen.insert(key) {
                count.texts += 1;
                count.unsupported += usize::from(text.is_unsupported(&[]));
            }
        }
    }
    println!(
        "  by rule and kind: texts (how many of them people found unsupported), findings{}",
        if has_spans { " (on a marked span)" } else { "" }
    );
    let share = |part: usize, whole: usize| format!("({:.0} %)", percent(part, whole));
    let rows = counts.into_iter().map(|((rule, kind), count)| {
        let mut row = vec![
            format!("{rule} {kind}"),
            count.texts.to_string(),
            share(count.unsupported, count.texts),
            count.findings.to_string(),
        ];
        if has_spans {
            row.push(share(count.on_span, count.findings));
        }
        row
    });
    print!("{}", table(4, &[0], rows));
}

fn meets(place: Span, span: &LabelledSpan) -> bool {
    place.start < span.end && span.start < place.end
}

/// How many findings touch a span that people marked, and how many of those spans a finding touches.
pub(super) fn spans(texts: &[LabelledText], reports: &[TextReport]) {
    let line = |name: &str, counts: fn(&Finding) -> bool, kinds: &[&str]| {
        let (mut found, mut right, mut marked, mut touched) = (0, 0, 0, 0);
        for (text, report) in texts.iter().zip(reports) {
            let findings = report.findings.iter().filter(|finding| counts(finding));
            let places: Vec<Span> = findings.filter_map(|finding| finding.span).collect();
            found += places.len();
            right += places.iter().filter(|place| text.spans.iter().any(|span| meets(**place, span))).count();
            let of_kinds = || text.spans.iter().filter(|span| kinds.contains(&span.kind.as_str()));
            marked += of_kinds().count();
            touched += of_kinds().filter(|span| places.iter().any(|place| meets(*place, span))).count();
        }
        println!(
            "  spans, {name}: {right} of {found} findings touch a marked span ({:.0} %); {touched} of {marked} spans are touched ({:.0} %)",
            percent(right, found),
            percent(touched, marked)
        );
    };
    line("contradicted", |finding| finding.rule == "facts.contradicted", &["incorrect"]);
    line("held", |finding| finding.severity >= Severity::Hold, &["incorrect", "not_checkable"]);
}

/// Texts that nobody labelled, with the verdict, for reading.
pub(super) fn verdicts(texts: &[LabelledText], reports: &[TextReport]) {
    for (text, report) in texts.iter().zip(reports) {
        let verdict = if is_held(&report.findings) { "hold" } else { "publish" };
        println!("  {verdict:<8} {} {}", text.id, text.text.replace('\n', " "));
        for finding in &report.findings {
            println!("           {}: {}", finding.rule, finding.message);
        }
    }
}

/// Texts that the checks and the people disagree on.
pub(super) fn disagreements(texts: &[LabelledText], reports: &[TextReport]) {
    for (text, report) in texts.iter().zip(reports) {
        if is_held(&report.findings) == text.is_unsupported(&[]) {
            continue;
        }
        let messages: Vec<&str> = report.findings.iter().map(|finding| finding.message.as_str()).collect();
        let label = text.label.as_deref().unwrap_or("-");
        println!("  {} ({label}): {}\n    {}", text.id, messages.join("; "), text.text);
    }
}
