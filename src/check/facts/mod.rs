//! facts: every number, quantity and code of a text must rest on an attribute, and so must features and terms.

mod features;
mod index;
mod number;
mod terms;
mod told;
mod words;

pub(crate) use index::FactIndex;

use super::Subject;
use crate::config::check::CheckConfig;
use crate::content::{Finding, Span, texts};
use features::{Kind, Wrong};
use index::Rest;
use number::mentions;
use words::clauses;

/// A statement of a text that the facts do not bear.
#[derive(Clone, Debug, PartialEq)]
struct Unborne {
    /// Where it stands, in bytes.
    start: usize,
    /// Where it ends.
    end: usize,
    /// Whether an attribute says otherwise, or merely none says so.
    contradicted: bool,
    /// For a person.
    message: String,
    /// The attribute that it was held against.
    attribute: Option<String>,
}

/// Every statement of a text that the facts do not bear, in the order of the text.
fn unborne(index: &FactIndex, text: &str) -> Vec<Unborne> {
    let mut found = Vec::new();
    for mention in mentions(text) {
        let written = text.get(mention.start..mention.end).unwrap_or_default();
        let (message, attribute) = match index.rest(&mention) {
            Rest::On(_) => continue,
            Rest::Contradicted { nearest } => {
                let name = index.name(nearest);
                let message =
                    format!("no attribute states \"{written}\"; the nearest is {name}: {}", nearest.shown);
                (message, Some(name.to_owned()))
            }
            Rest::Nothing => (format!("no attribute states \"{written}\""), None),
        };
        let contradicted = attribute.is_some();
        found.push(Unborne { start: mention.start, end: mention.end, contradicted, message, attribute });
    }
    let clauses = clauses(text);
    for Wrong { start, end, kind } in index.features.wrong(text, &clauses) {
        let written = text.get(start..end).unwrap_or_default();
        let (message, attribute) = match kind {
            Kind::Denied { attribute, shown } => {
                (format!("the text claims \"{written}\", which {attribute} denies: {shown}"), Some(attribute))
            }
            Kind::Affirmed { attribute, shown } => (
                format!("the text denies \"{written}\", which {attribute} affirms: {shown}"),
                Some(attribute),
            ),
            Kind::Unknown => (format!("no attribute states \"{written}\""), None),
        };
        // A number inside of a feature ("3.5mm jack") is one statement with it.
        if let Some(attribute) = attribute {
            found.retain(|own: &Unborne| own.end <= start || own.start >= end);
            let attribute = Some(attribute.to_owned());
            found.push(Unborne { start, end, contradicted: true, message, attribute });
        } else if found.iter().all(|own| own.end <= start || own.start >= end) {
            found.push(Unborne { start, end, contradicted: false, message, attribute: None });
        }
    }
    for own in index.terms.unstated(text, &clauses) {
        let written = text.get(own.start..own.end).unwrap_or_default();
        if found.iter().any(|other| other.start < own.end && own.start < other.end) {
            continue;
        }
        let (message, attribute) = match own.instead {
            Some((name, term)) => {
                let message =
                    format!("no attribute states the {} \"{written}\"; {name} states {term}", own.class);
                (message, Some(name.to_owned()))
            }
            None => (format!("no attribute states the {} \"{written}\"", own.class), None),
        };
        let contradicted = attribute.is_some();
        found.push(Unborne { start: own.start, end: own.end, contradicted, message, attribute });
    }
    found.sort_by_key(|own| own.start);
    found
}

/// One finding for each statement of a text that rests on no attribute.
pub(crate) fn findings(index: &FactIndex, text: &str, policy: &CheckConfig) -> Vec<Finding> {
    let finding = |own: Unborne| {
        let (rule, severity) = if own.contradicted {
            ("facts.contradicted", policy.facts_contradicted)
        } else {
            ("facts.unsupported", policy.facts_unsupported)
        };
        Finding {
            rule: rule.to_owned(),
            severity,
            recipe: String::new(),
            at: String::new(),
            span: Some(span(text, own.start, own.end)),
            message: own.message,
            evidence: own.attribute.into_iter().collect(),
        }
    };
    unborne(index, text).into_iter().map(finding).collect()
}

/// The same for every text of a draft.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    for text in texts(&subject.draft.content) {
        let (recipe, at) = (&subject.recipe.name, &text.at);
        let of_text = findings(subject.index, text.text, subject.policy);
        all.extend(of_text.into_iter().map(|own| Finding { recipe: recipe.clone(), at: at.clone(), ..own }));
    }
    all
}

fn span(text: &str, start: usize, end: usize) -> Span {
    let characters = |end: usize| text.get(..end).map_or(0, |before| before.chars().count());
    Span { start: characters(start), end: characters(end) }
}
