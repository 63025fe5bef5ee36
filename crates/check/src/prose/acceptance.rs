//! Whether proposals become facts: the rules, one proposal at a time, then all of them beside each other.

use super::evidence::{QuoteReading, against_material};
use super::names::{AttributeNames, stated};
use super::ofwhat::ThingWords;
use super::passage::Claim;
use super::proposal::{NAME_CHARS_MAX, PROPOSALS_MAX, Proposal, QUOTE_CHARS_MAX, Reason, VALUE_CHARS_MAX};
use super::texts::{Prose, QUOTES_BORDER};
use super::words::{Rule, WORDS};
use crate::content::StatementKind;
use crate::facts::{self, FactSheet, SaidNumber, lemmas, said_numbers, says_nothing, yes_or_no};
use crate::injection;
use crate::internal::InternalNames;
use crate::privacy::{self, Scope};
use crate::product::{DerivedFact, Facts, Product, ProseSource, Value};

/// Signs and words between the entries of a value.
const BETWEEN_ENTRIES: [&str; 5] = [",", ";", "/", " and ", " & "];

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It is a fact.
    Accepted(DerivedFact),
    /// A person has to say so.
    NeedsPerson(Reason),
    /// It is none.
    Refused(Reason),
}

/// What became of all proposals about a product.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolution {
    /// Facts.
    pub accepted: Vec<DerivedFact>,
    /// What a person has to decide, with the name that it would get, and why.
    pub waiting: Vec<(Proposal, Reason)>,
    /// What is no fact, and why.
    pub refused: Vec<(Proposal, Reason)>,
}

/// The rules for one product.
#[derive(Debug)]
pub struct Acceptance<'a> {
    product: &'a Product,
    prose: &'a Prose,
    names: &'a AttributeNames,
    internal: &'a InternalNames,
    language: &'a str,
    things: ThingWords,
    /// What the publisher states of it for shoppers.
    stated: Facts,
}

impl<'a> Acceptance<'a> {
    /// The rules for a product whose prose is in a language (`en`).
    #[must_use]
    pub fn new(
        product: &'a Product,
        prose: &'a Prose,
        names: &'a AttributeNames,
        internal: &'a InternalNames,
        language: &'a str,
    ) -> Self {
        let things = ThingWords::of(product, &prose.title, language);
        let stated = Facts::select(product, |name| !matches!(name, "title" | "brand" | "gtin" | "category"));
        Self { product, prose, names, internal, language, things, stated }
    }

    /// What becomes of one proposal.
    #[must_use]
    pub fn decide(&self, proposal: &Proposal) -> Decision {
        match self.accept(proposal) {
            Ok(_) if proposal.from == ProseSource::Review => Decision::NeedsPerson(Reason::Opinion),
            Ok(fact) => Decision::Accepted(fact),
            Err(reason) if reason.is_refusal() => Decision::Refused(reason),
            Err(reason) => Decision::NeedsPerson(reason),
        }
    }

    /// What becomes of all of them: of several that mean the same one counts, and where they say different things a person
    /// decides.
    #[must_use]
    pub fn resolve(&self, proposals: &[Proposal]) -> Resolution {
        let mut resolution = Resolution::default();
        let mut accepted: Vec<(Proposal, DerivedFact)> = Vec::new();
        let mut seen: Vec<&Proposal> = Vec::new();
        for proposal in proposals.iter().take(PROPOSALS_MAX) {
            if seen.contains(&proposal) {
                continue;
            }
            seen.push(proposal);
            match self.decide(proposal) {
                Decision::Accepted(fact) => accepted.push((proposal.clone(), fact)),
                Decision::NeedsPerson(reason) => resolution.waiting.push((proposal.clone(), reason)),
                Decision::Refused(reason) => resolution.refused.push((proposal.clone(), reason)),
            }
        }
        while !accepted.is_empty() {
            let (first, rest): (Vec<_>, Vec<_>) =
                accepted.into_iter().enumerate().partition(|(place, _)| *place == 0);
            let rest = rest.into_iter().map(|(_, pair)| pair);
            let Some((_, (proposal, fact))) = first.into_iter().next() else { break };
            let (mut same, other): (Vec<_>, Vec<_>) =
                rest.partition(|(_, other)| super::names::same(&other.name, &fact.name));
            accepted = other;
            same.retain(|(_, other)| !says_the_same(&fact.value, &other.value));
            if same.is_empty() {
                resolution.accepted.push(fact);
            } else if is_list(&fact.name) {
                resolution.accepted.push(joined(fact, same.into_iter().map(|(_, fact)| fact)));
            } else {
                let others: Vec<String> = same.iter().map(|(_, other)| other.value.to_string()).collect();
                resolution.waiting.push((proposal, Reason::Disagrees(others.join(", "))));
                let reason = Reason::Disagrees(fact.value.to_string());
                resolution.waiting.extend(same.into_iter().map(|(other, _)| (other, reason.clone())));
            }
        }
        let renamed = |(proposal, reason): (Proposal, Reason)| {
            (Proposal { name: self.names.canonical(&proposal.name), ..proposal }, reason)
        };
        resolution.waiting = resolution.waiting.into_iter().map(renamed).collect();
        resolution
    }

    /// Whether a fact that was derived before may be used: its words stand there still, and no attribute speaks of it.
    #[must_use]
    pub fn is_usable(&self, fact: &DerivedFact) -> bool {
        self.prose.has(fact.from, &fact.quote)
            && !WORDS.is_reserved(&fact.name)
            && !self.internal.keeps_back(self.product, &fact.name)
            && stated(self.product, &fact.name).is_none()
            && self.contradicting(&fact.quote, fact.from, &fact.value.to_string()).is_none()
    }

    /// What stops a person from accepting a proposal: an attribute says so or otherwise, or the words do not stand there.
    ///
    /// # Errors
    /// The reason.
    pub fn confirm(&self, proposal: &Proposal, by: &str) -> Result<DerivedFact, Reason> {
        let name = self.names.canonical(&proposal.name);
        self.is_proper(proposal, &name)?;
        self.is_open(&name, proposal)?;
        Ok(DerivedFact {
            name,
            value: as_value(proposal, quantity(proposal).as_ref()),
            quote: proposal.quote.trim().to_owned(),
            from: proposal.from,
            by: Some(by.to_owned()),
        })
    }

    /// Fails where a proposal is none that could be a fact: too long, internal, personal, or not in the text.
    fn is_proper(&self, proposal: &Proposal, name: &str) -> Result<(), Reason> {
        let Proposal { value, unit, quote, .. } = proposal;
        let long = |text: &str, max: usize| text.chars().nth(max).is_some();
        if long(&proposal.name, NAME_CHARS_MAX)
            || long(value, VALUE_CHARS_MAX)
            || long(unit, NAME_CHARS_MAX)
            || long(quote, QUOTE_CHARS_MAX)
        {
            return Err(Reason::TooLong);
        }
        let letters =
            |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '/' | '.' | '\'' | '(' | ')');
        if WORDS.is_reserved(name) || WORDS.is_reserved(&proposal.name) || !name.chars().all(letters) {
            return Err(Reason::NoAttribute);
        }
        if self.internal.keeps_back(self.product, name)
            || self.internal.keeps_back(self.product, &proposal.name)
        {
            return Err(Reason::Internal);
        }
        let yes = yes_or_no(value).is_some();
        if value.trim().is_empty() || (!yes && says_nothing(value)) || value.contains(['<', '>', '\n']) {
            return Err(Reason::NoValue);
        }
        // The masks of personal data stand in brackets.
        let personal = |text: &str| !privacy::find(text, Scope::Prose).is_empty() || is_masked(text);
        if personal(value) || is_masked(quote) {
            return Err(Reason::PersonalData);
        }
        if injection::level(value).is_some() || self.prose.places(proposal.from, quote).is_empty() {
            return Err(Reason::NotInText);
        }
        Ok(())
    }

    /// Fails where an attribute speaks of it.
    fn is_open(&self, name: &str, proposal: &Proposal) -> Result<(), Reason> {
        if let Some((stated, value)) = stated(self.product, name) {
            let says = Value::Text(format!("{} {}", proposal.value, proposal.unit));
            let same = says_the_same(value, &says) || holds(value, &proposal.value);
            let stated = stated.to_owned();
            return Err(if same { Reason::Stated(stated) } else { Reason::Contradicts(stated) });
        }
        match self.contradicting(&proposal.quote, proposal.from, &proposal.value) {
            Some(name) => Err(Reason::Contradicts(name)),
            None => Ok(()),
        }
    }

    /// The attribute that says otherwise than the value in a quote.
    fn contradicting(&self, quote: &str, from: ProseSource, value: &str) -> Option<String> {
        let sheet = FactSheet::of(&self.stated);
        let (text, place) = self.prose.places(from, quote).into_iter().next()?;
        let start = text.get(..place.start)?.rfind(['.', '!', '?', '\n', '•']).map_or(0, |at| at + 1);
        let start = text.ceil_char_boundary(start);
        let end =
            text.get(place.end..)?.find(['.', '!', '?', '\n', '•']).map_or(text.len(), |at| place.end + at);
        let sentence = text.get(start..end)?;
        let said = lemmas(value);
        let reading = facts::read(sheet, sentence, Some(self.language));
        let refuted =
            reading.statements.iter().filter(|statement| statement.is_refuted()).find(|statement| {
                let written = lemmas(sentence.get(statement.start..statement.end).unwrap_or_default());
                written.iter().any(|word| said.contains(word))
            })?;
        refuted.attribute().map(|attribute| sheet.name(attribute).to_owned())
    }

    fn accept(&self, proposal: &Proposal) -> Result<DerivedFact, Reason> {
        let name = self.names.canonical(&proposal.name);
        self.is_proper(proposal, &name)?;
        if proposal.from == ProseSource::Title {
            return Err(Reason::TitleOnly);
        }
        if self.prose.is_instructed(proposal.from) {
            return Err(Reason::Instructed);
        }
        let places = self.prose.places(proposal.from, &proposal.quote);
        let number = quantity(proposal);
        let claim = Claim {
            names: [&name, &proposal.name],
            value: &proposal.value,
            yes: yes_or_no(&proposal.value).filter(|_| number.is_none()),
            number: number.as_ref(),
        };
        let mut value = None;
        // What one place says counts only where no other place of the same words denies it.
        for (text, place) in places {
            let reading = QuoteReading::new(text, place, self.language, &self.things);
            let found = if let Some(yes) = claim.yes.filter(|_| reading.says_answer(&claim)) {
                Ok(Value::Boolean(yes))
            } else {
                self.value(&reading, &name, proposal, number.as_ref())
            };
            match found.and_then(|read| reading.surroundings(&claim).map(|()| read)) {
                Ok(read) => value = value.or(Some(Ok(read))),
                Err(Reason::Denied) => return Err(Reason::Denied),
                Err(reason) => value = value.filter(Result::is_ok).or(Some(Err(reason))),
            }
        }
        let value = value.unwrap_or(Err(Reason::NotInText))?;
        self.is_open(&name, proposal)?;
        self.agrees(&name, &value)?;
        let quote = proposal.quote.trim().to_owned();
        Ok(DerivedFact { name, value, quote, from: proposal.from, by: None })
    }

    /// Fails where title or description say another material elsewhere.
    fn agrees(&self, name: &str, value: &Value) -> Result<(), Reason> {
        let rule =
            WORDS.meaning(name).and_then(|meaning| WORDS.meanings.get(meaning)).map(|meaning| &meaning.rule);
        if rule != Some(&Rule::Term(StatementKind::Material)) {
            return Ok(());
        }
        let value = value.to_string();
        let texts = [&self.prose.title, &self.prose.description];
        let against = texts.into_iter().find_map(|text| against_material(text, self.language, &value));
        against.map_or(Ok(()), |against| Err(Reason::Disagrees(against)))
    }

    /// The value that a quote says.
    fn value(
        &self,
        reading: &QuoteReading<'_>,
        name: &str,
        proposal: &Proposal,
        number: Option<&SaidNumber>,
    ) -> Result<Value, Reason> {
        if let Some(number) = number {
            reading.says_quantity(name, number)?;
            return Ok(as_value(proposal, Some(number)));
        }
        if !proposal.unit.trim().is_empty() {
            return Err(Reason::NotInQuote);
        }
        if let Some(yes) = yes_or_no(&proposal.value) {
            reading.says_yes_or_no(&proposal.name, self.language, yes)?;
            return Ok(Value::Boolean(yes));
        }
        let meaning = WORDS.meaning(name).and_then(|meaning| WORDS.meanings.get(meaning));
        let rule = meaning.map(|meaning| &meaning.rule);
        // The catalog's name, or the one that the words stand beside: "sleeves" of "sleeve length".
        let said = reading.says(name, rule, &proposal.value);
        let said = match said {
            Err(Reason::NotNamed | Reason::OfWhat) => reading.says(&proposal.name, rule, &proposal.value),
            said => said,
        };
        match said {
            Ok(written) => Ok(Value::Text(written)),
            // "Cotton, spandex" of "cotton and spandex".
            Err(reason @ Reason::NotInQuote) if matches!(rule, Some(Rule::Term(_))) => {
                list(reading, name, rule, &proposal.value).unwrap_or(Err(reason))
            }
            Err(reason) => Err(reason),
        }
    }
}

/// A value of several entries, each of which has to be said; `None` where it is one.
fn list(
    reading: &QuoteReading<'_>,
    name: &str,
    rule: Option<&Rule>,
    value: &str,
) -> Option<Result<Value, Reason>> {
    let entries = BETWEEN_ENTRIES
        .iter()
        .fold(vec![value], |entries, sign| entries.into_iter().flat_map(|entry| entry.split(sign)).collect());
    let entries: Vec<&str> = entries.into_iter().map(str::trim).filter(|entry| !entry.is_empty()).collect();
    if entries.len() < 2 {
        return None;
    }
    Some(
        reading
            .says_all(name, rule, &entries)
            .map(|entries| Value::List(entries.into_iter().map(Value::Text).collect())),
    )
}

/// Whether an attribute of a name may have several values.
fn is_list(name: &str) -> bool {
    let meaning = WORDS.meaning(name).and_then(|meaning| WORDS.meanings.get(meaning));
    meaning.is_some_and(|meaning| meaning.rule == Rule::Feature)
}

/// The quantity that a proposal states, if it states one.
fn quantity(proposal: &Proposal) -> Option<SaidNumber> {
    let value = proposal.value.trim();
    let spelled_out = value.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '-'));
    if !spelled_out || !value.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let text = format!("{value} {}", proposal.unit.trim());
    let mut numbers = said_numbers(text.trim()).into_iter();
    let number = numbers.next().filter(|_| numbers.next().is_none())?;
    let whole = number.start == 0 && number.end == text.trim().len();
    (whole && number.exact && number.unit.is_some() != proposal.unit.trim().is_empty()).then_some(number)
}

/// A proposal's value as products hold it.
fn as_value(proposal: &Proposal, number: Option<&SaidNumber>) -> Value {
    let number = number.and_then(|number| number.values.first()).and_then(|value| number_of(*value));
    match (number, yes_or_no(&proposal.value)) {
        (Some(value), _) if proposal.unit.trim().is_empty() => Value::Number(value),
        (Some(value), _) => Value::Quantity { value, unit: proposal.unit.trim().to_owned() },
        (None, Some(yes)) => Value::Boolean(yes),
        (None, None) => Value::Text(proposal.value.trim().to_owned()),
    }
}

/// A number as JSON writes it: 2 and not 2.0.
fn number_of(value: f64) -> Option<serde_json::Number> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}").parse::<i64>().ok().map(Into::into);
    }
    serde_json::Number::from_f64(value)
}

/// Whether two values have the same words.
fn says_the_same(one: &Value, other: &Value) -> bool {
    let words = |value: &Value| {
        let mut words = lemmas(&value.to_string());
        words.sort_unstable();
        words.dedup();
        words
    };
    words(one) == words(other)
}

/// Whether an attribute's value has all words of a text.
fn holds(value: &Value, text: &str) -> bool {
    let stated = lemmas(&value.to_string());
    let said = lemmas(text);
    !said.is_empty() && said.iter().all(|word| stated.contains(word))
}

/// Several facts of the same name as one.
fn joined(fact: DerivedFact, others: impl Iterator<Item = DerivedFact>) -> DerivedFact {
    let entries = |value: Value| match value {
        Value::List(values) => values,
        value => vec![value],
    };
    let mut quotes = vec![fact.quote.clone()];
    let mut values = entries(fact.value);
    for other in others.filter(|other| other.from == fact.from) {
        for value in entries(other.value) {
            if !values.iter().any(|known| says_the_same(known, &value)) {
                values.push(value);
            }
        }
        if !quotes.contains(&other.quote) {
            quotes.push(other.quote);
        }
    }
    DerivedFact { value: Value::List(values), quote: quotes.join(QUOTES_BORDER), ..fact }
}

/// Whether a text holds the mask of personal data.
fn is_masked(text: &str) -> bool {
    privacy::PersonalDataKind::ALL.iter().any(|kind| text.contains(kind.mask()))
}
