//! consistency: one fact, one value, over all texts of a page. New texts rest on the facts as they are now; what is published
//! beside them and is not written with them (locked, or not asked for) is held against the same facts.

use std::sync::Arc;

use super::facts::{FactIndex, read};
use super::{Checked, Policy, Verdict};
use crate::content::{Document, Finding, Severity, Span, texts};

/// The verdict with one finding for each recipe whose published text the facts contradict by now.
#[must_use]
pub fn consistent(verdict: Verdict, current: Option<&Document>, policy: &Policy) -> Verdict {
    let Some(document) = current else { return verdict };
    let checked = verdict.checked();
    let written = |recipe: &str| checked.due.recipes().iter().any(|due| due.recipe().name == recipe);
    let mut beside = document.content.iter().filter(|(recipe, _)| !written(recipe)).peekable();
    if beside.peek().is_none() {
        return verdict;
    }
    let Some(facts) = checked.due.recipes().first().map(|due| Arc::clone(&due.facts)) else { return verdict };
    let index = FactIndex::new(&facts);
    let language = checked.due.task().locale.language();
    let mut found = Vec::new();
    for (recipe, content) in beside {
        let contradiction = texts(content).into_iter().find_map(|text| {
            let reading = read(&index, text.text, Some(language));
            let own = reading.unborne.into_iter().find(|own| own.contradicted)?;
            let evidence =
                own.attribute.map(|attribute| index.name(attribute).to_owned()).into_iter().collect();
            Some(Finding {
                rule: "consistency.overtaken".to_owned(),
                kind: Some(own.kind.to_owned()),
                severity: policy.config.consistency,
                recipe: recipe.clone(),
                span: Some(Span::of(text.text, &(own.start..own.end))),
                message: format!("the published text is overtaken by the facts: {}", own.message),
                at: text.at,
                evidence,
            })
        });
        found.extend(contradiction);
    }
    if found.is_empty() {
        return verdict;
    }
    let holds = found.iter().any(|own| own.severity >= Severity::Hold);
    let (held, checked) = match verdict {
        Verdict::Publish(checked) => (false, checked),
        Verdict::Hold(checked) => (true, checked),
    };
    let mut findings = checked.findings;
    // A verdict that lost a race is held against the page again.
    findings.retain(|own| own.rule != "consistency.overtaken");
    findings.extend(found);
    let checked = Checked { findings, ..checked };
    if held || holds { Verdict::Hold(checked) } else { Verdict::Publish(checked) }
}
