//! claims: what the rules of the text's market, of its sales channels and of the house forbid, with their exemptions.

mod counted;
mod exempt;

use std::cell::{LazyCell, RefCell};
use std::collections::HashSet;
use std::ops::Range;

use super::{Subject, UNSUPPORTED};
use crate::config::check::CheckConfig;
use crate::content::{Finding, Severity, Span, StatementKind, sentences};
use crate::policy::{Candidate, Exemption, MarketRules, PolicyMatchContext, Rule};
use crate::product::Facts;
use counted::counted;
use exempt::RuleExemptions;

/// How much of a sentence is read before and behind a match, in bytes.
const SENTENCE_BYTES_MAX: usize = 600;

/// A text, and what policy rules look at beside it.
#[derive(Clone, Copy)]
pub(crate) struct PolicyText<'a> {
    pub(crate) text: &'a str,
    /// JSON pointer to it inside its content; empty for a text without one.
    pub(crate) at: &'a str,
    pub(crate) language: &'a str,
    pub(crate) facts: &'a Facts,
    /// What the product is, for rules about kinds of products.
    pub(crate) about: &'a str,
}

/// The claims of every text of a draft.
pub(crate) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let about = about(subject.facts);
    let mut all = Vec::new();
    for text in policy_texts(subject, &about) {
        let of_text = findings(subject.rules, text, subject.policy);
        let recipe = &subject.recipe.name;
        all.extend(of_text.into_iter().map(|finding| Finding { recipe: recipe.clone(), ..finding }));
    }
    all
}

/// The texts of a draft, as policy rules look at them.
fn policy_texts<'a>(subject: &'a Subject<'_>, about: &'a str) -> impl Iterator<Item = PolicyText<'a>> {
    subject.texts.iter().map(move |(text, _)| PolicyText {
        text: text.text,
        at: &text.at,
        language: subject.locale.language(),
        facts: subject.facts,
        about,
    })
}

/// [`downgrade`] for every text of a draft.
pub(crate) fn downgrade_all(subject: &Subject<'_>, findings: &mut [Finding]) {
    for text in policy_texts(subject, "") {
        downgrade(subject.rules, text, findings);
    }
}

/// What a product is: category, title, and the names of its attributes (only foods have nutrients).
pub(crate) fn about(facts: &Facts) -> String {
    let mut about = String::new();
    for (name, value) in facts.iter() {
        about.push_str(name);
        if matches!(name, "title" | "category" | "type" | "product_type") {
            about.push_str(": ");
            about.push_str(&value.to_string());
        }
        about.push('\n');
    }
    about
}

/// A rule that a text breaks at a place, and the exemption that covers it, if one does.
#[derive(Clone, Debug)]
pub(crate) struct PolicyMatch<'a> {
    /// The rule.
    pub(crate) rule: &'a Rule,
    /// The place, in bytes.
    pub(crate) place: Range<usize>,
    /// What exempts from the rule.
    pub(crate) exemption: Option<&'a Exemption>,
}

/// Everything in a text that breaks a rule, exempt or not.
pub(crate) fn matches<'a>(rules: &'a MarketRules, checked: PolicyText<'a>) -> Vec<PolicyMatch<'a>> {
    let mut all = Vec::new();
    each_match(rules, checked, |_| true, |found| all.push(found));
    all
}

/// Calls `each` with what breaks a rule, exempt or not, as long as `wanted` takes more of that rule.
fn each_match<'a>(
    rules: &'a MarketRules,
    checked: PolicyText<'a>,
    mut wanted: impl FnMut(&Rule) -> bool,
    mut each: impl FnMut(PolicyMatch<'a>),
) {
    // Cut once, and only where something is found.
    let ends: LazyCell<Vec<(usize, usize)>, _> = LazyCell::new(|| {
        sentences(checked.text).map(|(start, sentence)| (start, start + sentence.len())).collect()
    });
    for Candidate { rule, places } in rules.candidates(checked.text) {
        let products = rule.products.as_ref();
        if !concerns(rule, checked.at) || !wanted(rule) {
            continue;
        }
        let places: Box<dyn Iterator<Item = Range<usize>>> = match places {
            Some(places) => Box::new(places),
            None => Box::new(counted(rule, checked.text).into_iter()),
        };
        let mut places = places.peekable();
        if places.peek().is_none() || products.is_some_and(|products| !products.is_match(checked.about)) {
            continue;
        }
        let mut exemptions = RuleExemptions::new(rule, checked);
        while let Some(place) = places.next_if(|_| wanted(rule)) {
            let sentence = if rule.exemptions.is_empty() {
                (place.start, place.end)
            } else {
                sentence_at(&ends, checked.text, &place)
            };
            let at = PolicyMatchContext { text: checked.text, sentence, found: (place.start, place.end) };
            let exemption = exemptions.of(at);
            each(PolicyMatch { rule, place, exemption });
        }
    }
}

/// One finding for each rule that a text breaks without being exempt, at the first place.
pub(crate) fn findings(rules: &MarketRules, checked: PolicyText<'_>, policy: &CheckConfig) -> Vec<Finding> {
    let mut broken: Vec<PolicyMatch<'_>> = Vec::new();
    let found = RefCell::new(HashSet::new());
    each_match(
        rules,
        checked,
        |rule| !found.borrow().contains(&rule.id),
        |place| {
            if place.exemption.is_none() {
                found.borrow_mut().insert(place.rule.id.clone());
                broken.push(place);
            }
        },
    );
    broken.iter().map(|broken| finding(broken.rule, checked, &broken.place, policy)).collect()
}

/// Statements that no attribute supports, but that say nothing of the product by an exemption of its market's rules ("the
/// customer comes first", "best before"), become notes.
pub(crate) fn downgrade(rules: &MarketRules, checked: PolicyText<'_>, findings: &mut [Finding]) {
    let open = |finding: &Finding| {
        finding.rule == UNSUPPORTED
            && finding.kind.as_deref() == Some(StatementKind::Superlative.as_str())
            && finding.at == checked.at
    };
    if !findings.iter().any(open) {
        return;
    }
    let exempts = |rule: &Rule| rule.exemptions.iter().any(|exemption| exemption.asserts_nothing);
    let mut all = Vec::new();
    each_match(rules, checked, exempts, |found| all.push(found));
    for exempt in all {
        let Some(exemption) = exempt.exemption.filter(|exemption| exemption.asserts_nothing) else {
            continue;
        };
        let span = Span::of(checked.text, &exempt.place);
        for finding in findings.iter_mut().filter(|finding| open(finding)) {
            if finding.span.is_some_and(|fault| fault.touches(span)) {
                finding.severity = Severity::Note;
                finding.message = format!(
                    "{}; it says nothing of the product ({}, {})",
                    finding.message, exempt.rule.id, exemption.name
                );
            }
        }
    }
}

fn finding(rule: &Rule, checked: PolicyText<'_>, place: &Range<usize>, policy: &CheckConfig) -> Finding {
    let shown: String = checked.text.get(place.clone()).unwrap_or_default().chars().take(80).collect();
    let pack = rule.id.split('.').next().unwrap_or_default();
    Finding {
        rule: rule.id.clone(),
        kind: Some(pack.to_owned()),
        severity: policy.policy_rules.get(&rule.id).copied().unwrap_or(rule.severity),
        recipe: String::new(),
        at: checked.at.to_owned(),
        span: Some(Span::of(checked.text, place)),
        message: format!("{shown:?}: {} ({})", rule.explanation, rule.source),
        evidence: Vec::new(),
    }
}

/// Whether a rule is about the text at this place: the last name of its pointer.
fn concerns(rule: &Rule, at: &str) -> bool {
    let mut names = at.rsplit('/').filter(|name| !name.is_empty() && *name != "text");
    let name = names.find(|name| name.parse::<usize>().is_err()).unwrap_or_default();
    rule.places.is_empty() || rule.places.iter().any(|place| place == name)
}

/// The sentence around a place, of those that a text has; of a very long one the part around it, or a text of one sentence
/// with thousands of matches is read thousands of times.
fn sentence_at(sentences: &[(usize, usize)], text: &str, place: &Range<usize>) -> (usize, usize) {
    let before = sentences.partition_point(|(start, _)| *start <= place.start);
    let around = before.checked_sub(1).and_then(|at| sentences.get(at));
    let (start, end) = around.filter(|(_, end)| place.start < *end).copied().unwrap_or((0, text.len()));
    let first = text.floor_char_boundary(place.start.saturating_sub(SENTENCE_BYTES_MAX));
    let last = text.ceil_char_boundary(place.end.saturating_add(SENTENCE_BYTES_MAX).min(text.len()));
    (start.max(first), end.max(place.end).min(last))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::TestConfig;
    use crate::content::Severity;
    use crate::policy::Packs;
    use crate::product::{Attributes, Locale, Product, Value};

    /// Every line of a table of sentences: what must fire, what must not, and which exemption covers what.
    fn table(pack: &str, channels: &[&str], text: &str) {
        let mut config = TestConfig::defaults().unwrap();
        config.policies.channels = channels.iter().map(|channel| (*channel).to_owned()).collect();
        let packs = Arc::new(Packs::load(&config.policies).unwrap());
        let (mut locale, mut facts_of_block): (Locale, &str) = ("en".parse().unwrap(), "");
        let (mut wrong, mut sentences) = (Vec::new(), 0);
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        {
            if let Some(head) = line.strip_prefix("@ ") {
                let (name, facts) = head.split_once(" | ").unwrap();
                (locale, facts_of_block) = (name.parse().unwrap(), facts);
                continue;
            }
            let mut parts = line.split(" | ");
            let (expected, sentence) = (parts.next().unwrap(), parts.next().unwrap());
            let (at, sentence) = match sentence.rfind(" @/") {
                Some(place) => (&sentence[place + 2..], &sentence[..place]),
                None => ("", sentence),
            };
            let facts = facts(&[facts_of_block, parts.next().unwrap_or_default()]);
            let about = about(&facts);
            let checked =
                PolicyText { text: sentence, at, language: locale.language(), facts: &facts, about: &about };
            let chosen = packs.chosen(&locale);
            let matches = matches(&chosen, checked);
            let of_pack = || matches.iter().filter(|found| found.rule.id.starts_with(&format!("{pack}.")));
            let fired: Vec<&str> = of_pack()
                .filter(|found| found.exemption.is_none())
                .map(|found| found.rule.id.as_str())
                .collect();
            let exempt: Vec<String> = of_pack()
                .filter_map(|found| Some(format!("{}~{}", found.rule.id, found.exemption?.name)))
                .collect();
            sentences += 1;
            let right = match expected {
                "-" => fired.is_empty(),
                _ if expected.contains('~') => fired.is_empty() && exempt.iter().any(|name| name == expected),
                _ => fired.contains(&expected),
            };
            if !right {
                wrong.push(format!("line {}: {line}\n  fired {fired:?}, exempt {exempt:?}", number + 1));
            }
        }
        assert!(wrong.is_empty(), "{} of {sentences}:\n{}", wrong.len(), wrong.join("\n"));
        let least = if matches!(pack, "bias" | "abuse" | "output") { 100 } else { 200 };
        assert!(sentences >= least, "{pack}: only {sentences} sentences");
    }

    fn facts(parts: &[&str]) -> Facts {
        let mut product = Product::bare("A".parse().unwrap());
        let mut attributes: Vec<(String, Value)> = Vec::new();
        for part in parts.iter().flat_map(|part| part.split("; ")).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap();
            match name {
                "title" => product.title = Some(value.to_owned()),
                "brand" => product.brand = Some(value.to_owned()),
                "category" => product.category = value.split(" > ").map(str::to_owned).collect(),
                _ => attributes.push((name.to_owned(), Value::Text(value.to_owned()))),
            }
        }
        product.attributes = attributes.into_iter().collect::<Attributes>();
        Facts::select(&product, |_| true)
    }

    #[test]
    fn the_rules_of_the_european_union_fire_and_spare_as_their_table_says() {
        table("eu", &[], include_str!("../../../../../tests/claims/eu.txt"));
    }

    #[test]
    fn the_rules_of_the_united_states_fire_and_spare_as_their_table_says() {
        table("us", &[], include_str!("../../../../../tests/claims/us.txt"));
    }

    #[test]
    fn the_rules_of_china_fire_and_spare_as_their_table_says() {
        table("cn", &[], include_str!("../../../../../tests/claims/cn.txt"));
    }

    #[test]
    fn the_rules_of_marketplaces_fire_and_spare_as_their_tables_say() {
        table("amazon", &["amazon"], include_str!("../../../../../tests/claims/amazon.txt"));
        table("google", &["google"], include_str!("../../../../../tests/claims/google.txt"));
    }

    #[test]
    fn exclusionary_phrases_and_what_can_never_become_copy_are_found_as_their_tables_say() {
        table("abuse", &[], include_str!("../../../../../tests/claims/abuse.txt"));
        table("bias", &[], include_str!("../../../../../tests/claims/bias.txt"));
        table("output", &[], include_str!("../../../../../tests/claims/output.txt"));
    }

    #[test]
    fn a_superlative_that_says_nothing_of_the_product_is_no_unsupported_statement() {
        let config = TestConfig::defaults().unwrap();
        let packs = Packs::load(&config.policies).unwrap();
        let rules = packs.chosen(&"zh-CN".parse().unwrap());
        let facts = facts(&["title=保温杯"]);
        let check = |text: &str, expected: Severity| {
            let checked = PolicyText { text, at: "", language: "zh", facts: &facts, about: "" };
            let at = text.find('第').or_else(|| text.find('最')).unwrap();
            let mut findings = vec![Finding {
                rule: "facts.unsupported".into(),
                kind: Some("superlative".into()),
                severity: Severity::Hold,
                recipe: String::new(),
                at: String::new(),
                span: Some(Span::of(text, &(at..at + 6))),
                message: String::new(),
                evidence: vec![],
            }];
            downgrade(&rules, checked, &mut findings);
            assert_eq!(findings[0].severity, expected, "{text}");
        };
        check("顾客第一，服务用心。", Severity::Note);
        check("最佳饮用温度为六十度。", Severity::Note);
        // The lightest of one's own is lawful, and still has to be true.
        check("本品牌最轻的杯子。", Severity::Hold);
        check("这是最轻的杯子。", Severity::Hold);
    }
}
