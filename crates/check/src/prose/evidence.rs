//! Whether the words of a quote say a value of an attribute, of the product itself, and for certain.

use std::ops::Range;

use super::ofwhat::{ThingWords, adjoins, belongs, of_product, part_at, phrase_at, qualifies};
use super::proposal::Reason;
use super::words::{OwnWords, Phrase, Rule, WORDS, key};
use crate::content::StatementKind;
use crate::facts::{
    Lemma, NumberOf, ProseClass, ProseClause, ProseHit, SaidNumber, lemmas, prose, said_numbers, spaced,
};

/// A text with a quote in it, read.
#[derive(Debug)]
pub(super) struct QuoteReading<'a> {
    pub(super) text: &'a str,
    pub(super) quote: Range<usize>,
    pub(super) clauses: Vec<ProseClause<'a>>,
    pub(super) things: &'a ThingWords,
}

/// So many words may stand between two terms of a list.
const LISTED_WITHIN: usize = 6;

/// Where a value's words stand: clause, first word, word behind the last.
type ValuePlace = (usize, usize, usize);

impl<'a> QuoteReading<'a> {
    pub(super) fn new(text: &'a str, quote: Range<usize>, language: &str, things: &'a ThingWords) -> Self {
        Self { text, quote, clauses: prose(text, language), things }
    }

    /// The value as the text writes it, where it says so of an attribute of that name and rule.
    pub(super) fn says(&self, name: &str, rule: Option<&Rule>, value: &str) -> Result<String, Reason> {
        let words = lemmas(value);
        let places = self.places(&words);
        if places.is_empty() {
            return Err(Reason::NotInQuote);
        }
        self.best(places, |place| self.says_at(name, rule, place))
    }

    /// Several values of a list, each as the text writes it, where it says all of them together.
    pub(super) fn says_all(
        &self,
        name: &str,
        rule: Option<&Rule>,
        entries: &[&str],
    ) -> Result<Vec<String>, Reason> {
        let of_entries: Vec<Vec<ValuePlace>> =
            entries.iter().map(|entry| self.places(&lemmas(entry))).collect();
        let Some((first_entry, _)) = of_entries.split_first() else { return Err(Reason::NotInQuote) };
        let mut best = Err(Reason::NotInQuote);
        for (clause, ..) in first_entry {
            let of_clause: Vec<ValuePlace> = of_entries
                .iter()
                .filter_map(|places| places.iter().find(|place| place.0 == *clause).copied())
                .collect();
            let (first, after) =
                (of_clause.iter().map(|place| place.1).min(), of_clause.iter().map(|place| place.2).max());
            let (Some(first), Some(after)) = (first, after) else { continue };
            if of_clause.len() < entries.len() {
                continue;
            }
            best = self.best(of_clause.clone(), |_| Ok(String::new()));
            if best.is_ok() {
                best = self.says_at(name, rule, (*clause, first, after));
            }
            if best.is_ok() {
                return of_clause.into_iter().map(|place| self.written(place)).collect();
            }
        }
        Err(best.err().unwrap_or(Reason::NotInQuote))
    }

    /// The words of a place, as the text writes them.
    fn written(&self, (number, first, after): ValuePlace) -> Result<String, Reason> {
        let clause = self.clause(number)?;
        let start = clause.words.get(first).map_or(0, |word| word.start);
        let end = after.checked_sub(1).and_then(|last| clause.words.get(last)).map_or(start, |word| word.end);
        Ok(self.text.get(start..end).unwrap_or_default().to_owned())
    }

    /// The best of what several places say; a place that denies it counts more than one that does not.
    fn best<T>(
        &self,
        places: Vec<ValuePlace>,
        mut says: impl FnMut(ValuePlace) -> Result<T, Reason>,
    ) -> Result<T, Reason> {
        let mut best = Err(Reason::NotInQuote);
        for place in places {
            let found = self.certain(place).and_then(|()| says(place));
            match (&best, found) {
                (_, Err(Reason::Denied)) => return Err(Reason::Denied),
                (Err(_), found @ Ok(_)) | (Err(Reason::NotInQuote), found) => best = found,
                _ => {}
            }
        }
        best
    }

    /// Where words stand in a row inside of the quote, in one clause.
    fn places(&self, words: &[Lemma]) -> Vec<ValuePlace> {
        if words.is_empty() {
            return Vec::new();
        }
        let mut places = Vec::new();
        for (number, clause) in self.clauses.iter().enumerate() {
            for (first, row) in clause.words.windows(words.len()).enumerate() {
                let inside = row.first().is_some_and(|word| word.start >= self.quote.start)
                    && row.last().is_some_and(|word| word.end <= self.quote.end);
                if inside && row.iter().zip(words).all(|(word, expected)| word.lemma == *expected) {
                    places.push((number, first, first + words.len()));
                }
            }
        }
        places
    }

    fn clause(&self, number: usize) -> Result<&ProseClause<'a>, Reason> {
        self.clauses.get(number).ok_or(Reason::NotInQuote)
    }

    /// Fails where the words of a place are denied, asked, possible only, compared or of something else.
    fn certain(&self, (number, first, after): ValuePlace) -> Result<(), Reason> {
        let clause = self.clause(number)?;
        if clause.words.get(first..after).unwrap_or_default().iter().any(|word| word.denied) {
            return Err(Reason::Denied);
        }
        self.unhedged(number, first)
    }

    /// The same without the look at denials.
    fn unhedged(&self, number: usize, first: usize) -> Result<(), Reason> {
        let clause = self.clause(number)?;
        if clause.asks {
            return Err(Reason::Asked);
        }
        let written = |at: usize| clause.words.get(at).map_or("", |word| word.text).to_owned();
        for at in 0..first {
            if phrase_at(&WORDS.hedges, clause, at).is_some() {
                return Err(Reason::Hedged(written(at)));
            }
            if phrase_at(&WORDS.comparisons, clause, at).is_some() {
                return Err(Reason::Compared(written(at)));
            }
            // "Ideal for your trips, this leather bag": what a comma ends is no more about it.
            let ended = (at + 1..=first).any(|next| self.gap(clause, next).contains(','));
            if !ended && phrase_at(&WORDS.others, clause, at).is_some() {
                return Err(Reason::OfOther(written(at)));
            }
        }
        // "In the colours black or red", "unless …".
        let choice = |at: &usize| phrase_at(&WORDS.hedges, clause, *at).is_some();
        if let Some(at) = (first..clause.words.len().min(first + 4)).find(choice) {
            return Err(Reason::Hedged(written(at)));
        }
        let same = self.clauses.iter().filter(|other| other.sentence == clause.sentence);
        for other in same {
            let elsewhere =
                (0..other.words.len()).find(|at| phrase_at(&WORDS.elsewhere, other, *at).is_some());
            if let Some(word) = elsewhere.and_then(|at| other.words.get(at)) {
                return Err(Reason::OfOther(word.text.to_owned()));
            }
        }
        Ok(())
    }

    /// What stands before a word of a clause.
    fn gap(&self, clause: &ProseClause<'_>, at: usize) -> &str {
        let (one, next) = (at.checked_sub(1).and_then(|at| clause.words.get(at)), clause.words.get(at));
        one.zip(next).and_then(|(one, next)| self.text.get(one.end..next.start)).unwrap_or_default()
    }

    fn says_at(&self, name: &str, rule: Option<&Rule>, place: ValuePlace) -> Result<String, Reason> {
        if self.is_labelled(name, place)? {
            return self.written(place);
        }
        match rule {
            Some(Rule::Term(kind)) => self.says_term(name, *kind, place)?,
            Some(Rule::Feature) => self.says_feature(place)?,
            Some(Rule::Words(own)) => self.says_own_words(name, own, place)?,
            None => self.is_beside_name(name, place)?,
        }
        self.written(place)
    }

    /// Whether the text writes a value as data are written: "Material: cotton".
    fn is_labelled(&self, name: &str, (number, first, after): ValuePlace) -> Result<bool, Reason> {
        let clause = self.clause(number)?;
        let label = key(name);
        let meaning = WORDS.meaning(name);
        // The label is all that stands before the colon.
        let colon = |at: usize| {
            let gap = self.gap(clause, at);
            gap.trim_end().ends_with([':', '：']) || gap == " – " || gap == " - "
        };
        if first == 0 || !colon(first) || (1..first).any(colon) {
            return Ok(false);
        }
        let before = clause.words.get(..first).unwrap_or_default();
        let named = before.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        if key(&named) != label && (meaning.is_none() || WORDS.meaning(&named) != meaning) {
            return Ok(false);
        }
        // All of it, or the text says more than the value.
        if after < clause.words.len() { Err(Reason::Partial) } else { Ok(true) }
    }

    /// A material, colour, country or audience of the product.
    fn says_term(
        &self,
        name: &str,
        kind: StatementKind,
        (number, first, after): ValuePlace,
    ) -> Result<(), Reason> {
        let clause = self.clause(number)?;
        let of_kind = |hit: &&ProseHit| hit.class == ProseClass::Term(kind);
        let inside = |hit: &&ProseHit| hit.first >= first && hit.after <= after;
        let own: Vec<&ProseHit> = clause.hits.iter().filter(of_kind).filter(inside).collect();
        let (Some(begins), Some(ends)) =
            (own.iter().map(|hit| hit.first).min(), own.iter().map(|hit| hit.after).max())
        else {
            return Err(Reason::NotNamed);
        };
        for hit in &own {
            if hit.looks {
                return Err(Reason::Looks);
            }
            let of_part =
                hit.part.filter(|part| !names_part(name, part) && !self.is_product(clause, hit, part));
            if let Some(part) = of_part {
                return Err(Reason::OfPart(part.replace('_', " ")));
            }
            // "Gold" is a colour and a material.
            let both = [StatementKind::Material, StatementKind::Colour];
            let ambiguous = |other: &ProseHit| {
                (other.first, other.after) == (hit.first, hit.after)
                    && matches!(other.class, ProseClass::Term(other) if other != kind && both.contains(&other))
            };
            if both.contains(&kind) && clause.hits.iter().any(ambiguous) {
                return Err(Reason::NotNamed);
            }
            if kind == StatementKind::Country && hit.origin != Some("made") {
                return Err(Reason::OfWhat);
            }
        }
        // "Wood glue", "black tea".
        if self.things.is_doubtful()
            && matches!(kind, StatementKind::Material | StatementKind::Colour)
            && !(0..begins).any(|at| phrase_at(&WORDS.made_of, clause, at).is_some_and(|length| length > 1))
        {
            return Err(Reason::OfWhat);
        }
        // A blend without its other parts is another material.
        let mixed_outside = own.iter().any(|hit| hit.mixed) && ends == after && begins == first;
        let others = clause.hits.iter().filter(of_kind).filter(|hit| !inside(hit));
        let beside = others.filter(|hit| is_listed_with(clause, hit, (first, after))).count();
        if mixed_outside || beside > 0 || self.continues(clause, first) {
            return Err(Reason::Partial);
        }
        if kind == StatementKind::Country {
            return self.subject(clause, first);
        }
        of_product(self.text, clause, self.things, (first, after), &[])
    }

    /// Whether the part that a term seems to be of is the product ("tank" of a tank top), or stands beside another word of
    /// the product's name: "yellow full zip jacket".
    fn is_product(&self, clause: &ProseClause<'_>, hit: &ProseHit, part: &str) -> bool {
        let words = lemmas(&part.replace('_', " "));
        let all = !words.is_empty() && words.iter().all(|word| self.things.is_head(*word));
        let behind = (hit.after..clause.words.len().min(hit.after + 4))
            .any(|at| part_at(clause, at).is_some_and(|found| found.concept == part));
        // What stands behind is looked at word by word.
        all || behind
    }

    /// Whether the word before a value belongs to it: "faded", "half" or a name that it is a part of.
    fn continues(&self, clause: &ProseClause<'_>, first: usize) -> bool {
        let Some(word) = first.checked_sub(1).and_then(|at| clause.words.get(at)) else { return false };
        let at = first - 1;
        let known = word.is_grammar
            || word.is_general
            || word.is_join
            || word.is_preposition
            || word.is_copula
            || word.is_affirming
            || word.is_denial
            || word.text.contains('-')
            || qualifies(clause, at)
            || self.things.names(word.lemma)
            || word.text.bytes().any(|byte| byte.is_ascii_digit())
            || clause.hits.iter().any(|hit| hit.first <= at && at < hit.after)
            || phrase_ends_at(&WORDS.made_of, clause, first);
        adjoins(self.text, clause, first) && !known
    }

    fn says_feature(&self, (number, first, after): ValuePlace) -> Result<(), Reason> {
        let clause = self.clause(number)?;
        let feature = |hit: &&ProseHit| is_feature(hit) && hit.first >= first && hit.after <= after;
        let Some(hit) = clause.hits.iter().find(feature) else { return Err(Reason::NotNamed) };
        self.feature_of_product(clause, hit)
    }

    fn feature_of_product(&self, clause: &ProseClause<'_>, hit: &ProseHit) -> Result<(), Reason> {
        of_product(self.text, clause, self.things, (hit.first, hit.after), &[])
    }

    /// Words that the data list for a meaning.
    fn says_own_words(
        &self,
        name: &str,
        own: &OwnWords,
        (number, first, after): ValuePlace,
    ) -> Result<(), Reason> {
        let clause = self.clause(number)?;
        let inside = |phrases: &[Phrase]| {
            (first..after).any(|at| phrase_at(phrases, clause, at).is_some_and(|length| at + length <= after))
        };
        if inside(&own.joined) {
            return self.not_of_part(clause, name, first, after);
        }
        if !inside(&own.words) {
            return self.is_beside_name(name, (number, first, after));
        }
        if own.alone {
            let known = |at: usize| {
                let word = clause.words.get(at);
                word.is_some_and(|word| word.is_grammar || word.is_general || word.is_join)
                    || (0..=at).any(|from| {
                        phrase_at(&own.words, clause, from).is_some_and(|length| from + length > at)
                    })
            };
            let rest = (0..clause.words.len()).filter(|at| !(first..after).contains(at));
            return if rest.into_iter().all(known) { Ok(()) } else { Err(Reason::OfWhat) };
        }
        if self.continues(clause, first) {
            return Err(Reason::Partial);
        }
        if own.heads_only {
            self.introduced(clause, first)?;
        }
        let head = phrase_at(&own.heads, clause, after).filter(|_| adjoins(self.text, clause, after));
        let has_head = (first..after).any(|at| phrase_at(&own.heads, clause, at).is_some());
        if own.heads_only {
            return match head {
                Some(length) => self.ends_there(clause, after + length),
                None if has_head => self.ends_there(clause, after),
                None => Err(Reason::NotNamed),
            };
        }
        of_product(self.text, clause, self.things, (first, after), &own.heads)
    }

    /// Fails where another noun follows: "long sleeve pocket", "ripped hem effect".
    fn ends_there(&self, clause: &ProseClause<'_>, from: usize) -> Result<(), Reason> {
        let mut at = from;
        while let Some(word) = clause.words.get(at).filter(|_| adjoins(self.text, clause, at)) {
            if phrase_at(&WORDS.binds, clause, at).is_some() {
                return Err(Reason::Looks);
            }
            let ends = word.is_grammar || word.is_join || word.is_preposition || word.is_copula;
            if ends || self.things.is_thing(word.lemma) {
                return Ok(());
            }
            if !qualifies(clause, at) {
                return Err(Reason::OfWhat);
            }
            at += 1;
        }
        Ok(())
    }

    /// Fails unless a phrase begins its clause, or the product has it: "promises a personalised fit" says nothing of it.
    fn introduced(&self, clause: &ProseClause<'_>, first: usize) -> Result<(), Reason> {
        for at in (0..first).rev() {
            let Some(word) = clause.words.get(at) else { break };
            let listed = self.gap(clause, at + 1).contains([',', '/', '(', '&']);
            if word.is_affirming && !word.is_with {
                return belongs(clause, self.things, at);
            }
            if word.is_with || word.is_join || word.is_copula || listed {
                return Ok(());
            }
            if word.is_preposition
                || !(word.is_grammar || qualifies(clause, at) || self.things.names(word.lemma))
            {
                return Err(Reason::OfWhat);
            }
        }
        Ok(())
    }

    fn not_of_part(
        &self,
        clause: &ProseClause<'_>,
        name: &str,
        first: usize,
        after: usize,
    ) -> Result<(), Reason> {
        let other = (after..clause.words.len().min(after + 2))
            .filter(|at| adjoins(self.text, clause, *at))
            .find_map(|at| part_at(clause, at))
            .filter(|part| !names_part(name, part.concept));
        match other {
            Some(part) if part.first >= first => Err(Reason::OfPart(part.concept.replace('_', " "))),
            _ => Ok(()),
        }
    }

    /// A value right before the attribute's name, or behind it: "relaxed fit", "the collar is narrow".
    fn is_beside_name(&self, name: &str, (number, first, after): ValuePlace) -> Result<(), Reason> {
        let clause = self.clause(number)?;
        let label = key(name);
        // A name that says what the product is, or nothing, is none.
        let empty = |word: &Lemma| self.things.is_thing(*word);
        if label.iter().all(empty) {
            return Err(Reason::NotNamed);
        }
        let names = [label.clone()];
        if phrase_at(&names, clause, after).is_some() && adjoins(self.text, clause, after) {
            if self.continues(clause, first) {
                return Err(Reason::Partial);
            }
            self.introduced(clause, first)?;
            return self.ends_there(clause, after + label.len());
        }
        let copula =
            first.checked_sub(1).and_then(|at| clause.words.get(at)).is_some_and(|word| word.is_copula);
        let ends = after == clause.words.len();
        if copula
            && ends
            && first > label.len()
            && phrase_at(&names, clause, first - 1 - label.len()).is_some()
        {
            return Ok(());
        }
        Err(Reason::NotNamed)
    }

    /// Fails unless what stands before a word is the product.
    fn subject(&self, clause: &ProseClause<'_>, before: usize) -> Result<(), Reason> {
        belongs(clause, self.things, before)
    }

    /// A quantity: number, unit, and what it is of.
    pub(super) fn says_quantity(&self, name: &str, value: &SaidNumber) -> Result<(), Reason> {
        let numbers = said_numbers(self.text);
        let inside = |number: &&SaidNumber| number.start >= self.quote.start && number.end <= self.quote.end;
        let mut best = Err(Reason::NotInQuote);
        for number in numbers.iter().filter(inside).filter(|number| number.equals(value)) {
            let compound = numbers.iter().any(|other| self.is_one_with(number, other));
            let found = if compound { Err(Reason::Partial) } else { self.says_number(name, number) };
            match (&best, found) {
                (_, Err(Reason::Denied)) => return Err(Reason::Denied),
                (Err(_), found @ Ok(())) | (Err(Reason::NotInQuote), found) => best = found,
                _ => {}
            }
        }
        best
    }

    /// Whether two numbers are one quantity: "2 lbs, 8 oz".
    fn is_one_with(&self, number: &SaidNumber, other: &SaidNumber) -> bool {
        let (one, next) = if number.start < other.start { (number, other) } else { (other, number) };
        let between = self.text.get(one.end..next.start).unwrap_or("apart");
        let apart = between.trim_matches(|c: char| c.is_whitespace() || c == ',').trim();
        let same = number.unit.zip(other.unit).is_some_and(|(one, next)| one.dimension == next.dimension);
        number.start != other.start && same && (apart.is_empty() || apart == "and")
    }

    fn says_number(&self, name: &str, number: &SaidNumber) -> Result<(), Reason> {
        let at = self.clauses.iter().position(|clause| {
            clause.words.iter().any(|word| word.start <= number.start && number.start < word.end)
        });
        let Some(at) = at else { return Err(Reason::NotInQuote) };
        let clause = self.clause(at)?;
        let first = clause.words.partition_point(|word| word.end <= number.start);
        let after = clause.words.partition_point(|word| word.start < number.end);
        self.certain((at, first, after))?;
        if !number.exact || number.factor {
            return Err(Reason::Bounded);
        }
        let spaced = spaced(name);
        let named = key(name);
        if number.doubtful {
            self.is_unit(number)?;
        }
        // "2 pockets" of pockets.
        let counted = number.unit.is_none()
            && phrase_at(std::slice::from_ref(&named), clause, after).is_some()
            && adjoins(self.text, clause, after);
        if counted {
            return self.ends_there(clause, after + named.len());
        }
        match number.is_of(&spaced) {
            NumberOf::Same => {}
            NumberOf::Other => return Err(Reason::OtherMeasure),
            NumberOf::Open => return Err(Reason::OfWhat),
        }
        let part = clause.hits.iter().find(|hit| {
            hit.class == ProseClass::Part
                && !names_part(name, hit.concept)
                && !is_quantity_word(clause, hit, &named)
                && !self.is_whole(clause, hit)
        });
        if let Some(part) = part {
            return Err(Reason::OfPart(part.concept.replace('_', " ")));
        }
        self.measured(name, number.start)?;
        // What measures is no subject: "a width of 75 cm".
        let subject = (0..first).rev().find(|at| {
            clause.words.get(*at).is_none_or(|word| {
                let carries = word.is_grammar || word.is_preposition || word.is_copula || word.is_join;
                !carries
                    && !word.is_general
                    && !is_measure(word.text)
                    && crate::product::unit::named(word.text).is_none()
            })
        });
        match subject {
            Some(at) if !clause.words.get(at).is_some_and(|word| self.things.names(word.lemma)) => {
                let digits = clause
                    .words
                    .get(at)
                    .is_some_and(|word| word.text.bytes().any(|byte| byte.is_ascii_digit()));
                // "75 cm wide and 40 cm high".
                if digits { Ok(()) } else { belongs(clause, self.things, at + 1) }
            }
            _ => Ok(()),
        }
    }

    /// Whether a word for a part is what the product is: a frame, a strap.
    fn is_whole(&self, clause: &ProseClause<'_>, hit: &ProseHit) -> bool {
        let words = clause.words.get(hit.first..hit.after).unwrap_or_default();
        !words.is_empty() && words.iter().all(|word| self.things.is_head(word.lemma))
    }

    /// Fails where the letter behind a number may be a word: "2 in black", against "2 m wide".
    fn is_unit(&self, number: &SaidNumber) -> Result<(), Reason> {
        let rest = self.text.get(number.end..).unwrap_or_default();
        let next = rest.trim_start().split_whitespace().next().unwrap_or_default();
        let ends =
            next.is_empty() || next.starts_with(|c: char| !c.is_alphanumeric()) || rest.starts_with('\n');
        let measure = is_measure(next.trim_matches(|c: char| !c.is_alphanumeric()));
        if ends || measure { Ok(()) } else { Err(Reason::OfWhat) }
    }

    /// Whether the quote says yes or no of a feature that a name is.
    pub(super) fn says_yes_or_no(&self, name: &str, language: &str, yes: bool) -> Result<(), Reason> {
        let spaced = spaced(name).replace(['_', '-'], " ");
        let named: Vec<&'static str> = [spaced.as_str(), name]
            .iter()
            .flat_map(|text| prose(text, language))
            .flat_map(|clause| clause.hits)
            .filter(is_feature)
            .map(|hit| hit.concept)
            .collect();
        if named.is_empty() {
            return Err(Reason::NotNamed);
        }
        let mut best = Err(Reason::NotInQuote);
        for (at, clause) in self.clauses.iter().enumerate() {
            let inside = |hit: &&ProseHit| hit.start >= self.quote.start && hit.end <= self.quote.end;
            for hit in clause.hits.iter().filter(inside).filter(|hit| named.contains(&hit.concept)) {
                let words = clause.words.get(hit.first..hit.after).unwrap_or_default();
                if words.iter().any(|word| word.denied) == yes {
                    return Err(Reason::Denied);
                }
                let found = self.unhedged(at, hit.first).and_then(|()| self.feature_of_product(clause, hit));
                if best.is_err() {
                    best = found;
                }
            }
        }
        best
    }
}

/// Whether another term of the kind stands in the same list as the value: no word between them begins another thing.
fn is_listed_with(clause: &ProseClause<'_>, hit: &ProseHit, (first, after): (usize, usize)) -> bool {
    let (from, to) = if hit.after <= first { (hit.after, first) } else { (after, hit.first) };
    let between = clause.words.get(from..to).unwrap_or_default();
    let parts = |word: &&crate::facts::ProseWord<'_>| {
        word.is_with || word.is_copula || (word.is_preposition && !word.text.eq_ignore_ascii_case("of"))
    };
    !between.iter().any(|word| parts(&word)) && to.saturating_sub(from) <= LISTED_WITHIN
}

/// What a text says against a material: that it is one of a blend, or a composition in per cent of others.
pub(super) fn against_material(text: &str, language: &str, value: &str) -> Option<String> {
    let of = |clause: &ProseClause<'_>| -> Vec<ProseHit> {
        let material = |hit: &&ProseHit| hit.class == ProseClass::Term(StatementKind::Material);
        clause.hits.iter().filter(material).copied().collect()
    };
    let said: Vec<ProseHit> = prose(value, language).iter().flat_map(of).collect();
    let says = |hit: &ProseHit| said.iter().any(|said| said.concept == hit.concept);
    for clause in prose(text, language) {
        let whole: Vec<ProseHit> = of(&clause).into_iter().filter(|hit| hit.part.is_none()).collect();
        let written = |hit: &ProseHit| text.get(hit.start..hit.end).unwrap_or_default().to_owned();
        if let Some(hit) =
            whole.iter().find(|hit| hit.mixed && says(hit) && !said.iter().any(|said| said.mixed))
        {
            return Some(format!("{} in a blend", written(hit)));
        }
        let start = clause.words.first().map_or(0, |word| word.start);
        let end = clause.words.last().map_or(start, |word| word.end);
        let in_per_cent = text.get(start..end).is_some_and(|clause| clause.contains('%'));
        if let Some(hit) = whole.iter().find(|hit| in_per_cent && !says(hit)) {
            return Some(written(hit));
        }
    }
    None
}

fn is_feature(hit: &ProseHit) -> bool {
    matches!(
        hit.class,
        ProseClass::Feature | ProseClass::Term(StatementKind::Property | StatementKind::Certification)
    )
}

/// Whether a name speaks of a part: "lining material" of a lining.
fn names_part(name: &str, part: &str) -> bool {
    let (name, part) = (key(name), lemmas(&part.replace('_', " ")));
    !part.is_empty() && part.iter().all(|word| name.contains(word))
}

/// Whether the words of a part are those of the quantity's name: "screen size".
fn is_quantity_word(clause: &ProseClause<'_>, hit: &ProseHit, name: &[Lemma]) -> bool {
    let words = clause.words.get(hit.first..hit.after).unwrap_or_default();
    words.iter().all(|word| name.contains(&word.lemma))
}

/// Whether a word says what a number measures.
fn is_measure(word: &str) -> bool {
    crate::facts::names_quantity(word)
}

/// Whether one of several phrases ends right before a word.
fn phrase_ends_at(phrases: &[Phrase], clause: &ProseClause<'_>, end: usize) -> bool {
    (0..end).rev().take(4).any(|at| phrase_at(phrases, clause, at).is_some_and(|length| at + length == end))
}
