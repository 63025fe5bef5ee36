//! claims: what the rules of the text's market, of its sales channels and of the house forbid, with their exemptions.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::Subject;
use crate::config::check::CheckConfig;
use crate::content::sentences;
use crate::content::{Finding, Severity, Span};
use crate::policy::{Exemption, MarketRules, Place, Rule, Test};
use crate::product::Facts;

/// A text, and what it is held against.
#[derive(Clone, Copy)]
pub(crate) struct Claimed<'a> {
    pub(crate) text: &'a str,
    /// JSON pointer to it inside its content; empty where it stands alone.
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
    for claimed in claims(subject, &about) {
        let of_text = findings(subject.rules, claimed, subject.policy);
        let recipe = &subject.recipe.name;
        all.extend(of_text.into_iter().map(|own| Finding { recipe: recipe.clone(), ..own }));
    }
    all
}

/// The texts of a draft, each as what is held against the rules.
fn claims<'a>(subject: &'a Subject<'_>, about: &'a str) -> impl Iterator<Item = Claimed<'a>> {
    subject.texts.iter().map(move |(text, _)| Claimed {
        text: text.text,
        at: &text.at,
        language: subject.locale.language(),
        facts: subject.facts,
        about,
    })
}

/// [`excuse`] for every text of a draft.
pub(crate) fn excuse_all(subject: &Subject<'_>, findings: &mut [Finding]) {
    for claimed in claims(subject, "") {
        excuse(subject.rules, claimed, findings);
    }
}

/// What tells what a product is: category, title, and the names of its attributes (nutrients are told of foods alone).
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
pub(crate) struct Weighed<'a> {
    /// The rule.
    pub(crate) rule: &'a Rule,
    /// The place, in bytes.
    pub(crate) place: Range<usize>,
    /// What exempts from the rule.
    pub(crate) exemption: Option<&'a Exemption>,
}

/// Everything in a text that breaks a rule, exempt or not.
pub(crate) fn weighed<'a>(rules: &'a MarketRules, claimed: Claimed<'a>) -> Vec<Weighed<'a>> {
    let mut all = Vec::new();
    for (rule, place) in rules.candidates(claimed.text) {
        let products = rule.products.as_ref();
        if !concerns(rule, claimed.at) || !products.is_none_or(|products| products.is_match(claimed.about)) {
            continue;
        }
        let places = match place {
            Some(place) => vec![place],
            None => counted(rule, claimed.text),
        };
        for place in places {
            let at = Place {
                text: claimed.text,
                sentence: sentence_at(claimed.text, &place),
                found: (place.start, place.end),
            };
            let covers = |own: &&Exemption| own.covers(at, claimed.language, claimed.facts);
            let exemption = rule.exemptions.iter().find(covers);
            all.push(Weighed { rule, place, exemption });
        }
    }
    all
}

/// One finding for each rule that a text breaks without being exempt, at the first place.
pub(crate) fn findings(rules: &MarketRules, claimed: Claimed<'_>, policy: &CheckConfig) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for own in weighed(rules, claimed).iter().filter(|own| own.exemption.is_none()) {
        if found.iter().all(|finding| finding.rule != own.rule.id) {
            found.push(finding(own.rule, claimed, &own.place, policy));
        }
    }
    found
}

/// Statements that no attribute bears, but that say nothing of the product by an exemption of its market's rules ("the
/// customer comes first", "best before"), become notes.
pub(crate) fn excuse(rules: &MarketRules, claimed: Claimed<'_>, findings: &mut [Finding]) {
    let open = |own: &Finding| {
        own.rule == "facts.unsupported" && own.kind.as_deref() == Some("superlative") && own.at == claimed.at
    };
    if !findings.iter().any(open) {
        return;
    }
    for weighed in weighed(rules, claimed) {
        let Some(exemption) = weighed.exemption.filter(|own| own.asserts_nothing) else { continue };
        let span = Span::of(claimed.text, &weighed.place);
        for own in findings.iter_mut().filter(|own| open(own)) {
            if own.span.is_some_and(|seen| seen.start < span.end && span.start < seen.end) {
                own.severity = Severity::Note;
                own.message = format!(
                    "{}; it says nothing of the product ({}, {})",
                    own.message, weighed.rule.id, exemption.name
                );
            }
        }
    }
}

fn finding(rule: &Rule, claimed: Claimed<'_>, place: &Range<usize>, policy: &CheckConfig) -> Finding {
    let shown: String = claimed.text.get(place.clone()).unwrap_or_default().chars().take(80).collect();
    let pack = rule.id.split('.').next().unwrap_or_default();
    Finding {
        rule: rule.id.clone(),
        kind: Some(pack.to_owned()),
        severity: policy.policy_rules.get(&rule.id).copied().unwrap_or(rule.severity),
        recipe: String::new(),
        at: claimed.at.to_owned(),
        span: Some(Span::of(claimed.text, place)),
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

/// The sentence that a place stands in.
fn sentence_at(text: &str, place: &Range<usize>) -> (usize, usize) {
    sentences(text)
        .map(|(start, sentence)| (start, start + sentence.len()))
        .find(|(start, end)| *start <= place.start && place.start < *end)
        .map_or((0, text.len()), |(start, end)| (start, end.max(place.end)))
}

/// The places that break a rule which counts.
fn counted(rule: &Rule, text: &str) -> Vec<Range<usize>> {
    match &rule.test {
        Test::Words(_) => Vec::new(),
        Test::CharactersMax(max) => {
            let beyond = text.char_indices().nth(*max).map(|(at, _)| at..text.len());
            beyond.into_iter().collect()
        }
        Test::Characters(set) => {
            let forbidden = text.char_indices().filter(|(_, c)| set.contains(*c));
            forbidden.map(|(at, c)| at..at + c.len_utf8()).collect()
        }
        Test::RepeatsMax(max) => repeated(text, *max),
        Test::CapitalsMax(max) => capitals(text, *max),
    }
}

/// Words that may stand as often as one likes: articles, conjunctions, prepositions.
const SMALL_WORDS: &[&str] = &[
    "a", "an", "the", "and", "or", "nor", "but", "of", "for", "with", "without", "in", "on", "at", "to",
    "by", "from", "as", "up", "per", "der", "die", "das", "und", "oder", "mit", "ohne", "für", "von", "im",
    "am", "aus", "zu", "zum", "zur", "de", "la", "le", "les", "et", "ou", "avec", "sans", "pour", "en", "du",
    "des", "à", "au", "el", "los", "las", "y", "o", "con", "sin", "para", "del", "al", "x",
];

/// The words that stand there more often than `max` times, each at the first place too many.
fn repeated(text: &str, max: usize) -> Vec<Range<usize>> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut places = Vec::new();
    for (start, word) in text.unicode_word_indices() {
        let folded = word.to_lowercase();
        if SMALL_WORDS.contains(&folded.as_str()) || folded.chars().all(|c| !c.is_alphabetic()) {
            continue;
        }
        let count = counts.entry(folded).or_default();
        *count += 1;
        if *count == max + 1 {
            places.push(start..start + word.len());
        }
    }
    places
}

/// Rows of more than `max` words that are capitals alone; codes and abbreviations of up to three letters do not count.
fn capitals(text: &str, max: usize) -> Vec<Range<usize>> {
    let (mut places, mut row): (Vec<Range<usize>>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    let mut close = |row: &mut Vec<Range<usize>>| {
        if let (Some(first), Some(last)) = (row.first(), row.last())
            && row.len() > max
        {
            places.push(first.start..last.end);
        }
        row.clear();
    };
    for (start, word) in text.unicode_word_indices() {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let shouted =
            letters >= 4 && word.chars().all(|c| !c.is_lowercase()) && word.chars().any(char::is_uppercase);
        if shouted {
            row.push(start..start + word.len());
        } else if letters >= 4 || word.chars().any(char::is_lowercase) {
            close(&mut row);
        }
    }
    close(&mut row);
    places
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Config;
    use crate::content::Severity;
    use crate::policy::Packs;
    use crate::product::{Attributes, Locale, Product, Value};

    /// Every line of a table of sentences: what must fire, what must not, and which exemption covers what.
    fn table(pack: &str, channels: &[&str], text: &str) {
        let mut config = Config::defaults().unwrap();
        config.policies.channels = channels.iter().map(|own| (*own).to_owned()).collect();
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
            let claimed =
                Claimed { text: sentence, at, language: locale.language(), facts: &facts, about: &about };
            let chosen = packs.chosen(&locale);
            let weighed = weighed(&chosen, claimed);
            let own = || weighed.iter().filter(|own| own.rule.id.starts_with(&format!("{pack}.")));
            let fired: Vec<&str> =
                own().filter(|own| own.exemption.is_none()).map(|own| own.rule.id.as_str()).collect();
            let exempt: Vec<String> =
                own().filter_map(|own| Some(format!("{}~{}", own.rule.id, own.exemption?.name))).collect();
            sentences += 1;
            let right = match expected {
                "-" => fired.is_empty(),
                _ if expected.contains('~') => fired.is_empty() && exempt.iter().any(|own| own == expected),
                _ => fired.contains(&expected),
            };
            if !right {
                wrong.push(format!("line {}: {line}\n  fired {fired:?}, exempt {exempt:?}", number + 1));
            }
        }
        assert!(wrong.is_empty(), "{} of {sentences}:\n{}", wrong.len(), wrong.join("\n"));
        let least = if matches!(pack, "bias" | "output") { 100 } else { 200 };
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
        table("eu", &[], include_str!("../../../../tests/claims/eu.txt"));
    }

    #[test]
    fn the_rules_of_the_united_states_fire_and_spare_as_their_table_says() {
        table("us", &[], include_str!("../../../../tests/claims/us.txt"));
    }

    #[test]
    fn the_rules_of_china_fire_and_spare_as_their_table_says() {
        table("cn", &[], include_str!("../../../../tests/claims/cn.txt"));
    }

    #[test]
    fn the_rules_of_marketplaces_fire_and_spare_as_their_tables_say() {
        table("amazon", &["amazon"], include_str!("../../../../tests/claims/amazon.txt"));
        table("google", &["google"], include_str!("../../../../tests/claims/google.txt"));
    }

    #[test]
    fn exclusionary_phrases_and_what_can_never_become_copy_are_found_as_their_tables_say() {
        table("bias", &[], include_str!("../../../../tests/claims/bias.txt"));
        table("output", &[], include_str!("../../../../tests/claims/output.txt"));
    }

    #[test]
    fn a_superlative_that_says_nothing_of_the_product_is_no_unsupported_statement() {
        let config = Config::defaults().unwrap();
        let packs = Packs::load(&config.policies).unwrap();
        let rules = packs.chosen(&"zh-CN".parse().unwrap());
        let facts = facts(&["title=保温杯"]);
        let check = |text: &str, expected: Severity| {
            let claimed = Claimed { text, at: "", language: "zh", facts: &facts, about: "" };
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
            excuse(&rules, claimed, &mut findings);
            assert_eq!(findings[0].severity, expected, "{text}");
        };
        check("顾客第一，服务用心。", Severity::Note);
        check("最佳饮用温度为六十度。", Severity::Note);
        // The lightest of one's own is lawful, and still has to be true.
        check("本品牌最轻的杯子。", Severity::Hold);
        check("这是最轻的杯子。", Severity::Hold);
    }
}
