//! Which products have the most or the least of an attribute. Pure.

use super::candidate::Candidate;
use super::full_label;
use crate::answers::relevance::Extreme;
use crate::answers::texts::LanguageTexts;
use crate::answers::wire::ComparisonTable;
use crate::answers::wording::label;
use skuscribe_check::product::Sku;
use skuscribe_check::texts::Measure;

/// Products, by their places, with what an attribute of theirs measures.
type Measured = Vec<(usize, Measure)>;

/// Names the products with the most or least of an attribute that two at least state in the same dimension; marks and sorts the
/// rows of the table.
pub(super) fn rank(
    extreme: Extreme,
    columns: &[String],
    products: &[Candidate],
    texts: &LanguageTexts,
    table: &mut ComparisonTable,
) -> Option<String> {
    let (column, measured) = columns
        .iter()
        .map(|column| (column, measured(column, products)))
        .find(|(_, measured)| is_comparable(measured))?;
    let values = measured.iter().map(|(_, measure)| measure.value);
    let (best, rank_word) = match extreme {
        Extreme::Lowest => (values.reduce(f64::min)?, &texts.lowest),
        Extreme::Highest => (values.reduce(f64::max)?, &texts.highest),
    };
    let mut winners = Vec::new();
    let mut value = String::new();
    for (place, measure) in &measured {
        let wins = (measure.value - best).abs() <= best.abs() * 1e-9;
        let (Some(row), Some(product)) = (table.rows.get_mut(*place), products.get(*place)) else { continue };
        row.verdict = Some(wins);
        if wins {
            winners.push(product.title.clone());
            value = product.shown(column, texts).unwrap_or_default();
        }
    }
    sort_rows(extreme, products, &measured, table);
    if winners.len() == measured.len() {
        return Some(texts.compared.clone());
    }
    let called = label(column, full_label(column, products).as_deref());
    let text = texts.best.replace("{attribute}", &called).replace("{products}", &winners.join("; "));
    let text = text.replace("{value}", &value).replace("{rank}", rank_word);
    Some(text.replace("{count}", &measured.len().to_string()))
}

fn measured(column: &str, products: &[Candidate]) -> Measured {
    let measures =
        products.iter().enumerate().map(|(place, product)| Some((place, product.measure(column)?)));
    measures.flatten().collect()
}

fn is_comparable(measured: &Measured) -> bool {
    let mut dimensions = measured.iter().map(|(_, measure)| measure.dimension);
    let first = dimensions.next();
    measured.len() >= 2 && dimensions.all(|dimension| Some(dimension) == first)
}

/// Best first; those that do not state the attribute come last.
fn sort_rows(extreme: Extreme, products: &[Candidate], measured: &Measured, table: &mut ComparisonTable) {
    let rank = |sku: &Sku| {
        let same = |place: usize| products.get(place).is_some_and(|product| product.sku == *sku);
        let found = measured.iter().find(|(place, _)| same(*place));
        found.map_or(f64::INFINITY, |(_, measure)| match extreme {
            Extreme::Lowest => measure.value,
            Extreme::Highest => -measure.value,
        })
    };
    table.rows.sort_by(|left, right| rank(&left.sku).total_cmp(&rank(&right.sku)));
}
