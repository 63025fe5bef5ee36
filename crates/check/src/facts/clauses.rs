//! The clauses of a text, with the words that a denial reaches in them.

use super::denials::{DENIALS_BEHIND, Denial, ROLES, Role, joined_later};
use super::words::{Word, lowered, spans, stem};
use crate::product::unit::is_cjk;

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
    let mut reader = ClauseReader::new(text);
    for (start, end) in spans(text) {
        reader.read(start, end);
    }
    reader.finish()
}

/// Puts words into clauses, one after the other.
struct ClauseReader<'a> {
    text: &'a str,
    clauses: Vec<Clause<'a>>,
    clause: Clause<'a>,
    /// Where the clauses of the sentence begin.
    sentence: usize,
    denial: Denial,
    last_end: usize,
    last_role: Option<Role>,
}

impl<'a> ClauseReader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            clauses: Vec::new(),
            clause: Clause::default(),
            sentence: 0,
            denial: Denial::default(),
            last_end: 0,
            last_role: None,
        }
    }

    /// Reads the word between two bytes.
    fn read(&mut self, start: usize, end: usize) {
        let (Some(written), Some(between)) = (self.text.get(start..end), self.text.get(self.last_end..start))
        else {
            return;
        };
        self.last_end = end;
        let lower = lowered(written);
        let role = self.role(written, &lower, end);
        self.end_clause(role, between);
        // "No Wi-Fi, Bluetooth or GPS" is one denial, "no gluten, organic" is not.
        let list = || between.contains(',') && joined_later(self.text.get(start..).unwrap_or_default());
        if self.denial.reaches && (between.contains(['，', '(']) || (between.contains(',') && !list())) {
            self.denial = Denial::default();
        }
        self.denial.goes_on(role, self.last_role, &lower, between);
        let denies = role == Some(Role::Denies);
        if denies {
            self.denial.begin(&lower, self.clause.words.last().map(|word| word.folded.as_str()));
        }
        self.deny_before(role, between);
        self.denial.just_said = denies;
        let folded = if denies { lower.clone() } else { stem(lower.clone()) };
        let reached = self.denial.reaches;
        self.clause.words.push(Word { text: written, lower, folded, start, end, denied: reached });
        self.denial.reaches |= denies;
        self.last_role = role;
    }

    /// What a word that ends at a byte does to its clause.
    fn role(&self, written: &str, lower: &str, end: usize) -> Option<Role> {
        // Japanese joins its denials to the verb: "していません".
        let so_far = self.text.get(..end).unwrap_or_default();
        let unspaced = written.starts_with(is_cjk);
        let behind =
            || unspaced && DENIALS_BEHIND.iter().any(|denial| denial.len() > 3 && so_far.ends_with(denial));
        ROLES.get(lower).copied().or_else(|| behind().then_some(Role::DeniesBehind))
    }

    /// Ends the clause, and the sentence, where the next word begins another one.
    fn end_clause(&mut self, role: Option<Role>, between: &str) {
        let ends = |c: char| matches!(c, '.' | '!' | '?' | ';' | '。' | '！' | '？' | '；' | '\n' | '•');
        let ended = between.contains(ends);
        if role == Some(Role::Turns) || ended {
            self.denial = Denial::default();
            if !self.clause.words.is_empty() {
                self.clauses.push(std::mem::take(&mut self.clause));
            }
        }
        if ended {
            asked(&mut self.clauses, self.sentence, between);
            self.sentence = self.clauses.len();
        }
    }

    /// Denies the words before one that denies backwards.
    fn deny_before(&mut self, role: Option<Role>, between: &str) {
        match role {
            Some(Role::DeniesBehind) => self.clause.words.iter_mut().for_each(|word| word.denied = true),
            // "NFC (absent)".
            Some(Role::Absent) if between.ends_with(['(', '[']) => deny_last(&mut self.clause, self.text),
            // "the radio and the jack are not supported".
            Some(Role::State | Role::Absent)
                if self.denial.just_said || (role == Some(Role::Absent) && last_is(&self.clause)) =>
            {
                deny_subject(&mut self.clause);
            }
            _ => {}
        }
    }

    fn finish(mut self) -> Vec<Clause<'a>> {
        if !self.clause.words.is_empty() {
            self.clauses.push(self.clause);
            let ending = self.text.get(self.last_end..).unwrap_or_default();
            asked(&mut self.clauses, self.sentence, ending);
        }
        self.clauses
    }
}

/// The clause around a byte.
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
    fn a_question_states_nothing() {
        let clauses = clauses("What is it made of? Wool, but soft. Is it blue？");
        let asks: Vec<bool> = clauses.iter().map(|clause| clause.asks).collect();
        assert_eq!(asks, [true, false, false, true]);
    }
}
