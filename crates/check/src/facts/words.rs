//! Words, clauses and denials of a text, as far as statements need them; Chinese and Japanese by dictionary.

use std::sync::LazyLock;

use foldhash::HashSet;

use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;

use super::denials::{DENIALS_BEHIND, Denial, QUALITY_WORDS, ROLES, Role, joined_later};
use crate::product::unit::is_cjk;

/// A word with its place.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    /// As it is written.
    pub(super) text: &'a str,
    /// In lower case, with plain apostrophes.
    pub(super) lower: String,
    /// In lower case, without an ending for number or case.
    pub(super) folded: String,
    /// Where it stands, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Whether the clause denies it.
    pub(super) denied: bool,
}

/// A run of words that one denial may reach.
#[derive(Clone, Debug, Default)]
pub(super) struct Clause<'a> {
    /// Its words.
    pub(super) words: Vec<Word<'a>>,
    /// Whether it belongs to a question, which states nothing.
    pub(super) asks: bool,
}

/// The clauses of a text: runs of words that one denial may reach.
pub(super) fn clauses(text: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<Clause<'_>> = Vec::new();
    let mut clause = Clause::default();
    // Where the clauses of the sentence begin.
    let mut sentence = 0;
    let mut denial = Denial::default();
    let mut last_end = 0;
    let mut last_role = None;
    for (start, end) in spans(text) {
        let (Some(written), Some(between)) = (text.get(start..end), text.get(last_end..start)) else {
            continue;
        };
        last_end = end;
        let lower = lowered(written);
        // Japanese joins its denials to the verb: "していません".
        let so_far = text.get(..end).unwrap_or_default();
        let unspaced = written.starts_with(is_cjk);
        let behind =
            || unspaced && DENIALS_BEHIND.iter().any(|denial| denial.len() > 3 && so_far.ends_with(denial));
        let role = ROLES.get(lower.as_str()).copied().or_else(|| behind().then_some(Role::DeniesBehind));
        let ends = |c: char| matches!(c, '.' | '!' | '?' | ';' | '。' | '！' | '？' | '；' | '\n' | '•');
        let ended = between.contains(ends);
        if role == Some(Role::Turns) || ended {
            denial = Denial::default();
            if !clause.words.is_empty() {
                clauses.push(std::mem::take(&mut clause));
            }
        }
        if ended {
            asked(&mut clauses, sentence, between);
            sentence = clauses.len();
        }
        // "No Wi-Fi, Bluetooth or GPS" is one denial, "no gluten, organic" is not.
        let list = || between.contains(',') && joined_later(text.get(start..).unwrap_or_default());
        if denial.reaches && (between.contains(['，', '(']) || (between.contains(',') && !list())) {
            denial = Denial::default();
        }
        denial.goes_on(role, last_role, &lower, between);
        let denies = role == Some(Role::Denies);
        if denies {
            denial.since = 0;
            denial.said_not =
                lower.ends_with("n't") || matches!(lower.as_str(), "not" | "nicht" | "pas" | "cannot");
            let article = clause
                .words
                .last()
                .is_some_and(|word| matches!(word.folded.as_str(), "a" | "an" | "the" | "this"));
            let quality = lower == "non" || (article && lower == "not");
            denial.words = quality.then_some(QUALITY_WORDS);
            denial.said_without = lower == "without" || lower == "sans" || lower == "ohne" || lower == "sin";
        }
        match role {
            Some(Role::DeniesBehind) => clause.words.iter_mut().for_each(|word| word.denied = true),
            // "NFC (absent)".
            Some(Role::Absent) if between.ends_with(['(', '[']) => deny_last(&mut clause, text),
            // "the radio and the jack are not supported".
            Some(Role::State | Role::Absent)
                if denial.just_said || (role == Some(Role::Absent) && last_is(&clause)) =>
            {
                deny_subject(&mut clause);
            }
            _ => {}
        }
        denial.just_said = denies;
        let folded = if denies { lower.clone() } else { stem(lower.clone()) };
        clause.words.push(Word { text: written, lower, folded, start, end, denied: denial.reaches });
        denial.reaches |= denies;
        last_role = role;
    }
    if !clause.words.is_empty() {
        clauses.push(clause);
        asked(&mut clauses, sentence, text.get(last_end..).unwrap_or_default());
    }
    clauses
}

/// The clause that a byte stands in.
pub(super) fn clause_at<'a, 'b>(clauses: &'a [Clause<'b>], at: usize) -> Option<&'a Clause<'b>> {
    clauses.get(clauses.partition_point(|clause| clause.words.last().is_none_or(|last| last.end <= at)))
}

/// Marks the clauses of a sentence that ends with a question mark.
fn asked(clauses: &mut [Clause<'_>], from: usize, ending: &str) {
    if ending.trim_start_matches([')', '"', '”', '»']).starts_with(['?', '？']) {
        clauses.iter_mut().skip(from).for_each(|clause| clause.asks = true);
    }
}

/// Whether the last word is a form of "to be".
fn last_is(clause: &Clause<'_>) -> bool {
    clause
        .words
        .last()
        .is_some_and(|word| matches!(word.lower.as_str(), "is" | "are" | "was" | "were" | "being"))
}

/// Denies the last word, with those of its compound: "card slot (absent)".
fn deny_last(clause: &mut Clause<'_>, text: &str) {
    let mut next_start = None;
    for word in clause.words.iter_mut().rev().take(3) {
        if next_start.is_some_and(|next| text.get(word.end..next) != Some(" ")) || is_connective(&word.folded)
        {
            break;
        }
        word.denied = true;
        next_start = Some(word.start);
    }
}

/// Denies the things that a clause names before its denied verb.
fn deny_subject(clause: &mut Clause<'_>) {
    let mut verbs = 0;
    for word in clause.words.iter_mut().rev() {
        let lower = word.lower.as_str();
        let verb = matches!(
            lower,
            "is" | "are" | "was" | "were" | "has" | "have" | "ist" | "sind" | "est" | "sont" | "es" | "son"
        );
        verbs += usize::from(verb);
        if verbs > 1 || matches!(lower, "has" | "have" | "supports" | "includes" | "with") {
            break;
        }
        word.denied = true;
    }
}

fn is_connective(folded: &str) -> bool {
    matches!(folded, "and" | "or" | "with" | "a" | "an" | "the" | "und" | "oder" | "et" | "ou" | "y" | "o")
}

/// Chinese and Japanese have no spaces between words: ICU's dictionary tells where they end.
static SEGMENTER: LazyLock<icu_segmenter::WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));

/// Where the words of a text stand. Signs inside a word belong to it ("Wi-Fi", "3.5mm", "802.11a/b").
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::with_capacity(text.len() / 6);
    let mut current: Option<(usize, usize)> = None;
    let mut unspaced: Option<(usize, usize)> = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let inside = matches!(character, '-' | '.' | '\'' | '’' | '/' | '+' | '&' | ',')
            && current.is_some()
            && characters.peek().is_some_and(|(_, next)| {
                // A comma belongs to a number only.
                next.is_alphanumeric() && !is_cjk(*next) && (character != ',' || next.is_ascii_digit())
            });
        if is_cjk(character) || (character == 'ー' && unspaced.is_some()) {
            spans.extend(current.take());
            unspaced = Some((unspaced.map_or(at, |(start, _)| start), end));
            continue;
        }
        segmented(text, unspaced.take(), &mut spans);
        if character.is_alphanumeric() || inside {
            current = Some((current.map_or(at, |(start, _)| start), end));
        } else {
            spans.extend(current.take());
        }
    }
    segmented(text, unspaced, &mut spans);
    spans.extend(current);
    spans
}

/// The words of a run without spaces.
fn segmented(text: &str, run: Option<(usize, usize)>, spans: &mut Vec<(usize, usize)>) {
    let Some((start, end)) = run else { return };
    let Some(run) = text.get(start..end) else { return };
    let mut from = 0;
    for to in SEGMENTER.segment_str(run).filter(|to| *to > 0) {
        spans.push((start + from, start + to));
        from = to;
    }
}

/// A word in lower case without the endings that number and case add, for comparison and nothing else.
pub(super) fn folded(word: &str) -> String {
    stem(lowered(word))
}

/// A word in lower case, with plain apostrophes.
fn lowered(word: &str) -> String {
    if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase().replace('’', "'") }
}

/// Words of a list that `|` separates, as folded, to look others up in.
pub(super) fn folded_set(words: &str) -> HashSet<String> {
    words.split('|').map(folded).collect()
}

/// The same as they are written.
pub(super) fn listed(words: &'static str) -> HashSet<&'static str> {
    words.split('|').collect()
}

/// The same for a word that is in lower case already. What is left need not be a word, only the same for each form.
fn stem(mut word: String) -> String {
    if word.ends_with("'s") {
        word.truncate(word.len() - 2);
    }
    // "d'acier", "l'eau"
    let elided = ["d'", "l'", "qu'"].into_iter().find(|elided| word.starts_with(elided));
    if let Some(elided) = elided.filter(|elided| word.len() > elided.len() + 1) {
        word.drain(..elided.len());
    }
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        return word;
    }
    // So many letters must be left, or "linen" would be a form of "line".
    let stripped = |word: &str, ending: &str| {
        word.strip_suffix(ending).filter(|stem| stem.chars().nth(3).is_some()).map(str::len)
    };
    if let Some(length) = stripped(&word, "ies") {
        word.truncate(length);
        word.push('y');
    } else if let Some(length) = stripped(&word, "es").or_else(|| stripped(&word, "s")) {
        word.truncate(length);
    }
    while let Some(length) = stripped(&word, "en").or_else(|| {
        let whole = word.ends_with("en");
        stripped(&word, "e").or_else(|| stripped(&word, "n").filter(|_| !whole))
    }) {
        word.truncate(length);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(text: &str, expected: &str) {
        let clauses = clauses(text);
        let words: Vec<&str> = clauses
            .iter()
            .flat_map(|clause| &clause.words)
            .filter(|word| word.denied)
            .map(|word| word.text)
            .collect();
        assert_eq!(words.join(" "), expected, "{text}");
    }

    #[test]
    fn a_denial_reaches_to_the_end_of_its_clause() {
        denied("It has no Wi-Fi, Bluetooth or GPS, but it does have a radio.", "Wi-Fi Bluetooth or GPS");
        denied("The phone does not support NFC. It has a jack.", "support NFC");
        denied("It is not large and has NFC.", "large");
        denied("It comes without NFC and radio.", "NFC and radio");
        denied("It has no positioning or NFC.", "positioning or NFC");
        denied("It is not equipped with NFC.", "equipped with NFC");
        denied("It is not located in the centre, with a view.", "located in the centre");
        denied("A non family-friendly coffee shop.", "family-friendly");
        denied("A not kids friendly Chinese place.", "kids friendly");
        denied("No jack in black.", "jack");
        denied("Das Gerät hat kein NFC, aber WLAN.", "NFC");
        denied("Sans fil, mais avec Bluetooth.", "fil");
        denied("No tiene NFC, pero sí radio.", "tiene NFC");
        denied("没有NFC，支持蓝牙。", "NFC");
    }

    #[test]
    fn a_denial_may_stand_behind() {
        denied("It has GPS, NFC (absent), and a radio.", "NFC");
        denied("The radio and NFC are not supported.", "The radio and NFC are not supported");
        denied("It has a jack and NFC is unavailable.", "a jack and NFC is");
        let clauses = clauses("NFCには対応していません。軽い。");
        let denied: Vec<bool> =
            clauses.iter().filter_map(|clause| Some(clause.words.first()?.denied)).collect();
        assert_eq!(denied, [true, false]);
    }

    #[test]
    fn what_only_looks_like_a_denial_denies_nothing() {
        denied("Not only NFC but also a radio.", "");
        denied("Slim without compromising battery life.", "");
        denied("Notable for its NFC.", "");
        denied("It won't disappoint with its NFC, not to mention the radio.", "to");
        denied("You can't go wrong with NFC.", "go");
        denied("无线耳机。", "");
    }

    #[test]
    fn words_are_compared_without_their_endings() {
        for (left, right) in [("batteries", "battery"), ("Speakers", "speaker"), ("Akkus", "akku")] {
            assert_eq!(folded(left), folded(right));
        }
        assert_eq!(folded("USB-C"), "usb-c");
        assert_eq!(folded("it’s"), "it");
    }

    #[test]
    fn chinese_and_japanese_are_cut_into_words() {
        let words = |text: &str| -> Vec<String> {
            clauses(text).iter().flat_map(|clause| &clause.words).map(|word| word.text.to_owned()).collect()
        };
        assert_eq!(words("木曜日に届く"), ["木曜日", "に", "届く"]);
        assert_eq!(words("防水手机，300毫升"), ["防水", "手机", "300", "毫升"]);
    }

    #[test]
    fn a_question_states_nothing() {
        let clauses = clauses("What is it made of? Wool, but soft. Is it blue？");
        let asks: Vec<bool> = clauses.iter().map(|clause| clause.asks).collect();
        assert_eq!(asks, [true, false, false, true]);
    }
}
