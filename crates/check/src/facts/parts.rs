//! Parts that a text says a thing has: "comes with a pouch", "features stereo speakers". Some attribute must have each.

use std::sync::LazyLock;

use foldhash::HashSet;

use super::clauses::Clause;
use super::phrases::is_praise;
use super::vocabulary::{Vocabulary, is_function_word};
use super::words::{Word, folded_set, listed};

/// Verbs whose objects a thing has, in lower case. What it "offers" or "boasts" is praise mostly.
const VERBS: &str = "\
    has|have|had|features|feature|featuring|includes|include|including|supports|support|contains|comes|\
    come|equipped|carries|incorporates|\
    hat|besitzt|enthält|unterstützt|verfügt|umfasst|\
    possède|dispose|comporte|intègre|comprend|\
    tiene|cuenta|incluye|incorpora|soporta";

/// Words that end an object: what follows them is about something else.
const BORDERS: &str = "\
    which|that|who|while|making|allowing|providing|ensuring|giving|enabling|for|so|because|when|where|to|\
    as|than|is|are|was|were|can|will|runs|powered|expandable|der|die|das|damit|um|que|qui|para|pour|up|\
    since|been|of|at|on|in|from|by|this|it|users|ensures|delivers|makes|does|do|capable|along|able|\
    ability|both|each|all|you|they|we|not|be|such";

/// Words that join parts.
const JOINS: &str = "and|or|with|plus|und|oder|mit|et|ou|avec|y|o|con";

/// Words that name nothing in particular: a thing that is only called so is none that could be missing.
const VAGUE: &str = "\
    feature|design|option|connectivity|capability|performance|experience|feel|look|style|quality|\
    functionality|function|support|technology|specification|addition|setup|system|capacity|size|\
    resolution|display|range|variety|number|lot|plenty|choice|device|product|item|version|model|detail|\
    touch|price|cost|rating|reputation|atmosphere|food|service|place|location|part|value|balance|level|\
    amount|shape|finish|construction|build|other|several|various|many|some|multiple|new|great|good|nice|\
    wide|full|special|additional|different|basic|standard|simple|large|small|big|long|total|reviews|\
    everything|something|too|anything|nothing|it|all|more|both|also|only|just|even|well|such|like|visuals|\
    durability|set|operation|space|usage|few|received|earned|time|life|released|announced|discontinued|\
    name|smartphone|phone|tablet|ein|eine|einen|einem|einer|eigenschaft|qualität|auswahl|fonctionnalité|\
    qualité|calidad|característica";

static VERBS_LISTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| listed(VERBS));
static BORDERS_LISTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| listed(BORDERS));
static JOINS_LISTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| listed(JOINS));
static VAGUE_FOLDED: LazyLock<HashSet<String>> = LazyLock::new(|| folded_set(VAGUE));

/// A part that a text says a thing has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PartMention {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The parts of a clause that no attribute has.
pub(super) fn unsupported_parts(known: &Vocabulary, text: &str, clause: &Clause<'_>) -> Vec<PartMention> {
    let mut found = Vec::new();
    let mut place = 0;
    while let Some(word) = clause.words.get(place) {
        place += 1;
        if word.denied || !VERBS_LISTED.contains(word.lower.as_str()) {
            continue;
        }
        let (things, next) = objects(text, clause, place, word.end);
        place = next;
        if is_perfect_tense(word, &things) {
            continue;
        }
        for (index, thing) in things.iter().enumerate() {
            // "A simple and functional design": an adjective is joined to the next one, whose noun is no thing.
            let adjective = thing.iter().filter(|word| !is_function_word(&word.folded)).count() == 1
                && things
                    .get(index + 1)
                    .and_then(|next| next.last())
                    .is_some_and(|head| VAGUE_FOLDED.contains(&head.folded));
            if !adjective {
                found.extend(missing(known, thing));
            }
        }
    }
    found
}

/// The objects of a verb that ends at the byte `end`, from the word `place` on, and the place of the word after them.
fn objects<'a>(
    text: &str,
    clause: &'a Clause<'_>,
    mut place: usize,
    mut end: usize,
) -> (Vec<Vec<&'a Word<'a>>>, usize) {
    let mut things: Vec<Vec<&Word<'_>>> = vec![Vec::new()];
    while let Some(word) = clause.words.get(place) {
        let lower = word.lower.as_str();
        let between = text.get(end..word.start).unwrap_or_default();
        let bracket = between.contains(['(', ')', ':', '—', '–', '"']);
        if bracket || BORDERS_LISTED.contains(lower) || VERBS_LISTED.contains(lower) {
            break;
        }
        let joins = JOINS_LISTED.contains(lower);
        if joins || between.contains([',', '，', '、']) {
            things.push(Vec::new());
        }
        if !joins && let Some(thing) = things.last_mut() {
            thing.push(word);
        }
        end = word.end;
        place += 1;
    }
    things.retain(|thing| !thing.is_empty());
    (things, place)
}

/// Whether a verb only forms the perfect tense: "Customers have rated it" names no thing.
fn is_perfect_tense(verb: &Word<'_>, things: &[Vec<&Word<'_>>]) -> bool {
    matches!(verb.lower.as_str(), "has" | "have" | "had")
        && things.first().and_then(|thing| thing.first()).is_some_and(|word| {
            word.text.ends_with("ed") || matches!(word.text, "given" | "been" | "made" | "become")
        })
}

/// The thing, if it is one and no attribute has any word of it.
fn missing(known: &Vocabulary, thing: &[&Word<'_>]) -> Option<PartMention> {
    let says = |word: &&&Word<'_>| {
        !is_function_word(&word.folded)
            && !VAGUE_FOLDED.contains(&word.folded)
            && !is_praise(&word.folded)
            && word.folded.chars().nth(2).is_some()
            && !word.folded.ends_with("ly")
    };
    let mut saying = thing.iter().filter(says).peekable();
    saying.peek()?;
    // "A functional experience": what the phrase is about is no thing.
    if thing.last().is_some_and(|head| VAGUE_FOLDED.contains(&head.folded)) {
        return None;
    }
    // A number is another rule's.
    let supported = |word: &&Word<'_>| {
        word.denied
            || known.covers(&word.folded)
            || known.begins(&word.folded)
            || word.text.contains(|c: char| c.is_ascii_digit())
    };
    if thing.iter().any(supported) {
        return None;
    }
    Some(PartMention { start: saying.peek()?.start, end: saying.last()?.end })
}

#[cfg(test)]
mod tests {
    use super::super::attribute_text::parse_attribute;
    use super::super::clauses::clauses;
    use super::*;
    use crate::product::{Facts, Product};

    fn check(text: &str, expected: &[&str]) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "P1", "title": "Bag", "attributes": { "pockets": "side pocket, zip pocket", "strap": "adjustable" }
        }))
        .unwrap();
        let mut known = Vocabulary::default();
        for (attribute, (name, value)) in Facts::select(&product, |_| true).iter().enumerate() {
            parse_attribute(attribute, name, value, |fact| known.add(&fact));
        }
        let found: Vec<&str> = clauses(text)
            .iter()
            .flat_map(|clause| unsupported_parts(&known, text, clause))
            .map(|part| &text[part.start..part.end])
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_a_thing_has_must_be_some_attribute_s() {
        check("It has a side pocket and an adjustable strap.", &[]);
        check("It has a side pocket and a laptop sleeve.", &["laptop sleeve"]);
        check("It comes with a rain cover, a whistle, and a strap.", &["rain cover", "whistle"]);
        check("It does not have a whistle.", &[]);
        check("It has a great design that you will love.", &[]);
        check("Sie hat eine Seitentasche und enthält einen Regenschutz.", &["Seitentasche", "Regenschutz"]);
    }
}
