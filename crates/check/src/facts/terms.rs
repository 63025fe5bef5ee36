//! Terms that assert something: materials, colours, certifications, countries, places. A text that has one must rest on
//! a fact that has it.
//!
//! What the words are stands in `config/terms.toml`; terms are compared across languages.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::lexicon::{Hit, Lexicon, Place};
use super::told::Told;
use super::vocabulary::{Vocabulary, parts};
use super::words::{Clause, Word, folded};

/// The terms, read once.
static TERMS: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("../../../../config/terms.toml")));

/// Classes whose terms are found only where the facts name another term of the class: "for men" says little of a mug.
const CLOSED: &[&str] = &["audience", "ingredient"];

/// Classes of which a thing may have any number: another one speaks against none.
const MANY: &[&str] = &["certification", "property", "ingredient"];

/// The terms that facts hold.
#[derive(Debug, Default)]
pub(super) struct StatedTerms {
    /// Each with an attribute that holds it.
    places: HashMap<Place, usize>,
    denied: HashMap<Place, usize>,
    /// An attribute for each class, to be named beside what contradicts it, and its term.
    by_class: HashMap<&'static str, (usize, Place)>,
}

/// A term that no fact bears.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unstated {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The class, such as `material`.
    pub(super) class: &'static str,
    pub(super) why: Why,
}

/// Why no fact bears a term.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// This attribute holds another term of the class.
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
    pub(super) fn add(&mut self, fact: &Told<'_>) {
        let lists: [(&str, &[Clause<'_>], bool); 2] =
            [(fact.shown, &fact.value_words, true), (fact.plain, &fact.name_words, !fact.denied)];
        for (text, clauses, affirmed) in lists {
            for hit in clauses.iter().flat_map(|clause| TERMS.of(text, clause)) {
                if hit.denied || !affirmed {
                    self.denied.extend(hit.places.iter().map(|place| (*place, fact.attribute)));
                    continue;
                }
                for place in hit.places {
                    self.places.entry(*place).or_insert(fact.attribute);
                    self.by_class.entry(TERMS.class(*place)).or_insert((fact.attribute, *place));
                }
            }
        }
    }

    /// An attribute that bears a term: holds it, or a narrower one.
    fn bearer(&self, place: Place) -> Option<usize> {
        let narrower = || TERMS.narrower(place).iter().find_map(|own| self.places.get(own));
        self.places.get(&place).or_else(narrower).copied()
    }

    /// The terms of a clause that no fact bears; `rest` gets the attributes of those that one does.
    pub(super) fn unstated(
        &self,
        known: &Vocabulary,
        text: &str,
        clause: &Clause<'_>,
        mut rest: impl FnMut(usize),
    ) -> Vec<Unstated> {
        let mut found = Vec::new();
        for hit in TERMS.of(text, clause) {
            let Some(class) = hit.places.first().map(|place| TERMS.class(*place)) else { continue };
            let bearer = hit.places.iter().find_map(|place| self.bearer(*place));
            let denier = hit.places.iter().find_map(|place| self.denied.get(place));
            let instead = || {
                let own = self.by_class.get(class).filter(|_| !MANY.contains(&class))?;
                Some(Why::Instead(own.0, TERMS.name(own.1).replace('_', " ")))
            };
            // "Free of metal" is denied as it stands; "rubber free" by what follows.
            let free = clause
                .words
                .get(hit.after)
                .is_some_and(|next| next.lower == "free" && next.start == hit.end + 1);
            let why = match (hit.denied || free, bearer, denier) {
                (true, Some(attribute), None) => Why::Affirmed(attribute),
                (true, None, Some(attribute)) => {
                    rest(*attribute);
                    continue;
                }
                // "Contains no sugar" is a claim as well.
                (true, None, None) if class == "ingredient" => Why::Absent,
                (true, ..) => continue,
                (false, Some(attribute), _) => {
                    rest(attribute);
                    continue;
                }
                (false, None, Some(attribute)) => Why::Denied(*attribute),
                // "Water-resistant" beside "dust/water resistant": the facts have the very words.
                (false, None, None) if said(known, clause, &hit) => continue,
                (false, None, None) => match instead() {
                    Some(why) => why,
                    None if CLOSED.contains(&class) && !self.by_class.contains_key(class) => continue,
                    None => Why::Absent,
                },
            };
            found.push(Unstated { start: hit.start, end: hit.end, class, why });
        }
        found
    }
}

/// Whether a word is a term of some class, which this rule looks after.
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
    use super::super::told::told;
    use super::super::words::clauses;
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
            told(0, name, value, |fact| stated.add(&fact));
        }
        let found: Vec<String> = clauses(text)
            .iter()
            .flat_map(|clause| stated.unstated(&Vocabulary::default(), text, clause, |_| ()))
            .map(|own| {
                let why = match own.why {
                    Why::Instead(..) => "instead",
                    Why::Denied(_) => "denied",
                    Why::Affirmed(_) => "affirmed",
                    Why::Absent => "absent",
                };
                format!("{} {} {why}", own.class, &text[own.start..own.end])
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
        let narrower: usize = (0..TERMS.len()).map(|place| TERMS.narrower(place).len()).sum();
        assert!(narrower >= 28, "every narrower term is one of the file: {narrower}");
    }
}
