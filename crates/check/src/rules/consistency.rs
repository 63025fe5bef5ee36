//! consistency: one fact, one value, over all texts of a page. What is published beside the drafts and is not written with
//! them (locked, or not asked for) must agree with the same facts.

use super::Page;
use crate::content::{Finding, Span, texts};
use crate::facts::{FactSheet, Statement, read};

/// One finding for each recipe whose published text the facts contradict by now.
pub(super) fn check(page: &Page<'_>, _: &[Finding]) -> Vec<Finding> {
    let (Some(document), Some(first)) = (page.input.page, page.input.recipes.first()) else {
        return Vec::new();
    };
    let written = |name: &str| page.input.recipes.iter().any(|written| written.recipe.name == name);
    let mut beside = document.content.iter().filter(|(recipe, _)| !written(recipe)).peekable();
    if beside.peek().is_none() {
        return Vec::new();
    }
    let sheet = FactSheet::of(first.facts);
    let language = page.input.locale.language();
    let overtaken = |(recipe, content)| {
        texts(content).into_iter().find_map(|text| {
            let reading = read(sheet, text.text, Some(language));
            let statement = reading.statements.into_iter().find(Statement::is_refuted)?;
            let attribute = statement.attribute().map(|attribute| sheet.name(attribute).to_owned());
            Some(Finding {
                rule: "consistency.overtaken".to_owned(),
                kind: Some(statement.kind.to_string()),
                severity: page.policy.config.consistency,
                recipe: String::clone(recipe),
                span: Some(Span::of(text.text, &(statement.start..statement.end))),
                message: format!("the published text is overtaken by the facts: {}", statement.message),
                at: text.at,
                evidence: attribute.into_iter().collect(),
            })
        })
    };
    beside.filter_map(overtaken).collect()
}
