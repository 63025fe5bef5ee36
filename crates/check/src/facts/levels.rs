//! Price and rating levels in words: "cheap", "moderately priced", "highly rated" beside what an attribute says.

use super::lexicon::{Class, Hit, Role, lexicon};
use super::reader::Reader;
use super::sheet::ReadAttribute;
use super::tokens::Clause;
use crate::content::StatementKind;

/// What a level is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LevelTopic {
    Price,
    Rating,
}

impl LevelTopic {
    /// The kind of a statement about it.
    fn kind(self) -> StatementKind {
        match self {
            Self::Price => StatementKind::Price,
            Self::Rating => StatementKind::Rating,
        }
    }
}

/// Low, middle and high, as bits: "reasonable" may be two of them.
type LevelSet = u8;
const LOW: LevelSet = 1;
const MIDDLE: LevelSet = 2;
const HIGH: LevelSet = 4;

/// So many words may be between a topic's word and its level's.
const NEAR: usize = 3;

/// What a word of the lexicon's levels says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct LevelWord {
    /// The topic that it names, or that it is of on its own.
    topic: Option<LevelTopic>,
    /// 0 for a word that only names a topic.
    levels: LevelSet,
}

/// Reads a key of the lexicon's levels, `low`, `low_middle_price`, or the dimensions `price` and `rating`.
fn level_word(hit: &Hit) -> LevelWord {
    let name = lexicon().name(hit.concept);
    if hit.class == Class::Dimension && !matches!(name, "price" | "rating") {
        return LevelWord::default();
    }
    name.split('_').fold(LevelWord::default(), |mut word, part| {
        match part {
            "price" => word.topic = Some(LevelTopic::Price),
            "rating" => word.topic = Some(LevelTopic::Rating),
            "low" => word.levels |= LOW,
            "middle" => word.levels |= MIDDLE,
            "high" | "excellent" => word.levels |= HIGH,
            _ => {}
        }
        word
    })
}

/// The levels and topics of a clause, each with its hit.
fn level_words(hits: &[Hit]) -> impl Iterator<Item = (&Hit, LevelWord)> {
    let says = |hit: &Hit| matches!(hit.class, Class::Level | Class::Dimension);
    hits.iter()
        .filter(move |hit| says(hit))
        .map(|hit| (hit, level_word(hit)))
        .filter(|(_, word)| *word != LevelWord::default())
}

/// What the facts say of one topic.
#[derive(Clone, Copy, Debug)]
struct StatedLevel {
    topic: LevelTopic,
    levels: LevelSet,
    /// Whether it is said in figures, to which other figures are another rule's.
    in_figures: bool,
    attribute: usize,
}

/// What the facts say of levels.
#[derive(Debug, Default)]
pub(super) struct StatedLevels {
    stated: Vec<StatedLevel>,
}

impl StatedLevels {
    /// Takes note of one attribute, if it is about a price or a rating.
    pub(super) fn add(&mut self, fact: &ReadAttribute<'_>) {
        let Some(topic) = level_words(fact.name_hits).find_map(|(_, word)| word.topic) else { return };
        let in_value = fact.value_hits.iter().flat_map(|hits| level_words(hits));
        let mut levels: LevelSet = in_value.fold(0, |all, (_, word)| all | word.levels);
        let in_figures = levels == 0;
        if in_figures {
            levels = of_figures(topic, &fact.attribute.value);
        }
        self.stated.push(StatedLevel { topic, levels, in_figures, attribute: fact.place });
    }

    /// What the facts' level says of a rating in figures, as a share of its scale: whether it supports it, and which
    /// attribute states it; `None` where no attribute has a level.
    pub(super) fn rating(&self, share: f64) -> Option<(bool, usize)> {
        let stated =
            self.stated.iter().find(|stated| stated.topic == LevelTopic::Rating && !stated.in_figures)?;
        Some((stated.levels & of_share(share) != 0, stated.attribute))
    }
}

impl Reader<'_> {
    /// The price and rating levels of a clause.
    pub(super) fn levels(&mut self, clause: Clause<'_, '_>, hits: &[Hit]) {
        let words: Vec<(&Hit, LevelWord)> = level_words(hits).collect();
        for (place, (hit, word)) in words.iter().enumerate().filter(|(_, (_, word))| word.levels != 0) {
            // "Fairly high": the next word says it.
            if words.get(place + 1).is_some_and(|(next, word)| word.levels != 0 && next.first == hit.after) {
                continue;
            }
            let Some(topic) = word.topic.or_else(|| topic_near(clause, &words, hit)) else { continue };
            // "not expensive" is low or middle.
            let levels = if hit.denied { (LOW | MIDDLE | HIGH) & !word.levels } else { word.levels };
            let of_topic = || self.sheet.levels.stated.iter().filter(move |stated| stated.topic == topic);
            let supporting = of_topic().find(|stated| stated.levels == 0 || stated.levels & levels != 0);
            if let Some(supporting) = supporting {
                // What is no level, a price in money, neither supports nor contradicts it.
                if supporting.levels != 0 {
                    self.supported(hit.start, hit.end, topic.kind(), hit.denied, supporting.attribute);
                }
                continue;
            }
            match of_topic().next().map(|stated| stated.attribute) {
                Some(attribute) => {
                    let (written, named, kind) =
                        (self.written(hit.start, hit.end), self.named(attribute), topic.kind());
                    let message = format!("\"{written}\" is another {kind} than {named}");
                    self.refuted(hit.start, hit.end, kind, attribute, message);
                }
                // "Affordable" is an opinion where no attribute is about a price.
                None if hit.denied || levels == LOW | MIDDLE => {}
                None => self.not_stated(hit.start, hit.end, topic.kind()),
            }
        }
    }
}

/// What the level at a place of a clause is of, by the words near it.
fn topic_near(clause: Clause<'_, '_>, words: &[(&Hit, LevelWord)], level: &Hit) -> Option<LevelTopic> {
    // "The price range is high with customer ratings of …": a verb before the level points back.
    let verb = level
        .first
        .checked_sub(1)
        .and_then(|place| clause.words.get(place))
        .is_some_and(|before| before.is(Role::Copula));
    let topics =
        words.iter().filter(|(hit, word)| word.levels == 0 && hit.first.abs_diff(level.first) <= NEAR);
    let topics = topics.filter_map(|(hit, word)| {
        Some((((hit.first < level.first) != verb, hit.first.abs_diff(level.first)), word.topic?))
    });
    // "an average price and a high customer rating": the one behind, and of those the nearer one.
    topics.min_by_key(|(distance, _)| *distance).map(|(_, topic)| topic)
}

/// The level of a share of a scale.
fn of_share(share: f64) -> LevelSet {
    match share {
        share if share > 1.0 => 0,
        share if share >= 0.7 => HIGH,
        share if share > 0.45 => MIDDLE,
        _ => LOW,
    }
}

/// The level that figures say: 4.5 of 5 is high, "less than £20" low, "more than £30" high, "£20-25" between them.
fn of_figures(topic: LevelTopic, shown: &str) -> LevelSet {
    let lower = shown.to_lowercase();
    match topic {
        LevelTopic::Rating => {
            let mut numbers = lower
                .split(|c: char| !c.is_ascii_digit() && c != '.')
                .filter_map(|part| part.parse::<f64>().ok());
            let (Some(value), scale) = (numbers.next(), numbers.next().unwrap_or(5.0)) else { return 0 };
            of_share(value / scale)
        }
        LevelTopic::Price
            if lexicon().bounds(&lower, Role::Below) || lexicon().bounds(&lower, Role::UpTo) =>
        {
            LOW | MIDDLE
        }
        LevelTopic::Price if lexicon().bounds(&lower, Role::Above) => MIDDLE | HIGH,
        LevelTopic::Price => 0,
    }
}
