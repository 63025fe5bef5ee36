//! The products of a category while they are read, and the gaps that follow from them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::GapWords;
use super::gap::{Gap, GapExample, GapReason};
use crate::answers::relevance::{ANSWERS_MIN, Question, relevant_attributes, score};
use crate::store::questions::OpenQuestion;
use skuscribe_check::content::{Finding, Severity};
use skuscribe_check::product::{Digest, Facts, Product, Sku, Value};

/// Most examples of a gap.
const EXAMPLES_MAX: usize = 3;
/// From which share of a category's products on an attribute is one that the others should have, where a text could not
/// be written.
const USUAL: f64 = 0.5;
/// How much less an attribute's name alone scores than with a value, which question and value may share.
const NAME_ALONE: f64 = 0.4;

/// A question that was asked of a product, with the facts that the product has by now, or of the whole category.
struct CategoryQuestion {
    product: Option<(Sku, Facts)>,
    text: String,
    asked: u64,
}

/// A category while its products are read.
#[derive(Default)]
pub(super) struct CategoryProducts {
    products: u64,
    /// How many products have an attribute, with one value of it.
    attributes: BTreeMap<String, (u64, Value)>,
    /// What the attributes are called, for those who read of gaps.
    labels: BTreeMap<String, String>,
    /// What they are called in any locale: shoppers ask in theirs.
    called: BTreeMap<String, BTreeSet<String>>,
    questions: Vec<CategoryQuestion>,
    findings: Vec<(Sku, Finding)>,
    /// Products of which a text could not be written, with the names of the attributes that they have.
    too_few: Vec<(Sku, BTreeSet<String>)>,
}

/// What is known of one gap.
#[derive(Default)]
struct GapEvidence {
    products: BTreeSet<Sku>,
    asked: u64,
    examples: Vec<(u64, GapExample)>,
}

type Gaps = BTreeMap<(String, GapReason), GapEvidence>;

impl CategoryProducts {
    pub(super) fn add(
        &mut self,
        product: &Product,
        words: GapWords<'_>,
        findings: Vec<Finding>,
        questions: Vec<OpenQuestion>,
    ) {
        self.products += 1;
        let facts = words.facts(product, words.locale);
        for (name, value) in facts.iter() {
            self.attributes.entry(name.to_owned()).or_insert_with(|| (0, value.clone())).0 += 1;
        }
        for (name, label) in facts.labels() {
            self.labels.entry(name.clone()).or_insert_with(|| label.clone());
        }
        for (name, label) in words.called(product) {
            if let Some(called) = self.called.get_mut(name) {
                called.insert(label.to_owned());
            } else if self.attributes.contains_key(name) {
                self.called.insert(name.to_owned(), BTreeSet::from([label.to_owned()]));
            }
        }
        for open in questions {
            // Who asks in German is answered by what the product says in German.
            let product = Some((product.sku.clone(), words.facts(product, &open.locale)));
            self.questions.push(CategoryQuestion { product, text: open.question, asked: open.asked });
        }
        if findings.iter().any(|finding| matches!(finding.rule.as_str(), "evidence.none" | "length.min")) {
            let names = facts.iter().map(|(name, _)| name.to_owned()).collect();
            self.too_few.push((product.sku.clone(), names));
        }
        self.findings.extend(findings.into_iter().map(|finding| (product.sku.clone(), finding)));
    }

    /// Adds questions that were asked of the whole category.
    pub(super) fn add_questions(&mut self, questions: Vec<OpenQuestion>) {
        self.questions.extend(questions.into_iter().map(|open| CategoryQuestion {
            product: None,
            text: open.question,
            asked: open.asked,
        }));
    }

    pub(super) fn gaps(self, path: &[String], now: Timestamp) -> Vec<Gap> {
        let mut gaps = Gaps::new();
        self.gather_asked(&mut gaps);
        self.gather_findings(&mut gaps);
        self.gather_too_few(&mut gaps);
        gaps.into_iter()
            .map(|((attribute, reason), evidence)| {
                let gap = evidence.gap(path, attribute, reason, self.products, now);
                Gap { label: self.labels.get(&gap.attribute).cloned(), ..gap }
            })
            .collect()
    }

    fn gather_asked(&self, gaps: &mut Gaps) {
        for asked in &self.questions {
            let question = Question::new(&asked.text);
            // Facts may have come since: then it is no gap any more.
            let facts = asked.product.as_ref().map(|(_, facts)| facts);
            if facts.is_some_and(|facts| !relevant_attributes(&question, facts).is_empty()) {
                continue;
            }
            let sku = asked.product.as_ref().map(|(sku, _)| sku.clone());
            let evidence = gaps.entry((self.attribute_meant(&question), GapReason::Asked)).or_default();
            evidence.asked += asked.asked;
            evidence.products.extend(sku.clone());
            evidence.examples.push((asked.asked, GapExample { sku, text: asked.text.clone() }));
        }
    }

    fn gather_findings(&self, gaps: &mut Gaps) {
        for (sku, finding) in &self.findings {
            let (attribute, reason) = match (finding.rule.as_str(), finding.evidence.first(), &finding.kind) {
                ("facts.contradicted", Some(name), _) => (name.clone(), GapReason::Contradicted),
                // What the repair left out of a text is one that the facts did not support.
                ("facts.unsupported" | "repair.dropped", _, Some(kind))
                    if finding.severity >= Severity::Hold || finding.rule == "repair.dropped" =>
                {
                    (self.attribute_lacking(kind, &finding.message), GapReason::Unsupported)
                }
                _ => continue,
            };
            gaps.entry((attribute, reason)).or_default().add_product(sku, finding.message.clone());
        }
    }

    fn gather_too_few(&self, gaps: &mut Gaps) {
        let enough = self.products as f64 * USUAL;
        for (name, _) in self.attributes.iter().filter(|(_, (products, _))| *products as f64 >= enough) {
            for (sku, names) in self.too_few.iter().filter(|(_, names)| !names.contains(name)) {
                let text = format!("a text could not be written from {} attributes", names.len());
                gaps.entry((name.clone(), GapReason::TooFew)).or_default().add_product(sku, text);
            }
        }
    }

    /// What a statement lacks: its kind says it, but for those kinds that every attribute may have; then the sentence that was
    /// left out says it, as a question would.
    fn attribute_lacking(&self, kind: &str, message: &str) -> String {
        let general = matches!(kind, "number" | "count" | "code" | "feature" | "name" | "part" | "property");
        let sentence = message.strip_prefix("left out \"").and_then(|rest| rest.split_once("\": "));
        match sentence {
            Some((sentence, _)) if general => self.attribute_meant(&Question::new(sentence)),
            _ => kind.to_owned(),
        }
    }

    /// What a question asks for: an attribute that other products of the category have, or its topic, or its words.
    fn attribute_meant(&self, question: &Question) -> String {
        let scored = self.attributes.iter().map(|(name, (_, value))| {
            let called = self.called.get(name).into_iter().flatten().map(String::as_str);
            let score_by = |label: Option<&str>| {
                let name_alone = score(question, name, label, &Value::Text(String::new()));
                f64::max(name_alone + NAME_ALONE, score(question, name, label, value))
            };
            (called.map(|label| score_by(Some(label))).fold(score_by(None), f64::max), name)
        });
        let best = scored.max_by(|left, right| left.0.total_cmp(&right.0));
        if let Some((_, name)) = best.filter(|(score, _)| *score >= ANSWERS_MIN + NAME_ALONE) {
            return name.clone();
        }
        if let Some(topic) = question.topics().next() {
            return topic.to_owned();
        }
        let words: Vec<&str> = question.content_words().take(3).collect();
        if words.is_empty() { "other".to_owned() } else { words.join(" ") }
    }
}

impl GapEvidence {
    fn add_product(&mut self, sku: &Sku, text: String) {
        self.products.insert(sku.clone());
        self.examples.push((1, GapExample { sku: Some(sku.clone()), text }));
    }

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
            label: None,
            reason,
            products: self.products.len() as u64,
            of_products,
            asked: self.asked,
            examples: self.examples.into_iter().take(EXAMPLES_MAX).map(|(_, example)| example).collect(),
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
        let category = CategoryProducts {
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
            ..CategoryProducts::default()
        };
        let found = category.gaps(&["Mugs".to_owned()], Timestamp::UNIX_EPOCH);
        let shown: BTreeSet<(&str, GapReason, u64)> =
            found.iter().map(|gap| (gap.attribute.as_str(), gap.reason, gap.products)).collect();
        let expected = [
            ("capacity", GapReason::Contradicted, 1),
            ("material", GapReason::Unsupported, 1),
            ("material", GapReason::TooFew, 1),
        ];
        assert_eq!(shown, BTreeSet::from(expected));
        assert!(found.iter().all(|gap| gap.of_products == 4 && gap.category == ["Mugs"]));
    }
}
