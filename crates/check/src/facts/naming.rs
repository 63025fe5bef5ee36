//! The words by which a thing is called: those of its title that are no grammar, no number and no description of it.

use super::lemma::{Lemma, folded};
use super::lexicon::{Group, Languages, Role, lexicon};
use super::tokens::{Tokens, Word};
use crate::product::unit::named;

/// A word by which a thing is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Naming {
    pub(crate) lemma: Lemma,
    /// As it is compared.
    pub(crate) folded: String,
    /// Whether it stands before the first word of grammar: "bottle" of "bottle with a handle".
    pub(crate) leads: bool,
}

/// The words by which a title of a language calls its thing. Materials, colours and the like are left out, where other words
/// remain.
pub(crate) fn naming(title: &str, language: &str) -> Vec<Naming> {
    let languages = Languages::of(language);
    let tokens = Tokens::new(title, languages);
    let mut terms_at = Vec::new();
    let mut hits = Vec::new();
    for clause in tokens.clauses() {
        hits.clear();
        lexicon().hits(title, clause, languages, &mut hits);
        let terms = hits.iter().filter(|hit| hit.class.group() == Group::Term);
        terms_at.extend(terms.map(|hit| (hit.start, hit.end)));
    }
    let mut leads = true;
    let mut called: Vec<(&Word<'_>, bool)> = Vec::new();
    for word in &tokens.words {
        if word.is(Role::Function) {
            // "The", "le": only behind a word does grammar begin something else.
            leads &= called.is_empty();
        } else if !word.has_digit() && named(word.text).is_none() {
            called.push((word, leads));
        }
    }
    let describes =
        |word: &Word<'_>| terms_at.iter().any(|(start, end)| (*start..*end).contains(&word.start));
    if called.iter().any(|(word, leads)| *leads && !describes(word)) {
        called.retain(|(word, _)| !describes(word));
    }
    let naming =
        |(word, leads): (&Word<'_>, bool)| Naming { lemma: word.lemma, folded: folded(word.text), leads };
    called.into_iter().map(naming).collect()
}

#[cfg(test)]
mod tests {
    use super::naming;

    fn check(title: &str, language: &str, expected: &[&str]) {
        let found: Vec<String> = naming(title, language).into_iter().map(|word| word.folded).collect();
        let expected: Vec<String> = expected.iter().map(|word| super::folded(word)).collect();
        assert_eq!(found, expected, "{title}");
    }

    #[test]
    fn what_describes_a_thing_is_not_what_it_is_called() {
        check("Blue Cotton Shirt", "en", &["Shirt"]);
        check("Trinkflasche Edelstahl 750 ml blau", "de", &["Trinkflasche"]);
        check("Camiseta de algodón", "es", &["Camiseta"]);
        // Of a thing that is called by nothing else it is.
        check("Cotton", "en", &["Cotton"]);
    }

    #[test]
    fn a_word_behind_grammar_does_not_lead() {
        let leads =
            |title: &str| -> Vec<bool> { naming(title, "en").iter().map(|word| word.leads).collect() };
        assert_eq!(leads("Bottle with Handle"), [true, false]);
        assert_eq!(leads("The Bottle"), [true]);
        assert_eq!(leads(""), [] as [bool; 0]);
    }
}
