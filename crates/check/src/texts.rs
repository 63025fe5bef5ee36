//! The checks over a single text, without a recipe; and what the facts say of it.

use serde::Serialize;

use crate::check::{CheckPolicy, keep_first};
use crate::content::{self, Finding, Quality};
use crate::facts::{self, Decision, FactSheet, Modality};
use crate::internal::InternalValues;
use crate::policy::Packs;
use crate::product::unit::Dimension;
use crate::product::{Facts, Locale, Product};
use crate::rules::{self, claims, form, internal, language, quality, quoted};

/// What the checks say of a text.
#[derive(Clone, Debug)]
pub struct TextReport {
    /// What the product's facts do not support, in the order of the text.
    pub findings: Vec<Finding>,
    /// How suspicious the text is, from 0 on: orders texts, with or without findings.
    pub score: f64,
    /// The share of its words that no fact has: the baseline that the checks must beat.
    pub novelty: f64,
    /// How good it is as copy; `None` for a text without sentences.
    pub quality: Option<Quality>,
}

/// Reads a text of a language (`en`) against the product's facts; with a locale, also against the rules of its market.
#[must_use]
pub fn report(
    product: &Product,
    text: &str,
    language: Option<&str>,
    market: Option<&Locale>,
    policy: &CheckPolicy,
) -> TextReport {
    let facts = policy.internal.facts(product, |_| true);
    let sheet = FactSheet::of(&facts);
    let reading = facts::read(sheet, text, language);
    let mut findings = facts::findings(sheet, text, &reading, &policy.config, |_| true);
    if let Some(language) = language {
        findings.extend(form::findings(&facts, text, language, &policy.config));
        findings.extend(language::findings(&facts, text, language, market, &policy.config));
    }
    for (attribute, place) in InternalValues::of(product, &policy.internal).stated_in(text) {
        let finding = rules::finding(internal::RULE, policy.config.facts_internal, "", internal::MESSAGE);
        let span = Some(content::Span::of(text, &place));
        findings.push(Finding { span, evidence: vec![attribute.to_owned()], ..finding });
    }
    if let Some(locale) = market {
        let about = claims::about(&facts);
        let checked =
            claims::PolicyText { text, at: "", language: locale.language(), facts: &facts, about: &about };
        let rules = policy.packs.chosen(locale);
        claims::downgrade(&rules, checked, &mut findings);
        findings.extend(claims::findings(&rules, checked, &policy.config));
    }
    let quality = quality::of_text((&facts, sheet), text, &reading, language.unwrap_or("en"), &policy.config);
    keep_first(&mut findings, 0);
    TextReport { findings, score: reading.suspicion(), novelty: reading.novelty(), quality }
}

/// A statement of a text, with what decided it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedStatement {
    /// As it is written.
    pub text: String,
    /// Its bytes in the whole text.
    #[serde(skip)]
    pub bytes: std::ops::Range<usize>,
    /// Its slot.
    pub slot: &'static str,
    /// The part of the thing that it is said of; `None` for the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<&'static str>,
    /// Whether the text denies it.
    pub denied: bool,
    /// Whether a question takes it for granted.
    pub presupposed: bool,
    /// `supported`, `refuted`, `not stated` or `not checkable`.
    pub decision: &'static str,
    /// The attribute that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// Why, where it is not supported.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Every statement of a text of a language (`en`), decided by the product's facts.
#[must_use]
pub fn explain(
    product: &Product,
    text: &str,
    language: Option<&str>,
    policy: &CheckPolicy,
) -> Vec<ExplainedStatement> {
    let facts = policy.internal.facts(product, |_| true);
    let sheet = FactSheet::of(&facts);
    let explained = |statement: facts::Statement| ExplainedStatement {
        text: text.get(statement.start..statement.end).unwrap_or_default().to_owned(),
        bytes: statement.start..statement.end,
        slot: statement.kind.as_str(),
        part: statement.part_name(),
        denied: statement.denied,
        presupposed: statement.modality != Modality::Asserted,
        decision: match statement.decision {
            Decision::Supported(_) => "supported",
            Decision::Refuted(_) => "refuted",
            Decision::NotStated => "not stated",
            Decision::NotCheckable => "not checkable",
        },
        attribute: statement.attribute().map(|place| sheet.name(place).to_owned()),
        message: statement.message,
    };
    facts::read(sheet, text, language).statements.into_iter().map(explained).collect()
}

/// What a rule says of a part of a text.
#[derive(Clone, Debug)]
pub struct TextClaim {
    /// The rule's id.
    pub rule: String,
    /// The part.
    pub part: String,
    /// What the rule says to a merchandiser.
    pub explanation: String,
    /// The exemption that covers it, if one does.
    pub exemption: Option<String>,
}

/// Everything in a text that touches a rule of the locale's market, exempt or not.
#[must_use]
pub fn claims(product: &Product, text: &str, locale: &Locale, packs: &Packs) -> Vec<TextClaim> {
    let facts = Facts::select(product, |_| true);
    let (about, rules) = (claims::about(&facts), packs.chosen(locale));
    let checked =
        claims::PolicyText { text, at: "", language: locale.language(), facts: &facts, about: &about };
    let claim = |found: claims::PolicyMatch<'_>| TextClaim {
        rule: found.rule.id.clone(),
        part: text.get(found.place.clone()).unwrap_or_default().to_owned(),
        explanation: found.rule.explanation.clone(),
        exemption: found.exemption.map(|exemption| exemption.name.clone()),
    };
    claims::matches(&rules, checked).into_iter().map(claim).collect()
}

/// Whether a question is made of words of the facts and of plain questions alone: no insult, name or address, however it is
/// written.
#[must_use]
pub fn is_plain_question(facts: &Facts, question: &str) -> bool {
    quoted::is_plain(FactSheet::of(facts), question)
}

/// The language of a locale as other tools write it: `en` of `en-US` and `en_US`.
#[must_use]
pub fn language(locale: &str) -> &str {
    locale.split(['-', '_']).next().unwrap_or(locale)
}

/// How many sentences a text has.
#[must_use]
pub fn sentences(text: &str) -> usize {
    content::sentences(text).count()
}

/// The words of a text in the form in which words are compared: lower case, without endings; Chinese and Japanese cut by
/// dictionary.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    facts::words(text)
}

/// An attribute's name with spaces between its words: `is_vegan`, `familyFriendly`.
#[must_use]
pub fn spaced(name: &str) -> String {
    facts::spaced(name)
}

/// Whether a text denies anything.
#[must_use]
pub fn denies(text: &str) -> bool {
    facts::denies(text)
}

/// Whether a value begins with a word that denies its attribute.
#[must_use]
pub fn begins_with_no(value: &str) -> bool {
    facts::begins_with_no(value)
}

/// What facts say of a text, more strictly than copy is read: an answer may say what they say and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextSupport {
    /// The attributes that state or imply otherwise.
    pub contradicted_by: Vec<String>,
    /// Whether it states something that no attribute does.
    pub unsupported: bool,
    /// The attributes that support something in it.
    pub supported_by: Vec<String>,
    /// The attributes that deny what it denies.
    pub denied_by: Vec<String>,
    /// Its words that no fact has, as compared.
    pub novel: Vec<String>,
}

/// Reads a text of a language (`en`) against facts, its questions as statements.
#[must_use]
pub fn support(facts: &Facts, text: &str, language: &str) -> TextSupport {
    let text = text.replace(['?', '？', '¿'], ".");
    let sheet = FactSheet::of(facts);
    let reading = facts::read(sheet, &text, Some(language));
    let mut support = TextSupport { novel: facts::novel(sheet, &text), ..TextSupport::default() };
    for statement in reading.faults() {
        if statement.is_refuted() {
            // Whatever contradicts has an attribute; without its name the answer would still be no.
            let name = statement.attribute().map_or_else(String::new, |place| sheet.name(place).to_owned());
            support.contradicted_by.push(name);
        } else {
            support.unsupported = true;
        }
    }
    let agreed = reading.statements.iter().filter(|statement| statement.denied && !statement.is_fault());
    let denying = agreed.filter_map(facts::Statement::attribute);
    support.denied_by = denying.map(|place| sheet.name(place).to_owned()).collect();
    for place in reading.supported_by(0, text.len() + 1) {
        support.supported_by.push(sheet.name(place).to_owned());
    }
    support
}

/// A number of a text with what it measures, in the base unit of that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// The number.
    pub value: f64,
    /// What it measures; `None` for a number without a unit.
    pub dimension: Option<Dimension>,
}

/// The numbers of a text, in order, each in its first meaning.
#[must_use]
pub fn measures(text: &str) -> Vec<Measure> {
    facts::measures(text)
        .into_iter()
        .map(|(value, unit)| match unit {
            Some(unit) => Measure { value: unit.to_base(value), dimension: Some(unit.dimension) },
            None => Measure { value, dimension: None },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TestConfig;
    use crate::content::Severity;

    #[test]
    fn a_text_that_states_what_is_for_the_shop_alone_is_held_and_supported_by_nothing() {
        let TestConfig { check, policies, recipes, review } = TestConfig::defaults().unwrap();
        let policy = CheckPolicy::load(&check, &review, &recipes.show, &policies).unwrap();
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "A", "title": "Mug", "attributes": { "material": "clay", "cost_price": "4.17 EUR", "supplier": "Huber & Co" }
        }))
        .unwrap();
        let rules = |text: &str| -> Vec<(String, Severity)> {
            let report = report(&product, text, Some("en"), None, &policy);
            let told =
                |finding: &Finding| !finding.message.contains("4.17") && !finding.message.contains("Huber");
            assert!(report.findings.iter().filter(|finding| finding.rule == "facts.internal").all(told));
            report.findings.into_iter().map(|finding| (finding.rule, finding.severity)).collect()
        };
        assert_eq!(rules("A mug of clay."), []);
        for text in ["A mug of clay that costs us 4.17.", "A mug of clay from Huber & Co."] {
            assert!(rules(text).contains(&("facts.internal".to_owned(), Severity::Hold)), "{text}");
        }
        assert!(rules("It costs 4.17 EUR.").iter().any(|(rule, _)| rule == "facts.unsupported"));
    }

    #[test]
    fn a_measure_keeps_its_sign_and_a_range_has_none() {
        let values = |text: &str| measures(text).iter().map(|measure| measure.value).collect::<Vec<_>>();
        let frost = values("-20 °C");
        assert!(frost[0] < values("0 °C")[0] && values("0 °C")[0] < values("20 °C")[0], "{frost:?}");
        assert_eq!(frost, values("at \u{2212}20 °C"));
        assert!(values("10-20 kg").iter().all(|value| *value > 0.0));
    }

    #[test]
    fn a_question_is_plain_where_it_has_no_word_of_its_own_however_that_is_written() {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "A", "title": "Mug", "attributes": { "microwave_safe": "yes", "wheels": 4, "material": "clay" }
        }))
        .unwrap();
        let facts = Facts::select(&product, |_| true);
        for plain in
            ["Is it microwave safe?", "Does it have wheels?", "How heavy is the mug?", "Is it made of clay?"]
        {
            assert!(is_plain_question(&facts, plain), "{plain}");
        }
        for own in [
            "Is it shit?",
            "Is it sh1t?",
            "Is it \u{455}h\u{456}t?",
            "Is it sh\u{200b}it?",
            "Is it s h i t?",
            "Is it s.h.i.t?",
            "Is it \u{ff53}\u{ff48}\u{ff49}\u{ff54}?",
            "Ist es Scheiße?",
            "Is Brambler dot com better?",
        ] {
            assert!(!is_plain_question(&facts, own), "{own}");
        }
    }
}
