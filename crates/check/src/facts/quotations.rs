//! Quotations of values: « No gluten » in a French text says what the label says, in the label's own language.

use std::ops::Range;

use super::sheet::FactSheet;
use super::statement::{Decision, Statement};
use crate::content::StatementKind;

/// What begins and ends a quotation.
const MARKS: [(char, char); 5] = [('“', '”'), ('„', '“'), ('«', '»'), ('「', '」'), ('"', '"')];

/// The places of quotations in a text, without their marks.
fn quotations(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, sign) in text.char_indices() {
        match open {
            Some((start, ending)) if sign == ending => {
                found.push(start..at);
                open = None;
            }
            Some(_) => {}
            None => {
                let ending = MARKS.iter().find(|(begins, _)| *begins == sign).map(|(_, ends)| *ends);
                open = ending.map(|ending| (at + sign.len_utf8(), ending));
            }
        }
    }
    found
}

/// What quotes a value word by word is supported by it, though the value denies what the quotation names.
pub(super) fn support(sheet: &FactSheet, text: &str, found: &mut [Statement]) {
    if !found.iter().any(Statement::is_fault) {
        return;
    }
    let quotations = quotations(text);
    for statement in found {
        let around =
            quotations.iter().find(|place| place.start <= statement.start && statement.end <= place.end);
        let Some(quoted) = around.and_then(|place| text.get(place.clone())).map(str::trim) else { continue };
        let lists = |attribute: &usize| sheet.lists(*attribute, quoted);
        let by = match (statement.decision, statement.kind) {
            (Decision::Refuted(attribute), _) => Some(attribute).filter(lists),
            // Of other slots the quotation must be of an attribute that speaks of the same.
            (Decision::NotStated, StatementKind::Predicate | StatementKind::Name) => {
                (0..sheet.len()).find(lists)
            }
            _ => None,
        };
        if let Some(attribute) = by {
            statement.decision = Decision::Supported(attribute);
            statement.message.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_are_found_between_marks_that_belong_together() {
        let text = "« un », “two”, „drei“, 「四」 and \"five\"; “open";
        let found: Vec<&str> =
            quotations(text).into_iter().filter_map(|place| text.get(place)).map(str::trim).collect();
        assert_eq!(found, ["un", "two", "drei", "四", "five"]);
    }
}
