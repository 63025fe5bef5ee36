//! Which attributes of products are kept back from shoppers, for people to look over.

use std::collections::BTreeMap;

use super::terminal::printable;
use skuscribe_check::internal::InternalNames;
use skuscribe_check::product::Product;

/// Most names that are listed.
const NAMES_MAX: usize = 20;

/// The names of internal attributes, counted over products.
#[derive(Debug, Default)]
pub(super) struct KeptBack {
    products: u64,
    names: BTreeMap<String, u64>,
}

impl KeptBack {
    /// Adds a product.
    pub(super) fn add(&mut self, product: &Product, internal: &InternalNames) {
        self.products += 1;
        let mut names: Vec<&str> = internal.kept_back(product).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            *self.names.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// The names with their counts, the most frequent first.
    pub(super) fn line(&self) -> String {
        if self.names.is_empty() {
            return format!("no attribute of {} products is kept back", self.products);
        }
        let mut counted: Vec<(&String, &u64)> = self.names.iter().collect();
        counted.sort_by(|left, right| right.1.cmp(left.1).then_with(|| left.0.cmp(right.0)));
        let shown =
            counted.iter().take(NAMES_MAX).map(|(name, count)| format!("{} ({count})", printable(name)));
        let shown = shown.collect::<Vec<_>>().join(", ");
        let more = match counted.len().saturating_sub(NAMES_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "attributes of {} products that are kept back from texts and answers: {shown}{more}",
            self.products
        )
    }

    /// Whether any is kept back.
    pub(super) fn any(&self) -> bool {
        !self.names.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_with_the_products_that_have_them_most_frequent_first() {
        let internal = InternalNames::built_in().unwrap();
        let mut kept = KeptBack::default();
        for product in [
            r#"{"sku":"A","attributes":{"cost_price":4,"supplier":"X","material":"clay"}}"#,
            r#"{"sku":"B","attributes":{"dealer":1},"internal":["dealer"],"variants":[{"sku":"B1","attributes":{"supplier":"Y"}}]}"#,
        ] {
            kept.add(&serde_json::from_str(product).unwrap(), &internal);
        }
        let line = kept.line();
        assert!(
            line.contains("of 2 products") && line.ends_with("supplier (2), cost_price (1), dealer (1)"),
            "{line}"
        );
        assert_eq!(KeptBack::default().line(), "no attribute of 0 products is kept back");
    }
}
