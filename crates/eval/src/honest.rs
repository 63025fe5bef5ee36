//! Honest products with clean copy: none may be held, and no fact of theirs may be kept from the writer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use skuscribe_check::content::{Finding, Severity, sentences};
use skuscribe_check::product::{Locale, Product};

use crate::before::Figures;
use crate::checks::Checks;
use crate::figures::percent;
use crate::table::table;

/// A product with copy that nothing is wrong with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HonestProduct {
    product: Product,
    locale: Locale,
    text: String,
}

impl HonestProduct {
    /// What the checks find in its page: its copy, and its first attribute as a bullet.
    fn findings(&self, checks: &Checks) -> anyhow::Result<Vec<Finding>> {
        let names: Vec<&str> = self.product.attributes.iter().map(|(name, _)| name).collect();
        let said = |text: &str| json!({ "text": text, "evidence": names });
        let body: Vec<Value> = sentences(&self.text).map(|(_, sentence)| said(sentence)).collect();
        let bullet =
            self.product.attributes.iter().next().map(|(name, value)| said(&format!("{name}: {value}")));
        let content = json!({ "title": self.product.title, "body": body, "bullets": [bullet] });
        let checked =
            checks.check_page(&self.product, &self.locale, &BTreeMap::from([("description", content)]))?;
        Ok(checked.findings().to_vec())
    }
}

/// Prints how many products are held, how many beyond approval, and of how many the writer is not shown all.
///
/// # Errors
/// When there is no recipe for descriptions.
pub fn evaluate(
    checks: &Checks,
    name: &str,
    products: &[HonestProduct],
    disagreements: bool,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let (mut held, mut blocked, mut kept_back) = (0, 0, 0);
    for honest in products {
        let findings = honest.findings(checks)?;
        let has = |is: &dyn Fn(&Finding) -> bool| usize::from(findings.iter().any(is));
        held += has(&|finding| finding.severity >= Severity::Hold);
        blocked += has(&|finding| finding.severity == Severity::Block);
        kept_back += has(&is_kept_back);
        if disagreements {
            for finding in
                findings.iter().filter(|finding| finding.severity >= Severity::Hold || is_kept_back(finding))
            {
                println!(
                    "  {}, {}: {}\n    {}",
                    honest.product.sku, finding.rule, finding.message, honest.text
                );
            }
        }
    }
    println!("{name}: {} honest products with clean copy", products.len());
    figures.of_file(name);
    let mut row = |name: &str, count: usize| {
        let share = percent(count, products.len());
        [name.to_owned(), count.to_string(), format!("{share:.1} %"), figures.take(name, share / 100.0)]
    };
    let rows = [
        row("held", held),
        row("blocked beyond approval", blocked),
        row("facts kept from the writer", kept_back),
    ];
    println!("{}", table(2, &[0, 3], rows));
    Ok(())
}

/// Whether a finding is about product data that was kept from the writer.
fn is_kept_back(finding: &Finding) -> bool {
    finding.rule == "injection.removed"
}
