//! quality: what is true can still be poor copy. A score from what can be counted, with its parts.
//!
//! A part is a function from the copy to a [`Part`], listed in [`measure`]; one that does not apply to a text is left out of
//! the mean.

mod copy;
mod data;
mod parts;
mod room;
mod style;
#[cfg(test)]
mod tests;

use super::Subject;
use crate::config::check::CheckConfig;
use crate::content::{Finding, Quality, QualityPart, Span};
use crate::facts::{FactSheet, Reading};
use crate::product::Facts;
use copy::{Copy, Sentence};
use parts::Part;

/// The quality of a draft's copy, with a finding where it is below what its recipe asks for, and one for each sentence that says
/// nothing where most of them do. Answers to shoppers have no quality: they are one sentence.
pub(crate) fn check(subject: &Subject<'_>) -> (Option<Quality>, Vec<Finding>) {
    if subject.recipe.interactive {
        return (None, Vec::new());
    }
    let copy = Copy::of_draft(subject);
    let parts = measure(&copy);
    let Some(quality) = quality(&parts, subject.policy) else { return (None, Vec::new()) };
    let mut findings = Vec::new();
    if let Some(least) = subject.recipe.quality_min.filter(|least| quality.score < *least) {
        let poor = parts.iter().filter(|(_, part)| part.value < least && !part.remedy.is_empty());
        let remedies: Vec<&str> = poor.map(|(_, part)| part.remedy.as_str()).collect();
        let message = format!(
            "the copy scores {:.2}, and {least:.2} is asked for: {}",
            quality.score,
            remedies.join("; ")
        );
        findings.push(subject.finding("quality.low", subject.policy.quality, "", message));
    }
    let nothing = says_nothing(&copy);
    findings.extend(nothing.into_iter().map(|sentence| {
        let message = "the sentence says nothing of the product, as most of this text does".to_owned();
        let finding = subject.finding(
            "quality.says_nothing",
            subject.policy.quality_says_nothing,
            sentence.at,
            message,
        );
        let text =
            subject.texts.iter().find(|(text, _)| text.at == sentence.at).map_or("", |(text, _)| text.text);
        Finding {
            span: Some(Span::of(text, &(sentence.start..sentence.start + sentence.text.len()))),
            ..finding
        }
    }));
    (Some(quality), findings)
}

/// The quality of a lone text.
pub(crate) fn of_text(
    facts: (&Facts, &FactSheet),
    text: &str,
    reading: &Reading,
    language: &str,
    policy: &CheckConfig,
) -> Option<Quality> {
    let copy = Copy::of_text(facts, text, reading, language, policy.quality_attributes);
    quality(&measure(&copy), policy)
}

/// Every part that applies to the copy.
fn measure(copy: &Copy<'_>) -> Vec<(QualityPart, Part)> {
    let all = [
        (QualityPart::Coverage, parts::coverage(copy)),
        (QualityPart::Density, parts::density(copy)),
        (QualityPart::Variety, style::variety(copy)),
        (QualityPart::Rhythm, style::rhythm(copy)),
        (QualityPart::Front, parts::front(copy)),
    ];
    all.into_iter().filter_map(|(name, part)| Some((name, part?))).collect()
}

/// The weighted mean of parts; `None` where none counts.
fn quality(parts: &[(QualityPart, Part)], policy: &CheckConfig) -> Option<Quality> {
    let weight = |name: QualityPart| policy.quality_weights.get(name.as_str()).copied().unwrap_or_default();
    let whole: f64 = parts.iter().map(|(name, _)| weight(*name)).sum();
    let sum: f64 = parts.iter().map(|(name, part)| weight(*name) * part.value).sum();
    let parts = parts.iter().map(|(name, part)| (name.as_str().to_owned(), rounded(part.value))).collect();
    (whole > 0.0).then(|| Quality { score: rounded(sum / whole), parts })
}

/// Three digits: documents are read by people as well.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The sentences that rest on nothing and state nothing, where they are more than half of all.
fn says_nothing<'c>(copy: &'c Copy<'_>) -> Vec<&'c Sentence<'c>> {
    if copy.worth.is_empty() {
        return Vec::new();
    }
    let empty: Vec<&Sentence<'_>> =
        parts::counted(copy).filter(|sentence| !sentence.rests && !sentence.states).collect();
    if empty.len() * 2 > copy.sentences.len() { empty } else { Vec::new() }
}
