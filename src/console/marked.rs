//! A text cut at its statements and findings: each part with what decided it, and the attribute that did.

use std::ops::Range;

use skuscribe_check::check::CheckPolicy;
use skuscribe_check::content::{Finding, Severity};
use skuscribe_check::product::Product;
use skuscribe_check::texts::explain;

/// What decided a part of a text; the graver one comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// An attribute says so.
    Supported,
    /// No rule can look it up.
    NotCheckable,
    /// No attribute says so.
    NotStated,
    /// A rule that is not about facts.
    Finding,
    /// An attribute says otherwise.
    Refuted,
}

impl Mark {
    /// Its class in the page's style.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::NotCheckable => "not-checkable",
            Self::NotStated => "not-stated",
            Self::Finding => "finding",
            Self::Refuted => "refuted",
        }
    }
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// As it is written.
    pub text: String,
    /// What decided it; `None` for what states nothing.
    pub mark: Option<Mark>,
    /// The attributes that decided.
    pub attributes: Vec<String>,
    /// Why, in words.
    pub why: String,
    /// Which of the findings it is, by its place among them.
    pub finding: Option<usize>,
}

struct Marked {
    bytes: Range<usize>,
    mark: Mark,
    attributes: Vec<String>,
    why: String,
    finding: Option<usize>,
}

/// Cuts a text; `findings` are those at its place, each with its place among all.
pub(super) fn parts(
    product: Option<&Product>,
    text: &str,
    language: &str,
    findings: &[(usize, &Finding)],
    policy: &CheckPolicy,
) -> Vec<Part> {
    let mut marked = Vec::new();
    for statement in product.map(|product| explain(product, text, Some(language), policy)).unwrap_or_default()
    {
        let mark = match statement.decision {
            "supported" => Mark::Supported,
            "refuted" => Mark::Refuted,
            "not checkable" => Mark::NotCheckable,
            _ => Mark::NotStated,
        };
        marked.push(Marked {
            bytes: statement.bytes,
            mark,
            attributes: statement.attribute.into_iter().collect(),
            why: if statement.message.is_empty() { statement.slot.to_owned() } else { statement.message },
            finding: None,
        });
    }
    for (place, finding) in findings.iter().filter(|(_, finding)| finding.severity >= Severity::Hold) {
        let Some(span) = finding.span else { continue };
        let byte = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
        let is_refuted = finding.rule == "facts.contradicted";
        let is_unsupported = finding.rule == "facts.unsupported";
        marked.push(Marked {
            bytes: byte(span.start)..byte(span.end),
            mark: if is_refuted {
                Mark::Refuted
            } else if is_unsupported {
                Mark::NotStated
            } else {
                Mark::Finding
            },
            attributes: finding.evidence.clone(),
            why: format!("{}: {}", finding.rule, finding.message),
            finding: Some(*place),
        });
    }
    cut(text, &marked)
}

/// Cuts at every border; each piece is what the gravest mark over it says, a finding before a statement.
fn cut(text: &str, marked: &[Marked]) -> Vec<Part> {
    let mut borders: Vec<usize> =
        marked.iter().flat_map(|marked| [marked.bytes.start, marked.bytes.end]).collect();
    borders.extend([0, text.len()]);
    borders.retain(|border| text.is_char_boundary(*border));
    borders.sort_unstable();
    borders.dedup();
    let mut parts: Vec<Part> = Vec::new();
    for (start, end) in borders.iter().zip(borders.iter().skip(1)) {
        let over = marked.iter().filter(|marked| marked.bytes.start <= *start && *end <= marked.bytes.end);
        let gravest = over.max_by_key(|marked| (marked.finding.is_some(), marked.mark));
        let piece = text.get(*start..*end).unwrap_or_default().to_owned();
        let part = match gravest {
            Some(gravest) => Part {
                text: piece,
                mark: Some(gravest.mark),
                attributes: gravest.attributes.clone(),
                why: gravest.why.clone(),
                finding: gravest.finding,
            },
            None => {
                Part { text: piece, mark: None, attributes: Vec::new(), why: String::new(), finding: None }
            }
        };
        // One statement stays one part where another only touched it.
        match parts.last_mut() {
            Some(last)
                if last.mark == part.mark && last.why == part.why && last.attributes == part.attributes =>
            {
                last.text.push_str(&part.text);
            }
            _ => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use skuscribe_check::content::Span;

    #[test]
    fn a_text_is_cut_at_its_statements_and_comes_back_whole_with_each_marked_by_what_decided_it() {
        let policy = Config::defaults().unwrap().policy().unwrap();
        let product: Product = serde_json::from_value(json!({
            "sku": "A", "title": "Mug", "attributes": { "material": "clay", "volume": "300 ml" }
        }))
        .unwrap();
        let text = "A clay mug – for you 💛. It holds 500 ml.";
        let finding = Finding {
            rule: "claims.example".to_owned(),
            kind: None,
            severity: Severity::Hold,
            recipe: "seo".to_owned(),
            at: String::new(),
            span: Some(Span { start: 13, end: 20 }),
            message: "no".to_owned(),
            evidence: Vec::new(),
        };
        let parts = parts(Some(&product), text, "en", &[(3, &finding)], &policy);
        assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), text);
        let of = |mark: Mark| parts.iter().filter(move |part| part.mark == Some(mark));
        assert!(of(Mark::Supported).any(|part| part.attributes == ["material"]));
        assert!(of(Mark::Refuted).any(|part| part.text.contains("500") && part.attributes == ["volume"]));
        assert!(of(Mark::Finding).all(|part| part.finding == Some(3) && part.text == "for you"));
    }

    #[test]
    fn odd_spans_lose_nothing() {
        let policy = Config::defaults().unwrap().policy().unwrap();
        for (start, end) in [(0, 0), (5, 2), (900, 1_000), (0, 1_000)] {
            let finding = Finding {
                rule: "form.x".to_owned(),
                kind: None,
                severity: Severity::Block,
                recipe: String::new(),
                at: String::new(),
                span: Some(Span { start, end }),
                message: String::new(),
                evidence: Vec::new(),
            };
            let text = "größer 大きい";
            let parts = parts(None, text, "de", &[(0, &finding)], &policy);
            assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), text);
        }
    }
}
