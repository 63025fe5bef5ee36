//! The parts that look at the language alone: variety, rhythm.

use foldhash::{HashMap, HashSet};

use super::super::form;
use super::copy::{Copy, Sentence};
use super::data::{Band, Unit, band};
use super::parts::{Part, share};
use crate::facts::{Lemma, ReadWord};

/// So many words are a beginning, and so many are a phrase.
const BEGINNING: usize = 2;
const PHRASE: usize = 3;
/// So often a word may be said, or once in so many words of a longer text.
const SAID_MAX: usize = 2;
const SAID_EVERY: usize = 12;
/// Shorter texts have no readability that could be counted.
const LIX_WORDS_MIN: usize = 30;
/// Letters of a long word, by LIX.
const LONG_LETTERS: usize = 7;
/// From so many sentences on their lengths should differ, by this share of their mean.
const VARIED_MIN: usize = 4;
const VARIED: f64 = 0.2;

/// How little the copy repeats: beginnings of sentences, phrases, words that are no names.
pub(super) fn variety(copy: &Copy<'_>) -> Option<Part> {
    if copy.sentences.is_empty() {
        return None;
    }
    let mut repeated = Repeated::default();
    let (begun, begun_again) = beginnings(copy, &mut repeated);
    let (phrases, phrases_again) = phrases(copy, &mut repeated);
    let (said, said_again) = said(copy, &mut repeated);
    let kept = |again: usize, of: usize| 1.0 - share(again, of);
    let value = kept(begun_again, begun) * kept(phrases_again, phrases) * kept(said_again, said);
    let shown: Vec<String> = repeated.shown.iter().flatten().map(|words| format!("{words:?}")).collect();
    let remedy =
        format!("it repeats itself ({}); say things once, and begin sentences differently", shown.join(", "));
    Some(Part::new(value, remedy))
}

/// The first beginning, phrase and word that is repeated, for people.
#[derive(Default)]
struct Repeated<'a> {
    shown: [Option<&'a str>; 3],
}

impl<'a> Repeated<'a> {
    fn show(&mut self, place: usize, sentence: &Sentence<'a>, words: &[ReadWord]) {
        let Some(shown) = self.shown.get_mut(place).filter(|shown| shown.is_none()) else { return };
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let at = |byte: usize| byte.saturating_sub(sentence.start);
        *shown = sentence.text.get(at(first.start)..at(last.end));
    }
}

/// How many sentences begin, and how many of them as another one of their list did.
fn beginnings<'a>(copy: &Copy<'a>, repeated: &mut Repeated<'a>) -> (usize, usize) {
    let mut seen: HashSet<(&str, [Lemma; BEGINNING])> = HashSet::default();
    let (mut all, mut again) = (0, 0);
    let mut last: Option<&Sentence<'_>> = None;
    for sentence in &copy.sentences {
        // Answers are read one by one: each may begin with "Yes, it".
        if sentence.answers && last.is_some_and(|last| !Copy::is_one_text(last, sentence)) {
            seen.clear();
        }
        last = Some(sentence);
        let Some(first) = sentence.words.first_chunk::<BEGINNING>() else { continue };
        all += 1;
        if !seen.insert((list_of(sentence.at), first.map(|word| word.lemma))) {
            again += 1;
            repeated.show(0, sentence, first);
        }
    }
    (all, again)
}

/// The list that a text is an entry of: `/body` of `/body/3/text`.
fn list_of(at: &str) -> &str {
    let is_place = |name: &str| name == "text" || name.parse::<usize>().is_ok();
    let mut list = at;
    while let Some((parent, _)) = list.rsplit_once('/').filter(|(_, name)| is_place(name)) {
        list = parent;
    }
    list
}

/// How many runs of three words there are that are more than names and grammar, and how many of them were there before.
fn phrases<'a>(copy: &Copy<'a>, repeated: &mut Repeated<'a>) -> (usize, usize) {
    let mut seen: HashSet<[Lemma; PHRASE]> = HashSet::default();
    let (mut all, mut again) = (0, 0);
    for sentence in &copy.sentences {
        for phrase in sentence.words.windows(PHRASE) {
            let Some(phrase) = phrase.first_chunk::<PHRASE>() else { continue };
            if !phrase.iter().any(|word| word.says && !copy.names.contains(&word.lemma)) {
                continue;
            }
            all += 1;
            if !seen.insert(phrase.map(|word| word.lemma)) {
                again += 1;
                repeated.show(1, sentence, phrase);
            }
        }
    }
    (all, again)
}

/// How many words say something and are no names, and how many of them are said more often than a text of this length bears.
fn said<'a>(copy: &Copy<'a>, repeated: &mut Repeated<'a>) -> (usize, usize) {
    let words = || {
        let of = |sentence| -> &Sentence<'a> { sentence };
        let all = copy
            .sentences
            .iter()
            .flat_map(move |sentence| of(sentence).words.iter().map(move |word| (sentence, word)));
        all.filter(|(_, word)| word.says && !copy.names.contains(&word.lemma))
    };
    let all = words().count();
    let most = SAID_MAX.max(all / SAID_EVERY);
    let mut counts: HashMap<Lemma, usize> = HashMap::default();
    let mut again = 0;
    for (sentence, word) in words() {
        let count = counts.entry(word.lemma).or_default();
        *count += 1;
        if *count > most {
            again += 1;
            repeated.show(2, sentence, std::slice::from_ref(word));
        }
    }
    (all, again)
}

/// How well sentences read: their length, that of their words, and whether their lengths differ. `None` where nothing ends as
/// a sentence does.
pub(super) fn rhythm(copy: &Copy<'_>) -> Option<Part> {
    let band = band(copy.language);
    let marked: Vec<&Sentence<'_>> =
        copy.sentences.iter().filter(|sentence| form::is_marked(sentence.text)).collect();
    let lengths: Vec<f64> = marked.iter().map(|sentence| length(sentence, band.unit)).collect();
    if lengths.is_empty() {
        return None;
    }
    let (least, most) = band.sentence;
    let mean = mean(&lengths);
    let fitting = self::mean(&lengths.iter().map(|length| fit(*length, band.sentence)).collect::<Vec<_>>());
    let mut parts = vec![fitting, fitting];
    let mut remedies = Vec::new();
    if fitting < 1.0 {
        let unit = band.unit.name();
        remedies.push(format!(
            "sentences of {least} to {most} {unit} read best, here they have {mean:.0} on average"
        ));
    }
    if let Some((value, remedy)) = readable(&marked, band) {
        parts.push(value);
        remedies.extend(remedy);
    }
    if lengths.len() >= VARIED_MIN {
        let spread =
            lengths.iter().map(|length| (length - mean).powi(2)).sum::<f64>() / share(lengths.len(), 1);
        let varied = (spread.sqrt() / mean.max(1.0) / VARIED).min(1.0);
        parts.push(varied);
        if varied < 1.0 {
            remedies.push("all sentences are about as long as each other".to_owned());
        }
    }
    Some(Part::new(self::mean(&parts), remedies.join(", ")))
}

/// How well a length fits a band: wholly within it, not at all at nothing or twice its end.
fn fit(value: f64, (least, most): (f64, f64)) -> f64 {
    if value < least { value / least } else { (1.0 - (value - most) / most).clamp(0.0, 1.0) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / share(values.len(), 1).max(1.0)
}

fn length(sentence: &Sentence<'_>, unit: Unit) -> f64 {
    let count = match unit {
        Unit::Words => sentence.words.len(),
        Unit::Characters => sentence.text.chars().filter(|c| c.is_alphanumeric()).count(),
    };
    share(count, 1)
}

/// How well the index LIX fits its band, and what to do about it.
fn readable(marked: &[&Sentence<'_>], band: Band) -> Option<(f64, Option<String>)> {
    let (_, most) = band.lix?;
    let words: usize = marked.iter().map(|sentence| sentence.words.len()).sum();
    if words < LIX_WORDS_MIN {
        return None;
    }
    let is_long = |sentence: &Sentence<'_>, word: &ReadWord| {
        let text = sentence
            .text
            .get(word.start.saturating_sub(sentence.start)..word.end.saturating_sub(sentence.start));
        text.is_some_and(|text| text.chars().nth(LONG_LETTERS - 1).is_some())
    };
    let long: usize = marked
        .iter()
        .map(|sentence| sentence.words.iter().filter(|word| is_long(sentence, word)).count())
        .sum();
    let lix = share(words, marked.len()) + 100.0 * share(long, words);
    let remedy = format!(
        "long words in long sentences: a readability index of {lix:.0}, where up to {most:.0} reads well"
    );
    Some((fit(lix, band.lix?), (lix > most).then_some(remedy)))
}
