//! The sentences of a draft or of a lone text, each with what it rests on; and what the product has to say.

use std::collections::BTreeSet;

use foldhash::HashSet;

use super::super::{Subject, form};
use super::room;
use crate::content::{StatementKind, sentences};
use crate::facts::{Decision, FactSheet, Lemma, Naming, ReadWord, Reading, naming};
use crate::product::{Facts, VERBATIM, Value};
use crate::recipe::is_numbered;

/// A text of sentences.
pub(super) struct Passage<'a> {
    pub(super) at: &'a str,
    pub(super) text: &'a str,
    pub(super) reading: &'a Reading,
    /// Whether it answers a question, and is read by itself.
    pub(super) answers: bool,
}

/// A sentence of a passage.
pub(super) struct Sentence<'a> {
    pub(super) at: &'a str,
    pub(super) text: &'a str,
    /// Where it begins in its passage, in bytes.
    pub(super) start: usize,
    pub(super) words: &'a [ReadWord],
    pub(super) answers: bool,
    /// Whether an attribute supports something in it, beyond what the product is called.
    pub(super) rests: bool,
    /// Whether it states anything.
    pub(super) states: bool,
    /// Whether it cannot be looked up: the facts are in another language.
    pub(super) unsure: bool,
    /// Which passage it is of.
    passage: usize,
}

/// What the quality is counted from.
pub(super) struct Copy<'a> {
    pub(super) language: &'a str,
    passages: Vec<Passage<'a>>,
    pub(super) sentences: Vec<Sentence<'a>>,
    /// The attributes that are worth a word, and those that some sentence rests on, also such as deny something.
    pub(super) worth: BTreeSet<&'a str>,
    pub(super) used: BTreeSet<&'a str>,
    /// How many of them are enough.
    pub(super) enough: usize,
    /// The words by which the product is called; empty where that cannot be compared.
    pub(super) called: Vec<Naming>,
    /// The words of the product's category.
    pub(super) category: HashSet<Lemma>,
    /// Words of title and brand, which may be said again and again.
    pub(super) names: HashSet<Lemma>,
    /// What stands in the place of a title; `None` where the recipe has no such place.
    pub(super) titles: Option<Vec<&'a str>>,
}

impl<'a> Copy<'a> {
    /// The copy of a draft.
    pub(super) fn of_draft(subject: &'a Subject<'_>) -> Self {
        let passages = subject.texts.iter().filter_map(|(text, reading)| {
            let beside =
                text.at.rsplit_once('/').and_then(|(parent, _)| subject.draft.content.pointer(parent));
            let has = |name: &str| beside.is_some_and(|object| object.get(name).is_some());
            let asks = text.at.ends_with("/question");
            let prose = has("evidence") || form::is_prose(&text.at, text.text);
            (prose && !asks && !subject.is_untrue(&text.at)).then(|| Passage {
                at: &text.at,
                text: text.text,
                reading,
                answers: has("question"),
            })
        });
        let passages: Vec<Passage<'_>> = passages.collect();
        let titles = room::title_field(&subject.recipe.schema).map(|(name, list)| {
            let is_title = |at: &str| match at.strip_prefix('/').and_then(|at| at.strip_prefix(name)) {
                Some(rest) if list => rest.starts_with('/'),
                Some(rest) => rest.is_empty(),
                None => false,
            };
            let is_passage = |at: &str| passages.iter().any(|passage| passage.at == at);
            let texts = subject.texts.iter().filter(|(text, _)| is_title(&text.at) && !is_passage(&text.at));
            texts.map(|(text, _)| text.text).collect::<Vec<_>>()
        });
        let room =
            room::attributes(subject.recipe).unwrap_or(usize::MAX).min(subject.policy.quality_attributes);
        Self::new((subject.facts, subject.sheet), subject.locale.language(), passages, titles, room)
    }

    /// The copy that a lone text is.
    pub(super) fn of_text(
        facts: (&'a Facts, &'a FactSheet),
        text: &'a str,
        reading: &'a Reading,
        language: &'a str,
        enough: usize,
    ) -> Self {
        let passage = Passage { at: "", text, reading, answers: false };
        Self::new(facts, language, vec![passage], None, enough)
    }

    fn new(
        (facts, sheet): (&'a Facts, &'a FactSheet),
        language: &'a str,
        passages: Vec<Passage<'a>>,
        titles: Option<Vec<&'a str>>,
        enough: usize,
    ) -> Self {
        // What an attribute is of the product; `None` where it says no more than what the product is called.
        let attributes: Vec<Option<&str>> =
            facts.iter().map(|(name, _)| (!names_product(name)).then(|| of_product(name))).collect();
        let is_worth = |(place, name): (usize, Option<&'a str>)| {
            name.filter(|name| !is_numbered(name) && sheet.affirms(place))
        };
        let mut copy = Self {
            language,
            passages: Vec::new(),
            sentences: Vec::new(),
            used: BTreeSet::new(),
            enough: 0,
            called: Vec::new(),
            category: HashSet::default(),
            names: HashSet::default(),
            titles: titles.filter(|titles| !titles.is_empty()),
            worth: attributes.iter().copied().enumerate().filter_map(is_worth).collect(),
        };
        copy.enough = enough.min(copy.worth.len());
        for (number, passage) in passages.iter().enumerate() {
            copy.read(number, passage, &attributes);
        }
        copy.passages = passages;
        copy.name(facts);
        copy
    }

    /// Cuts a passage into sentences. What it rests on is sorted once, so that a long text costs no more than its length.
    fn read(&mut self, number: usize, passage: &Passage<'a>, attributes: &[Option<&'a str>]) {
        let reading = passage.reading;
        let stated = reading.statements.iter().filter_map(|statement| match statement.decision {
            Decision::Supported(attribute) => Some((statement.start, attribute)),
            _ => None,
        });
        let mut supports: Vec<(usize, usize)> = reading.supports.iter().copied().chain(stated).collect();
        supports.sort_unstable();
        for (start, text) in sentences(passage.text) {
            let end = start + text.len();
            let within = between(&supports, |(at, _)| *at, start, end);
            let statements = between(&reading.statements, |statement| statement.start, start, end);
            let said = within.iter().filter_map(|(_, place)| attributes.get(*place).copied().flatten());
            let mut rests = false;
            for name in said {
                rests = true;
                if !self.used.contains(name) && !is_numbered(name) {
                    self.used.insert(name);
                }
            }
            self.sentences.push(Sentence {
                at: passage.at,
                text,
                start,
                words: between(&reading.spoken, |word| word.start, start, end),
                answers: passage.answers,
                rests,
                states: statements.iter().any(|statement| statement.kind != StatementKind::Praise),
                unsure: !rests
                    && statements.iter().any(|statement| statement.decision == Decision::NotCheckable),
                passage: number,
            });
        }
    }

    /// Reads what the product is called.
    fn name(&mut self, facts: &Facts) {
        let text = |name: &str| facts.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let shown = |value: Option<&Value>| value.map(ToString::to_string).unwrap_or_default();
        let title = shown(text("title").or_else(|| text("name")));
        let brand = naming(&shown(text("brand")), self.language);
        let whole = naming(&title, self.language);
        self.names = whole.iter().chain(&brand).map(|word| word.lemma).collect();
        let words = |of: fn(&Reading) -> bool| -> usize {
            let passages = self.passages.iter().filter(|passage| of(passage.reading));
            passages.map(|passage| passage.reading.words).sum()
        };
        // Copy in another language calls the thing by other words.
        if words(|reading| reading.foreign) * 2 > words(|_| true) {
            return;
        }
        let leading = title.split(SEPARATORS).find(|part| !part.trim().is_empty()).unwrap_or_default();
        let mut called = naming(leading, self.language);
        if called.iter().any(|word| !brand.iter().any(|brand| brand.lemma == word.lemma)) {
            called.retain(|word| !brand.iter().any(|brand| brand.lemma == word.lemma));
        }
        self.called = called;
        let last = match text("category") {
            Some(Value::List(path)) => path.last().map(ToString::to_string),
            other => other.map(ToString::to_string),
        };
        self.category =
            naming(&last.unwrap_or_default(), self.language).into_iter().map(|word| word.lemma).collect();
    }

    /// Whether two sentences stand in one text.
    pub(super) fn is_one_text(one: &Sentence<'_>, other: &Sentence<'_>) -> bool {
        one.passage == other.passage
    }
}

/// Signs behind which a title describes its thing.
const SEPARATORS: [char; 12] = [',', ';', ':', '|', '(', '[', '–', '—', '，', '（', '【', '：'];

/// Whether an attribute says no more than what the product is called, or stands in a text as it is.
fn names_product(attribute: &str) -> bool {
    matches!(attribute, "title" | "name" | "brand" | "gtin" | "category" | VERBATIM)
}

/// The attribute that one of a variant is of: `colour` of `variant A-1: colour`.
fn of_product(name: &str) -> &str {
    name.strip_prefix("variant ").and_then(|rest| rest.split_once(": ")).map_or(name, |(_, name)| name)
}

/// The part of a sorted list that lies from one byte to before another.
fn between<T>(list: &[T], at: impl Fn(&T) -> usize, start: usize, end: usize) -> &[T] {
    let from = list.partition_point(|item| at(item) < start);
    let to = list.partition_point(|item| at(item) < end);
    list.get(from..to).unwrap_or_default()
}
