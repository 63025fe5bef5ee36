//! Mutants: true copy with one statement made false; what share of them the checks catch.

mod operators;
mod true_copy;

use std::collections::BTreeMap;

use skuscribe_check::check::CheckPolicy;
use skuscribe_check::content::Severity;
use skuscribe_check::product::{Facts, Product};

use crate::figures::percent;
use crate::table::table;
use crate::texts::{is_held, report};
use operators::mutants;
pub use true_copy::true_copy;

/// The mutants of one operator.
#[derive(Clone, Copy, Default)]
struct MutantCounts {
    mutants: usize,
    caught: usize,
}

/// Prints what share of the mutants of true copy is held, by operator, and how much of the copy itself.
///
/// # Errors
/// When the facts of a product cannot be written as JSON.
pub fn evaluate(
    policy: &CheckPolicy,
    name: &str,
    copy: &[(Product, String)],
    disagreements: bool,
) -> anyhow::Result<()> {
    let passed: Vec<&(Product, String)> =
        copy.iter().filter(|(product, text)| passes(policy, product, text, disagreements)).collect();
    let mut left_out = BTreeMap::new();
    let mut counts: BTreeMap<&str, MutantCounts> = BTreeMap::new();
    // A text that is held unmutated shows nothing by being held.
    for (product, text) in &passed {
        let facts = serde_json::to_string(&Facts::select(product, |_| true))?;
        for mutant in mutants(text, &facts, &mut left_out) {
            let caught = is_held(&report(policy, product, &mutant.text, None).findings);
            let count = counts.entry(mutant.operator).or_default();
            count.mutants += 1;
            count.caught += usize::from(caught);
            if disagreements && !caught {
                println!("  not caught, {}: {}", mutant.operator, mutant.text);
            }
        }
    }
    let held = copy.len() - passed.len();
    println!(
        "{name}: {} texts of true copy, {held} held unmutated ({:.1} %)",
        copy.len(),
        percent(held, copy.len())
    );
    print(&counts, &left_out);
    Ok(())
}

/// Whether true copy is published as it is.
fn passes(policy: &CheckPolicy, product: &Product, text: &str, disagreements: bool) -> bool {
    let findings = report(policy, product, text, None).findings;
    let held = is_held(&findings);
    if held && disagreements {
        let holding = findings.iter().filter(|finding| finding.severity >= Severity::Hold);
        let messages: Vec<&str> = holding.map(|finding| finding.message.as_str()).collect();
        println!("  held unmutated: {}\n    {text}", messages.join("; "));
    }
    !held
}

fn print(counts: &BTreeMap<&str, MutantCounts>, left_out: &BTreeMap<&str, usize>) {
    let row = |name: &str, count: MutantCounts| {
        let share = format!("{:.1} % caught", percent(count.caught, count.mutants));
        vec![name.to_owned(), format!("{} mutants", count.mutants), share]
    };
    let mut all = MutantCounts::default();
    let mut rows = Vec::new();
    for (operator, count) in counts {
        all.mutants += count.mutants;
        all.caught += count.caught;
        let left_out = left_out.get(operator).copied().unwrap_or(0);
        let mut columns = row(operator, *count);
        columns.push(format!("{left_out} left out, for the facts may support them"));
        rows.push(columns);
    }
    rows.push(row("all", all));
    println!("{}", table(2, &[0, 3], rows));
}
