//! What stands around the words of a quote: the rest of their sentence, what surrounds it, and the headings above. It keeps
//! a statement from being a fact whatever part of the sentence was quoted.

use std::ops::Range;

use super::evidence::QuoteReading;
use super::proposal::Reason;
use super::words::{Marks, Phrase, WORDS, key};
use crate::facts::{Lemma, NumberOf, ProseWord, SaidNumber, lemmas, said_numbers, spaced};

/// Most words of a line that is read as a heading without a colon, and of a sentence that only comments on the one before.
const HEADING_WORDS_MAX: usize = 8;
const COMMENT_WORDS_MAX: usize = 3;
/// Most sentences that are gone back for what "it" stands for.
const SENTENCES_BEFORE_MAX: usize = 4;
/// Signs that begin or end a quotation.
const QUOTATION_MARKS: [char; 13] = ['"', '“', '”', '„', '‟', '«', '»', '「', '」', '『', '』', '‹', '›'];

/// What a proposal says, as it is looked for around its quote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim<'c> {
    /// The catalog's name and the proposed one.
    pub(super) names: [&'c str; 2],
    pub(super) value: &'c str,
    /// Whether the value says yes or no.
    pub(super) yes: Option<bool>,
    pub(super) number: Option<&'c SaidNumber>,
}

/// A word of a text.
type Word<'w, 'a> = &'w ProseWord<'a>;

impl<'a> QuoteReading<'a> {
    /// Fails where what surrounds a claim's words keeps it from being a fact.
    pub(super) fn surroundings(&self, claim: &Claim<'_>) -> Result<(), Reason> {
        if let Some(word) = self.marked(&WORDS.irony, 0..self.text.len()) {
            return Err(Reason::Unreal(word));
        }
        for place in self.spots(claim) {
            let sentence = self.sentence(place.start);
            self.is_now(&sentence)?;
            self.is_own(&sentence, &place)?;
            self.goes_on(&sentence)?;
            self.answered(claim, &sentence, &place)?;
            self.denied_behind(claim, &sentence, &place)?;
            self.headed(claim, &sentence, place.start)?;
            if claim.number.is_some() {
                self.measures(claim, &sentence, &place)?;
            } else {
                self.compared(&sentence, &place)?;
            }
        }
        Ok(())
    }

    /// Whether a line says yes or no to a name, as claimed, and nothing else: "Dishwasher safe: no".
    pub(super) fn says_answer(&self, claim: &Claim<'_>) -> bool {
        let Some(line) = self.text.get(self.quote.clone()) else { return false };
        let Some((label, value)) = line.split_once([':', '：']) else { return false };
        let sentence = self.sentence(self.quote.start);
        let rest = self.text.get(self.quote.end..sentence.end).unwrap_or_default();
        let whole = rest.trim_matches(|c: char| c.is_whitespace() || c == '.').is_empty();
        let alone = self.text.get(sentence.start..self.quote.start).unwrap_or_default();
        let named = claim.names.iter().any(|name| key(name) == key(label));
        let value = value.trim_matches(|c: char| c.is_whitespace() || c == '.');
        let answer = crate::facts::yes_or_no(value);
        named
            && whole
            && answer.is_some()
            && answer == claim.yes
            && is_bullet(alone)
            && self.headed(claim, &sentence, self.quote.start).is_ok()
    }

    /// Where the words of a claim stand inside of the quote; the whole of it where they do not.
    fn spots(&self, claim: &Claim<'_>) -> Vec<Range<usize>> {
        let mut spots: Vec<Range<usize>> = Vec::new();
        if let Some(number) = claim.number {
            let inside = |said: &SaidNumber| said.start >= self.quote.start && said.end <= self.quote.end;
            let said = said_numbers(self.text).into_iter().filter(inside).filter(|said| said.equals(number));
            spots.extend(said.map(|said| said.start..said.end));
        } else {
            let texts: &[&str] = if claim.yes.is_some() { &claim.names } else { &[claim.value] };
            let words: Vec<Lemma> = texts.iter().flat_map(|text| lemmas(&spaced(text))).collect();
            let quoted = self.words(self.quote.clone());
            spots.extend(
                quoted.iter().filter(|word| words.contains(&word.lemma)).map(|word| word.start..word.end),
            );
        }
        if spots.is_empty() {
            spots.push(self.quote.start..self.quote.end.min(self.sentence(self.quote.start).end));
        }
        spots
    }

    /// The words of a stretch of the text.
    fn words(&self, range: Range<usize>) -> Vec<Word<'_, 'a>> {
        let mut words: Vec<Word<'_, 'a>> = self
            .clauses
            .iter()
            .flat_map(|clause| &clause.words)
            .filter(|word| range.contains(&word.start))
            .collect();
        words.sort_by_key(|word| word.start);
        words
    }

    /// The sentence around a byte: lines, bullets and signs end it; a sign before a small letter does not.
    fn sentence(&self, at: usize) -> Range<usize> {
        let (mut start, mut end) = (0, self.text.len());
        let mut signs = self.text.char_indices().peekable();
        while let Some((place, sign)) = signs.next() {
            let line = matches!(sign, '\n' | '•' | '。' | '！' | '？');
            let rest = self.text.get(place + sign.len_utf8()..).unwrap_or_default();
            let next = rest.trim_start().chars().next();
            let spaced = rest.is_empty() || rest.starts_with(char::is_whitespace);
            let stop = matches!(sign, '.' | '!' | '?') && spaced && !next.is_some_and(char::is_lowercase);
            if !line && !stop {
                continue;
            }
            let after = place + sign.len_utf8();
            if after <= at {
                start = after;
            } else {
                end = place;
                break;
            }
        }
        start..end.max(start)
    }

    /// The first of some words in a stretch of the text, as it is written.
    fn marked(&self, marks: &Marks, range: Range<usize>) -> Option<String> {
        let text = self.text.get(range.clone()).unwrap_or_default();
        if let Some(sign) = marks.signs.iter().find(|sign| text.contains(sign.as_str())) {
            return Some(sign.clone());
        }
        found(&marks.words, &self.words(range)).map(|word| word.text.to_owned())
    }

    /// Fails where a sentence speaks of what was, will be or is wished.
    fn is_now(&self, sentence: &Range<usize>) -> Result<(), Reason> {
        if let Some(word) = self.marked(&WORDS.unreal, sentence.clone()) {
            return Err(Reason::Unreal(word));
        }
        // "In 1990 the bag was made of jute."
        let words = self.words(sentence.clone());
        let year = words.windows(2).find(|pair| match pair {
            [one, next] => one.is_preposition && is_year(next.text),
            _ => false,
        });
        year.and_then(|pair| pair.last()).map_or(Ok(()), |word| Err(Reason::Unreal(word.text.to_owned())))
    }

    /// Fails where a sentence gives the words of others.
    fn is_own(&self, sentence: &Range<usize>, place: &Range<usize>) -> Result<(), Reason> {
        if self.marked(&WORDS.voices, sentence.clone()).is_some() {
            return Err(Reason::Reported);
        }
        // "The bag is waterproof – Tom, Berlin"
        let rest = self.text.get(place.end..sentence.end).unwrap_or_default();
        let signed = rest
            .rsplit_once([" – ", " — ", " - "].into_iter().find(|dash| rest.contains(dash)).unwrap_or("\0"));
        if let Some((_, name)) = signed {
            let words: Vec<&str> = name.split_whitespace().collect();
            let capital = |word: &&str| word.starts_with(char::is_uppercase);
            if !words.is_empty() && words.len() <= COMMENT_WORDS_MAX && words.iter().all(capital) {
                return Err(Reason::Reported);
            }
        }
        let before = self.text.get(..place.start).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let before = before.get(line..).unwrap_or_default();
        let behind = self.text.get(place.end..).unwrap_or_default().split('\n').next().unwrap_or_default();
        // "15\"" is a measure.
        let opens = before.char_indices().any(|(at, sign)| {
            let digit = before.get(..at).is_some_and(|text| text.ends_with(|c: char| c.is_ascii_digit()));
            QUOTATION_MARKS.contains(&sign) && !(sign == '"' && digit)
        });
        let single = |c: char| matches!(c, '\'' | '‘' | '’');
        let begins = before.starts_with(single) || before.contains(" '") || before.contains(" ‘");
        let closes = behind.contains(QUOTATION_MARKS);
        let ends = behind.contains(|c: char| single(c));
        if (opens && closes) || (begins && ends) { Err(Reason::Reported) } else { Ok(()) }
    }

    /// Fails where a sentence goes on about another thing: "The spoon is silver. It is 15 cm long."
    fn goes_on(&self, sentence: &Range<usize>) -> Result<(), Reason> {
        let is_pronoun =
            |word: Word<'_, 'a>| WORDS.pronouns.iter().any(|phrase| phrase.as_slice() == [word.lemma]);
        let mut start = sentence.start;
        let mut words = self.words(sentence.clone());
        for _ in 0..SENTENCES_BEFORE_MAX {
            if !words.first().is_some_and(|word| is_pronoun(word)) {
                break;
            }
            let Some(at) = self
                .text
                .get(..start)
                .map(|text| text.trim_end_matches(|c: char| !c.is_alphanumeric()).len())
            else {
                break;
            };
            if at == 0 {
                return Ok(());
            }
            let before = self.sentence(self.text.floor_char_boundary(at - 1));
            start = before.start;
            words = self.words(before);
        }
        if start == sentence.start {
            return Ok(());
        }
        let subject: Vec<Word<'_, 'a>> = words.iter().take_while(|word| !word.is_copula).copied().collect();
        let article = subject.first().is_some_and(|word| word.is_grammar);
        let own =
            subject.iter().any(|word| self.things.names(word.lemma) || self.things.is_thing(word.lemma));
        if article && !own && subject.len() > 1 { Err(Reason::OfWhat) } else { Ok(()) }
    }

    /// Fails where the quoted words are a label, and what stands behind it is no yes: "Waterproof: on request".
    fn answered(
        &self,
        claim: &Claim<'_>,
        sentence: &Range<usize>,
        place: &Range<usize>,
    ) -> Result<(), Reason> {
        if claim.number.is_some() || claim.yes == Some(false) {
            return Ok(());
        }
        let rest = self.text.get(place.end..sentence.end).unwrap_or_default().trim_start();
        let Some(answer) = rest.strip_prefix([':', '：', '=', '[', '|']) else { return Ok(()) };
        let answer =
            answer.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '!' | ']' | 'x' | 'X'));
        let ticked = answer.starts_with(['✓', '✔', '☑', '✅']);
        let yes = claim.yes == Some(true) && (ticked || crate::facts::yes_or_no(answer) == Some(true));
        if yes { Ok(()) } else { Err(Reason::Partial) }
    }

    /// Fails where the rest of the sentence takes back what stands before it: "Leather: none", "Waterproof ❌".
    fn denied_behind(
        &self,
        claim: &Claim<'_>,
        sentence: &Range<usize>,
        place: &Range<usize>,
    ) -> Result<(), Reason> {
        let next = self.sentence((sentence.end + 2).min(self.text.len()));
        let comment = self.words(next.clone()).len() <= COMMENT_WORDS_MAX && next.start >= sentence.end;
        if claim.yes != Some(false) {
            if self.denies(place.end..sentence.end) || (comment && self.comments(&next)) {
                return Err(Reason::Denied);
            }
            // Between label and value: "Color: anything but red".
            let label = self.text.get(sentence.start..place.start).and_then(|text| text.rfind([':', '：']));
            let label = label.map(|at| sentence.start + at..place.start);
            if label.is_some_and(|range| self.marked(&WORDS.denials, range).is_some()) {
                return Err(Reason::Denied);
            }
        }
        // "Waterproof: 0", "Organic: 0%".
        let rest = self.text.get(place.end..sentence.end).unwrap_or_default();
        let sign = |c: char| c.is_whitespace() || matches!(c, ':' | '=' | '(' | '-' | '–' | '—');
        let answer = rest.trim_start_matches(sign);
        let nought = answer.len() < rest.len()
            && answer.strip_prefix('0').is_some_and(|behind| {
                !behind.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','))
            });
        if nought && claim.number.is_none() { Err(Reason::Denied) } else { Ok(()) }
    }

    /// Whether a stretch of a sentence denies what stands before it: ", no collar" denies the collar alone.
    fn denies(&self, range: Range<usize>) -> bool {
        let text = self.text.get(range.clone()).unwrap_or_default();
        if WORDS.denials.signs.iter().any(|sign| text.contains(sign.as_str())) {
            return true;
        }
        let words = self.words(range.clone());
        let parts: Vec<usize> = self
            .clauses
            .iter()
            .flat_map(|clause| &clause.hits)
            .filter(|hit| hit.class == crate::facts::ProseClass::Part)
            .map(|hit| hit.start)
            .collect();
        (0..words.len()).any(|at| {
            let Some(row) = words.get(at..) else { return false };
            let Some(length) = longest(&WORDS.denials.words, row) else { return false };
            let before = at.checked_sub(1).and_then(|at| words.get(at));
            let comma = before.zip(row.first()).is_some_and(|(one, next)| {
                self.text.get(one.end..next.start).is_some_and(|gap| gap.trim() == ",")
            });
            let part = row.get(length).is_some_and(|word| parts.contains(&word.start));
            !(comma && part)
        })
    }

    /// Whether a short sentence, by its first word or a sign, denies the one before: "Waterproof. Not."
    fn comments(&self, sentence: &Range<usize>) -> bool {
        let words = self.words(sentence.clone());
        let text = self.text.get(sentence.clone()).unwrap_or_default();
        let sign = WORDS.denials.signs.iter().any(|sign| text.trim().starts_with(sign.as_str()));
        sign || (words.len() == 1 && found(&WORDS.denials.words, &words).is_some())
    }

    /// Fails where the words behind a value compare it.
    fn compared(&self, sentence: &Range<usize>, place: &Range<usize>) -> Result<(), Reason> {
        let behind = self.words(place.end..sentence.end);
        if let Some(word) = found(&WORDS.compared_behind, &behind) {
            return Err(Reason::Compared(word.text.to_owned()));
        }
        let before = self.words(sentence.start..place.start);
        let as_much = before
            .iter()
            .rev()
            .take(2)
            .any(|word| WORDS.as_much.iter().any(|phrase| phrase.as_slice() == [word.lemma]));
        if as_much && !behind.is_empty() {
            return Err(Reason::Compared(behind.first().map_or("", |word| word.text).to_owned()));
        }
        // "Waterproof when closed."
        if let Some(word) = found(&WORDS.conditions, &behind) {
            return Err(Reason::Limited(word.text.to_owned()));
        }
        if let Some(word) = found(&WORDS.limits, &behind) {
            return Err(Reason::Limited(word.text.to_owned()));
        }
        // "The 2015 jacket is made of wool."
        let year = before.iter().chain(&behind).find(|word| is_year(word.text));
        if let Some(word) = year {
            return Err(Reason::Unreal(word.text.to_owned()));
        }
        // "A green product for green living."
        let same = self.words(place.clone());
        let again =
            behind.iter().any(|word| same.iter().any(|own| own.lemma == word.lemma && !own.is_grammar));
        if again { Err(Reason::OfWhat) } else { Ok(()) }
    }

    /// Fails where a number is that of another thing, of one state, a difference, or one of several.
    fn measures(
        &self,
        claim: &Claim<'_>,
        sentence: &Range<usize>,
        place: &Range<usize>,
    ) -> Result<(), Reason> {
        // "Packed weight: 25 kg" of packed weight.
        let named: Vec<Lemma> = claim.names.iter().flat_map(|name| key(name)).collect();
        let states = Marks {
            words: WORDS
                .states
                .words
                .iter()
                .filter(|phrase| !phrase.iter().all(|word| named.contains(word)))
                .cloned()
                .collect(),
            signs: WORDS.states.signs.clone(),
        };
        if let Some(word) = self.marked(&states, sentence.clone()) {
            return Err(Reason::Limited(word));
        }
        if let Some(word) = self.marked(&WORDS.others_measured, sentence.clone()) {
            return Err(Reason::OfOther(word));
        }
        let before = self.words(sentence.start..place.start);
        let last = before.last().filter(|word| found(&WORDS.bounds, std::slice::from_ref(word)).is_some());
        if last.is_some() {
            return Err(Reason::Bounded);
        }
        let behind = self.words(place.end..sentence.end);
        if let Some(word) = found(&WORDS.compared_behind, &behind) {
            return Err(Reason::Compared(word.text.to_owned()));
        }
        let mut rest = behind.iter().skip_while(|word| crate::facts::names_quantity(word.text));
        if let Some(word) = rest.next() {
            let one = std::slice::from_ref(word);
            if found(&WORDS.compared_numbers, one).is_some() {
                return Err(Reason::Compared(word.text.to_owned()));
            }
            let adjoins = self.text.get(place.end..word.start).is_some_and(|gap| !gap.contains([',', ';']));
            if adjoins && found(&WORDS.measure_conditions, one).is_some() {
                return Err(Reason::Limited(word.text.to_owned()));
            }
        }
        // "25 kg (packed)"; "12 cm (4.7 in)" says it twice.
        let rest = self.text.get(place.end..sentence.end).unwrap_or_default().trim_start();
        let added = rest.strip_prefix(['(', '[', '*']);
        if added.is_some_and(|text| !text.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '≈'))
        {
            return Err(Reason::Limited(rest.chars().take(20).collect()));
        }
        self.is_only(claim, sentence, place)
    }

    /// Fails where the text says another number of the same, or its sentence one that may be: "1000 W / 2000 W".
    fn is_only(
        &self,
        claim: &Claim<'_>,
        sentence: &Range<usize>,
        place: &Range<usize>,
    ) -> Result<(), Reason> {
        let Some(own) = claim.number else { return Ok(()) };
        let Some(unit) = own.unit else { return Ok(()) };
        let [name, _] = claim.names;
        let name = spaced(name);
        let base = |number: &SaidNumber| {
            number.unit.zip(number.values.first()).map(|(unit, value)| unit.to_base(*value))
        };
        for other in said_numbers(self.text) {
            let here = sentence.contains(&other.start);
            let kind = other.unit.is_some_and(|other| other.dimension == unit.dimension);
            let same = match other.is_of(&name) {
                NumberOf::Same => true,
                NumberOf::Open => here,
                NumberOf::Other => false,
            };
            if other.start == place.start || !kind || !same {
                continue;
            }
            // Rounded in another unit it is the same.
            let same =
                base(own).zip(base(&other)).is_some_and(|(one, two)| (one - two).abs() <= one.abs() * 0.03);
            if !same {
                return Err(Reason::Bounded);
            }
        }
        Ok(())
    }

    /// Fails unless the words before a number speak of the product, or of nothing.
    pub(super) fn measured(&self, name: &str, at: usize) -> Result<(), Reason> {
        let sentence = self.sentence(at);
        let named = key(name);
        let before = self.words(sentence.start..at);
        for (place, word) in before.iter().enumerate() {
            let verb = (0..=place).rev().take(2).any(|from| {
                let row = before.get(from..).unwrap_or_default();
                longest(&WORDS.measure_verbs, row).is_some_and(|length| from + length > place)
                    || longest(&WORDS.qualities, row).is_some_and(|length| from + length > place)
            });
            let carries =
                word.is_grammar || word.is_preposition || word.is_copula || word.is_join || word.is_affirming;
            let short = word.text.chars().count() == 1 || word.text.bytes().any(|byte| byte.is_ascii_digit());
            let measure = crate::facts::names_quantity(word.text)
                || crate::product::unit::named(word.text).is_some()
                || named.contains(&word.lemma);
            let term = self.clauses.iter().any(|clause| {
                clause.hits.iter().any(|hit| {
                    hit.class != crate::facts::ProseClass::Part
                        && hit.start <= word.start
                        && word.end <= hit.end
                })
            });
            let known = verb
                || carries
                || short
                || measure
                || term
                || self.things.is_thing(word.lemma)
                || self.things.is_before_beside(word.lemma);
            if !known {
                return Err(Reason::OfOther(word.text.to_owned()));
            }
        }
        Ok(())
    }

    /// Fails where a heading above, or a label before, speaks of something else.
    fn headed(&self, claim: &Claim<'_>, sentence: &Range<usize>, at: usize) -> Result<(), Reason> {
        let before = self.text.get(sentence.start..at).unwrap_or_default();
        let mut labels: Vec<&str> = before.split([':', '：']).collect();
        labels.pop();
        for label in labels {
            let label = label.rsplit(['.', ';', '|', ',', '(']).next().unwrap_or_default();
            let label = label.rsplit(" - ").next().unwrap_or_default();
            let digit = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
            if !digit(label) && !self.is_own_label(claim, label) {
                return Err(Reason::UnderHeading(short(label)));
            }
        }
        let above = self.text.get(..sentence.start).unwrap_or_default();
        let line = self.text.get(sentence.clone()).unwrap_or_default();
        let is_data = line.contains([':', '：']);
        for (place, heading) in above.split(['\n', '•']).rev().enumerate() {
            let heading =
                heading.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '*' | '-' | '–' | '='));
            let ends = heading.ends_with([':', '：']);
            // The last sentence of a line may be a heading: "A bag. Not included:".
            let last = heading.rsplit(['.', '!', '?', ';']).next().unwrap_or_default();
            if ends {
                let last = last.trim_end_matches([':', '：']);
                return if self.is_own_heading(last) {
                    Ok(())
                } else {
                    Err(Reason::UnderHeading(short(last)))
                };
            }
            let plain = !heading.is_empty()
                && !heading.contains([':', '：'])
                && !heading.ends_with(['.', '!', '?', ',', ';']);
            let words = lemmas(heading);
            if !plain || words.len() > HEADING_WORDS_MAX {
                // A question of a list of them.
                if heading.ends_with('?') && place <= 1 && is_data {
                    return Err(Reason::UnderHeading(short(heading)));
                }
                continue;
            }
            if self.is_own_heading(heading) {
                return Ok(());
            }
            let other = (0..words.len())
                .any(|from| words.get(from..).is_some_and(|row| begins(&WORDS.other_headings, row)));
            let own = words.last().is_some_and(|word| self.things.is_head(*word));
            if other || (is_data && !own) {
                return Err(Reason::UnderHeading(short(heading)));
            }
        }
        Ok(())
    }

    /// Whether a label is the name of what is claimed, or one that names the product or its description.
    fn is_own_label(&self, claim: &Claim<'_>, label: &str) -> bool {
        let name = key(label);
        let meaning = WORDS.meaning(label);
        name.is_empty()
            || claim
                .names
                .iter()
                .any(|own| key(own) == name || (meaning.is_some() && WORDS.meaning(own) == meaning))
            || (claim.number.is_some() && name.iter().all(|word| self.is_measure_word(*word, label)))
            || WORDS.meaning(label).is_some()
            || self.is_own_heading(label)
    }

    fn is_measure_word(&self, word: Lemma, label: &str) -> bool {
        let written = label.split_whitespace().any(|text| {
            lemmas(text) == [word]
                && (crate::facts::names_quantity(text) || crate::product::unit::named(text).is_some())
        });
        written
            || self.things.is_head(word)
            || WORDS.measure_verbs.iter().any(|phrase| phrase.as_slice() == [word])
    }

    fn is_own_heading(&self, heading: &str) -> bool {
        let words = lemmas(heading);
        WORDS.headings.contains(&words) || (!words.is_empty() && self.things.is_title(&words))
    }
}

/// The first word of the first of some phrases in a row of words.
fn found<'w, 'a>(phrases: &[Phrase], words: &[Word<'w, 'a>]) -> Option<Word<'w, 'a>> {
    (0..words.len()).find_map(|at| {
        let row = words.get(at..)?;
        longest(phrases, row).and(row.first().copied())
    })
}

/// The length of the longest phrase that a row of words begins with.
fn longest(phrases: &[Phrase], row: &[Word<'_, '_>]) -> Option<usize> {
    let is = |phrase: &&Phrase| {
        phrase.len() <= row.len() && phrase.iter().zip(row).all(|(expected, word)| *expected == word.lemma)
    };
    phrases.iter().filter(is).map(Vec::len).max()
}

fn begins(phrases: &[Phrase], row: &[Lemma]) -> bool {
    phrases.iter().any(|phrase| row.starts_with(phrase))
}

/// Whether a text is nothing but the sign of a list.
fn is_bullet(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '-' | '–' | '*' | '•' | '·'))
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && word.bytes().all(|byte| byte.is_ascii_digit())
        && (word.starts_with("19") || word.starts_with("20"))
}

fn short(heading: &str) -> String {
    heading.trim().chars().take(60).collect()
}
