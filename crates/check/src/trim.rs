//! Trims drafts: takes out what fails, sentence by sentence and entry by entry, where the rest still meets the recipe.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::{CheckPolicy, Checked};
use crate::content::{Draft, Drafts, Finding, Severity, Span, Text, push_sentence, sentences, texts};
use crate::rules::injection::FOLLOWED;
use crate::rules::quoted::RULE as QUOTED;

/// The drafts without what fails in them; `None` where nothing does, or it cannot be taken out. Check what is left.
///
/// Only statements that the facts do not support, what an instruction asked for and a shopper's own words are taken out; a draft that fails for another
/// reason is held as a whole.
#[must_use]
pub fn trimmed(checked: &Checked, policy: &CheckPolicy) -> Option<Drafts> {
    let mut faults = checked.faults().peekable();
    faults.peek()?;
    let is_removable = |finding: &Finding| {
        finding.rule.starts_with("facts.") || finding.rule == QUOTED || finding.rule == FOLLOWED
    };
    let removable = faults.all(|finding| is_removable(finding) && finding.span.is_some());
    if !policy.config.drop || !removable {
        return None;
    }
    let mut drafts = checked.drafts().clone();
    for draft in &mut drafts.drafts {
        let faults: Vec<&Finding> =
            checked.faults().filter(|finding| finding.recipe == draft.recipe).collect();
        *draft = without(draft, &faults, &mut drafts.left_out)?;
    }
    Some(drafts)
}

/// The draft without the sentences and entries that findings are about; `None` where one cannot be taken out.
fn without(draft: &Draft, findings: &[&Finding], dropped: &mut Vec<Finding>) -> Option<Draft> {
    let mut content = draft.content.clone();
    // By list, the places of the entries to go; the last ones go first.
    let mut entries: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for text in texts(&draft.content) {
        let faults: Vec<&Finding> =
            findings.iter().copied().filter(|finding| finding.at == text.at).collect();
        if faults.is_empty() {
            continue;
        }
        let kept = kept(text.text, &faults);
        match (kept, entry(&draft.content, &text)) {
            (Some(kept), None | Some(ListEntry::Text(..))) => {
                dropped.extend(faults.iter().map(|finding| note(finding, text.text)));
                *content.pointer_mut(&text.at)? = Value::String(kept);
            }
            (_, Some(ListEntry::Text(list, place) | ListEntry::Several(list, place))) => {
                dropped.extend(faults.iter().map(|finding| note(finding, text.text)));
                entries.entry(list).or_default().push(place);
            }
            (None, None) => return None,
        }
    }
    for (list, mut places) in entries {
        let list = content.pointer_mut(&list)?.as_array_mut()?;
        places.sort_unstable();
        places.dedup();
        for place in places.into_iter().rev() {
            if place < list.len() {
                list.remove(place);
            }
        }
    }
    Some(Draft { recipe: draft.recipe.clone(), content })
}

/// The sentences of a text that no finding is about; `None` where that is none, or all.
fn kept(text: &str, findings: &[&Finding]) -> Option<String> {
    let mut kept = String::new();
    for (start, sentence) in sentences(text) {
        let span = Span::of(text, &(start..start + sentence.len()));
        let fails = |finding: &&Finding| finding.span.is_some_and(|fault| fault.touches(span));
        if !findings.iter().any(fails) {
            push_sentence(&mut kept, sentence);
        }
    }
    (!kept.is_empty()).then_some(kept)
}

/// The entry of a list that a text belongs to.
enum ListEntry {
    /// One text: a sentence, a bullet.
    Text(String, usize),
    /// Several that belong together: a question with its answer.
    Several(String, usize),
}

/// The innermost entry of a list that holds a text.
fn entry(content: &Value, text: &Text<'_>) -> Option<ListEntry> {
    let mut at = text.at.as_str();
    while let Some((list, last)) = at.rsplit_once('/') {
        if let Ok(place) = last.parse::<usize>()
            && content.pointer(list).is_some_and(Value::is_array)
        {
            let several = content.pointer(at).is_some_and(|entry| texts(entry).len() > 1);
            let list = list.to_owned();
            return Some(if several {
                ListEntry::Several(list, place)
            } else {
                ListEntry::Text(list, place)
            });
        }
        at = list;
    }
    None
}

/// What was taken out and why, for a reviewer.
fn note(finding: &Finding, text: &str) -> Finding {
    let shown: String = text.chars().take(120).collect();
    let message = if finding.rule == QUOTED {
        // The finding is stored beside what is published: a stranger's words do not belong there either.
        "left out what repeated a shopper's own words".to_owned()
    } else {
        format!("left out {shown:?}: {}", finding.message)
    };
    Finding {
        rule: "repair.dropped".to_owned(),
        severity: Severity::Note,
        // The place that it had is gone.
        at: String::new(),
        span: None,
        message,
        ..finding.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(content: &Value, findings: &[(&str, usize, usize)], expected: Option<&Value>) {
        let findings: Vec<Finding> = findings
            .iter()
            .map(|(at, start, end)| Finding {
                rule: "facts.unsupported".into(),
                kind: None,
                severity: Severity::Hold,
                recipe: "r".into(),
                at: (*at).into(),
                span: Some(Span { start: *start, end: *end }),
                message: String::new(),
                evidence: vec![],
            })
            .collect();
        let draft = Draft { recipe: "r".into(), content: content.clone() };
        let got = without(&draft, &findings.iter().collect::<Vec<_>>(), &mut Vec::new());
        assert_eq!(got.map(|draft| draft.content).as_ref(), expected, "{content}");
    }

    #[test]
    fn a_sentence_goes_and_the_others_stay() {
        let body = json!({ "body": [{ "text": "One. Two 2.", "evidence": [] }, { "text": "Three.", "evidence": [] }] });
        check(
            &body,
            &[("/body/0/text", 9, 10)],
            Some(
                &json!({ "body": [{ "text": "One.", "evidence": [] }, { "text": "Three.", "evidence": [] }] }),
            ),
        );
        check(
            &body,
            &[("/body/1/text", 0, 5)],
            Some(&json!({ "body": [{ "text": "One. Two 2.", "evidence": [] }] })),
        );
    }

    #[test]
    fn a_question_goes_with_its_answer() {
        let faq = json!({ "entries": [{ "question": "A?", "answer": "B. C.", "evidence": [] }, { "question": "D?", "answer": "E.", "evidence": [] }] });
        check(
            &faq,
            &[("/entries/0/answer", 0, 1)],
            Some(&json!({ "entries": [{ "question": "D?", "answer": "E.", "evidence": [] }] })),
        );
    }

    #[test]
    fn a_title_cannot_be_left_out() {
        check(&json!({ "title": "Mug 2000" }), &[("/title", 4, 8)], None);
        let meta = json!({ "meta": { "text": "A mug. Of gold.", "evidence": [] } });
        check(
            &meta,
            &[("/meta/text", 10, 14)],
            Some(&json!({ "meta": { "text": "A mug.", "evidence": [] } })),
        );
    }
}
