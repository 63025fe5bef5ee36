//! injection: no text may carry out what an instruction in the product's own texts asks for, or reveal the prompt.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation as _;

use super::Subject;
use crate::config::recipes::Shown;
use crate::content::{Finding, Span, sentences};
use crate::injection::{Keywords, Level, find, scrambled};
use crate::product::{Product, markup};
use crate::recipe::leak;

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
    let about = [product.title.as_deref(), product.brand.as_deref()];
    let names = about.into_iter().flatten().chain(product.category.iter().map(String::as_str));
    let names = names.chain(product.attributes.iter().map(|(name, _)| name));
    let names: Vec<String> = names.map(|name| name.replace('_', " ")).collect();
    // A question that has one word of the product is a shopper's; a task needs more to be a care instruction.
    let about_product = |keywords: &Keywords, level: Level| {
        let shared = keywords.shared(names.iter().map(String::as_str));
        if level == Level::Question { shared > 0.0 } else { shared >= 0.5 }
    };
    let mut found = Vec::new();
    let mut search = |place: &str, text: &str| {
        let text = &*markup::plain(text);
        for (range, level) in find(text) {
            let keywords = Keywords::of(text.get(range).unwrap_or_default());
            // Tasks and questions about the product itself are care instructions and questions of shoppers.
            if level == Level::Order || !about_product(&keywords, level) {
                found.push(Suspect { place: place.to_owned(), level, keywords });
            }
        }
    };
    if let Some(title) = &product.title {
        search("title", title);
    }
    let variants = product.variants.iter().flat_map(|variant| variant.attributes.iter());
    let mut texts = Vec::new();
    for (name, value) in product.attributes.iter().chain(variants) {
        value.texts(&mut texts);
        for text in texts.drain(..) {
            search(name, &text);
        }
    }
    if let Some(description) = product.description.as_deref().filter(|_| show.contains(&Shown::Description)) {
        search("description", description);
    }
    if show.contains(&Shown::Reviews) {
        product.reviews.iter().for_each(|review| search("reviews", review));
    }
    found
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
    for (text, _) in &subject.texts {
        for (start, sentence) in sentences(text.text) {
            let Some(suspect) =
                subject.suspects.iter().find(|suspect| suspect.keywords.is_followed_by(sentence))
            else {
                continue;
            };
            let message = format!(
                "the sentence does what an instruction in {} asks for; clean the attribute, and have it written again",
                suspect.place
            );
            let finding = subject.finding("injection.followed", subject.policy.injection, &text.at, message);
            findings.push(Finding {
                span: Some(Span::of(text.text, &(start..start + sentence.len()))),
                evidence: vec![suspect.place.clone()],
                ..finding
            });
        }
    }
    findings.extend(disorder(subject));
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
fn disorder(subject: &Subject<'_>) -> Option<Finding> {
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
    let (at, count) = subject
        .texts
        .iter()
        .map(|(text, _)| (text.at.as_str(), scrambled(text.text, &known)))
        .max_by_key(|(_, count)| *count)?;
    let message = "words of the text are in disorder, and the product's texts hold an instruction; it must be written again";
    (count >= SCRAMBLED_MIN)
        .then(|| subject.finding("injection.scrambled", subject.policy.injection, at, message.to_owned()))
}
