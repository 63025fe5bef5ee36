//! Sessions of a few turns, in memory: so that "and how heavy?" is understood.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use super::super::request::{QuestionScope, SessionTurn, ShopperQuestion, TURNS_MAX};
use super::super::wire::{Answer, AnswerOutcome};
use super::super::wording::truncated;
use crate::http::client::Client;

/// Bytes of a session's id: as hard to guess as a key.
const ID_BYTES: usize = 16;

/// How long a session lives after its last question: a visit to a shop.
const SESSION_TTL: Duration = Duration::from_mins(30);
/// Most sessions; beyond them the least used make room.
const SESSIONS_MAX: usize = 10_000;
/// Most sessions of one client; beyond them its oldest makes room.
const CLIENT_SESSIONS_MAX: usize = 20;
/// Most characters of an answer that are kept: what a follow-up may refer to.
const ANSWER_CHARS_MAX: usize = 600;

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
    /// The ids of each client's, oldest first.
    of_client: Cache<Option<Client>, Arc<Mutex<VecDeque<String>>>>,
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self { sessions: Cache::new(SESSIONS_MAX), of_client: Cache::new(SESSIONS_MAX) }
    }

    /// The id of a question's session with its turns; a new one where it is unknown, too old, or about something else.
    pub(super) fn open(&self, id: Option<&str>, asked: &ShopperQuestion) -> (String, Arc<[SessionTurn]>) {
        let scope = &asked.scope;
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
        self.note_session(asked.client.as_ref(), &id);
        (id, Arc::new([]))
    }

    /// Takes note of a client's new session, and forgets its oldest where it has too many.
    fn note_session(&self, client: Option<&Client>, id: &str) {
        let client = client.cloned();
        let known = self.of_client.get(&client);
        let ids = known.unwrap_or_else(|| {
            let ids = Arc::new(Mutex::new(VecDeque::new()));
            self.of_client.insert(client, Arc::clone(&ids));
            ids
        });
        let mut ids = ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.push_back(id.to_owned());
        if ids.len() > CLIENT_SESSIONS_MAX
            && let Some(oldest) = ids.pop_front()
        {
            self.sessions.remove(&oldest);
        }
    }

    /// Adds a turn.
    pub(super) fn add_turn(&self, id: &str, question: &str, answer: &Answer) {
        // What was refused or handed over must not come up again in a prompt.
        if !matches!(answer.outcome, AnswerOutcome::Answered | AnswerOutcome::Unknown) {
            return;
        }
        let Some(session) = self.sessions.get(id) else { return };
        let turn =
            SessionTurn { question: question.to_owned(), answer: truncated(&answer.text, ANSWER_CHARS_MAX) };
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

    fn about(sku: &str, client: &str) -> ShopperQuestion {
        ShopperQuestion {
            text: "What is it made of?".into(),
            scope: QuestionScope::Product(sku.parse().unwrap()),
            locale: None,
            client: Some(Client::Name(client.into())),
        }
    }

    #[test]
    fn a_session_keeps_its_last_turns_and_is_about_one_thing() {
        let sessions = Sessions::new();
        let (id, turns) = sessions.open(None, &about("A", "one"));
        assert!(turns.is_empty() && id.len() == 32);
        let answer = Answer::of(AnswerOutcome::Answered, &"Blue. ".repeat(1_000), &"en-US".parse().unwrap());
        for number in 0..5 {
            sessions.add_turn(&id, &format!("question {number}"), &answer);
        }
        let (same, turns) = sessions.open(Some(&id), &about("A", "one"));
        assert_eq!((same.as_str(), turns.len()), (id.as_str(), 3));
        assert_eq!(turns.last().unwrap().question, "question 4");
        assert!(turns.iter().all(|turn| turn.answer.chars().count() <= ANSWER_CHARS_MAX + 1));
        assert!(sessions.open(Some(&id), &about("B", "one")).1.is_empty());
        assert_ne!(sessions.open(Some("made up"), &about("A", "one")).0, "made up");
    }

    #[test]
    fn a_client_that_opens_sessions_without_end_loses_its_own_and_nobody_else_s() {
        let sessions = Sessions::new();
        let answer = Answer::of(AnswerOutcome::Answered, "Blue.", &"en-US".parse().unwrap());
        let open = |client: &str| {
            let (id, _) = sessions.open(None, &about("A", client));
            sessions.add_turn(&id, "What is it made of?", &answer);
            id
        };
        let (other, first) = (open("other"), open("greedy"));
        for _ in 0..SESSIONS_MAX {
            open("greedy");
        }
        assert_eq!(sessions.open(Some(&other), &about("A", "other")).0, other);
        assert_ne!(sessions.open(Some(&first), &about("A", "greedy")).0, first);
        assert!(sessions.sessions.len() <= CLIENT_SESSIONS_MAX + 2);
    }
}
