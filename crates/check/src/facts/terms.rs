//! Terms that assert something: materials, colours, certifications, countries, places. Some fact must have each
//! that a text has.
//!
//! `config/terms.toml` lists the words; terms are compared across languages.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::attribute_text::ParsedAttribute;
use super::clauses::Clause;
use super::lexicon::{Hit, Lexicon, TermId};
use super::vocabulary::{Vocabulary, parts};
use super::words::{Word, folded};
use crate::content::StatementKind;

/// The terms, read once.
static TERMS: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("../../../../config/terms.toml")));

/// Classes whose terms are found only where the facts name another term of the kind: "for men" says little of a mug.
const CLOSED: &[StatementKind] = &[StatementKind::Audience, StatementKind::Ingredient];

/// Classes of which a thing may have any number: another one speaks against none.
const UNLIMITED: &[StatementKind] =
    &[StatementKind::Certification, StatementKind::Property, StatementKind::Ingredient];

/// The terms that facts hold.
#[derive(Debug, Default)]
pub(super) struct StatedTerms {
    /// Each with an attribute that holds it.
    stated: HashMap<TermId, usize>,
    denied: HashMap<TermId, usize>,
    /// An attribute for each kind, to be named beside what contradicts it, and its term.
    by_kind: HashMap<StatementKind, (usize, TermId)>,
}

/// A term of a text that no fact supports.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnsupportedTerm {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: StatementKind,
    pub(super) fault: TermFault,
}

/// Why no fact supports a term.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TermFault {
    /// This attribute holds another term of the kind.
    Instead(usize, String),
    /// The text claims what this attribute denies.
    Denied(usize),
    /// The text denies what this attribute has.
    Affirmed(usize),
    /// No attribute holds it.
    Absent,
}

impl StatedTerms {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, fact: &ParsedAttribute<'_>) {
        let lists: [(&str, &[Clause<'_>], bool); 2] =
            [(fact.value, &fact.value_words, true), (fact.name, &fact.name_words, !fact.denied)];
        for (text, clauses, affirmed) in lists {
            for hit in clauses.iter().flat_map(|clause| TERMS.of(text, clause)) {
                if hit.denied || !affirmed {
                    self.denied.extend(hit.terms.iter().map(|term| (*term, fact.attribute)));
                    continue;
                }
                for term in hit.terms {
                    self.stated.entry(*term).or_insert(fact.attribute);
                    if let Some(kind) = TERMS.kind(*term) {
                        self.by_kind.entry(kind).or_insert((fact.attribute, *term));
                    }
                }
            }
        }
    }

    /// An attribute that supports a term: holds it, or a narrower one.
    fn supporting(&self, term: TermId) -> Option<usize> {
        let narrower = || TERMS.narrower(term).iter().find_map(|narrower| self.stated.get(narrower));
        self.stated.get(&term).or_else(narrower).copied()
    }

    /// The terms of a clause that no fact supports; `supports` gets the attributes that support the others.
    pub(super) fn unsupported(
        &self,
        known: &Vocabulary,
        text: &str,
        clause: &Clause<'_>,
        mut supports: impl FnMut(usize),
    ) -> Vec<UnsupportedTerm> {
        let mut found = Vec::new();
        for hit in TERMS.of(text, clause) {
            let Some(kind) = hit.terms.first().and_then(|term| TERMS.kind(*term)) else { continue };
            let supporting = hit.terms.iter().find_map(|term| self.supporting(*term));
            let denier = hit.terms.iter().find_map(|term| self.denied.get(term));
            let instead = || {
                let (attribute, term) = self.by_kind.get(&kind).filter(|_| !UNLIMITED.contains(&kind))?;
                Some(TermFault::Instead(*attribute, TERMS.name(*term).replace('_', " ")))
            };
            // "Free of metal" is denied by what precedes, "rubber free" by what follows.
            let free = clause
                .words
                .get(hit.after)
                .is_some_and(|next| next.lower == "free" && next.start == hit.end + 1);
            let fault = match (hit.denied || free, supporting, denier) {
                (true, Some(attribute), None) => TermFault::Affirmed(attribute),
                (true, None, Some(attribute)) => {
                    supports(*attribute);
                    continue;
                }
                // "Contains no sugar" is a claim as well.
                (true, None, None) if kind == StatementKind::Ingredient => TermFault::Absent,
                (true, ..) => continue,
                (false, Some(attribute), _) => {
                    supports(attribute);
                    continue;
                }
                (false, None, Some(attribute)) => TermFault::Denied(*attribute),
                // "Water-resistant" beside "dust/water resistant": the facts have the very words.
                (false, None, None) if said(known, clause, &hit) => continue,
                (false, None, None) => match instead() {
                    Some(fault) => fault,
                    None if CLOSED.contains(&kind) && !self.by_kind.contains_key(&kind) => continue,
                    None => TermFault::Absent,
                },
            };
            found.push(UnsupportedTerm { start: hit.start, end: hit.end, kind, fault });
        }
        found
    }
}

/// Whether a word is a term, which this rule looks after.
pub(super) fn is_term(folded: &str) -> bool {
    TERMS.single(folded).is_some()
}

/// Whether the facts have the words of a term, if not the term.
fn said(known: &Vocabulary, clause: &Clause<'_>, hit: &Hit<'_>) -> bool {
    let words = clause.words.get(hit.first..hit.after).unwrap_or_default();
    let affirmed = |word: &Word<'_>| {
        known.affirms(&word.folded)
            || (word.folded.contains('-')
                && parts(&word.folded).all(|part| known.affirms(part) || known.affirms(&folded(part))))
    };
    words.iter().all(affirmed)
}

#[cfg(test)]
mod tests {
    use super::super::attribute_text::parse_attribute;
    use super::super::clauses::clauses;
    use super::*;
    use crate::product::{Facts, Product};

    fn check(text: &str, expected: &[&str]) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "P1", "title": "Jacket",
            "attributes": { "material": "80 % cotton, 20 % recycled polyester", "lining": "no leather", "frame": "Edelstahl" }
        }))
        .unwrap();
        let mut stated = StatedTerms::default();
        for (name, value) in Facts::select(&product, |_| true).iter() {
            parse_attribute(0, name, value, |fact| stated.add(&fact));
        }
        let found: Vec<String> = clauses(text)
            .iter()
            .flat_map(|clause| stated.unsupported(&Vocabulary::default(), text, clause, |_| ()))
            .map(|term| {
                let fault = match term.fault {
                    TermFault::Instead(..) => "instead",
                    TermFault::Denied(_) => "denied",
                    TermFault::Affirmed(_) => "affirmed",
                    TermFault::Absent => "absent",
                };
                format!("{} {} {fault}", term.kind, &text[term.start..term.end])
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_material_must_be_stated_in_any_language() {
        check("Soft cotton and polyester.", &[]);
        check("Weiche Baumwolle mit Polyester, Rahmen aus Metall.", &[]);
        check("柔软的棉，聚酯纤维。", &[]);
        check("Genuine leather.", &["material leather denied"]);
        check("Aus echter Wolle.", &["material Wolle instead"]);
        check("用真丝制成。", &["material 真丝 instead"]);
        check("Made without leather.", &[]);
    }

    #[test]
    fn what_an_attribute_has_must_not_be_denied() {
        check("Made without cotton.", &["material cotton affirmed"]);
        check("Ohne Polyester.", &["material Polyester affirmed"]);
        check("不含棉。", &["material 棉 affirmed"]);
    }

    #[test]
    fn to_keep_one_dry_is_a_property() {
        check("Materials that will keep you dry in any weather.", &["property keep you dry absent"]);
        check("It keeps you dry.", &["property keeps you dry absent"]);
        check("Hält dich trocken.", &["property Hält dich trocken absent"]);
        check("Keep the jacket dry.", &[]);
    }

    #[test]
    fn to_be_free_of_an_ingredient_is_a_claim() {
        check("It contains no sugar.", &["ingredient sugar absent"]);
        check("Ohne Zucker.", &["ingredient Zucker absent"]);
        check("Goes well with sugar.", &[]);
        check("Made with rubber free dyes.", &[]);
    }

    #[test]
    fn certificates_and_countries_are_statements() {
        check(
            "OEKO-TEX certified, made in Portugal.",
            &["certification OEKO-TEX absent", "country Portugal absent"],
        );
    }

    #[test]
    fn the_file_is_whole() {
        assert!(TERMS.len() > 150);
        let narrower: usize = (0..TERMS.len()).map(|term| TERMS.narrower(term).len()).sum();
        assert!(narrower >= 28, "every narrower term is one of the file: {narrower}");
    }
}
