//! Missing facts as a product: which attributes shoppers and texts lack, per category, over how many products.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answers::relevance::{ANSWERS_MIN, Question};
use crate::catalog::selection::Selection;
use crate::store::questions::Questions;
use crate::store::{ContentStore, Key, StoreError, load};
use skuscribe_check::content::{Document, Finding, HeldEntry, Severity};
use skuscribe_check::product::{Digest, Facts, Sku, Snapshot, Value};

/// Most products that are listed.
const LISTED_MAX: usize = 5_000_000;
/// Objects that are read at the same time.
const READS: usize = 64;
/// Most examples of a gap.
const EXAMPLES_MAX: usize = 3;
/// From which share of a category's products on an attribute is one that the others should have, where a text could not
/// be written.
const USUAL: f64 = 0.5;
/// How much less an attribute's name alone scores than with a value, which question and value may share.
const NAME_ALONE: f64 = 0.4;

/// Why an attribute is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Shoppers asked, and no fact answered.
    Asked,
    /// A text states something of the kind that no attribute states.
    Unsupported,
    /// A text states otherwise than the attribute: one of the two is wrong.
    Contradicted,
    /// A text could not be written for lack of facts; most products of the category have the attribute.
    TooFew,
}

impl GapReason {
    /// The reason's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Unsupported => "unsupported",
            Self::Contradicted => "contradicted",
            Self::TooFew => "too_few",
        }
    }
}

/// An example of a gap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct GapExample {
    /// The product; left out where a whole category was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// The question, or what the check said.
    pub text: String,
}

/// `catalog_gap.v1`: an attribute that products of a category lack, or have wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// Derived from category, attribute, reason, products and questions: the same gap announced twice has the same id.
    pub id: String,
    /// Always `catalog_gap.v1`.
    pub schema: String,
    /// The category path, outermost first.
    pub category: Vec<String>,
    /// The attribute: one that other products of the category have, or the topic that is asked about.
    pub attribute: String,
    /// Why it is missed.
    pub reason: GapReason,
    /// Products that lack it or have it wrong.
    pub products: u64,
    /// Products of the category.
    pub of_products: u64,
    /// How often shoppers asked.
    pub asked: u64,
    /// Some of what was asked or found.
    pub examples: Vec<GapExample>,
    /// When it was seen.
    #[schemars(with = "String")]
    pub seen_at: Timestamp,
}

/// What is known of one gap while all products pass by.
#[derive(Default)]
struct Seen {
    products: BTreeSet<Sku>,
    asked: u64,
    examples: Vec<(u64, GapExample)>,
}

/// A category while its products pass by.
#[derive(Default)]
struct Category {
    products: u64,
    /// How many products have an attribute, with one value of it.
    attributes: BTreeMap<String, (u64, Value)>,
    /// Questions that were asked of a product or of the whole, with the facts that the product has by now.
    questions: Vec<(Option<Sku>, Option<Facts>, String, u64)>,
    findings: Vec<(Sku, Finding)>,
    /// Products of which a text could not be written, with the names that they have.
    too_few: Vec<(Sku, BTreeSet<String>)>,
}

/// Everything that is missed in the products that a selection means, most missed first.
///
/// # Errors
/// When the store does not answer, or an object is not readable.
pub async fn gaps(
    store: &Arc<dyn ContentStore>,
    selection: &Selection,
    now: Timestamp,
) -> Result<Vec<Gap>, StoreError> {
    let mut categories: BTreeMap<Vec<String>, Category> = BTreeMap::new();
    let paths = store.list("products/", LISTED_MAX).await?;
    let looked = stream::iter(paths).map(|path| look(&**store, path)).buffer_unordered(READS);
    let mut looked = std::pin::pin!(looked);
    while let Some(seen) = looked.try_next().await? {
        let Some((snapshot, findings, asked)) = seen else { continue };
        if !selection.matches(&snapshot.product) {
            continue;
        }
        let category = categories.entry(snapshot.product.category.clone()).or_default();
        category.products += 1;
        let facts = Facts::select(&snapshot.product, |_| true);
        for (name, value) in facts.iter() {
            category.attributes.entry(name.to_owned()).or_insert_with(|| (0, value.clone())).0 += 1;
        }
        let sku = &snapshot.product.sku;
        for own in asked.into_iter().flat_map(|own| own.open) {
            category.questions.push((Some(sku.clone()), Some(facts.clone()), own.question, own.asked));
        }
        if findings.iter().any(|own| matches!(own.rule.as_str(), "evidence.none" | "length.min")) {
            let names = facts.iter().map(|(name, _)| name.to_owned()).collect();
            category.too_few.push((sku.clone(), names));
        }
        category.findings.extend(findings.into_iter().map(|own| (sku.clone(), own)));
    }
    for path in store.list("questions/categories/", LISTED_MAX).await? {
        let Some(object) = store_object(&**store, &path).await? else { continue };
        if let Some(category) = categories.get_mut(&object.category) {
            let open = object.open.into_iter().map(|own| (None, None, own.question, own.asked));
            category.questions.extend(open);
        }
    }
    let mut found: Vec<Gap> =
        categories.into_iter().flat_map(|(path, category)| category.gaps(&path, now)).collect();
    found.sort_by(|left, right| {
        let weight = |own: &Gap| (own.asked + own.products, own.asked);
        weight(right).cmp(&weight(left)).then_with(|| left.id.cmp(&right.id))
    });
    Ok(found)
}

type Looked = (Snapshot, Vec<Finding>, Option<Questions>);

/// A product with what the checks found in its texts, and what was asked of it.
async fn look(store: &dyn ContentStore, path: String) -> Result<Option<Looked>, StoreError> {
    let Some(sku) = Key::sku_of(&path) else { return Ok(None) };
    let Some((snapshot, _)) = load::<Snapshot>(store, &Key::Product { sku: sku.clone() }).await? else {
        return Ok(None);
    };
    if snapshot.deleted {
        return Ok(None);
    }
    let mut findings = Vec::new();
    for locale in &snapshot.locales {
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let Some((document, _)) = load::<Document>(store, &key).await? else { continue };
        findings.extend(document.findings);
        if document.held.is_some() {
            let key = Key::Held { locale: locale.clone(), sku: sku.clone() };
            if let Some((held, _)) = load::<HeldEntry>(store, &key).await? {
                findings.extend(held.findings);
            }
        }
    }
    let asked = load::<Questions>(store, &Key::Questions { sku }).await?.map(|(asked, _)| asked);
    Ok(Some((snapshot, findings, asked)))
}

async fn store_object(store: &dyn ContentStore, path: &str) -> Result<Option<Questions>, StoreError> {
    let Some(key) = Key::category_questions_of(path) else { return Ok(None) };
    Ok(load::<Questions>(store, &key).await?.map(|(asked, _)| asked))
}

impl Category {
    fn gaps(self, path: &[String], now: Timestamp) -> Vec<Gap> {
        let mut seen: BTreeMap<(String, GapReason), Seen> = BTreeMap::new();
        for (sku, facts, asked, times) in &self.questions {
            let question = Question::new(asked);
            // Facts may have come since: then it is no gap any more.
            if facts.as_ref().is_some_and(|facts| !question.relevant(facts).is_empty()) {
                continue;
            }
            let attribute = self.meant(&question);
            let own = seen.entry((attribute, GapReason::Asked)).or_default();
            own.asked += times;
            own.products.extend(sku.clone());
            own.examples.push((*times, GapExample { sku: sku.clone(), text: asked.clone() }));
        }
        for (sku, finding) in &self.findings {
            let (attribute, reason) = match (finding.rule.as_str(), finding.evidence.first(), &finding.kind) {
                ("facts.contradicted", Some(name), _) => (name.clone(), GapReason::Contradicted),
                // What was left out of a text by the repair is one that the facts did not bear.
                ("facts.unsupported" | "repair.dropped", _, Some(kind))
                    if finding.severity >= Severity::Hold || finding.rule == "repair.dropped" =>
                {
                    (self.lacking(kind, &finding.message), GapReason::Unsupported)
                }
                _ => continue,
            };
            let own = seen.entry((attribute, reason)).or_default();
            own.products.insert(sku.clone());
            own.examples.push((1, GapExample { sku: Some(sku.clone()), text: finding.message.clone() }));
        }
        let usual = self.attributes.iter().filter(|(_, own)| own.0 as f64 >= self.products as f64 * USUAL);
        for (name, _) in usual {
            for (sku, names) in self.too_few.iter().filter(|(_, names)| !names.contains(name)) {
                let own = seen.entry((name.clone(), GapReason::TooFew)).or_default();
                own.products.insert(sku.clone());
                let text = format!("a text could not be written from {} attributes", names.len());
                own.examples.push((1, GapExample { sku: Some(sku.clone()), text }));
            }
        }
        seen.into_iter()
            .map(|((attribute, reason), own)| own.gap(path, attribute, reason, self.products, now))
            .collect()
    }

    /// What a statement lacks: its kind says it, but for those kinds that every attribute may have; then the sentence that was
    /// left out says it, as a question would.
    fn lacking(&self, kind: &str, message: &str) -> String {
        let general = matches!(kind, "number" | "count" | "code" | "feature" | "name" | "part" | "property");
        let sentence = message.strip_prefix("left out \"").and_then(|rest| rest.split_once("\": "));
        match sentence {
            Some((sentence, _)) if general => self.meant(&Question::new(sentence)),
            _ => kind.to_owned(),
        }
    }

    /// What a question asks for: an attribute that other products of the category have, or its topic, or its own words.
    fn meant(&self, question: &Question) -> String {
        let known = self.attributes.iter().map(|(name, (_, value))| {
            let name_alone = question.score(name, &Value::Text(String::new()));
            (f64::max(name_alone + NAME_ALONE, question.score(name, value)), name)
        });
        let best = known.max_by(|left, right| left.0.total_cmp(&right.0));
        if let Some((_, name)) = best.filter(|(score, _)| *score >= ANSWERS_MIN + NAME_ALONE) {
            return name.clone();
        }
        if let Some(topic) = question.topics().next() {
            return topic.to_owned();
        }
        let words: Vec<&str> = question.telling().take(3).collect();
        if words.is_empty() { "other".to_owned() } else { words.join(" ") }
    }
}

impl Seen {
    fn gap(
        mut self,
        category: &[String],
        attribute: String,
        reason: GapReason,
        of_products: u64,
        now: Timestamp,
    ) -> Gap {
        self.examples.sort_by(|left, right| right.0.cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
        self.examples.dedup_by(|left, right| left.1 == right.1);
        let products = self.products.iter().map(Sku::as_str).collect::<Vec<_>>().join("\u{0}");
        let asked = self.asked.to_le_bytes();
        let path = category.join("\u{0}");
        let id = Digest::of(&[
            path.as_bytes(),
            attribute.as_bytes(),
            reason.as_str().as_bytes(),
            products.as_bytes(),
            &asked,
        ]);
        Gap {
            id: id.to_string(),
            schema: "catalog_gap.v1".to_owned(),
            category: category.to_vec(),
            attribute,
            reason,
            products: self.products.len() as u64,
            of_products,
            asked: self.asked,
            examples: self.examples.into_iter().take(EXAMPLES_MAX).map(|own| own.1).collect(),
            seen_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &str, kind: Option<&str>, evidence: &[&str]) -> Finding {
        Finding {
            rule: rule.into(),
            kind: kind.map(Into::into),
            severity: Severity::Hold,
            recipe: "description".into(),
            at: String::new(),
            span: None,
            message: "seen".into(),
            evidence: evidence.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn findings_name_what_is_wrong_and_what_others_have_where_a_text_could_not_be_written() {
        let sku: Sku = "A".parse().unwrap();
        let value = || Value::Text("x".into());
        let category = Category {
            products: 4,
            attributes: BTreeMap::from([
                ("material".to_owned(), (3, value())),
                ("weight".to_owned(), (1, value())),
                ("title".to_owned(), (4, value())),
            ]),
            findings: vec![
                (sku.clone(), finding("facts.contradicted", Some("number"), &["capacity"])),
                (sku.clone(), finding("facts.unsupported", Some("material"), &[])),
                (sku.clone(), finding("claims.x", None, &[])),
            ],
            too_few: vec![(sku, BTreeSet::from(["title".to_owned()]))],
            ..Category::default()
        };
        let found = category.gaps(&["Mugs".to_owned()], Timestamp::UNIX_EPOCH);
        let told: BTreeSet<(&str, GapReason, u64)> =
            found.iter().map(|gap| (gap.attribute.as_str(), gap.reason, gap.products)).collect();
        let expected = [
            ("capacity", GapReason::Contradicted, 1),
            ("material", GapReason::Unsupported, 1),
            ("material", GapReason::TooFew, 1),
        ];
        assert_eq!(told, BTreeSet::from(expected));
        assert!(found.iter().all(|gap| gap.of_products == 4 && gap.category == ["Mugs"]));
    }
}
