//! duplicate: texts that are nearly another product's, over the catalog as it passed by.

use std::collections::BTreeMap;

use super::{Checked, Policy, Verdict};
use crate::content::{Finding, Severity, texts};
use crate::product::Product;
use crate::similar::{Catalog, Signature};

/// The verdict with one finding for each draft that is nearly the text of another product.
#[must_use]
pub fn compared(verdict: Verdict, catalog: &Catalog, policy: &Policy) -> Verdict {
    let (held, mut checked) = match verdict {
        Verdict::Publish(checked) => (false, checked),
        Verdict::Hold(checked) => (true, checked),
    };
    let signatures = signatures(&checked);
    let task = checked.due.task();
    let Product { sku, .. } = &*task.product;
    let mut found = Vec::new();
    for (recipe, signature) in &signatures {
        let nearest = catalog.nearest((&task.locale, recipe, sku), signature, policy.config.duplicate_min);
        let Some((other, likeness)) = nearest else { continue };
        found.push(Finding {
            rule: "duplicate.near".to_owned(),
            kind: None,
            severity: policy.config.duplicate,
            recipe: recipe.clone(),
            at: String::new(),
            span: None,
            message: format!("{:.0} % of its word triples are those of {other}'s text", likeness * 100.0),
            evidence: Vec::new(),
        });
    }
    let holds = found.iter().any(|own| own.severity >= Severity::Hold);
    // A verdict that lost a race is compared again.
    checked.findings.retain(|own| own.rule != "duplicate.near");
    checked.findings.extend(found);
    checked.signatures = signatures;
    if held || holds { Verdict::Hold(checked) } else { Verdict::Publish(checked) }
}

fn signatures(checked: &Checked) -> BTreeMap<String, Signature> {
    let of = |draft: &crate::content::Draft| {
        let texts = texts(&draft.content);
        Signature::of(texts.iter().map(|text| text.text)).map(|signature| (draft.recipe.clone(), signature))
    };
    checked.drafts().iter().filter_map(of).collect()
}
