//! What a second opinion may change: a sentence that no attribute was found for may pass, one that is contradicted never.

use super::facts::sentences;
use super::{Checked, Policy, Verdict};
use crate::content::{Finding, Severity, texts};
use crate::generate::{Opinion, Undecided};
use crate::product::Facts;

/// A sentence that holds a draft, and that no attribute contradicts.
#[derive(Clone, Debug)]
pub struct Open<'a> {
    facts: &'a Facts,
    sentence: String,
    /// Places of its findings.
    findings: Vec<usize>,
}

impl Open<'_> {
    /// The sentence, to be asked about.
    #[must_use]
    pub fn undecided(&self) -> Undecided<'_> {
        Undecided { sentence: &self.sentence, facts: self.facts }
    }
}

/// The sentences of a held draft that somebody else may be asked about: those that are merely not supported. None, where
/// the draft is held for anything else as well: an opinion could not change that.
#[must_use]
pub fn open(verdict: &Verdict) -> Vec<Open<'_>> {
    let Verdict::Hold(checked) = verdict else { return Vec::new() };
    let holds = |own: &Finding| own.severity >= Severity::Hold;
    if checked.findings().iter().any(|own| holds(own) && own.rule != "facts.unsupported") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for due in checked.due().recipes() {
        let Some(draft) = checked.drafts().iter().find(|draft| draft.recipe == due.recipe().name) else {
            continue;
        };
        for text in texts(&draft.content) {
            let own =
                |finding: &Finding| finding.recipe == draft.recipe && finding.at == text.at && holds(finding);
            for (start, sentence) in sentences(text.text) {
                let from = text.text.get(..start).map_or(0, |before| before.chars().count());
                let to = from + sentence.chars().count();
                let inside =
                    |finding: &Finding| finding.span.is_some_and(|span| span.start < to && from < span.end);
                let places = checked.findings().iter().enumerate();
                let findings: Vec<usize> = places
                    .filter(|(_, finding)| own(finding) && inside(finding))
                    .map(|(place, _)| place)
                    .collect();
                if !findings.is_empty() {
                    found.push(Open { facts: due.facts(), sentence: sentence.to_owned(), findings });
                }
            }
        }
    }
    found
}

/// The verdict after opinions on its open sentences, one for each: where the facts bear one after all, its findings
/// become notes. `drafts` are the verdict's, with what the opinions cost.
#[must_use]
pub fn reconsidered(
    verdict: &Verdict,
    opinions: &[(Vec<usize>, Option<Opinion>)],
    drafts: crate::generate::Drafts,
    policy: &Policy,
) -> Verdict {
    let checked = verdict.checked();
    let mut findings = checked.findings().to_vec();
    for (places, opinion) in opinions {
        let Some(opinion) = opinion.as_ref().filter(|opinion| opinion.borne) else { continue };
        for place in places {
            let Some(finding) = findings.get_mut(*place) else { continue };
            // Never able to overrule what an attribute says.
            if finding.rule != "facts.unsupported" {
                continue;
            }
            finding.severity = Severity::Note;
            let by = opinion.attribute.as_deref().unwrap_or("the facts as a whole");
            finding.message = format!("{}; a second opinion finds it borne by {by}", finding.message);
            finding.evidence.extend(opinion.attribute.clone());
        }
    }
    let held = findings.iter().any(|finding| finding.severity >= Severity::Hold);
    let checked = Checked {
        due: checked.due.clone(),
        drafts,
        findings,
        content: checked.content.clone(),
        evidence: checked.evidence.clone(),
        policy: policy.digest,
        signatures: checked.signatures.clone(),
    };
    if held { Verdict::Hold(checked) } else { Verdict::Publish(checked) }
}

/// The places of the findings of open sentences, to be handed to [`reconsidered`].
#[must_use]
pub fn places(open: Vec<Open<'_>>) -> Vec<Vec<usize>> {
    open.into_iter().map(|own| own.findings).collect()
}
