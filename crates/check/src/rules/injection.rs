//! injection: no text may carry out what an instruction in the product's own texts asks for, or reveal the prompt.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation as _;

use super::Subject;
use crate::config::recipes::Shown;
use crate::content::{Finding, Span, sentences};
use crate::injection::{Keywords, Level, Removed, Screen, scrambled};
use crate::product::Product;
use crate::recipe::leak;

/// The rule that finds what an instruction asked for.
pub(crate) const FOLLOWED: &str = "injection.followed";

/// An instruction in the product's own texts.
#[derive(Debug)]
pub(crate) struct Suspect {
    /// The attribute, or `description` or `reviews`.
    place: String,
    level: Level,
    keywords: Keywords,
}

/// So many words in disorder are no slip.
const SCRAMBLED_MIN: usize = 2;

/// The instructions in a product's texts, in those that are shown to the model.
pub(crate) fn suspects(product: &Product, show: &[Shown]) -> Vec<Suspect> {
    let (description, reviews) = (show.contains(&Shown::Description), show.contains(&Shown::Reviews));
    let removed = Screen::new(product).removed(description, reviews);
    let suspect = |removed: Removed| Suspect {
        keywords: Keywords::of(&removed.text),
        place: removed.place,
        level: removed.level,
    };
    removed.into_iter().map(suspect).collect()
}

/// One finding for each sentence that carries out an instruction, for texts with words in disorder, for each text that
/// reveals the prompt, and for each attribute in which something spoke to the model.
pub(crate) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (text, _) in &subject.texts {
        if let Some(place) = leak(text.text) {
            let message = "the text reveals the prompt; it must be written again".to_owned();
            let finding = subject.finding("injection.leak", subject.policy.injection, &text.at, message);
            findings.push(Finding { span: Some(Span::of(text.text, &place)), ..finding });
        }
    }
    if subject.suspects.is_empty() {
        return findings;
    }
    let own = own_words(subject);
    let keywords: Vec<(&str, Keywords)> = subject
        .suspects
        .iter()
        .map(|suspect| (suspect.place.as_str(), suspect.keywords.clone().beside(&own)))
        .collect();
    for (text, _) in &subject.texts {
        for (start, sentence) in sentences(text.text) {
            let named =
                keywords.iter().find_map(|(place, keywords)| Some((*place, keywords.name_in(sentence)?)));
            let followed = keywords.iter().find(|(_, keywords)| keywords.is_followed_by(sentence));
            let (place, message) = match (followed, named) {
                (Some((place, _)), _) => (
                    *place,
                    format!(
                        "the sentence does what an instruction in {place} asks for; clean the attribute, and have it written again"
                    ),
                ),
                (None, Some((place, name))) => (
                    place,
                    format!(
                        "{name} is named nowhere but in an instruction in {place}; clean the attribute, and have it written again"
                    ),
                ),
                (None, None) => continue,
            };
            let finding = subject.finding(FOLLOWED, subject.policy.injection, &text.at, message);
            findings.push(Finding {
                span: Some(Span::of(text.text, &(start..start + sentence.len()))),
                evidence: vec![place.to_owned()],
                ..finding
            });
        }
    }
    findings.extend(disorder(subject, &own));
    let mut places: Vec<&str> = Vec::new();
    for suspect in subject.suspects.iter().filter(|suspect| suspect.level == Level::Order) {
        if places.contains(&suspect.place.as_str()) {
            continue;
        }
        places.push(&suspect.place);
        let message = format!(
            "{} holds a sentence that speaks to the model; it was left out of the prompt",
            suspect.place
        );
        let finding = subject.finding("injection.removed", subject.policy.injection_removed, "", message);
        findings.push(Finding { evidence: vec![suspect.place.clone()], ..finding });
    }
    findings
}

/// What an instruction to scramble or to replace letters leaves of the product's own words.
fn disorder(subject: &Subject<'_>, known: &HashSet<String>) -> Option<Finding> {
    let (at, count) = subject
        .texts
        .iter()
        .map(|(text, _)| (text.at.as_str(), scrambled(text.text, known)))
        .max_by_key(|(_, count)| *count)?;
    let message = "words of the text are in disorder, and the product's texts hold an instruction; it must be written again";
    (count >= SCRAMBLED_MIN)
        .then(|| subject.finding("injection.scrambled", subject.policy.injection, at, message.to_owned()))
}

/// The words of the facts, as they stand and without the signs around them.
fn own_words(subject: &Subject<'_>) -> HashSet<String> {
    let mut known: HashSet<String> = HashSet::new();
    for (name, value) in subject.facts.iter() {
        let stated = value.to_string();
        known.extend(name.split(['_', ' ']).chain(stated.unicode_words()).map(str::to_lowercase));
        known.extend(
            stated
                .split_whitespace()
                .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()),
        );
    }
    known
}
