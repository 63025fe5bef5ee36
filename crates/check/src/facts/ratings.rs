//! Price and rating levels in words: "cheap", "moderately priced", "highly rated" beside what an attribute says.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::attribute_text::ParsedAttribute;
use super::clauses::Clause;
use super::words::Word;
use crate::content::StatementKind;

/// What a level is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LevelTopic {
    Price,
    Rating,
}

impl LevelTopic {
    /// The kind of a statement about it.
    pub(super) fn kind(self) -> StatementKind {
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

/// Words that name a topic. "Rate" is left out: a refresh rate is no rating.
const TOPICS: &[(LevelTopic, &str)] = &[
    (
        LevelTopic::Price,
        "price|prices|priced|pricing|cost|costs|preis|preise|preisen|prix|tarif|tarifs|precio|precios|coste|价格|価格|値段",
    ),
    (
        LevelTopic::Rating,
        "rating|ratings|rated|review|reviews|reviewed|bewertung|bewertungen|bewertet|avis|évaluation|évaluations|noté|valoración|valoraciones|reseña|reseñas|评分|评价|評価",
    ),
];

/// Words that say a level where a topic's word is near, and of which topic without one, if any.
const WORDS: &[(LevelSet, Option<LevelTopic>, &str)] = &[
    (
        LOW,
        Some(LevelTopic::Price),
        "cheap|cheaper|cheapest|cheaply|inexpensive|low-cost|low-priced|billig|günstig|preiswert|preisgünstig|bon-marché|barato|barata|económico|económica|便宜|实惠|低价|安い|安価",
    ),
    (
        LOW | MIDDLE,
        Some(LevelTopic::Price),
        "affordable|affordably|budget|budget-friendly|erschwinglich|abordable|asequible|economical",
    ),
    (MIDDLE, Some(LevelTopic::Price), "mid-priced|moderately-priced|reasonably-priced"),
    (
        HIGH,
        Some(LevelTopic::Price),
        "expensive|pricey|pricy|high-priced|costly|teuer|cher|chère|caro|cara|昂贵|高い",
    ),
    (
        LOW,
        None,
        "low|lower|lowest|poor|poorly|bad|badly|niedrig|niedrige|niedriger|niedrigen|schlecht|schlechte|schlechter|schlechten|bas|basse|mauvais|mauvaise|bajo|baja|malo|mala|低",
    ),
    (
        MIDDLE,
        None,
        "average|moderate|moderately|middle|mid|mid-range|medium|mittel|mittlere|mittlerer|durchschnittlich|durchschnittliche|moyen|moyenne|modéré|medio|media|moderado|中等",
    ),
    (LOW | MIDDLE, None, "reasonable|reasonably|decent|fair|fairly|angemessen|raisonnable|razonable"),
    (
        HIGH,
        None,
        "high|higher|highest|highly|top|premium|hoch|hohe|hoher|hohen|haut|haute|élevé|élevée|alto|alta|高",
    ),
    (MIDDLE | HIGH, None, "good|well|gut|gute|bon|bonne|bueno|buena"),
    (HIGH, Some(LevelTopic::Rating), "top-rated|highly-rated|best-rated|high-rated|well-rated"),
    (LOW, Some(LevelTopic::Rating), "low-rated|poorly-rated|badly-rated"),
    (HIGH, None, "excellent|outstanding|superb|great|hervorragend|hervorragende|excellente|excelente"),
];

/// So many words may be between a topic's word and its level's.
const NEAR: usize = 3;

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

/// A level of a text that the facts do not support.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LevelMismatch {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) topic: LevelTopic,
    /// The attribute that says otherwise.
    pub(super) attribute: Option<usize>,
}

impl StatedLevels {
    /// Takes note of one attribute, if it is about a price or a rating.
    pub(super) fn add(&mut self, fact: &ParsedAttribute<'_>) {
        let named = fact.name_words.iter().flat_map(|clause| &clause.words).find_map(|word| topic(word));
        let Some(topic) = named else { return };
        let words = || fact.value_words.iter().flat_map(|clause| &clause.words);
        let mut levels: LevelSet =
            words().filter_map(|word| level(word)).fold(0, |all, (levels, _)| all | levels);
        let in_figures = levels == 0;
        if in_figures {
            levels = of_figures(topic, fact.value);
        }
        self.stated.push(StatedLevel { topic, levels, in_figures, attribute: fact.attribute });
    }

    /// What the facts' level says of a rating in figures, as a share of its scale: whether it supports it, and which
    /// attribute states it; `None` where no attribute has a level.
    pub(super) fn rating(&self, share: f64) -> Option<(bool, usize)> {
        let stated =
            self.stated.iter().find(|stated| stated.topic == LevelTopic::Rating && !stated.in_figures)?;
        Some((stated.levels & of_share(share) != 0, stated.attribute))
    }

    /// Levels of a clause that the facts do not support; `supports` gets the attributes that support the others.
    pub(super) fn mismatches(
        &self,
        clause: &Clause<'_>,
        mut supports: impl FnMut(usize),
    ) -> Vec<LevelMismatch> {
        let mut found: Vec<LevelMismatch> = Vec::new();
        for (place, word) in clause.words.iter().enumerate() {
            let Some((levels, alone)) = level(word) else { continue };
            // "Fairly high": the next word says it.
            if clause
                .words
                .get(place + 1)
                .is_some_and(|next| level(next).is_some() && next.start == word.end + 1)
            {
                continue;
            }
            let Some(topic) = alone.or_else(|| topic_near(clause, place)) else { continue };
            // "not expensive" is low or middle.
            let levels = if word.denied { (LOW | MIDDLE | HIGH) & !levels } else { levels };
            let of_topic = || self.stated.iter().filter(move |stated| stated.topic == topic);
            if let Some(supporting) =
                of_topic().find(|stated| stated.levels == 0 || stated.levels & levels != 0)
            {
                // What is no level, a price in money, neither supports nor contradicts it.
                if supporting.levels != 0 {
                    supports(supporting.attribute);
                }
                continue;
            }
            let attribute = of_topic().next().map(|stated| stated.attribute);
            // "Affordable" is an opinion where no attribute is about a price.
            if attribute.is_none() && (word.denied || levels == LOW | MIDDLE) {
                continue;
            }
            found.push(LevelMismatch { start: word.start, end: word.end, topic, attribute });
        }
        found
    }
}

/// What the level at a place of a clause is of, by the words near it.
fn topic_near(clause: &Clause<'_>, place: usize) -> Option<LevelTopic> {
    // "The price range is high with customer ratings of …": a verb before the level points back.
    let verb = place.checked_sub(1).and_then(|place| clause.words.get(place)).is_some_and(|before| {
        matches!(before.text, "is" | "are" | "was" | "were" | "ist" | "sind" | "est" | "sont" | "es" | "son")
    });
    let from = place.saturating_sub(NEAR);
    let around = clause.words.iter().enumerate().skip(from).take(place - from + NEAR + 1);
    let topics = around
        .filter_map(|(other, word)| Some((((other < place) != verb, other.abs_diff(place)), topic(word)?)));
    // "an average price and a high customer rating": the one behind, and of those the nearer one.
    topics.min_by_key(|(distance, _)| *distance).map(|(_, topic)| topic)
}

fn topic(word: &Word<'_>) -> Option<LevelTopic> {
    static BY_WORD: LazyLock<HashMap<&str, LevelTopic>> = LazyLock::new(|| {
        TOPICS.iter().flat_map(|(topic, words)| words.split('|').map(|word| (word, *topic))).collect()
    });
    // "customer-rated", "price-wise".
    word.lower.split('-').find_map(|part| BY_WORD.get(part).copied())
}

fn level(word: &Word<'_>) -> Option<(LevelSet, Option<LevelTopic>)> {
    static BY_WORD: LazyLock<HashMap<&str, (LevelSet, Option<LevelTopic>)>> = LazyLock::new(|| {
        WORDS
            .iter()
            .flat_map(|(levels, topic, words)| words.split('|').map(|word| (word, (*levels, *topic))))
            .collect()
    });
    BY_WORD.get(word.lower.as_str()).copied()
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
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match topic {
        LevelTopic::Rating => {
            let mut numbers = lower
                .split(|c: char| !c.is_ascii_digit() && c != '.')
                .filter_map(|part| part.parse::<f64>().ok());
            let (Some(value), scale) = (numbers.next(), numbers.next().unwrap_or(5.0)) else { return 0 };
            of_share(value / scale)
        }
        LevelTopic::Price
            if has(&["less than", "under", "below", "up to", "unter", "moins de", "menos de", "<"]) =>
        {
            LOW | MIDDLE
        }
        LevelTopic::Price if has(&["more than", "over", "above", "über", "plus de", "más de", ">"]) => {
            MIDDLE | HIGH
        }
        LevelTopic::Price => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::attribute_text::parse_attribute;
    use super::super::clauses::clauses;
    use super::*;
    use crate::product::{Facts, Product};

    fn check(attributes: &serde_json::Value, text: &str, expected: &[&str]) {
        let product: Product =
            serde_json::from_value(serde_json::json!({ "sku": "P1", "attributes": attributes })).unwrap();
        let mut stated = StatedLevels::default();
        for (attribute, (name, value)) in Facts::select(&product, |_| true).iter().enumerate() {
            parse_attribute(attribute, name, value, |fact| stated.add(&fact));
        }
        let found: Vec<String> = clauses(text)
            .iter()
            .flat_map(|clause| stated.mismatches(clause, |_| ()))
            .map(|mismatch| {
                format!(
                    "{} {} {}",
                    mismatch.topic.kind(),
                    &text[mismatch.start..mismatch.end],
                    mismatch.attribute.is_some()
                )
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_level_is_supported_by_its_topic_s_attribute() {
        let facts = || serde_json::json!({ "priceRange": "cheap", "customer rating": "5 out of 5" });
        check(&facts(), "Cheap, with a high customer rating.", &[]);
        check(&facts(), "An inexpensive, highly rated place.", &[]);
        check(&facts(), "It is not expensive.", &[]);
        check(&facts(), "Expensive, with a low rating.", &["price Expensive true", "rating low true"]);
        check(
            &facts(),
            "Mit hohen Preisen und schlechter Bewertung.",
            &["price hohen true", "rating schlechter true"],
        );
    }

    #[test]
    fn figures_say_levels_too() {
        let facts = || serde_json::json!({ "price": "more than £30", "rating": "1 out of 5" });
        check(&facts(), "High prices, poorly rated.", &[]);
        check(
            &facts(),
            "A cheap place with excellent reviews.",
            &["price cheap true", "rating excellent true"],
        );
        check(&serde_json::json!({ "price": 4.99 }), "A cheap one.", &[]);
        check(&serde_json::json!({}), "A cheap one with a high refresh rate.", &["price cheap false"]);
    }
}
