//! What `eval` prints of texts: figures by rule and kind, spans, verdicts, disagreements.

use std::collections::BTreeMap;

use super::{Labelled, LabelledSpan, is_held};
use crate::cli::terminal::Columns;
use skuscribe_check::content::{Finding, Severity, Span};
use skuscribe_check::texts::TextReport;

/// For each rule and kind of statement: how often it was found, and how many of its texts and places people marked too.
pub(super) fn by_kind(texts: &[Labelled], reports: &[TextReport], has_spans: bool) {
    #[derive(Default)]
    struct Count {
        texts: usize,
        wanting: usize,
        findings: usize,
        marked: usize,
    }
    let mut counts: BTreeMap<(String, String), Count> = BTreeMap::new();
    for (own, report) in texts.iter().zip(reports) {
        let mut seen: Vec<(String, String)> = Vec::new();
        for finding in &report.findings {
            let key = (finding.rule.clone(), finding.kind.clone().unwrap_or_default());
            let count = counts.entry(key.clone()).or_default();
            count.findings += 1;
            let touches = |span: &LabelledSpan| finding.span.is_some_and(|place| meets(place, span));
            count.marked += usize::from(own.spans.iter().any(touches));
            if !seen.contains(&key) {
                count.texts += 1;
                count.wanting += usize::from(own.label.as_deref() == Some("unsupported"));
                seen.push(key);
            }
        }
    }
    println!(
        "  by rule and kind: texts (how many of them people found wanting), findings{}",
        if has_spans { " (on a marked span)" } else { "" }
    );
    let mut columns = Columns::new(4, &[1, 2, 3, 4]);
    for ((rule, kind), count) in counts {
        let share =
            |part: usize, whole: usize| format!("({:.0} %)", part as f64 / whole.max(1) as f64 * 100.0);
        let mut row = vec![
            format!("{rule} {kind}"),
            count.texts.to_string(),
            share(count.wanting, count.texts),
            count.findings.to_string(),
        ];
        if has_spans {
            row.push(share(count.marked, count.findings));
        }
        columns.row(row);
    }
    print!("{columns}");
}

fn meets(place: Span, span: &LabelledSpan) -> bool {
    place.start < span.end && span.start < place.end
}

/// How many findings touch a span that people marked, and how many of those spans a finding touches.
pub(super) fn spans(texts: &[Labelled], reports: &[TextReport]) {
    let line = |name: &str, of: fn(&Finding) -> bool, kinds: &[&str]| {
        let (mut found, mut right, mut marked, mut touched) = (0, 0, 0, 0);
        for (own, report) in texts.iter().zip(reports) {
            let places: Vec<Span> =
                report.findings.iter().filter(|own| of(own)).filter_map(|finding| finding.span).collect();
            found += places.len();
            right += places.iter().filter(|place| own.spans.iter().any(|span| meets(**place, span))).count();
            let of_kinds = || own.spans.iter().filter(|span| kinds.contains(&span.kind.as_str()));
            marked += of_kinds().count();
            touched += of_kinds().filter(|span| places.iter().any(|place| meets(*place, span))).count();
        }
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64 * 100.0;
        println!(
            "  spans, {name}: {right} of {found} findings touch a marked span ({:.0} %); {touched} of {marked} spans are touched ({:.0} %)",
            share(right, found),
            share(touched, marked)
        );
    };
    line("contradicted", |own| own.rule == "facts.contradicted", &["incorrect"]);
    line("held", |own| own.severity >= Severity::Hold, &["incorrect", "not_checkable"]);
}

/// Texts that nobody labelled, with the verdict, for reading.
pub(super) fn verdicts(texts: &[Labelled], reports: &[TextReport]) {
    for (own, report) in texts.iter().zip(reports) {
        let verdict = if is_held(&report.findings) { "hold" } else { "publish" };
        println!("  {verdict:<8} {} {}", own.id, own.text.replace('\n', " "));
        for finding in &report.findings {
            println!("           {}: {}", finding.rule, finding.message);
        }
    }
}

pub(super) fn disagreements(texts: &[Labelled], reports: &[TextReport]) {
    for (own, report) in texts.iter().zip(reports) {
        let wanting = own.label.as_deref() == Some("unsupported");
        if is_held(&report.findings) != wanting {
            let found: Vec<&str> = report.findings.iter().map(|finding| finding.message.as_str()).collect();
            println!(
                "  {} ({}): {}\n    {}",
                own.id,
                own.label.as_deref().unwrap_or("-"),
                found.join("; "),
                own.text
            );
        }
    }
}
