//! Several products side by side: which are what is asked for, which has the most or least of it, how they differ. Pure.

mod candidate;
mod columns;
mod extreme;
mod verdict;

use super::relevance::Question;
use super::texts::LanguageTexts;
use super::wire::{ComparisonRow, ComparisonTable};
use super::wording::label;
pub(super) use candidate::Candidate;

/// Most products that a sentence names; the table has them all.
const NAMED_MAX: usize = 8;

/// A comparison as text and table.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) text: String,
    pub(super) table: ComparisonTable,
}

/// Compares products by what a question asks; `None` where no attribute of any of them is about it, or their facts do not
/// answer.
pub(super) fn compare(
    question: &Question,
    asked: &str,
    language: &str,
    texts: &LanguageTexts,
    products: &[Candidate],
) -> Option<Comparison> {
    let mut columns = columns::relevant(question, products);
    if columns.is_empty() && question.compares() {
        columns = columns::common(products);
    }
    if columns.is_empty() {
        return None;
    }
    let mut table = table(&columns, products, texts);
    let text = if question.compares() {
        texts.compared.clone()
    } else if let Some(extreme) = question.extreme() {
        extreme::rank(extreme, &columns, products, texts, &mut table)?
    } else if question.is_qualified() && question.bound().is_none() {
        // "Nylon or canvas?": what is one of them is no "no" to the other.
        texts.compared.clone()
    } else {
        let verdicts = verdict::verdicts(question, asked, &columns, language, products);
        for (row, verdict) in table.rows.iter_mut().zip(verdicts) {
            row.verdict = verdict;
        }
        if table.rows.iter().any(|row| row.verdict.is_some()) {
            summary(&table, texts)
        } else if question.is_yes_or_no() || asks_which(asked) {
            return None;
        } else {
            texts.compared.clone()
        }
    };
    // What was asked for comes first.
    table.rows.sort_by_key(|row| match row.verdict {
        Some(true) => 0,
        Some(false) => 1,
        None => 2,
    });
    Some(Comparison { text, table })
}

fn table(columns: &[String], products: &[Candidate], texts: &LanguageTexts) -> ComparisonTable {
    let row = |product: &Candidate| ComparisonRow {
        sku: product.sku.clone(),
        title: product.title.clone(),
        verdict: None,
        values: columns.iter().map(|column| product.shown(column, texts)).collect(),
    };
    let called = |column: &String| label(column, full_label(column, products).as_deref());
    let labels = columns.iter().map(called).collect();
    ComparisonTable { columns: columns.to_vec(), labels, rows: products.iter().map(row).collect() }
}

/// What shoppers call an attribute, by the first product that says so.
fn full_label(name: &str, products: &[Candidate]) -> Option<String> {
    products.iter().find_map(|product| product.facts.full_label(name))
}

/// Whether a question wants some of the products named.
fn asks_which(asked: &str) -> bool {
    let lower = asked.to_lowercase();
    ["which", "welche", "lequel", "lesquel", "laquelle", "quels", "quelles", "cuál", "哪", "どれ", "どの"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Which products are what was asked for, which are not, and of which nothing is stated.
fn summary(table: &ComparisonTable, texts: &LanguageTexts) -> String {
    let titles = |verdict: Option<bool>| {
        let all: Vec<&ComparisonRow> = table.rows.iter().filter(|row| row.verdict == verdict).collect();
        let mut names: Vec<String> = all.iter().take(NAMED_MAX).map(|row| row.title.clone()).collect();
        if all.len() > NAMED_MAX {
            names.push(format!("+{}", all.len() - NAMED_MAX));
        }
        names.join("; ")
    };
    let parts = [(Some(true), &texts.is_so), (Some(false), &texts.is_not), (None, &texts.unstated)];
    let sentences = parts.into_iter().filter_map(|(verdict, template)| {
        let names = titles(verdict);
        (!names.is_empty()).then(|| template.replace("{products}", &names))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::texts::Texts;
    use crate::config::Config;
    use skuscribe_check::product::{Facts, Product};

    fn candidates() -> Vec<Candidate> {
        [
            ("Duffle", serde_json::json!({ "features_bags": ["Waterproof", "Lockable"], "weight": "1.2 kg", "energy_class": "A+", "min_temperature": "-20 °C", "material": "Nylon" })),
            ("Tote", serde_json::json!({ "waterproof": false, "ingredients": "sugar, milk", "weight": { "value": 400, "unit": "g" }, "material": "Canvas" })),
            ("Pack", serde_json::json!({ "weight": "900 g", "energy_class": "A+++", "min_temperature": "20 °C", "material": "Nylon" })),
        ]
        .into_iter()
        .map(|(title, attributes)| {
            let product: Product = serde_json::from_value(serde_json::json!({
                "sku": title, "title": title, "category": ["Gear", "Bags"], "attributes": attributes
            }))
            .unwrap();
            let facts = Facts::select(&product, |_| true);
            Candidate::new(&product, facts)
        })
        .collect()
    }

    fn check(asked: &str, expected: Option<&str>) {
        let texts = Texts::load(&Config::defaults().unwrap().answers).unwrap();
        let compared = compare(&Question::new(asked), asked, "en", texts.of("en"), &candidates());
        assert_eq!(compared.map(|comparison| comparison.text).as_deref(), expected, "{asked}");
    }

    #[test]
    fn products_are_named_by_what_their_facts_say_and_silence_is_told() {
        check(
            "Which of these is waterproof?",
            Some("Yes, by their product data: Duffle. No, by their product data: Tote. Not stated: Pack."),
        );
        check(
            "Which bags are made of nylon?",
            Some("Yes, by their product data: Duffle; Pack. No, by their product data: Tote."),
        );
        check(
            "Which one is the lightest?",
            Some("Weight: Tote has 400 g, the lowest of 3 products that state it."),
        );
        check(
            "Which one is the heaviest?",
            Some("Weight: Duffle has 1.2 kg, the highest of 3 products that state it."),
        );
        check(
            "Which of these weigh less than 1 kg?",
            Some("Yes, by their product data: Tote; Pack. No, by their product data: Duffle."),
        );
        check(
            "Which of these are not waterproof?",
            Some("Yes, by their product data: Tote. No, by their product data: Duffle. Not stated: Pack."),
        );
        check(
            "Which of these weigh no less than 900 g?",
            Some("Yes, by their product data: Duffle; Pack. No, by their product data: Tote."),
        );
        check(
            "Which of these are made without nylon?",
            Some("No, by their product data: Duffle; Pack. Not stated: Tote."),
        );
        check(
            "Which of these weigh less than 400 g?",
            Some("No, by their product data: Duffle; Tote; Pack."),
        );
        check(
            "Which of these weigh at most 400 g?",
            Some("Yes, by their product data: Tote. No, by their product data: Duffle; Pack."),
        );
        check(
            "Which of these have energy class A+?",
            Some("Yes, by their product data: Duffle. No, by their product data: Pack. Not stated: Tote."),
        );
        check("Which have an energy class below 3?", None);
        check(
            "Which have a min temperature below 0 °C?",
            Some("Yes, by their product data: Duffle. No, by their product data: Pack. Not stated: Tote."),
        );
        check(
            "Which of these are never waterproof?",
            Some("Yes, by their product data: Tote. No, by their product data: Duffle. Not stated: Pack."),
        );
        for several in [
            "Are these canvas or nylon?",
            "Which of these are free of nylon?",
            "Which are canvas instead of nylon?",
        ] {
            check(several, Some("This is what their product data says."));
        }
        // A list that does not name nuts is no proof that there are none.
        check("Which of these contain nuts?", None);
        check(
            "Which of these contain milk?",
            Some("Yes, by their product data: Tote. Not stated: Duffle; Pack."),
        );
        check("Which of these has a laptop sleeve?", None);
    }

    #[test]
    fn a_comparison_has_a_row_for_each_product_and_gaps_where_facts_are_silent() {
        let texts = Texts::load(&Config::defaults().unwrap().answers).unwrap();
        let asked = "What is the difference in weight and material?";
        let compared = compare(&Question::new(asked), asked, "en", texts.of("en"), &candidates()).unwrap();
        assert_eq!(compared.table.rows.len(), 3);
        assert!(
            compared.table.columns.contains(&"weight".to_owned())
                && compared.table.columns.contains(&"material".to_owned())
        );
    }
}
