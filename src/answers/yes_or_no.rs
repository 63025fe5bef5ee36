//! "Yes" and "no": whether the facts prove either, and answers without one that they do not prove. Pure.

use super::criteria::AnswerCriteria;
use super::grade::is_other_grade;
use super::relevance::Question;
use super::wording::capitalised;
use skuscribe_check::product::Facts;
use skuscribe_check::texts::{self, support};

/// Words that affirm and deny at the beginning of an answer.
const YES: &[&str] = &["yes", "ja", "oui", "sí", "si", "是", "是的", "はい"];
const NO: &[&str] = &["no", "nein", "non", "否", "不是", "いいえ"];

/// Topics on which silence is no "no": an ingredient that a list does not name may still be in it.
const NEVER_DENIED: &[&str] = &["allergens", "ingredients", "diet"];

/// A "yes" or "no" that the facts prove.
pub(super) struct Proof {
    pub(super) affirms: bool,
    /// The attributes that prove it.
    pub(super) attributes: Vec<String>,
}

/// "Yes" or "no", where the facts prove either.
pub(super) fn proof(criteria: AnswerCriteria<'_>) -> Option<Proof> {
    // "Over 300 g?", "isn't it blue?": another number proves nothing, and who asks for a "no" may mean either. "Leather or
    // nylon?": that it is no leather is no "no".
    let doubtful = criteria.asked.contains(|c: char| c.is_ascii_digit())
        || texts::denies(criteria.asked)
        || criteria.question.bound().is_some()
        || criteria.question.is_qualified()
        || criteria.facts.iter().any(|(name, value)| {
            criteria.relevant.iter().any(|relevant| relevant == name)
                && is_other_grade(criteria.asked, &value.to_string())
        });
    if doubtful || !criteria.question.is_yes_or_no() {
        return None;
    }
    let stated = support(criteria.facts, criteria.asked, criteria.language);
    if !stated.contradicted_by.is_empty() {
        let proven = is_denied(criteria.question, criteria.facts, &stated.contradicted_by);
        return proven.then_some(Proof { affirms: false, attributes: stated.contradicted_by });
    }
    let attributes: Vec<String> =
        stated.supported_by.into_iter().filter(|attribute| criteria.relevant.contains(attribute)).collect();
    let proven = !stated.unsupported
        && !attributes.is_empty()
        && stated.novel.iter().all(|word| criteria.may_use(word));
    proven.then_some(Proof { affirms: true, attributes })
}

/// Whether attributes that state otherwise prove a "no".
pub(super) fn is_denied(question: &Question, facts: &Facts, contradicting: &[String]) -> bool {
    let deniable = question.topics().all(|topic| !NEVER_DENIED.contains(&topic));
    let denies = |name: &String| {
        facts.iter().any(|(fact, value)| fact == name && texts::begins_with_no(&value.to_string()))
    };
    contradicting.iter().all(|name| !name.is_empty()) && (deniable || contradicting.iter().any(denies))
}

/// Whether a text begins with a "yes" or "no" that the facts prove.
pub(super) fn begins_with_proof(criteria: AnswerCriteria<'_>, text: &str) -> bool {
    leading_yes_or_no(text).is_some_and(|(affirms, _)| proves(criteria, affirms))
}

/// The text without a leading "yes" or "no" that the facts do not prove; `None` where nothing else is said.
pub(super) fn without_unproven(criteria: AnswerCriteria<'_>, text: &str) -> Option<String> {
    let text = text.trim();
    let Some((affirms, rest)) = leading_yes_or_no(text) else { return Some(text.to_owned()) };
    if proves(criteria, affirms) {
        return Some(text.to_owned());
    }
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    (rest.chars().filter(|c| c.is_alphanumeric()).count() >= 3).then(|| capitalised(rest))
}

fn proves(criteria: AnswerCriteria<'_>, affirms: bool) -> bool {
    proof(criteria).is_some_and(|proof| proof.affirms == affirms)
}

/// Whether a text affirms or denies at its beginning, and what follows.
fn leading_yes_or_no(text: &str) -> Option<(bool, &str)> {
    let end = text.find(|c: char| !(c.is_alphabetic() || c == '\'')).unwrap_or(text.len());
    let (first, rest) = text.split_at_checked(end)?;
    let first = first.to_lowercase();
    let affirms = YES.contains(&first.as_str());
    (affirms || NO.contains(&first.as_str())).then_some((affirms, rest))
}
