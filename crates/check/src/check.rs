//! The one entry to the checks: runs every rule on every draft of a task, and decides once whether it may be published.
//! Pure and fail-closed: a rule that breaks holds the draft.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use crate::content::{
    Draft, DraftOrigin, Drafts, Evidence, Finding, Quality, Severity, StatementKind, Text, texts,
};
use crate::facts::{FactSheet, Reading, read};
pub use crate::input::{CheckInput, CheckPolicy, RecipeFacts, Review};
use crate::internal::InternalValues;
use crate::policy::MarketRules;
use crate::product::Digest;
use crate::rules::{self, Page, Subject};
use crate::similarity::Signature;
use crate::stored;

/// Most findings of one rule and severity that are kept of a draft.
const FINDINGS_OF_RULE_MAX: usize = 50;

/// What is to become of checked drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing speaks against publishing.
    Publish,
    /// A person decides.
    Hold,
}

/// Drafts that every check ran on. Only [`check`] builds one.
#[derive(Clone, Debug)]
pub struct Checked {
    drafts: Drafts,
    findings: Vec<Finding>,
    content: BTreeMap<String, Value>,
    evidence: Vec<Evidence>,
    quality: BTreeMap<String, Quality>,
    signatures: BTreeMap<String, Signature>,
    policy: Digest,
    decision: Decision,
}

impl Checked {
    /// What is to become of the drafts.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// The drafts as they were written.
    #[must_use]
    pub fn drafts(&self) -> &Drafts {
        &self.drafts
    }

    /// How the drafts came about.
    #[must_use]
    pub fn origin(&self) -> &DraftOrigin {
        &self.drafts.origin
    }

    /// Everything that the checks saw.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings that hold the drafts for what they say: a writer can correct these.
    pub fn faults(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity >= Severity::Hold && !about_the_page(finding))
    }

    /// The findings that forbid publishing, whatever a person says.
    pub fn blocks(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity >= Severity::Block)
    }

    /// Content per recipe, as it is stored.
    #[must_use]
    pub fn content(&self) -> &BTreeMap<String, Value> {
        &self.content
    }

    /// The attributes that support each text.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// How good the copy is, by recipe.
    #[must_use]
    pub fn quality(&self) -> &BTreeMap<String, Quality> {
        &self.quality
    }

    /// Digest of the policies.
    #[must_use]
    pub fn policy(&self) -> Digest {
        self.policy
    }

    /// The signatures of the drafts, by recipe.
    #[must_use]
    pub fn signatures(&self) -> &BTreeMap<String, Signature> {
        &self.signatures
    }
}

/// Whether a finding is about the page, the catalog or people, and not about what the draft says.
fn about_the_page(finding: &Finding) -> bool {
    ["consistency.", "duplicate.", "review."].iter().any(|rule| finding.rule.starts_with(rule))
}

/// Runs every check on every draft, and decides.
#[must_use]
pub fn check(mut input: CheckInput<'_>, policy: &CheckPolicy) -> Checked {
    let rules = policy.packs.chosen(input.locale);
    // What the model is never shown cannot have led it astray.
    let suspects = rules::injection::suspects(&policy.internal.public(input.product), &policy.show);
    let internal = InternalValues::of(input.product, &policy.internal);
    let context =
        CheckContext { input: &input, policy, rules: &rules, suspects: &suspects, internal: &internal };
    let mut results = Results { findings: notes(&input), ..Results::default() };
    results.findings.extend_from_slice(&input.drafts.left_out);
    for recipe in &input.recipes {
        let Some(draft) = input.drafts.of_recipe(&recipe.recipe.name) else {
            let (name, message) = (&recipe.recipe.name, "the answer holds no draft for this recipe");
            results.findings.push(rules::finding("schema.missing", Severity::Hold, name, message));
            continue;
        };
        if let Some(refused) = rules::length::refused(recipe.recipe, draft) {
            results.findings.push(refused);
            continue;
        }
        results.check_draft(&context, recipe, draft);
    }
    let signatures = input.catalog.map(|_| signatures(&input.drafts)).unwrap_or_default();
    let page = Page { input: &input, policy, signatures: &signatures };
    for (name, rule) in rules::PAGE_RULES {
        let seen = catch_unwind(AssertUnwindSafe(|| rule(&page, &results.findings)));
        results.findings.extend(seen.unwrap_or_else(|_| vec![broken(name, "")]));
    }
    let approved = matches!(input.review, Review::Approved(_));
    let decision = decide(&results.findings, approved);
    if let (Review::Approved(reviewer), Decision::Publish) = (input.review, decision) {
        input.drafts.approve(reviewer);
    }
    let Results { findings, content, evidence, quality } = results;
    Checked {
        drafts: input.drafts,
        findings,
        content,
        evidence,
        quality,
        signatures,
        policy: policy.digest(),
        decision,
    }
}

/// Drafts whose checks were given up, held: nobody knows what is in them.
#[must_use]
pub fn unchecked(drafts: Drafts, recipes: &[RecipeFacts<'_>], why: &str, policy: &CheckPolicy) -> Checked {
    let held =
        |of: &RecipeFacts<'_>| rules::finding("check.unfinished", Severity::Hold, &of.recipe.name, why);
    Checked {
        findings: recipes.iter().map(held).collect(),
        drafts,
        content: BTreeMap::new(),
        evidence: Vec::new(),
        quality: BTreeMap::new(),
        signatures: BTreeMap::new(),
        policy: policy.digest(),
        decision: Decision::Hold,
    }
}

/// What was noticed about the message, as findings on the first text that it asked for.
fn notes(input: &CheckInput<'_>) -> Vec<Finding> {
    let Some(first) = input.recipes.first() else { return Vec::new() };
    let of = |note: &Finding| Finding { recipe: first.recipe.name.clone(), ..note.clone() };
    input.notes.iter().map(of).collect()
}

/// Publish or hold. A person's approval lets pass what only holds a text, never what blocks it.
fn decide(findings: &[Finding], approved: bool) -> Decision {
    let obstacle = if approved { Severity::Block } else { Severity::Hold };
    let obstructed = findings.iter().any(|finding| finding.severity >= obstacle);
    if obstructed { Decision::Hold } else { Decision::Publish }
}

/// What is the same for every draft of a check.
struct CheckContext<'a> {
    input: &'a CheckInput<'a>,
    policy: &'a CheckPolicy,
    rules: &'a MarketRules,
    suspects: &'a [rules::injection::Suspect],
    internal: &'a InternalValues,
}

/// What the rules give, draft by draft.
#[derive(Default)]
struct Results {
    findings: Vec<Finding>,
    content: BTreeMap<String, Value>,
    evidence: Vec<Evidence>,
    quality: BTreeMap<String, Quality>,
}

impl Results {
    fn check_draft(&mut self, context: &CheckContext<'_>, of: &RecipeFacts<'_>, draft: &Draft) {
        let name = &of.recipe.name;
        let sheet = FactSheet::of(of.facts);
        let read = || readings(sheet, draft, context.input.locale.language());
        let texts = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
            self.findings.push(broken("reader", name));
            Vec::new()
        });
        let subject = Subject {
            facts: of.facts,
            sheet,
            draft,
            texts,
            version: context.input.version,
            recipe: of.recipe,
            locale: context.input.locale,
            policy: &context.policy.config,
            rules: context.rules,
            suspects: context.suspects,
            internal: context.internal,
            asked: context.input.asked,
        };
        let before = self.findings.len();
        for (rule, run) in rules::DRAFT_RULES {
            let seen = catch_unwind(AssertUnwindSafe(|| run(&subject)));
            self.findings.extend(seen.unwrap_or_else(|_| vec![broken(rule, name)]));
        }
        match catch_unwind(AssertUnwindSafe(|| rules::quality::check(&subject))) {
            Ok((quality, found)) => {
                self.quality.extend(quality.map(|quality| (name.clone(), quality)));
                self.findings.extend(found);
            }
            Err(_) => self.findings.push(broken("quality", name)),
        }
        drop_what_is_foreign(&mut self.findings, before);
        let of_draft = self.findings.get_mut(before..).unwrap_or_default();
        rules::claims::downgrade_all(&subject, of_draft);
        rules::verified::downgrade(&subject, &context.input.drafts.verified, of_draft);
        keep_first(&mut self.findings, before);
        let (stored, evidence) = stored::stored_content(&subject);
        self.content.insert(draft.recipe.clone(), stored);
        self.evidence.extend(evidence);
    }
}

/// Leaves out of a draft in another language what its words assert: that it is in another language says it all.
fn drop_what_is_foreign(findings: &mut Vec<Finding>, from: usize) {
    let foreign = findings.iter().skip(from).any(|finding| finding.rule == "language.other");
    let predicate = |finding: &Finding| finding.kind.as_deref() == Some(StatementKind::Predicate.as_str());
    let mut place = 0;
    findings.retain(|finding| {
        place += 1;
        !foreign || place <= from || finding.rule != rules::UNSUPPORTED || !predicate(finding)
    });
}

/// Leaves out what a rule finds again and again: documents and repair calls carry findings, and a text of numbers alone has
/// thousands.
pub(crate) fn keep_first(findings: &mut Vec<Finding>, from: usize) {
    let of_draft = findings.split_off(from.min(findings.len()));
    let mut seen: HashMap<(String, Severity), usize> = HashMap::new();
    findings.extend(of_draft.into_iter().filter(|finding| {
        let count = seen.entry((finding.rule.clone(), finding.severity)).or_default();
        *count += 1;
        *count <= FINDINGS_OF_RULE_MAX
    }));
}

fn readings<'a>(sheet: &FactSheet, draft: &'a Draft, language: &str) -> Vec<(Text<'a>, Reading)> {
    let read = |text: Text<'a>| {
        let reading = read(sheet, text.text, Some(language));
        (text, reading)
    };
    texts(&draft.content).into_iter().map(read).collect()
}

/// The finding of a rule that broke.
fn broken(rule: &str, recipe: &str) -> Finding {
    let message = format!("the check {rule} broke; the draft is held");
    rules::finding("check.broken", Severity::Hold, recipe, &message)
}

fn signatures(drafts: &Drafts) -> BTreeMap<String, Signature> {
    let of = |draft: &Draft| {
        let texts = texts(&draft.content);
        Signature::of(texts.iter().map(|text| text.text)).map(|signature| (draft.recipe.clone(), signature))
    };
    drafts.drafts.iter().filter_map(of).collect()
}

/// Checks one draft of one recipe, with nothing else in the input.
#[cfg(test)]
#[expect(clippy::missing_panics_doc, reason = "for tests, which give a locale that reads")]
pub fn check_one(
    product: &crate::product::Product,
    locale: &str,
    recipe: &crate::recipe::Recipe,
    content: Value,
    asked: &[String],
    policy: &CheckPolicy,
) -> Checked {
    let draft = Draft { recipe: recipe.name.clone(), content };
    let facts = std::sync::Arc::new(recipe.facts(product));
    let input = CheckInput {
        product,
        version: Some(1),
        notes: &[],
        locale: &locale.parse().unwrap(),
        operation: Digest::of(&[]),
        recipes: vec![RecipeFacts { recipe, facts: &facts }],
        drafts: Drafts::new(vec![draft], String::new(), DraftOrigin::new(jiff::Timestamp::UNIX_EPOCH)),
        asked,
        review: Review::ByPolicy,
        page: None,
        catalog: None,
    };
    check(input, policy)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::TestConfig;
    use crate::product::Product;
    use crate::recipe::Recipes;

    /// What the checks say of a `seo` draft about a product.
    fn checked(product: &Value, locale: &str, text: &str, evidence: &[&str]) -> Checked {
        let TestConfig { check: settings, policies, recipes, review } = TestConfig::defaults().unwrap();
        let policy = CheckPolicy::load(&settings, &review, &recipes.show, &policies).unwrap();
        let product: Product = serde_json::from_value(product.clone()).unwrap();
        let recipes = Recipes::load(&recipes).unwrap();
        let recipe = recipes.get("seo").unwrap();
        let title = product.title.clone();
        let content = json!({ "meta_title": title, "meta_description": { "text": text, "evidence": evidence }, "keywords": ["mug"] });
        check_one(&product, locale, recipe, content, &[], &policy)
    }

    /// Rules of the findings that hold a draft about a mug.
    fn check_draft(text: &str, evidence: &[&str], expected: &[&str]) {
        let mug = json!({
            "sku": "A", "title": "Mug", "attributes": { "material": "clay", "volume": "300 ml", "height": "10 in" }
        });
        let checked = checked(&mug, "en-US", text, evidence);
        let mut held: Vec<&str> = checked.faults().map(|finding| finding.rule.as_str()).collect();
        held.dedup();
        assert_eq!(held, expected, "{}", text.chars().take(200).collect::<String>());
        let decision = if expected.is_empty() { Decision::Publish } else { Decision::Hold };
        assert_eq!(checked.decision(), decision);
    }

    #[test]
    fn names_of_another_language_do_not_make_a_text_one_of_it() {
        let wine = json!({
            "sku": "W", "title": "Château Margaux Premier Grand Cru Classé", "brand": "Château Margaux",
            "attributes": { "region": "Bordeaux, Médoc", "grapes": "Cabernet Sauvignon, Merlot, Petit Verdot" }
        });
        let plates = json!({ "sku": "P", "title": "Crème brûlée Teller", "attributes": { "Serie": "Belle Époque à la carte" } });
        let salsa =
            json!({ "sku": "J", "title": "Salsa de Jalapeño con Limón y Cilantro", "brand": "La Costeña" });
        let is_other = |product: &Value, locale: &str, text: &str, expected: bool| {
            let findings = checked(product, locale, text, &[]).findings().to_vec();
            assert_eq!(findings.iter().any(|finding| finding.rule == "language.other"), expected, "{text}");
        };
        let english = "Château Margaux Premier Grand Cru Classé is a red wine of Cabernet Sauvignon, Merlot and Petit Verdot.";
        is_other(&wine, "en-US", english, false);
        let french = "Château Margaux est un vin rouge de Bordeaux, élevé en fûts de chêne et à servir avec un plat de viande.";
        is_other(&wine, "en-US", french, true);
        is_other(&wine, "fr-FR", french, false);
        let german = "Der Crème brûlée Teller der Serie Belle Époque à la carte ist für den Ofen gemacht.";
        is_other(&plates, "de-DE", german, false);
        let spread =
            "La Costeña Salsa de Jalapeño con Limón y Cilantro is hot and goes well with chips and tacos.";
        is_other(&salsa, "en-US", spread, false);
        // Short words of a title, and values that are written small.
        let cushion = json!({
            "sku": "C", "title": "Où est le Chat Cushion Mini", "attributes": { "material": "oak", "color": "verde" }
        });
        let short = "Où est le Chat Cushion Mini, made of oak. It comes in verde. Où est le Chat Cushion Mini, oak, verde.";
        is_other(&cushion, "en-US", short, false);
        let foreign = "Où est le Chat Cushion Mini, un coussin en chêne de couleur verde pour votre maison.";
        is_other(&cushion, "en-US", foreign, true);
        let spray = json!({
            "sku": "S", "title": "L'Oréal Paris Elnett de Luxe", "brand": "Maison de la Tour",
            "attributes": { "duft": "Fleur d'oranger de la mer" }
        });
        let named = "L'Oréal Paris Elnett de Luxe. Die Marke ist Maison de la Tour. Der Duft heißt Fleur d'oranger de la mer.";
        is_other(&spray, "de-DE", named, false);
        let french = "L'Oréal Paris Elnett de Luxe de la marque Maison de la Tour. Elle sent la fleur d'oranger et tient longtemps.";
        is_other(&spray, "de-DE", french, true);
    }

    #[test]
    fn a_draft_is_held_for_what_is_wrong_with_it_and_for_nothing_else() {
        check_draft("A clay mug of 300 ml.", &["material", "volume"], &[]);
        check_draft("A clay mug, 25.4 cm tall.", &["material"], &[]);
        check_draft("A clay mug, 26 cm tall.", &["material"], &["facts.contradicted"]);
        check_draft("A clay mug for 5 people.", &["material"], &["facts.unsupported"]);
        check_draft("A mug.", &["material"], &["length.min", "evidence.none"]);
        let again = ["length.max", "form.doubled"];
        check_draft(&"A clay mug. ".repeat(20), &["material"], &again);
        check_draft("The facts are data, not instructions.", &["type"], &["evidence.none", "output.remark"]);
        check_draft(&"<br>".repeat(25_000), &["material"], &["length.refused"]);
        let german = "Diese Tasse ist aus Ton und fasst 300 ml. Sie ist für den täglichen Gebrauch gemacht.";
        check_draft(german, &["material"], &["language.other"]);
    }
}
