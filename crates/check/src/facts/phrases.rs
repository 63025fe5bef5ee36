//! Claims made in phrases: superlatives, comparisons, warranties, what a thing is good for, works with or comes with.
//!
//! `config/phrases.toml` lists the phrases. Some attribute must support each, except praise, which
//! asserts nothing that could be looked up.

use std::sync::LazyLock;

use foldhash::HashSet;

use super::attribute_text::ParsedAttribute;
use super::clauses::Clause;
use super::lexicon::{Hit, Lexicon};
use super::spelled;
use super::vocabulary::{Vocabulary, is_function_word};
use super::words::{Word, folded_set, listed};
use crate::content::StatementKind;

static PHRASES: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("../../../../config/phrases.toml")));

/// Words that say no more of a use than that there is one.
const NO_USE: &str = "\
    everyone|everybody|anyone|anybody|you|your|user|everyday|every|day|daily|use|any|occasion|need|life|\
    lifestyle|those|who|want|look|looking|seeking|people|person|customer|shopper|all|activity|situation|\
    it|them|this|that|purpose|jeden|tag|alltag|alle|anlass|tous|toute|occasion|quotidien|todo|toda|día|\
    ocasión|usage|uso|home|modern|various|range|wide";

static NO_USE_FOLDED: LazyLock<HashSet<String>> = LazyLock::new(|| folded_set(NO_USE));

/// People, in general.
const PERSONS: &str = "\
    anyone|everyone|everybody|anybody|those|users|user|people|individuals|customers|shoppers|enthusiasts|\
    fans|lovers|someone|you|who|alle|jeden|menschen|tous|ceux|celles|quienes|personas|人|方";

static PERSONS_LISTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| listed(PERSONS));

/// Words before `than` that compare nothing.
const NO_COMPARISON: &[&str] = &["other", "rather", "anders", "lieber"];

/// How many words behind a phrase say what it is about.
const REACH: usize = 6;

/// A phrase of a text that no attribute supports.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnsupportedPhrase {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: StatementKind,
}

/// What the facts say in phrases, in whatever language.
#[derive(Debug, Default)]
pub(super) struct StatedPhrases {
    warranty: bool,
}

impl StatedPhrases {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, fact: &ParsedAttribute<'_>) {
        let lists = [(fact.name, &fact.name_words), (fact.value, &fact.value_words)];
        let mut hits = lists
            .iter()
            .flat_map(|(text, clauses)| clauses.iter().flat_map(|clause| PHRASES.of(text, clause)));
        self.warranty |= !fact.denied
            && hits.any(|hit| {
                !hit.denied
                    && hit.terms.iter().any(|term| PHRASES.kind(*term) == Some(StatementKind::Warranty))
            });
    }
}

/// The phrases of a clause that no attribute supports. What a phrase is about cannot be found out in a text in another
/// language than the facts' (`foreign`).
pub(super) fn unsupported_phrases(
    known: &Vocabulary,
    stated: &StatedPhrases,
    text: &str,
    clause: &Clause<'_>,
    foreign: bool,
) -> Vec<UnsupportedPhrase> {
    let mut found = Vec::new();
    for hit in PHRASES.of(text, clause).into_iter().filter(|hit| !hit.denied) {
        let Some(kind) = hit.terms.first().and_then(|term| PHRASES.kind(*term)) else { continue };
        let spelled_out = clause.words.get(hit.first..hit.after).unwrap_or_default();
        let behind = || behind(text, clause, &hit);
        let about = || behind().filter(|word| !is_function_word(&word.folded));
        let covered = |word: &Word<'_>| known.covers(&word.folded);
        let end = || behind().last().map_or(hit.end, |word| word.end);
        let claim = match kind {
            StatementKind::Warranty if stated.warranty => None,
            StatementKind::Superlative
            | StatementKind::Praise
            | StatementKind::Benefit
            | StatementKind::Warranty => {
                // "Best before 2026": what the facts say in these words they say.
                let mut saying = spelled_out.iter().filter(|word| !is_function_word(&word.folded)).peekable();
                let said = saying.peek().is_some() && saying.all(covered);
                (!said).then_some((hit.start, hit.end))
            }
            _ if foreign => None,
            StatementKind::Use => {
                let general = |word: &Word<'_>| NO_USE_FOLDED.contains(&word.folded);
                // Whom it is good for is an opinion, what it is good for is a claim.
                let persons = |word: &Word<'_>| PERSONS_LISTED.contains(word.lower.as_str());
                let grounded = about().next().is_none()
                    || about().any(|word| covered(word) || persons(word))
                    || about().all(general);
                (!grounded).then(|| (hit.start, end()))
            }
            _ => {
                let grounded = about().any(covered) || spelled_out.iter().all(covered);
                (!grounded).then(|| (hit.start, end()))
            }
        };
        found.extend(claim.map(|(start, end)| UnsupportedPhrase { start, end, kind }));
    }
    if !foreign {
        found.extend(purpose(known, text, clause));
    }
    found.extend(comparison(clause));
    found
}

/// What a part is for: "for charging and data transfer", where no attribute mentions it.
fn purpose(known: &Vocabulary, text: &str, clause: &Clause<'_>) -> Option<UnsupportedPhrase> {
    clause.words.windows(2).find_map(|pair| {
        let [before, doing] = pair else { return None };
        let lower = doing.lower.as_str();
        let purpose = before.text.eq_ignore_ascii_case("for")
            && lower.ends_with("ing")
            && lower.len() > 6
            && !lower.contains('-')
            && text.get(before.end..doing.start) == Some(" ")
            && !before.denied;
        let supported = known.covers(&doing.folded)
            || known.begins(doing.folded.strip_suffix("ing").unwrap_or(&doing.folded));
        (purpose && !supported).then_some(UnsupportedPhrase {
            start: before.start,
            end: doing.end,
            kind: StatementKind::Purpose,
        })
    })
}

/// Whether a word praises and says nothing else.
pub(super) fn is_praise(folded: &str) -> bool {
    PHRASES.single(folded).and_then(|term| PHRASES.kind(term)) == Some(StatementKind::Praise)
}

/// The words behind a phrase, up to a sign or a word that begins something else.
fn behind<'a>(text: &'a str, clause: &'a Clause<'_>, hit: &Hit<'_>) -> impl Iterator<Item = &'a Word<'a>> {
    let mut end = hit.end;
    clause.words.iter().skip(hit.after).take(REACH).take_while(move |word| {
        let joined = text
            .get(end..word.start)
            .is_some_and(|between| between.chars().all(|c| matches!(c, ' ' | '\u{a0}' | '-' | '/' | '&')));
        end = word.end;
        joined
            && !matches!(
                word.folded.as_str(),
                "that"
                    | "which"
                    | "whil"
                    | "with"
                    | "thanks"
                    | "due"
                    | "because"
                    | "whether"
                    | "making"
                    | "dank"
            )
    })
}

/// A comparison with something else: "lighter than any other", "besser als", "plus léger que", "比…更".
fn comparison(clause: &Clause<'_>) -> Option<UnsupportedPhrase> {
    let words = &clause.words;
    words.iter().enumerate().find_map(|(place, word)| {
        let before = |back: usize| place.checked_sub(back).and_then(|place| words.get(place));
        let last = before(1)?;
        let next = words.get(place + 1)?;
        // "More than 20" is a number's.
        let numeric =
            next.text.starts_with(|c: char| c.is_ascii_digit()) || spelled::value(&next.lower).is_some();
        if numeric || word.denied || NO_COMPARISON.contains(&last.lower.as_str()) {
            return None;
        }
        // "Much more than a tote", "more room than it appears" compare with nothing.
        let idiom = matches!(next.lower.as_str(), "it" | "you" | "they" | "just" | "enough")
            || (last.lower == "more" && matches!(next.lower.as_str(), "a" | "an"));
        if idiom {
            return None;
        }
        let lower = last.lower.as_str();
        let compared = match word.lower.as_str() {
            "than" => Some(last),
            "als" if lower.chars().count() > 4 && (lower.ends_with("er") || lower == "mehr") => Some(last),
            "que" => {
                before(2).filter(|more| matches!(more.lower.as_str(), "plus" | "moins" | "más" | "menos"))
            }
            _ => None,
        }?;
        Some(UnsupportedPhrase { start: compared.start, end: next.end, kind: StatementKind::Comparison })
    })
}

#[cfg(test)]
mod tests {
    use super::super::attribute_text::parse_attribute;
    use super::super::clauses::clauses;
    use super::*;
    use crate::product::{Facts, Product};

    fn check(text: &str, expected: &[&str]) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "P1", "title": "Jacket", "attributes": { "activity": ["Hiking", "Camping"], "warranty": "2 years", "fits": "iPhone 14" }
        }))
        .unwrap();
        let (mut known, mut stated) = (Vocabulary::default(), StatedPhrases::default());
        for (attribute, (name, value)) in Facts::select(&product, |_| true).iter().enumerate() {
            parse_attribute(attribute, name, value, |fact| {
                known.add(&fact);
                stated.add(&fact);
            });
        }
        let found: Vec<String> = clauses(text)
            .iter()
            .flat_map(|clause| unsupported_phrases(&known, &stated, text, clause, false))
            .map(|claim| format!("{} {}", claim.kind, &text[claim.start..claim.end]))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn claims_that_no_attribute_supports_are_found() {
        check("The best jacket.", &["superlative best"]);
        check("Ideal for hiking.", &[]);
        check("Ideal for skiing.", &["use Ideal for skiing"]);
        check("Perfect for everyday use.", &[]);
        check("With a 2-year warranty.", &[]);
        check("Mit Garantie.", &[]);
        check("The most comfortable one.", &["superlative The most"]);
        check("Compatible with iPhone 14.", &[]);
        check("Compatible with Android tablets.", &["compatibility Compatible with Android tablets"]);
        check("It is not the best.", &[]);
        check("Die beste Jacke, perfekt für Skifahrer.", &["superlative beste", "use perfekt für Skifahrer"]);
        check(
            "La meilleure veste, idéale pour le ski.",
            &["superlative meilleure", "use idéale pour le ski"],
        );
        check("世界一の軽さ。", &["superlative 世界一"]);
    }

    #[test]
    fn comparisons_are_claims_and_amounts_are_none() {
        check("It is lighter than ever.", &["comparison lighter than ever"]);
        check("More than 20 pockets, other than that nothing.", &[]);
        check("It is more than a jacket and roomier than it looks.", &[]);
        check("Sie ist leichter als Daunen.", &["comparison leichter als Daunen"]);
        check("Elle est plus légère que la soie.", &["comparison plus légère que la"]);
    }
}
