//! What a text says that a thing has: "comes with a pouch", "features stereo speakers". Each must be some attribute's.

use std::sync::LazyLock;

use foldhash::HashSet;

use super::phrases::is_praise;
use super::vocabulary::{Vocabulary, is_function_word};
use super::words::{Clause, Word, folded_set, listed};

/// Verbs whose objects a thing has, in lower case. What it "offers" or "boasts" is praise mostly.
const VERBS: &str = "\
    has|have|had|features|feature|featuring|includes|include|including|supports|support|contains|comes|\
    come|equipped|carries|incorporates|\
    hat|besitzt|enthält|unterstützt|verfügt|umfasst|\
    possède|dispose|comporte|intègre|comprend|\
    tiene|cuenta|incluye|incorpora|soporta";

/// Words that end an object: what stands behind them is about something else.
const BORDERS: &str = "\
    which|that|who|while|making|allowing|providing|ensuring|giving|enabling|for|so|because|when|where|to|\
    as|than|is|are|was|were|can|will|runs|powered|expandable|der|die|das|damit|um|que|qui|para|pour|up|\
    since|been|of|at|on|in|from|by|this|it|users|ensures|delivers|makes|does|do|capable|along|able|\
    ability|both|each|all|you|they|we|not|be|such";

/// Words that join the things that are had.
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

/// A thing that a text says is there, and no attribute has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Had {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The things of a clause that no attribute has.
pub(super) fn unstated(known: &Vocabulary, text: &str, clause: &Clause<'_>) -> Vec<Had> {
    let mut found = Vec::new();
    let words = &clause.words;
    let mut place = 0;
    while let Some(word) = words.get(place) {
        place += 1;
        let verb = word.lower.as_str();
        if word.denied || !VERBS_LISTED.contains(verb) {
            continue;
        }
        let mut things: Vec<Vec<&Word<'_>>> = vec![Vec::new()];
        let mut end = word.end;
        while let Some(word) = words.get(place) {
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
        // "Customers have rated it": no thing, but what was done.
        let done = matches!(verb, "has" | "have" | "had")
            && things.first().and_then(|thing| thing.first()).is_some_and(|word| {
                word.text.ends_with("ed") || matches!(word.text, "given" | "been" | "made" | "become")
            });
        if done {
            continue;
        }
        for (place, thing) in things.iter().enumerate() {
            // "A simple and functional design": an adjective is joined to the next one, whose noun is no thing.
            let adjective = thing.iter().filter(|word| !is_function_word(&word.folded)).count() == 1
                && things
                    .get(place + 1)
                    .and_then(|next| next.last())
                    .is_some_and(|head| VAGUE_FOLDED.contains(&head.folded));
            if !adjective {
                found.extend(missing(known, thing));
            }
        }
    }
    found
}

/// The thing, if it is one and no attribute has any word of it.
fn missing(known: &Vocabulary, thing: &[&Word<'_>]) -> Option<Had> {
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
    let borne = |word: &&Word<'_>| {
        word.denied
            || known.covers(&word.folded)
            || known.begins(&word.folded)
            || word.text.contains(|c: char| c.is_ascii_digit())
    };
    if thing.iter().any(borne) {
        return None;
    }
    Some(Had { start: saying.peek()?.start, end: saying.last()?.end })
}

#[cfg(test)]
mod tests {
    use super::super::told::told;
    use super::super::words::clauses;
    use super::*;
    use crate::product::{Facts, Product};

    fn check(text: &str, expected: &[&str]) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "P1", "title": "Bag", "attributes": { "pockets": "side pocket, zip pocket", "strap": "adjustable" }
        }))
        .unwrap();
        let mut known = Vocabulary::default();
        for (attribute, (name, value)) in Facts::select(&product, |_| true).iter().enumerate() {
            told(attribute, name, value, |fact| known.add(&fact));
        }
        let found: Vec<&str> = clauses(text)
            .iter()
            .flat_map(|clause| unstated(&known, text, clause))
            .map(|own| &text[own.start..own.end])
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
