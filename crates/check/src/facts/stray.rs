//! Sentences that touch nothing of the product: a text in another language than the facts may say what cannot be looked up,
//! but not a whole sentence of it.

use std::ops::Range;

use super::lexicon::Role;
use super::sheet::FactSheet;
use super::statement::{Decision, Statement};
use super::tokens::{Tokens, Word};

/// So many words that cannot be looked up make a sentence that says something.
const WORDS_MIN: usize = 2;

/// So many things make a list.
const ITEMS_MIN: usize = 3;

/// An item of a list has no more words, with what introduces it.
const ITEM_WORDS_MAX: usize = 4;

/// Makes one statement, which no attribute makes, of what cannot be looked up in a sentence that touches nothing of the facts.
pub(super) fn unborne(tokens: &Tokens<'_>, sheet: &FactSheet, statements: &mut [Statement]) {
    let mut clauses = tokens.clauses().peekable();
    let mut from = 0;
    while let Some(first) = clauses.next() {
        let mut grounded = first.words.iter().any(|word| touches(sheet, word));
        let mut end = first.words.last().map_or(0, |word| word.end);
        while let Some(next) = clauses.next_if(|next| next.sentence == first.sentence) {
            grounded |= next.words.iter().any(|word| touches(sheet, word));
            end = next.words.last().map_or(end, |word| word.end);
        }
        let until = from
            + statements
                .get(from..)
                .map_or(0, |rest| rest.partition_point(|statement| statement.start < end));
        let of_sentence = statements.get_mut(from..until).unwrap_or_default();
        from = until;
        let open = |statement: &&mut Statement| statement.decision == Decision::NotCheckable;
        grounded |= of_sentence.iter().any(|statement| matches!(statement.decision, Decision::Supported(_)));
        if grounded
            || of_sentence.iter_mut().filter(open).count() < WORDS_MIN
            || is_list(tokens, sheet, first.words.first().map_or(end, |word| word.start)..end)
        {
            continue;
        }
        for statement in of_sentence.iter_mut().filter(open) {
            let written = tokens.text.get(statement.start..statement.end).unwrap_or_default();
            statement.message =
                format!("\"{written}\" stands in a sentence that says nothing of the product");
            statement.decision = Decision::NotStated;
        }
    }
}

/// Whether a sentence lists no more things than an attribute does: "Para gimnasio, viaje y sendero" may say in another language
/// what `activity: Gym, Travel, Trail` says.
fn is_list(tokens: &Tokens<'_>, sheet: &FactSheet, sentence: Range<usize>) -> bool {
    let words = tokens.words.iter().filter(|word| sentence.contains(&word.start));
    let mut items = vec![0_usize];
    let mut last: Option<&Word<'_>> = None;
    for word in words {
        let joins = word.is(Role::Join);
        let apart = last.is_some_and(|last| tokens.between(last, word).contains([',', '，', '、']));
        if (joins || apart) && items.last() != Some(&0) {
            items.push(0);
        }
        if let Some(item) = items.last_mut() {
            *item += usize::from(!joins);
        }
        last = Some(word);
    }
    items.len() >= ITEMS_MIN
        && items.len() <= sheet.longest_list()
        && items.iter().all(|words| *words <= ITEM_WORDS_MAX)
}

/// Whether a word is one of the facts', or says that one of them follows.
fn touches(sheet: &FactSheet, word: &Word<'_>) -> bool {
    word.is(Role::Record) || !word.is(Role::Function) && word.is_longer_than(1) && sheet.known.covers(word)
}
