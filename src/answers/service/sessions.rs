//! Sessions of a few turns, in memory: so that "and how heavy?" is understood.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use super::super::request::{QuestionScope, SessionTurn, TURNS_MAX};
use super::super::wire::{Answer, AnswerOutcome};

/// Bytes of a session's id: as hard to guess as a key.
const ID_BYTES: usize = 16;

/// How long a session lives after its last question: a visit to a shop.
const SESSION_TTL: Duration = Duration::from_mins(30);
/// Most sessions; beyond them the least used make room.
const SESSIONS_MAX: usize = 10_000;

/// A session.
#[derive(Clone, Debug)]
struct ShopperSession {
    scope: QuestionScope,
    turns: Arc<[SessionTurn]>,
    last: Instant,
}

/// The sessions of this process, bounded.
#[derive(Debug)]
pub(super) struct Sessions {
    sessions: Cache<String, ShopperSession>,
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self { sessions: Cache::new(SESSIONS_MAX) }
    }

    /// The id of a session with its turns; a new one where it is unknown, too old, or about something else.
    pub(super) fn open(&self, id: Option<&str>, scope: &QuestionScope) -> (String, Arc<[SessionTurn]>) {
        let known = id.and_then(|id| Some((id, self.sessions.get(id)?)));
        if let Some((id, session)) = known
            && session.last.elapsed() <= SESSION_TTL
            && session.scope == *scope
        {
            return (id.to_owned(), session.turns);
        }
        let id = new_id();
        let session = ShopperSession { scope: scope.clone(), turns: Arc::new([]), last: Instant::now() };
        self.sessions.insert(id.clone(), session);
        (id, Arc::new([]))
    }

    /// Adds a turn.
    pub(super) fn add_turn(&self, id: &str, question: &str, answer: &Answer) {
        // What was refused or handed over must not come up again in a prompt.
        if !matches!(answer.outcome, AnswerOutcome::Answered | AnswerOutcome::Unknown) {
            return;
        }
        let Some(session) = self.sessions.get(id) else { return };
        let turn = SessionTurn { question: question.to_owned(), answer: answer.text.clone() };
        let skip = (session.turns.len() + 1).saturating_sub(TURNS_MAX);
        let turns = session.turns.iter().cloned().chain([turn]).skip(skip).collect();
        self.sessions.insert(id.to_owned(), ShopperSession { turns, last: Instant::now(), ..session });
    }
}

/// An id that nobody guesses, from the system's own randomness.
fn new_id() -> String {
    let mut bytes = [0_u8; ID_BYTES];
    if getrandom::fill(&mut bytes).is_err() {
        fastrand::fill(&mut bytes);
    }
    format!("{:032x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_keeps_its_last_turns_and_is_about_one_thing() {
        let sessions = Sessions::new();
        let scope = QuestionScope::Product("A".parse().unwrap());
        let (id, turns) = sessions.open(None, &scope);
        assert!(turns.is_empty() && id.len() == 32);
        let answer = Answer::of(AnswerOutcome::Answered, "Blue.", &"en-US".parse().unwrap());
        for number in 0..5 {
            sessions.add_turn(&id, &format!("question {number}"), &answer);
        }
        let (same, turns) = sessions.open(Some(&id), &scope);
        assert_eq!((same.as_str(), turns.len()), (id.as_str(), 3));
        assert_eq!(turns.last().unwrap().question, "question 4");
        let other = QuestionScope::Product("B".parse().unwrap());
        assert!(sessions.open(Some(&id), &other).1.is_empty());
        assert_ne!(sessions.open(Some("made up"), &scope).0, "made up");
    }
}
