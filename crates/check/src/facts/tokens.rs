//! A text cut into words, clauses and sentences in one pass, each word with its lemma, its role and whether it is denied.

use super::lemma::{Lemma, Lemmatiser};
use super::lexicon::{Languages, LexiconWord, Role, Roles, lexicon};
use super::negation::Denial;
use super::words::spans;
use crate::product::unit::is_cjk;

/// A word with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    /// As it is written.
    pub(super) text: &'a str,
    pub(super) lemma: Lemma,
    /// What the lexicon knows of it.
    pub(super) known: Option<&'static LexiconWord>,
    pub(super) roles: Roles,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Whether its clause denies it.
    pub(super) denied: bool,
}

impl Word<'_> {
    /// Whether a word has a role in its sentence.
    pub(super) fn is(&self, role: Role) -> bool {
        self.roles.has(role)
    }

    /// Whether it holds a digit.
    pub(super) fn has_digit(&self) -> bool {
        self.text.bytes().any(|byte| byte.is_ascii_digit())
    }

    /// Whether it has at least so many characters.
    pub(super) fn is_longer_than(&self, characters: usize) -> bool {
        self.text.chars().nth(characters).is_some()
    }

    /// Whether it is written with a capital.
    pub(super) fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }
}

/// Where a clause is among the words, and its sentence.
#[derive(Clone, Copy, Debug)]
struct ClauseSpan {
    first: usize,
    after: usize,
    sentence: usize,
    asks: bool,
}

/// A run of words that one denial may reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause<'t, 'a> {
    /// Its words.
    pub(super) words: &'t [Word<'a>],
    /// Which sentence of the text it belongs to.
    pub(super) sentence: usize,
    /// Whether that is a question.
    pub(super) asks: bool,
}

/// The words of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens<'a> {
    pub(super) text: &'a str,
    pub(super) words: Vec<Word<'a>>,
    clauses: Vec<ClauseSpan>,
}

impl<'a> Tokens<'a> {
    /// Cuts a text, whose words have the roles that they have in these languages.
    pub(super) fn new(text: &'a str, languages: Languages) -> Self {
        let read = words_of(text, languages);
        let tokens = Self { text, words: Vec::with_capacity(read.len()), clauses: Vec::new() };
        let mut cutter = Cutter {
            tokens,
            clause: 0,
            sentence: 0,
            denial: Denial::default(),
            last_end: 0,
            last: Roles::default(),
        };
        for word in read {
            cutter.read(word);
        }
        cutter.finish()
    }

    /// Denies all its words: the values of "free from".
    pub(super) fn deny_all(&mut self) {
        self.words.iter_mut().for_each(|word| word.denied = true);
    }

    /// Its clauses, in order.
    pub(super) fn clauses(&self) -> impl Iterator<Item = Clause<'_, 'a>> {
        self.clauses.iter().map(|span| Clause {
            words: self.words.get(span.first..span.after).unwrap_or_default(),
            sentence: span.sentence,
            asks: span.asks,
        })
    }

    /// The clause around a byte.
    pub(super) fn clause_at(&self, at: usize) -> Option<Clause<'_, 'a>> {
        let ends_before = |span: &ClauseSpan| {
            let last = span.after.checked_sub(1).and_then(|last| self.words.get(last));
            last.is_none_or(|last| last.end <= at)
        };
        let span = self.clauses.get(self.clauses.partition_point(ends_before))?;
        Some(Clause {
            words: self.words.get(span.first..span.after).unwrap_or_default(),
            sentence: span.sentence,
            asks: span.asks,
        })
    }

    /// What stands between two of its words.
    pub(super) fn between(&self, one: &Word<'_>, next: &Word<'_>) -> &'a str {
        self.text.get(one.end..next.start).unwrap_or_default()
    }
}

/// No phrase with a role has more words behind its first.
const PHRASE_WORDS_MAX: usize = 11;

/// A clause of more words is cut: nobody writes one, and what looks at a clause as a whole would take long.
const CLAUSE_WORDS_MAX: usize = 250;

/// The words of a text, each with its roles, also those that it has as a part of a phrase.
pub(super) fn words_of(text: &str, languages: Languages) -> Vec<Word<'_>> {
    let spans = spans(text);
    let mut words: Vec<Word<'_>> = Vec::with_capacity(spans.len());
    let mut lemmatiser = Lemmatiser::default();
    let mut push = |start: usize, end: usize| {
        let Some(written) = text.get(start..end) else { return };
        let lemma = lemmatiser.of(written);
        let known = lexicon().word(written, lemma);
        let roles = known.map_or_else(Roles::default, |known| known.roles(languages));
        words.push(Word { text: written, lemma, known, roles, start, end, denied: false });
    };
    for (start, end) in spans {
        // "Non-adjustable" denies what follows its hyphen.
        let word = text.get(start..end).unwrap_or_default();
        match word.split_once(['-', '‑']).filter(|(prefix, _)| lexicon().has_role(prefix, Role::DenyQuality))
        {
            Some((prefix, rest)) => {
                push(start, start + prefix.len());
                push(end - rest.len(), end);
            }
            None => push(start, end),
        }
    }
    let mut rest: Vec<Lemma> = Vec::new();
    for place in 0..words.len() {
        let Some(known) = words.get(place).and_then(|word| word.known).filter(|known| known.begins_phrase())
        else {
            continue;
        };
        rest.clear();
        rest.extend(words.iter().skip(place + 1).take(PHRASE_WORDS_MAX).map(|word| word.lemma));
        let Some((length, role)) = known.role_of_phrase(&rest, languages) else { continue };
        let of_phrase = words.get_mut(place..place + length).unwrap_or_default();
        let last = of_phrase.len().saturating_sub(1);
        for (at, word) in of_phrase.iter_mut().enumerate() {
            // "Free of" denies with its last word; "on the go" is general as a whole.
            let role = if role == Role::General || at == last { role } else { Role::Function };
            word.roles = word.roles.with(role);
        }
    }
    words
}

/// Puts words into clauses, one after the other.
struct Cutter<'a> {
    tokens: Tokens<'a>,
    /// The first word of the clause.
    clause: usize,
    /// The first clause of the sentence.
    sentence: usize,
    denial: Denial,
    last_end: usize,
    /// The roles of the word before.
    last: Roles,
}

impl<'a> Cutter<'a> {
    /// Reads the next word.
    fn read(&mut self, mut word: Word<'a>) {
        let text = self.tokens.text;
        let between = text.get(self.last_end..word.start).unwrap_or_default();
        self.last_end = word.end;
        // Japanese joins its denials to the verb: "していません".
        if word.text.starts_with(is_cjk) && lexicon().denies_behind(text.get(..word.end).unwrap_or_default())
        {
            word.roles = word.roles.with(Role::DenyBehind);
        }
        self.end_clause(word.roles, between);
        let before = self.tokens.words.get_mut(self.clause..).unwrap_or_default();
        let rest = text.get(word.start..).unwrap_or_default();
        self.denial.reach(&word, self.last, before, between, rest);
        word.denied = self.denial.reaches && !word.is(Role::Deny);
        self.denial.deny_before(text, word.roles, between, before);
        self.denial.after(word.roles);
        self.last = word.roles;
        self.tokens.words.push(word);
    }

    /// Ends the clause, and the sentence, where the next word begins another one.
    fn end_clause(&mut self, roles: Roles, between: &str) {
        let ended = between.contains(ends_sentence);
        let long = self.tokens.words.len() - self.clause >= CLAUSE_WORDS_MAX;
        if roles.has(Role::Turn) || ended || long {
            self.denial = Denial::default();
            self.close();
        }
        if ended {
            self.asked(between);
        }
    }

    /// Closes the clause, if it has words.
    fn close(&mut self) {
        let after = self.tokens.words.len();
        if after > self.clause {
            let span = ClauseSpan { first: self.clause, after, sentence: self.sentence, asks: false };
            self.tokens.clauses.push(span);
            self.clause = after;
        }
    }

    /// Closes the sentence, which is a question where it ends with a question mark.
    fn asked(&mut self, ending: &str) {
        if ending.trim_start_matches([')', '"', '”', '»', ' ']).starts_with(['?', '？']) {
            let from = self.sentence;
            self.tokens.clauses.iter_mut().skip(from).for_each(|clause| clause.asks = true);
            // "Who would not want a titanium bottle?" denies nothing.
            let first = self.tokens.clauses.get(from).map_or(self.tokens.words.len(), |clause| clause.first);
            let of_sentence = self.tokens.words.get_mut(first..).unwrap_or_default();
            if of_sentence.first().is_some_and(|word| word.is(Role::Rhetorical)) {
                for word in of_sentence.iter_mut() {
                    word.denied = false;
                }
            }
        }
        self.sentence = self.tokens.clauses.len();
    }

    fn finish(mut self) -> Tokens<'a> {
        self.close();
        self.asked(self.tokens.text.get(self.last_end..).unwrap_or_default());
        self.tokens
    }
}

/// Whether a sign ends a sentence, or a line.
fn ends_sentence(sign: char) -> bool {
    matches!(sign, '.' | '!' | '?' | ';' | '。' | '！' | '？' | '；' | '\n' | '•')
}
