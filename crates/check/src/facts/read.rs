//! A text read against the facts, by every slot at once.

use super::lexicon::{Hit, Languages, Role, lexicon};
use super::predicates::script;
use super::quotations;
use super::reader::Reader;
use super::reading::{ReadWord, Reading, without_overlaps};
use super::sheet::FactSheet;
use super::statement::Modality;
use super::stray;
use super::tokens::{Clause, Tokens};

/// Reads a text of a language (`en`) against the facts; without a language as if it were English.
pub(crate) fn read(sheet: &FactSheet, text: &str, language: Option<&str>) -> Reading {
    let stated = language.unwrap_or_default();
    let language = language.unwrap_or("en");
    let languages = Languages::of(language);
    let tokens = Tokens::new(text, languages);
    let script = script(&tokens, &sheet.known, language);
    let mut reader = Reader::new(sheet, &tokens, stated);
    reader.numbers();
    let mut hits: Vec<Hit> = Vec::new();
    let mut supports = Vec::new();
    let (mut words, mut novel) = (0, 0);
    let mut spoken = Vec::with_capacity(tokens.words.len());
    // The sentence that is read, and whether it begins with a word that asks.
    let mut sentence = (usize::MAX, false);
    for clause in tokens.clauses() {
        hits.clear();
        lexicon().hits(text, clause, languages, &mut hits);
        if clause.sentence != sentence.0 {
            sentence = (clause.sentence, begins_with_asking(clause));
        }
        reader.modality = match (clause.asks, sentence.1) {
            (false, _) => Modality::Asserted,
            (true, true) => Modality::Presupposed,
            (true, false) => Modality::Asked,
        };
        reader.named_values(clause, script.foreign);
        reader.features(clause, &hits);
        reader.terms(clause, &hits);
        reader.levels(clause, &hits);
        reader.dates(clause, &hits);
        reader.phrases(clause, &hits, script.foreign);
        reader.predicates(clause, &hits, script);
        for word in clause.words {
            let attributes = sheet.known.supporting(word);
            supports.extend(attributes.iter().map(|attribute| (word.start, *attribute)));
            let says = !word.is(Role::Function);
            spoken.push(ReadWord { start: word.start, end: word.end, lemma: word.lemma, says });
            words += usize::from(says);
            novel += usize::from(says && !sheet.known.covers(word));
        }
    }
    quotations::support(sheet, text, &mut reader.found);
    let mut statements = without_overlaps(reader.found);
    if script.foreign {
        stray::unborne(&tokens, sheet, &mut statements);
    }
    supports.extend(
        statements
            .iter()
            .filter(|statement| !statement.is_fault())
            .filter_map(|statement| statement.attribute().map(|attribute| (statement.start, attribute))),
    );
    supports.sort_unstable();
    Reading { statements, supports, words, novel, spoken, foreign: script.foreign }
}

/// Whether a clause begins with a word that asks: "why", "por qué", "für wen".
fn begins_with_asking(clause: Clause<'_, '_>) -> bool {
    let asking = clause.words.iter().find(|word| !word.is(Role::Preposition));
    let before = clause.words.iter().take_while(|word| word.is(Role::Preposition)).count();
    before < 2 && asking.is_some_and(|word| word.is(Role::Asks))
}
