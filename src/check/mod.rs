//! Check: holds drafts against facts and policy. Pure and fail-closed: a check that breaks holds the draft.

mod claims;
mod consistency;
mod duplicate;
mod evidence;
mod facts;
mod injection;
mod language;
mod length;
pub mod opinion;
mod privacy;
mod review;
mod schema;
mod stored;
pub mod texts;
mod trim;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Value;

use crate::config::Config;
use crate::config::check::CheckConfig;
use crate::config::recipes::Shown;
use crate::config::review::ReviewConfig;
use crate::content::{Draft, Evidence, Finding, Severity, Text, texts};
use crate::generate::{Drafts, Made};
use crate::plan::{Due, DueRecipe};
use crate::policy::{Chosen, Packs};
use crate::product::{Digest, Facts, Locale, digest};
use crate::recipe::Recipe;
pub use consistency::consistent;
pub use duplicate::compared;
pub use review::{approved, blocked, reviewed};
pub use trim::trim;

use crate::similar::Signature;

use facts::{FactIndex, Reading, read};
use injection::Suspect;

/// What a rule sees.
struct Subject<'a> {
    facts: &'a Facts,
    index: &'a FactIndex,
    draft: &'a Draft,
    /// Every text of the draft, read once for all rules.
    texts: Vec<(Text<'a>, Reading)>,
    /// The product version that the facts are of.
    version: u64,
    recipe: &'a Recipe,
    locale: &'a Locale,
    policy: &'a CheckConfig,
    /// The rules of the locale's market.
    rules: &'a Chosen,
    /// Instructions in the product's own texts.
    suspects: &'a [Suspect],
}

impl Subject<'_> {
    fn finding(&self, rule: &str, severity: Severity, at: &str, message: String) -> Finding {
        Finding {
            rule: rule.to_owned(),
            kind: None,
            severity,
            recipe: self.recipe.name.clone(),
            at: at.to_owned(),
            span: None,
            message,
            evidence: Vec::new(),
        }
    }
}

type Rule = fn(&Subject<'_>) -> Vec<Finding>;

/// Every rule, by the name it reports under.
const RULES: &[(&str, Rule)] = &[
    ("schema", schema::check),
    ("length", length::check),
    ("language", language::check),
    ("facts", facts::check),
    ("evidence", evidence::check),
    ("claims", claims::check),
    ("privacy", privacy::check),
    ("injection", injection::check),
];

/// The check policies in force, with their digest.
#[derive(Clone, Debug)]
pub struct Policy {
    config: CheckConfig,
    packs: Arc<Packs>,
    /// What the model sees beside the facts.
    show: Vec<Shown>,
    review: ReviewConfig,
    digest: Digest,
}

impl Policy {
    /// The policies that the configuration sets, with the packs that it chooses.
    #[must_use]
    pub fn new(config: &Config, packs: Arc<Packs>) -> Self {
        let digest = Digest::of(&[digest(&config.check).as_bytes(), packs.digest().as_bytes()]);
        let (show, review) = (config.recipes.show.clone(), config.review.clone());
        Self { config: config.check.clone(), packs, show, review, digest }
    }

    /// Their digest, kept beside fingerprints.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// Drafts that every check ran on. Only this stage builds one.
#[derive(Debug)]
pub struct Checked {
    due: Due,
    drafts: Drafts,
    findings: Vec<Finding>,
    content: BTreeMap<String, Value>,
    evidence: Vec<Evidence>,
    policy: Digest,
    signatures: BTreeMap<String, Signature>,
}

impl Checked {
    /// What was due.
    #[must_use]
    pub fn due(&self) -> &Due {
        &self.due
    }

    /// The drafts as they were written.
    #[must_use]
    pub fn drafts(&self) -> &[Draft] {
        self.drafts.drafts()
    }

    /// How the drafts came about.
    #[must_use]
    pub fn made(&self) -> &Made {
        self.drafts.made()
    }

    /// Everything that the checks saw.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Content per recipe, as it is stored.
    #[must_use]
    pub fn content(&self) -> &BTreeMap<String, Value> {
        &self.content
    }

    /// The attributes that each text rests on.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Digest of the policies.
    #[must_use]
    pub fn policy(&self) -> Digest {
        self.policy
    }

    /// The signatures of the drafts, by recipe, once they were compared with others.
    #[must_use]
    pub fn signatures(&self) -> &BTreeMap<String, Signature> {
        &self.signatures
    }

    /// The drafts, for a repair call.
    #[must_use]
    pub fn written(&self) -> &Drafts {
        &self.drafts
    }
}

/// What is to become of checked drafts.
#[derive(Debug)]
pub enum Verdict {
    /// Nothing speaks against publishing.
    Publish(Checked),
    /// A person decides.
    Hold(Checked),
}

impl Verdict {
    /// The drafts with their findings.
    #[must_use]
    pub fn checked(&self) -> &Checked {
        match self {
            Self::Publish(checked) | Self::Hold(checked) => checked,
        }
    }
}

/// Runs every check on every draft.
#[must_use]
pub fn check(due: Due, drafts: Drafts, policy: &Policy) -> Verdict {
    let mut findings = Vec::new();
    let mut content = BTreeMap::new();
    let mut evidence = Vec::new();
    let mut index: Option<(Arc<Facts>, FactIndex)> = None;
    let rules = policy.packs.chosen(&due.task().locale);
    let suspects = injection::suspects(&due.task().product, &policy.show);
    for recipe in due.recipes() {
        let Some(draft) = drafts.drafts().iter().find(|draft| draft.recipe == recipe.recipe().name) else {
            findings.push(broken(recipe, "schema.missing", "the answer holds no draft for this recipe"));
            continue;
        };
        // Recipes mostly share their selection of facts: it is indexed once.
        let fresh = !index.as_ref().is_some_and(|(facts, _)| Arc::ptr_eq(facts, &recipe.facts));
        if fresh {
            index = Some((Arc::clone(&recipe.facts), FactIndex::new(&recipe.facts)));
        }
        let Some((facts, index)) = &index else { continue };
        let language = due.task().locale.language();
        let texts =
            catch_unwind(AssertUnwindSafe(|| readings(index, draft, language))).unwrap_or_else(|_| {
                findings.push(broken(recipe, "check.broken", "the draft could not be read; it is held"));
                Vec::new()
            });
        let subject = Subject {
            facts,
            index,
            draft,
            texts,
            version: due.task().version,
            recipe: recipe.recipe(),
            locale: &due.task().locale,
            policy: &policy.config,
            rules: &rules,
            suspects: &suspects,
        };
        let before = findings.len();
        for (name, rule) in RULES {
            match catch_unwind(AssertUnwindSafe(|| rule(&subject))) {
                Ok(seen) => findings.extend(seen),
                Err(_) => findings.push(broken(
                    recipe,
                    "check.broken",
                    &format!("the check {name} broke; the draft is held"),
                )),
            }
        }
        claims::excuse_all(&subject, findings.get_mut(before..).unwrap_or_default());
        let (stored, map) = stored::stored(&subject);
        content.insert(draft.recipe.clone(), stored);
        evidence.extend(map);
    }
    if due.task().version_tie
        && let Some(recipe) = due.recipes().first()
    {
        let message =
            "another message stated other facts under the same product version; the later one counts";
        findings.push(Finding { severity: Severity::Note, ..broken(recipe, "version.tie", message) });
    }
    let held = findings.iter().any(|finding| finding.severity >= Severity::Hold);
    let checked = Checked {
        due,
        drafts,
        findings,
        content,
        evidence,
        policy: policy.digest,
        signatures: BTreeMap::new(),
    };
    if held { Verdict::Hold(checked) } else { Verdict::Publish(checked) }
}

fn readings<'a>(index: &FactIndex, draft: &'a Draft, language: &str) -> Vec<(Text<'a>, Reading)> {
    let read = |text: Text<'a>| {
        let reading = read(index, text.text, Some(language));
        (text, reading)
    };
    texts(&draft.content).into_iter().map(read).collect()
}

fn broken(recipe: &DueRecipe, rule: &str, message: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        kind: None,
        severity: Severity::Hold,
        recipe: recipe.recipe().name.clone(),
        at: String::new(),
        span: None,
        message: message.to_owned(),
        evidence: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Product;
    use crate::recipe::Recipes;
    use serde_json::json;

    /// Rules of the findings at or above hold, for a `seo` draft about a mug.
    fn check_draft(text: &str, evidence: &[&str], expected: &[&str]) {
        let config = Config::defaults().unwrap();
        let recipes = Recipes::load(&config.recipes).unwrap();
        let rules = Packs::load(&config.policies).unwrap().chosen(&"en-US".parse().unwrap());
        let product: Product = serde_json::from_value(json!({
            "sku": "A", "title": "Mug", "attributes": { "material": "clay", "volume": "300 ml", "height": "10 in" }
        }))
        .unwrap();
        let recipe = recipes.get("seo").unwrap();
        let content = json!({ "meta_title": "Mug", "meta_description": { "text": text, "evidence": evidence }, "keywords": ["mug"] });
        let draft = Draft { recipe: "seo".into(), content };
        let facts = recipe.facts(&product);
        let index = FactIndex::new(&facts);
        let subject = Subject {
            facts: &facts,
            index: &index,
            draft: &draft,
            texts: readings(&index, &draft, "en"),
            version: 1,
            recipe,
            locale: &"en-US".parse().unwrap(),
            policy: &config.check,
            rules: &rules,
            suspects: &[],
        };
        let findings = RULES.iter().flat_map(|(_, rule)| rule(&subject));
        let held: Vec<String> = findings
            .filter(|finding| finding.severity >= Severity::Hold)
            .map(|finding| finding.rule)
            .collect();
        assert_eq!(held, expected, "{text}");
    }

    #[test]
    fn a_draft_is_held_for_what_is_wrong_with_it_and_for_nothing_else() {
        check_draft("A clay mug of 300 ml.", &["material", "volume"], &[]);
        check_draft("A clay mug, 25.4 cm tall.", &["material"], &[]);
        check_draft("A clay mug, 26 cm tall.", &["material"], &["facts.contradicted"]);
        check_draft("A clay mug for 5 people.", &["material"], &["facts.unsupported"]);
        check_draft("A mug.", &["material"], &["length.min", "evidence.none"]);
        check_draft(&"A clay mug. ".repeat(20), &["material"], &["length.max"]);
        check_draft("The facts are data, not instructions.", &["type"], &["evidence.none", "output.remark"]);
        let german = "Diese Tasse ist aus Ton und fasst 300 ml. Sie ist für den täglichen Gebrauch gemacht.";
        check_draft(german, &["material"], &["language.other"]);
    }
}
