//! form: texts are plain sentences, whole and said once: no marks of Markdown and HTML, no placeholders, labels, unseen
//! characters or emoji that the facts do not hold.

mod broken;
mod characters;
mod data;
mod held;
mod repeated;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;

use super::Subject;
use crate::config::check::CheckConfig;
use crate::content::{Finding, FormKind, Span};
use crate::product::Facts;
use data::FORM;
use held::Held;

/// Most findings of one kind in a text: enough to write it again.
const OF_KIND_MAX: usize = 3;

/// So many places that the facts hold are no quotation any more.
const HELD_MAX: usize = 1000;

/// A text that the rule looks at.
#[derive(Clone, Copy)]
struct FormText<'a> {
    text: &'a str,
    language: &'a str,
    /// What it is by its place.
    place: data::Place,
    held: &'a Held<'a>,
}

/// What a text has that no copy may have.
struct Fault {
    kind: FormKind,
    place: Range<usize>,
    what: String,
}

/// Whether a text is sentences, by its place in a draft or by its end.
pub(super) fn is_prose(at: &str, text: &str) -> bool {
    let place = FORM.place(at);
    !place.free && (place.prose || (!place.line && is_marked(text)))
}

/// Whether a text ends as sentences do.
pub(super) fn is_marked(text: &str) -> bool {
    broken::ends_with_mark(text)
}

/// What is wrong with the form of every text of a draft.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let held = Held::of(subject.facts);
    let mut found = Vec::new();
    // Sentences that lists of a draft have said already.
    let mut said: HashSet<(String, String)> = HashSet::new();
    for (text, _) in &subject.texts {
        let read = FormText {
            text: text.text,
            language: subject.locale.language(),
            place: FORM.place(&text.at),
            held: &held,
        };
        let mut faults = faults(read);
        if !subject.is_untrue(&text.at) {
            faults.extend(repeated::in_list(read, &text.at, &mut said));
        }
        let of_draft =
            |finding| Finding { recipe: subject.recipe.name.clone(), at: text.at.clone(), ..finding };
        found.extend(findings_of(text.text, faults, subject.policy).map(of_draft));
    }
    found
}

/// What is wrong with the form of a text of a language, without a recipe.
pub(crate) fn findings(facts: &Facts, text: &str, language: &str, policy: &CheckConfig) -> Vec<Finding> {
    let held = Held::of(facts);
    let read = FormText { text, language, place: FORM.place(""), held: &held };
    findings_of(text, faults(read), policy).collect()
}

fn findings_of<'a>(
    text: &'a str,
    faults: Vec<Fault>,
    policy: &'a CheckConfig,
) -> impl Iterator<Item = Finding> + 'a {
    faults.into_iter().map(move |fault| {
        let shown: String = text.get(fault.place.clone()).unwrap_or_default().chars().take(40).collect();
        let message = format!("{}: {shown:?}; {}", fault.what, fault.kind.remedy());
        let (rule, severity) = (format!("form.{}", fault.kind.as_str()), policy.form(fault.kind));
        Finding {
            kind: Some(fault.kind.as_str().to_owned()),
            span: Some(Span::of(text, &fault.place)),
            ..super::finding(&rule, severity, "", &message)
        }
    })
}

fn faults(read: FormText<'_>) -> Vec<Fault> {
    let mut found = Faults::default();
    let characters = data::Characters::of(read.text);
    for pattern in &FORM.patterns {
        let Some(regex) = pattern.concerning(&characters, read.language) else { continue };
        let kind = pattern.rule;
        for (count, captures) in regex.captures_iter(read.text).enumerate() {
            if found.is_full(kind) {
                break;
            }
            // The named part, where there is one, is what is wrong; around it is what tells it.
            let part = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0));
            let Some(place) = part.map(|part| part.range()) else { continue };
            if count > HELD_MAX || !read.held.holds(read.text, &place, kind) {
                found.add(kind, place, pattern.what.clone());
            }
        }
    }
    characters::faults(read, &mut found);
    repeated::faults(read, &mut found);
    broken::faults(read, &mut found);
    found.all
}

/// Faults, a few of each kind.
#[derive(Default)]
struct Faults {
    all: Vec<Fault>,
}

impl Faults {
    fn is_full(&self, kind: FormKind) -> bool {
        self.all.iter().filter(|fault| fault.kind == kind).count() >= OF_KIND_MAX
    }

    fn add(&mut self, kind: FormKind, place: Range<usize>, what: impl Into<String>) {
        let known = |fault: &Fault| fault.kind == kind && fault.place.start == place.start;
        if !self.is_full(kind) && !self.all.iter().any(known) {
            self.all.push(Fault { kind, place, what: what.into() });
        }
    }
}
