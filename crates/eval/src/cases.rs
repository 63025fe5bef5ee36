//! Small cases that say of a text whether it should pass: how many the checks decide rightly.

use std::collections::BTreeMap;

use serde::Deserialize;
use skuscribe_check::check::CheckPolicy;
use skuscribe_check::content::{Finding, Severity};
use skuscribe_check::product::{Attributes, Locale};
use skuscribe_check::texts;

use crate::before::Figures;
use crate::figures::percent;
use crate::not_checkable::NotCheckable;
use crate::table::table;
use crate::texts::{is_held, product};

/// What is right to do with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    /// Nothing holds it.
    Pass,
    /// Something holds or blocks it.
    Hold,
}

/// A text with its facts and what is right.
#[derive(Debug, Deserialize)]
pub struct Case {
    id: String,
    facts: Attributes,
    #[serde(default)]
    locale: Option<String>,
    text: String,
    want: Wanted,
    #[serde(default)]
    source: String,
}

/// How many cases there are and how many are right.
#[derive(Clone, Copy, Default)]
struct CaseCounts {
    cases: usize,
    right: usize,
}

impl Case {
    /// What `skuscribe check` finds in it.
    fn findings(&self, policy: &CheckPolicy) -> anyhow::Result<Vec<Finding>> {
        let language = self.locale.as_deref().map(texts::language);
        let market = self.locale.as_deref().and_then(market);
        Ok(texts::report(&product(&self.facts)?, &self.text, language, market.as_ref(), policy).findings)
    }

    fn print(&self, findings: &[Finding]) {
        let facts = serde_json::to_string(&self.facts).unwrap_or_default();
        let locale = self.locale.as_deref().unwrap_or("-");
        println!("  {} should {:?} ({}, {locale})", self.id, self.want, self.source);
        println!("    {}\n    {facts}", self.text.escape_debug());
        for finding in findings.iter().filter(|finding| finding.severity >= Severity::Hold) {
            println!("      {}: {}", finding.rule, finding.message);
        }
    }
}

/// The market of a locale that may be written `en_US`.
pub(crate) fn market(locale: &str) -> Option<Locale> {
    locale.replace('_', "-").parse().ok()
}

/// Prints how many cases are right; with `disagreements` each of the others with what was found.
///
/// # Errors
/// Never in practice: the products' key is a constant.
pub fn evaluate(
    policy: &CheckPolicy,
    name: &str,
    cases: &[Case],
    disagreements: bool,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let mut counts: BTreeMap<Wanted, CaseCounts> = BTreeMap::new();
    let mut not_checkable = NotCheckable::default();
    for case in cases {
        let findings = case.findings(policy)?;
        not_checkable.add(case.locale.as_deref(), &findings);
        let right = is_held(&findings) == (case.want == Wanted::Hold);
        let count = counts.entry(case.want).or_default();
        count.cases += 1;
        count.right += usize::from(right);
        if disagreements && !right {
            case.print(&findings);
        }
    }
    figures.of_file(name);
    let mut all = CaseCounts::default();
    let mut rows = Vec::new();
    for (wanted, count) in &counts {
        all.cases += count.cases;
        all.right += count.right;
        rows.push(count.row(&format!("should {wanted:?}").to_lowercase(), figures));
    }
    rows.push(all.row("all", figures));
    println!("{name}: {} cases that say what is right", cases.len());
    print!("{}", table(2, &[0], rows));
    not_checkable.print();
    println!();
    Ok(())
}

impl CaseCounts {
    fn row(self, name: &str, figures: &mut Figures) -> [String; 4] {
        let right = format!("{} of {} right", self.right, self.cases);
        let share = percent(self.right, self.cases);
        let before = figures.take(name, share / 100.0);
        [name.to_owned(), right, format!("{share:.1} %"), before]
    }
}
