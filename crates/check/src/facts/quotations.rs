//! Quotations of values: « No gluten » in a French text says what the label says, in the label's own language.

use std::ops::Range;

use super::sheet::FactSheet;
use super::statement::{Decision, Statement};

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
    let refuted = |statement: &Statement| matches!(statement.decision, Decision::Refuted(_));
    if !found.iter().any(refuted) {
        return;
    }
    let quotations = quotations(text);
    for statement in found {
        let Decision::Refuted(attribute) = statement.decision else { continue };
        let around =
            quotations.iter().find(|place| place.start <= statement.start && statement.end <= place.end);
        let quoted = around.and_then(|place| text.get(place.clone())).map(str::trim);
        if quoted.is_some_and(|quoted| sheet.lists(attribute, quoted)) {
            statement.decision = Decision::Supported(attribute);
            statement.message.clear();
        }
    }
}
