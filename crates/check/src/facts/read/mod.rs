//! A text read against the facts, by every rule at once: what no attribute bears, and which attributes bear the rest.

mod denied;
mod numbers;

use std::collections::BTreeMap;

use super::features::{self, Kind, shouts};
use super::index::FactIndex;
use super::phrases::claims;
use super::vocabulary::is_function_word;
use super::words::{Clause, clauses};
use super::{having, names};

/// A statement of a text that the facts do not bear.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnsupportedStatement {
    /// Where it stands, in bytes.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// Of which kind it is, such as `number` or `material`; `config/default.toml` lists them.
    pub(crate) kind: &'static str,
    /// Whether an attribute says otherwise, or merely none says so.
    pub(crate) contradicted: bool,
    /// The attribute that it was held against.
    pub(crate) attribute: Option<usize>,
    /// For a person.
    pub(crate) message: String,
}

/// A text, read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// What no attribute bears, in the order of the text, without overlaps.
    pub(crate) unsupported: Vec<UnsupportedStatement>,
    /// Attributes that bear something, each with the byte that it stands at.
    pub(crate) rests: Vec<(usize, usize)>,
    /// Words that say something, and those of them that no fact has.
    pub(crate) words: usize,
    pub(crate) novel: usize,
}

impl Reading {
    /// How much speaks for a statement that the facts do not bear: the findings by weight, and the share of words that
    /// no fact has, which tells texts without findings from each other.
    pub(crate) fn suspicion(&self) -> f64 {
        let weight = |own: &UnsupportedStatement| match own.kind {
            _ if own.contradicted => 1.0,
            "praise" => 0.05,
            "use" | "purpose" | "benefit" => 0.1,
            "part" => 0.3,
            _ => 0.7,
        };
        let found: f64 = self.unsupported.iter().map(weight).sum();
        found + NOVELTY_WEIGHT * self.novelty()
    }

    /// The share of words that no fact has.
    #[expect(clippy::cast_precision_loss, reason = "a text has far fewer than 2^52 words")]
    pub(crate) fn novelty(&self) -> f64 {
        self.novel as f64 / self.words.max(1) as f64
    }

    /// The attributes that a part of the text rests on, without repetition.
    pub(crate) fn resting(&self, start: usize, end: usize) -> Vec<usize> {
        let mut found: Vec<usize> =
            self.rests.iter().filter(|own| (start..end).contains(&own.0)).map(|own| own.1).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What the share of words that no fact has counts beside findings: it tells texts apart that have none.
const NOVELTY_WEIGHT: f64 = 0.5;

/// So many words an English text must have before it is taken for one in another language than the facts.
const FOREIGN_WORDS_MIN: usize = 12;

/// Languages that write names with a capital and other words without.
const NAMES_CAPITAL: &[&str] = &["en", "fr", "es", "it", "nl", "pt", "pl"];

/// Reads a text of a language (`en`) against the facts; without a language as if it were English.
pub(crate) fn read(index: &FactIndex, text: &str, language: Option<&str>) -> Reading {
    let clauses = clauses(text);
    let mut reader = Reader { index, text, found: Vec::new(), rests: Vec::new() };
    reader.numbers(&clauses);
    // A question states nothing.
    let stating = || clauses.iter().filter(|clause| !clause.asks);
    let saying = || stating().flat_map(|clause| &clause.words).filter(|word| !is_function_word(&word.folded));
    let (words, novel) =
        (saying().count(), saying().filter(|word| !index.known.covers(&word.folded)).count());
    let (mut telling, mut shared) = (0, 0);
    for shares in stating().flat_map(|clause| &clause.words).filter_map(|word| index.known.shares(word)) {
        telling += 1;
        shared += usize::from(shares);
    }
    let foreign = is_foreign(language.unwrap_or("en"), telling, shared);
    let shouted = shouts(text);
    let names_capital = !shouted && !foreign && NAMES_CAPITAL.contains(&language.unwrap_or("en"));
    for clause in stating() {
        reader.features(clause, shouted);
        reader.terms(clause);
        reader.levels_and_dates(clause);
        for claim in claims(&index.known, &index.phrases, text, clause, foreign) {
            reader.unsupported(claim.start, claim.end, claim.class, None);
        }
        if !foreign {
            for had in having::unstated(&index.known, text, clause) {
                reader.unsupported(had.start, had.end, "part", None);
            }
        }
        if names_capital {
            for name in names::unknown(&index.known, text, clause) {
                reader.unsupported(name.start, name.end, "name", None);
            }
        }
        for word in &clause.words {
            reader.rests.extend(index.known.proves(word).iter().map(|attribute| (word.start, *attribute)));
        }
    }
    Reading { unsupported: settled(reader.found), rests: reader.rests, words, novel }
}

/// Whether a text seems to be in another language than the facts: it shares hardly a word with them. Then what it says
/// a thing has, or is good for, cannot be looked up in them; numbers, terms, levels and features are compared across
/// languages all the same.
///
/// Facts are in English more often than not, and a short English text may be all invented: it takes more to tell.
fn is_foreign(language: &str, words: usize, shared: usize) -> bool {
    match language {
        "en" => words >= FOREIGN_WORDS_MIN && shared * 25 < words,
        _ => shared * 5 < words,
    }
}

/// The statements that stay where some overlap: what is contradicted goes before what is merely not supported, and what
/// a rule that knows more says before what a more general one says.
fn settled(mut found: Vec<UnsupportedStatement>) -> Vec<UnsupportedStatement> {
    let rank = |own: &UnsupportedStatement| match own.kind {
        _ if own.contradicted => 0,
        "praise" => 4,
        "part" | "name" => 3,
        "use" | "purpose" | "benefit" | "superlative" | "comparison" | "contents" | "compatibility" => 2,
        _ => 1,
    };
    found.sort_by_key(|own| (rank(own), own.start));
    let mut kept: BTreeMap<usize, UnsupportedStatement> = BTreeMap::new();
    for own in found {
        // What is kept does not overlap: only the last one that begins before this one's end can.
        let overlaps = kept.range(..own.end).next_back().is_some_and(|(_, other)| other.end > own.start);
        if !overlaps {
            kept.insert(own.start, own);
        }
    }
    kept.into_values().collect()
}

struct Reader<'a> {
    index: &'a FactIndex,
    text: &'a str,
    found: Vec<UnsupportedStatement>,
    rests: Vec<(usize, usize)>,
}

impl Reader<'_> {
    fn written(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn contradicted(
        &mut self,
        start: usize,
        end: usize,
        kind: &'static str,
        attribute: usize,
        message: String,
    ) {
        let attribute = Some(attribute);
        self.found.push(UnsupportedStatement { start, end, kind, contradicted: true, attribute, message });
    }

    fn unsupported(&mut self, start: usize, end: usize, kind: &'static str, attribute: Option<usize>) {
        let written = self.written(start, end);
        let message = match kind {
            "number" | "name" | "count" => format!("no attribute states \"{written}\""),
            "part" => format!("no attribute has \"{written}\""),
            _ => format!("no attribute states the {kind} \"{written}\""),
        };
        self.found.push(UnsupportedStatement { start, end, kind, contradicted: false, attribute, message });
    }

    /// An attribute as messages name it: with its value.
    fn named(&self, attribute: usize) -> String {
        format!("{}: {}", self.index.name(attribute), self.index.shown(attribute))
    }

    fn features(&mut self, clause: &Clause<'_>, shouted: bool) {
        let index = self.index;
        let rests = &mut self.rests;
        let mut agreed: Vec<(usize, usize)> = Vec::new();
        let wrong =
            index.features.wrong(&index.known, self.text, shouted, clause, |attribute, from, to, denied| {
                agreed.push((from, to));
                if !denied {
                    rests.push((from, attribute));
                }
            });
        self.denied_values(clause, &agreed);
        for features::Wrong { start, end, kind } in wrong {
            let written = self.written(start, end).to_owned();
            match kind {
                Kind::Denied(attribute) => {
                    let message =
                        format!("the text claims \"{written}\", which {} denies", self.named(attribute));
                    self.contradicted(start, end, "feature", attribute, message);
                }
                Kind::Affirmed(attribute) => {
                    let message =
                        format!("the text denies \"{written}\", which {} affirms", self.named(attribute));
                    self.contradicted(start, end, "feature", attribute, message);
                }
                Kind::Otherwise(attribute) => {
                    let message = format!("no attribute states \"{written}\"; {}", self.named(attribute));
                    self.contradicted(start, end, "count", attribute, message);
                }
                Kind::Unknown => self.unsupported(start, end, "name", None),
                Kind::Uncounted => self.unsupported(start, end, "count", None),
            }
        }
    }

    fn terms(&mut self, clause: &Clause<'_>) {
        let index = self.index;
        let start = clause.words.first().map_or(0, |word| word.start);
        let rests = &mut self.rests;
        let unstated =
            index.terms.unstated(&index.known, self.text, clause, |attribute| rests.push((start, attribute)));
        for own in unstated {
            use super::terms::Why;
            let written = self.written(own.start, own.end).to_owned();
            let class = own.class;
            match own.why {
                Why::Instead(attribute, term) => {
                    let name = self.index.name(attribute);
                    let message =
                        format!("no attribute states the {class} \"{written}\"; {name} states {term}");
                    self.contradicted(own.start, own.end, class, attribute, message);
                }
                Why::Denied(attribute) => {
                    let message =
                        format!("the text claims \"{written}\", which {} denies", self.named(attribute));
                    self.contradicted(own.start, own.end, class, attribute, message);
                }
                Why::Affirmed(attribute) => {
                    let message =
                        format!("the text denies \"{written}\", which {} affirms", self.named(attribute));
                    self.contradicted(own.start, own.end, class, attribute, message);
                }
                Why::Absent => self.unsupported(own.start, own.end, class, None),
            }
        }
    }

    fn levels_and_dates(&mut self, clause: &Clause<'_>) {
        let index = self.index;
        let start = clause.words.first().map_or(0, |word| word.start);
        let rests = &mut self.rests;
        let mut borne = |attribute| rests.push((start, attribute));
        let unlevel = index.levels.unlevel(clause, &mut borne);
        let misdated = index.dates.misdated(clause, &mut borne);
        for own in unlevel {
            let written = self.written(own.start, own.end).to_owned();
            match own.attribute {
                Some(attribute) => {
                    let message = format!(
                        "\"{written}\" is another {} than {}",
                        own.topic.as_str(),
                        self.named(attribute)
                    );
                    self.contradicted(own.start, own.end, own.topic.as_str(), attribute, message);
                }
                None => self.unsupported(own.start, own.end, own.topic.as_str(), None),
            }
        }
        for own in misdated {
            let written = self.written(own.start, own.end).to_owned();
            match own.attribute {
                Some(attribute) => {
                    let message = format!(
                        "no attribute states \"{written}\"; the nearest is {}",
                        self.named(attribute)
                    );
                    self.contradicted(own.start, own.end, "date", attribute, message);
                }
                None => self.unsupported(own.start, own.end, "date", None),
            }
        }
    }
}
