//! Several products side by side: which are what is asked for, which has the most or least of it, how they differ. Pure.

use std::collections::BTreeMap;

use super::accept::is_denied;
use super::relevance::{Extreme, Question};
use super::texts::Language;
use super::wire::{Row, Table};
use super::wording::{cut, label, shown};
use skuscribe_check::product::{Facts, Sku, Value};
use skuscribe_check::texts::{Measure, denies, measures, spaced, support};

/// Most columns of a comparison.
const COLUMNS_MAX: usize = 4;
/// The same where the question is how products differ.
const COLUMNS_COMPARED_MAX: usize = 6;
/// An attribute is a column from this share of the best one's score on.
const COLUMN_SHARE: f64 = 0.6;
/// Most products that a sentence names; the table has them all.
const NAMED_MAX: usize = 8;
/// Most characters of a value.
const VALUE_CHARS_MAX: usize = 120;

/// A product with the facts that answers may use.
pub(super) struct Candidate {
    pub(super) sku: Sku,
    pub(super) title: String,
    pub(super) category: Vec<String>,
    pub(super) facts: Facts,
}

/// What came of it: text and table.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) text: String,
    pub(super) table: Table,
}

/// Compares products by what a question asks; `None` where no attribute of any of them is about it, or it does not tell them
/// apart.
pub(super) fn compare(
    question: &Question,
    asked: &str,
    language: (&str, &Language),
    products: &[Candidate],
) -> Option<Comparison> {
    let mut columns = columns(question, products);
    if columns.is_empty() && question.compares() {
        columns = common(products);
    }
    if columns.is_empty() {
        return None;
    }
    let rows = products.iter().map(|own| Row {
        sku: own.sku.clone(),
        title: own.title.clone(),
        verdict: None,
        values: columns
            .iter()
            .map(|column| {
                value(&own.facts, column).map(|value| cut(&shown(value, language.1), VALUE_CHARS_MAX))
            })
            .collect(),
    });
    let mut table = Table { columns: columns.clone(), rows: rows.collect() };
    let text = if question.compares() {
        language.1.compared.clone()
    } else if let Some(extreme) = question.extreme() {
        best(extreme, &columns, products, language.1, &mut table)?
    } else {
        let verdicts: Vec<Option<bool>> = if let Some(bound) = bound(question, asked) {
            products.iter().map(|own| within(bound, &columns, &own.facts)).collect()
        } else {
            // "Which do not contain nuts?" asks for those of which the opposite is told.
            let denied = denies(asked);
            let verdict = |own| is_so(question, language.0, own).map(|is_so| is_so != denied);
            products.iter().map(verdict).collect()
        };
        for (row, verdict) in table.rows.iter_mut().zip(verdicts) {
            row.verdict = verdict;
        }
        if table.rows.iter().any(|row| row.verdict.is_some()) {
            told(&table, language.1)
        } else if question.is_yes_or_no() || asks_which(asked) {
            return None;
        } else {
            language.1.compared.clone()
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

/// Whether a question wants some of the products named.
fn asks_which(asked: &str) -> bool {
    let lower = asked.to_lowercase();
    ["which", "welche", "lequel", "lesquel", "laquelle", "quels", "quelles", "cuál", "哪", "どれ", "どの"]
        .iter()
        .any(|word| lower.contains(word))
}

/// The attributes that the question is about, those that most products have first.
fn columns(question: &Question, products: &[Candidate]) -> Vec<String> {
    let mut found: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for product in products {
        let scored = question.relevant(&product.facts);
        let names: Vec<&str> = product.facts.iter().map(|(name, _)| name).collect();
        for (place, score) in scored {
            // What products are called tells them apart by no property.
            let Some(name) = names.get(place).filter(|name| !matches!(**name, "title" | "gtin" | "category"))
            else {
                continue;
            };
            let own = found.entry(name).or_default();
            *own = (own.0 + 1, f64::max(own.1, score));
        }
    }
    let best = found.values().map(|own| own.1).fold(0.0, f64::max);
    let mut found: Vec<(&str, (usize, f64))> =
        found.into_iter().filter(|(_, own)| own.1 >= best * COLUMN_SHARE).collect();
    found.sort_by(|left, right| {
        let weight = |own: &(usize, f64)| own.0 as f64 * own.1;
        weight(&right.1).total_cmp(&weight(&left.1)).then_with(|| left.0.cmp(right.0))
    });
    found.into_iter().take(COLUMNS_MAX).map(|(name, _)| name.to_owned()).collect()
}

/// The attributes that most products have.
fn common(products: &[Candidate]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in products.iter().flat_map(|own| own.facts.iter().map(|(name, _)| name)) {
        if !matches!(name, "title" | "gtin") {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0)));
    counts.into_iter().take(COLUMNS_COMPARED_MAX).map(|(name, _)| name.to_owned()).collect()
}

fn value<'a>(facts: &'a Facts, name: &str) -> Option<&'a Value> {
    let said = |value: &&Value| value.to_string().contains(char::is_alphanumeric);
    facts.iter().find(|(own, _)| *own == name).map(|(_, value)| value).filter(said)
}

/// What an attribute measures: the first number of its value, with the unit of the value or of its name.
fn measure(name: &str, value: &Value) -> Option<Measure> {
    let text = match value {
        Value::Number(number) => {
            format!("{number} {}", spaced(name).split(' ').next_back().unwrap_or_default())
        }
        other => other.to_string(),
    };
    measures(&text).into_iter().next()
}

/// The products with the most or least of an attribute that two at least state in the same dimension.
fn best(
    extreme: Extreme,
    columns: &[String],
    products: &[Candidate],
    language: &Language,
    table: &mut Table,
) -> Option<String> {
    let stated = |column: &String| -> Vec<(usize, Measure)> {
        let of = |own: &Candidate| measure(column, value(&own.facts, column)?);
        products.iter().enumerate().filter_map(|(place, own)| Some((place, of(own)?))).collect()
    };
    let same = |all: &[(usize, Measure)]| {
        all.len() >= 2
            && all.iter().all(|own| Some(own.1.dimension) == all.first().map(|first| first.1.dimension))
    };
    let (column, all) = columns.iter().map(|column| (column, stated(column))).find(|(_, all)| same(all))?;
    let extreme_of = all.iter().map(|own| own.1.value).reduce(match extreme {
        Extreme::Lowest => f64::min,
        Extreme::Highest => f64::max,
    })?;
    let rank = match extreme {
        Extreme::Lowest => &language.lowest,
        Extreme::Highest => &language.highest,
    };
    let mut winners = Vec::new();
    let mut told = String::new();
    for (place, measure) in &all {
        let wins = (measure.value - extreme_of).abs() <= extreme_of.abs() * 1e-9;
        let (Some(row), Some(own)) = (table.rows.get_mut(*place), products.get(*place)) else { continue };
        row.verdict = Some(wins);
        if wins {
            winners.push(own.title.clone());
            told = value(&own.facts, column)
                .map(|value| cut(&shown(value, language), VALUE_CHARS_MAX))
                .unwrap_or_default();
        }
    }
    // Best first; those that do not state it come last.
    let rank_of = |sku: &Sku| {
        let own = all.iter().find(|(place, _)| products.get(*place).is_some_and(|own| own.sku == *sku));
        own.map_or(f64::INFINITY, |(_, measure)| match extreme {
            Extreme::Lowest => measure.value,
            Extreme::Highest => -measure.value,
        })
    };
    table.rows.sort_by(|left, right| rank_of(&left.sku).total_cmp(&rank_of(&right.sku)));
    if winners.len() == all.len() {
        return Some(language.compared.clone());
    }
    let text =
        language.best.replace("{attribute}", &label(column)).replace("{products}", &winners.join("; "));
    Some(text.replace("{value}", &told).replace("{rank}", rank).replace("{count}", &all.len().to_string()))
}

/// The bound that a question states.
fn bound(question: &Question, asked: &str) -> Option<(Extreme, Measure)> {
    let side = question.bound()?;
    measures(asked).into_iter().find(|own| own.dimension.is_some()).map(|measure| (side, measure))
}

/// Whether a product keeps to a bound, by the first of the attributes that measures the same.
fn within((side, bound): (Extreme, Measure), columns: &[String], facts: &Facts) -> Option<bool> {
    let of = |column: &String| {
        measure(column, value(facts, column)?).filter(|own| own.dimension == bound.dimension)
    };
    let own = columns.iter().find_map(of)?.value;
    Some(match side {
        Extreme::Lowest => own <= bound.value,
        Extreme::Highest => own >= bound.value,
    })
}

/// Whether a product is what the question asks for: its words, read as a statement, are borne by the facts, or denied.
fn is_so(question: &Question, language: &str, product: &Candidate) -> Option<bool> {
    let statement = question.statement();
    let support = support(&product.facts, &statement, language);
    if !support.contradicted_by.is_empty() {
        return is_denied(question, &product.facts, &support.contradicted_by).then_some(false);
    }
    // Shoppers name the category that they ask about.
    let named: Vec<String> =
        product.category.iter().flat_map(|part| skuscribe_check::texts::words(part)).collect();
    let known = |word: &String| {
        question.lends(word) || named.contains(word) || named.iter().any(|own| own.starts_with(word.as_str()))
    };
    let property =
        support.supported_by.iter().any(|own| !matches!(own.as_str(), "title" | "category" | "gtin"));
    (!support.unsupported && property && support.novel.iter().all(known)).then_some(true)
}

/// Which products are what was asked for, which are not, and of which nothing is stated.
fn told(table: &Table, language: &Language) -> String {
    let titles = |verdict: Option<bool>| {
        let all: Vec<&Row> = table.rows.iter().filter(|row| row.verdict == verdict).collect();
        let mut names: Vec<String> = all.iter().take(NAMED_MAX).map(|row| row.title.clone()).collect();
        if all.len() > NAMED_MAX {
            names.push(format!("+{}", all.len() - NAMED_MAX));
        }
        names.join("; ")
    };
    let parts = [(Some(true), &language.is_so), (Some(false), &language.is_not), (None, &language.unstated)];
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
    use skuscribe_check::product::Product;

    fn candidates() -> Vec<Candidate> {
        [
            ("Duffle", serde_json::json!({ "features_bags": ["Waterproof", "Lockable"], "weight": "1.2 kg", "material": "Nylon" })),
            ("Tote", serde_json::json!({ "waterproof": false, "ingredients": "sugar, milk", "weight": { "value": 400, "unit": "g" }, "material": "Canvas" })),
            ("Pack", serde_json::json!({ "weight": "900 g", "material": "Nylon" })),
        ]
        .into_iter()
        .map(|(title, attributes)| {
            let product: Product = serde_json::from_value(serde_json::json!({
                "sku": title, "title": title, "category": ["Gear", "Bags"], "attributes": attributes
            }))
            .unwrap();
            Candidate {
                sku: product.sku.clone(),
                title: title.to_owned(),
                category: product.category.clone(),
                facts: Facts::select(&product, |_| true),
            }
        })
        .collect()
    }

    fn check(asked: &str, expected: Option<&str>) {
        let texts = Texts::load(&Config::defaults().unwrap().answers).unwrap();
        let language = ("en", texts.of("en"));
        let compared = compare(&Question::new(asked), asked, language, &candidates());
        assert_eq!(compared.map(|own| own.text).as_deref(), expected, "{asked}");
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
        let compared = compare(&Question::new(asked), asked, ("en", texts.of("en")), &candidates()).unwrap();
        assert_eq!(compared.table.rows.len(), 3);
        assert!(
            compared.table.columns.contains(&"weight".to_owned())
                && compared.table.columns.contains(&"material".to_owned())
        );
    }
}
