//! Terms that assert something: materials, colours, certifications, countries, ingredients. The facts must state each of the
//! same part, in the same role, and for real.

use foldhash::HashMap;

use super::lexicon::{Class, ConceptId, Hit, Role, lexicon};
use super::of_what::said_of;
use super::reader::Reader;
use super::sheet::ReadAttribute;
use super::statement::Decision;
use super::tokens::{Clause, Tokens, Word};
use crate::content::StatementKind;

/// Classes whose terms are found only where the facts name another term of the kind: "for men" says little of a mug.
const CLOSED: &[StatementKind] = &[StatementKind::Audience];

/// Classes whose terms are said of a part: the lining is of cotton, the bag of leather.
const OF_PARTS: &[StatementKind] = &[StatementKind::Material, StatementKind::Colour];

/// Classes of which a thing may have any number: another one speaks against none.
const UNLIMITED: &[StatementKind] =
    &[StatementKind::Certification, StatementKind::Property, StatementKind::Ingredient];

/// A term that a text or an attribute states.
#[derive(Clone, Copy, Debug)]
pub(super) struct TermStatement {
    concept: ConceptId,
    pub(super) kind: StatementKind,
    start: usize,
    end: usize,
    denied: bool,
    /// The part that it is said of.
    pub(super) part: Option<ConceptId>,
    /// Made, designed, assembled.
    pub(super) origin: Option<ConceptId>,
    /// Only looked like: "faux leather", "gold plated".
    pub(super) looks: bool,
    /// The whole of it: "pure cotton", "solid oak".
    pure: bool,
    /// A part of it: "wool blend".
    pub(super) mixed: bool,
}

impl TermStatement {
    /// A term that no words state.
    fn of(concept: ConceptId, kind: StatementKind) -> Self {
        let (start, end, denied, part, origin) = (0, 0, false, None, None);
        Self { concept, kind, start, end, denied, part, origin, looks: false, pure: false, mixed: false }
    }
}

/// A term of an attribute.
#[derive(Clone, Copy, Debug)]
struct StatedTerm {
    term: TermStatement,
    attribute: usize,
    /// Whether the attribute only says what the product is called.
    in_name: bool,
}

/// The terms that facts hold.
#[derive(Debug, Default)]
pub(super) struct StatedTerms {
    stated: Vec<StatedTerm>,
    by_concept: HashMap<ConceptId, Vec<usize>>,
    by_kind: HashMap<StatementKind, Vec<usize>>,
}

/// The terms of a clause.
pub(super) fn terms<'h>(
    tokens: &'h Tokens<'_>,
    clause: Clause<'h, 'h>,
    hits: &'h [Hit],
) -> impl Iterator<Item = (TermStatement, &'h Hit)> {
    hits.iter().filter_map(move |hit| {
        let Class::Kind(kind) = hit.class else { return None };
        if !is_term(hit.class) {
            return None;
        }
        let near = |place: Option<usize>| place.and_then(|place| clause.words.get(place));
        let before = near(hit.first.checked_sub(1));
        let after = near(Some(hit.after));
        let adjoins = |one: &Word<'_>, next: &Word<'_>| matches!(tokens.between(one, next), " " | "-" | "");
        let first = near(Some(hit.first))?;
        let last = near(hit.after.checked_sub(1))?;
        let marked = |role: Role| {
            before.is_some_and(|word| word.is(role) && adjoins(word, first))
                || (role == Role::Looks && after.is_some_and(|word| word.is(role) && adjoins(last, word)))
                // "Faux leather" in the words of a term is a material of its own.
                || (role != Role::Looks
                    && clause
                        .words
                        .get(hit.first..hit.after)
                        .is_some_and(|words| words.iter().any(|word| word.is(role))))
        };
        let free = after.is_some_and(|next| next.is(Role::Free) && adjoins(last, next));
        let whole_share =
            || before.is_some_and(|word| word.text == "100" && tokens.between(word, first).contains('%'));
        let term = TermStatement {
            concept: hit.concept,
            kind,
            start: hit.start,
            end: hit.end,
            denied: hit.denied || free,
            part: OF_PARTS
                .contains(&kind)
                .then(|| said_of(tokens, clause, hits, hit, Class::Part))
                .flatten()
                .filter(|part| !lexicon().is_whole(*part)),
            origin: (kind == StatementKind::Country)
                .then(|| said_of(tokens, clause, hits, hit, Class::Origin))
                .flatten(),
            looks: marked(Role::Looks),
            pure: marked(Role::Pure) || whole_share(),
            mixed: marked(Role::Mixed)
                || after.is_some_and(|word| word.is(Role::Mixed) && adjoins(last, word)),
        };
        Some((term, hit))
    })
}

/// Whether a class is of terms, and not of phrases.
fn is_term(class: Class) -> bool {
    class.group() == super::lexicon::Group::Term
}

impl StatedTerms {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, fact: &ReadAttribute<'_>) {
        let of_name = |class: Class| {
            let hits = fact
                .name_hits
                .iter()
                .chain(fact.label_hits)
                .filter(|hit| hit.class == class && !lexicon().is_whole(hit.concept));
            hits.map(|hit| hit.concept).next()
        };
        let (part, origin) = (of_name(Class::Part), of_name(Class::Origin));
        for (clause, hits) in fact.clauses() {
            for (mut term, _) in terms(fact.value, clause, hits) {
                term.part = term.part.or(part.filter(|_| OF_PARTS.contains(&term.kind)));
                term.origin = term.origin.or(origin);
                self.state(term, fact);
            }
        }
        self.add_name(fact);
        // What follows from a feature is looked up among the terms: water-resistant from IP68.
        let named = fact.name_hits.iter().filter(|_| !fact.attribute.denied);
        for hit in named.chain(fact.value_hits.iter().flatten()) {
            if hit.class == Class::Feature && !hit.denied {
                self.state(TermStatement::of(hit.concept, StatementKind::Property), fact);
            }
        }
        // "DE" of an attribute that speaks of a country.
        if origin.is_some()
            && let Some(concept) = lexicon().country(&fact.attribute.value)
        {
            let term = TermStatement { origin, ..TermStatement::of(concept, StatementKind::Country) };
            self.state(term, fact);
        }
    }

    /// Takes note of what an attribute is called.
    pub(super) fn add_name(&mut self, fact: &ReadAttribute<'_>) {
        for clause in fact.name.clauses() {
            for (mut term, _) in terms(fact.name, clause, fact.name_hits) {
                term.denied |= fact.attribute.denied;
                self.state(term, fact);
            }
        }
    }

    /// Takes note of a term that follows from what an attribute states.
    pub(super) fn imply(&mut self, concept: ConceptId, kind: StatementKind, fact: &ReadAttribute<'_>) {
        self.state(TermStatement::of(concept, kind), fact);
    }

    fn state(&mut self, term: TermStatement, fact: &ReadAttribute<'_>) {
        // "Gluten-free: yes" denies gluten.
        for ingredient in lexicon().free_of(term.concept).iter().filter(|_| !term.denied) {
            let denied =
                TermStatement { denied: true, ..TermStatement::of(*ingredient, StatementKind::Ingredient) };
            self.state(denied, fact);
        }
        let place = self.stated.len();
        self.by_concept.entry(term.concept).or_default().push(place);
        self.by_kind.entry(term.kind).or_default().push(place);
        let in_name = fact.attribute.names_product();
        self.stated.push(StatedTerm { term, attribute: fact.place, in_name });
    }

    fn of_kind(&self, kind: StatementKind) -> impl Iterator<Item = &StatedTerm> {
        let places = self.by_kind.get(&kind).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|place| self.stated.get(*place))
    }

    /// The statements of a concept itself.
    fn of(&self, concept: ConceptId) -> impl Iterator<Item = &StatedTerm> {
        let places = self.by_concept.get(&concept).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|place| self.stated.get(*place))
    }

    /// The statements that hold a concept, or one that supports it.
    fn holding(&self, concept: ConceptId) -> impl Iterator<Item = &StatedTerm> {
        let all = std::iter::once(concept).chain(lexicon().supported_by(concept).iter().copied());
        let places = all.filter_map(|concept| self.by_concept.get(&concept)).flatten();
        places.filter_map(|place| self.stated.get(*place))
    }

    /// What the facts decide about a term of a text, and what says otherwise in words.
    fn decide(&self, term: &TermStatement) -> (Decision, Option<Otherwise>) {
        let kind = term.kind;
        // What a product is called counts where no attribute speaks of the kind.
        let typed = self.of_kind(kind).any(|stated| !stated.in_name && !stated.term.denied);
        let counts = |stated: &&StatedTerm| {
            !(stated.in_name && typed && matches!(kind, StatementKind::Colour | StatementKind::Material))
        };
        let holding = || self.holding(term.concept).filter(counts);
        let affirmed = || holding().filter(|stated| !stated.term.denied);
        let denier = || self.of(term.concept).find(|stated| stated.term.denied);
        if term.denied {
            return match (affirmed().find(|stated| same_part(term, &stated.term)), denier()) {
                (Some(stated), None) if !stated.term.looks => {
                    (Decision::Refuted(stated.attribute), Some(Otherwise::Affirms))
                }
                (None, Some(stated)) => (Decision::Supported(stated.attribute), None),
                // "Contains no sugar" is a claim as well.
                (None, None) if kind == StatementKind::Ingredient => (Decision::NotStated, None),
                _ => (Decision::NotCheckable, None),
            };
        }
        if let Some(stated) = affirmed().find(|stated| self.bears(term, stated)) {
            return (Decision::Supported(stated.attribute), None);
        }
        if let Some(stated) = denier() {
            return (Decision::Refuted(stated.attribute), Some(Otherwise::Denies));
        }
        // "Lactose-free" of what has milk, "sugar-free" of what is free from sugar.
        if let Some(attribute) = self.first_of(lexicon().refuting(term.concept)) {
            return (Decision::Refuted(attribute), Some(Otherwise::Denies));
        }
        let is_denied = |stated: &&StatedTerm| stated.term.denied;
        if let Some(stated) =
            lexicon().free_of(term.concept).iter().find_map(|of| self.of(*of).find(is_denied))
        {
            return (Decision::Supported(stated.attribute), None);
        }
        if UNLIMITED.contains(&kind) {
            return (Decision::NotStated, None);
        }
        // Of the same part another one, else of anything.
        let others = || self.of_kind(kind).filter(|stated| !stated.term.denied);
        let other = others()
            .find(|stated| stated.term.part == term.part && same_role(term, &stated.term))
            .or_else(|| affirmed().next())
            .or_else(|| others().next());
        match other {
            Some(stated) => {
                (Decision::Refuted(stated.attribute), Some(Otherwise::Instead(stated.term.concept)))
            }
            None => (Decision::NotStated, None),
        }
    }

    /// Whether a statement of the facts bears one of a text: of the same part, in the same role, for real and whole.
    fn bears(&self, term: &TermStatement, stated: &StatedTerm) -> bool {
        let fact = &stated.term;
        let real = term.looks || !fact.looks;
        let whole = || {
            let of_kind = self.of_kind(term.kind);
            !of_kind.into_iter().any(|other| {
                other.attribute == stated.attribute
                    && other.term.concept != fact.concept
                    && !other.term.denied
            })
        };
        let part = match (term.part, fact.part) {
            (None, None) => true,
            (Some(part), Some(of)) => lexicon().is_same_part(part, of),
            // "Cotton lining" of a thing of cotton whose lining nobody speaks of.
            (Some(part), None) => !self.of_kind(term.kind).any(|other| other.term.part == Some(part)),
            // "An aluminium phone" of one with an aluminium frame, where nothing is said of the whole.
            (None, Some(_)) => !self
                .of_kind(term.kind)
                .any(|other| other.term.part.is_none() && !other.in_name && !other.term.denied),
        };
        // "A cotton blend" is not "100 % cotton", nor the other way round.
        let share = if term.pure { fact.pure || (!fact.mixed && whole()) } else { !term.mixed || !fact.pure };
        real && part && share && same_role(term, fact)
    }

    /// An attribute that affirms one of these concepts.
    pub(super) fn first_of(&self, concepts: &[ConceptId]) -> Option<usize> {
        let places = concepts.iter().filter_map(|concept| self.by_concept.get(concept)).flatten();
        let mut stated = places.filter_map(|place| self.stated.get(*place));
        stated.find(|stated| !stated.term.denied).map(|stated| stated.attribute)
    }

    /// Whether the facts have any term of a kind.
    fn speaks_of(&self, kind: StatementKind) -> bool {
        self.by_kind.contains_key(&kind)
    }
}

/// Where a term was made and where designed are two things; one that says neither is either.
fn same_role(term: &TermStatement, fact: &TermStatement) -> bool {
    term.origin.is_none() || fact.origin.is_none() || term.origin == fact.origin
}

fn same_part(term: &TermStatement, fact: &TermStatement) -> bool {
    term.part.zip(fact.part).is_none_or(|(part, of)| lexicon().is_same_part(part, of))
}

/// What an attribute says against a term.
enum Otherwise {
    Affirms,
    Denies,
    Instead(ConceptId),
}

impl Reader<'_> {
    /// Whether a concept's words stand beside those that they stand beside in a name of the product.
    fn is_in_name(&self, clause: Clause<'_, '_>, hit: &Hit) -> bool {
        let word =
            |place: Option<usize>| place.and_then(|place| clause.words.get(place)).map(|word| word.lemma);
        let pairs = [
            (word(hit.first.checked_sub(1)), word(Some(hit.first))),
            (word(hit.after.checked_sub(1)), word(Some(hit.after))),
        ];
        pairs.into_iter().any(|(one, next)| one.zip(next).is_some_and(|pair| self.sheet.known.names(pair)))
    }

    /// The materials, colours, certificates and the like of a clause.
    pub(super) fn terms(&mut self, clause: Clause<'_, '_>, hits: &[Hit]) {
        let sheet = self.sheet;
        let decided: Vec<_> = terms(self.tokens, clause, hits)
            .map(|(term, hit)| {
                let (decision, otherwise) = sheet.terms.decide(&term);
                (term, hit, decision, otherwise)
            })
            .collect();
        let borne = |place: (usize, usize)| {
            decided.iter().any(|(term, _, decision, _)| {
                (term.start, term.end) == place && matches!(decision, Decision::Supported(_))
            })
        };
        for (term, hit, decision, otherwise) in &decided {
            let (term, decision) = (*term, *decision);
            // Of several meanings of a word the one counts that the facts have: "Suède" is a country and a material.
            if !matches!(decision, Decision::Supported(_)) && borne((term.start, term.end)) {
                continue;
            }
            // "The Aqua Star" of that name: a part of a name is no colour.
            if !matches!(decision, Decision::Supported(_)) && self.is_in_name(clause, hit) {
                continue;
            }
            self.part = term.part;
            let words = clause.words.get(hit.first..hit.after).unwrap_or_default();
            let of_name = term.kind != StatementKind::Material && term.kind != StatementKind::Colour;
            match (decision, otherwise) {
                // Nothing is said by denying what nobody claims.
                (Decision::NotCheckable, _) => {}
                (Decision::Refuted(attribute), Some(Otherwise::Affirms)) => {
                    self.denies_stated(term.start, term.end, term.kind, attribute, "affirms");
                }
                (Decision::Refuted(attribute), Some(Otherwise::Denies)) => {
                    self.claims_denied(term.start, term.end, term.kind, attribute);
                }
                // "Water-resistant" beside "dust/water resistant": the facts have the very words.
                (Decision::NotStated, _) | (Decision::Refuted(_), Some(_))
                    if of_name
                        && !term.denied
                        && words.iter().all(|word| sheet.known.affirms_word(word))
                        && !hit_is_country(&term) => {}
                // "Lined" of what has a lining.
                (Decision::NotStated, _)
                    if !term.denied
                        && lexicon().supported_by(term.concept).iter().any(|by| sheet.has_part(*by)) => {}
                // "Coffee tastes better" from a mug: what a thing is used with is no part of it.
                (Decision::NotStated, _)
                    if !term.denied
                        && term.kind == StatementKind::Ingredient
                        && words.iter().all(|word| word.is(Role::General))
                        && !sheet.terms.speaks_of(term.kind) => {}
                (Decision::NotStated, _)
                    if !term.denied && CLOSED.contains(&term.kind) && !sheet.terms.speaks_of(term.kind) => {}
                (Decision::Refuted(attribute), Some(Otherwise::Instead(other))) => {
                    let (written, name) = (self.written(term.start, term.end), sheet.name(attribute));
                    let kind = term.kind;
                    let message = if *other == term.concept {
                        format!(
                            "no attribute states the {kind} \"{written}\" of this; {name} states it of something else: {}",
                            sheet.shown(attribute)
                        )
                    } else {
                        format!(
                            "no attribute states the {kind} \"{written}\"; {name} states {}",
                            lexicon().name(*other).replace('_', " ")
                        )
                    };
                    self.refuted(term.start, term.end, kind, attribute, message);
                }
                (Decision::Supported(attribute), _) => {
                    self.supported(term.start, term.end, term.kind, term.denied, attribute);
                }
                _ if lexicon().is_soft(term.concept) => {
                    self.not_stated(term.start, term.end, StatementKind::Praise);
                }
                _ => self.not_stated(term.start, term.end, term.kind),
            }
            self.part = None;
        }
    }
}

fn hit_is_country(term: &TermStatement) -> bool {
    term.kind == StatementKind::Country
}
