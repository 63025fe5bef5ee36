//! Sessions of browsers, in memory: a random id in a cookie, of which the hash is kept.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};

use super::Person;
use super::tokens::{hash, random};

/// The cookie that names a session.
pub(in crate::console) const COOKIE: &str = "skuscribe_session";
/// Most sessions; beyond them the one that was used longest ago ends.
const SESSIONS_MAX: usize = 10_000;

/// A session.
#[derive(Clone, Debug)]
pub(in crate::console) struct Session {
    /// The person.
    pub person: Person,
    /// What a form must carry.
    pub csrf: String,
    last: Instant,
}

/// The sessions of this process.
#[derive(Debug)]
pub(in crate::console) struct Sessions {
    lifetime: Duration,
    by_hash: Mutex<HashMap<[u8; 32], Session>>,
}

impl Sessions {
    pub(in crate::console) fn new(lifetime: Duration) -> Self {
        Self { lifetime, by_hash: Mutex::default() }
    }

    /// Opens a session; gives its id, which only the browser has.
    pub(in crate::console) fn open(&self, person: Person, now: Instant) -> anyhow::Result<(String, Session)> {
        let (id, csrf) = (random()?, random()?);
        let session = Session { person, csrf, last: now };
        let mut sessions = self.by_hash.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= SESSIONS_MAX {
            sessions.retain(|_, session| now.saturating_duration_since(session.last) <= self.lifetime);
            let oldest = sessions.iter().min_by_key(|(_, session)| session.last).map(|(hash, _)| *hash);
            if let Some(oldest) = oldest.filter(|_| sessions.len() >= SESSIONS_MAX) {
                sessions.remove(&oldest);
            }
        }
        sessions.insert(hash(&id), session.clone());
        Ok((id, session))
    }

    /// The session of an id, which goes on.
    pub(in crate::console) fn of(&self, id: &str, now: Instant) -> Option<Session> {
        let mut sessions = self.by_hash.lock().unwrap_or_else(PoisonError::into_inner);
        let key = hash(id);
        let session = sessions.get_mut(&key)?;
        if now.saturating_duration_since(session.last) > self.lifetime {
            sessions.remove(&key);
            return None;
        }
        session.last = now;
        Some(session.clone())
    }

    /// Ends a session.
    pub(in crate::console) fn close(&self, id: &str) {
        self.by_hash.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash(id));
    }
}

/// The value of a cookie of a request.
pub(in crate::console) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::access::Role;

    fn ann() -> Person {
        Person { name: "ann".to_owned(), role: Role::Viewer, categories: Vec::new(), locales: Vec::new() }
    }

    #[test]
    fn a_session_lasts_while_it_is_used_and_ends_when_it_is_closed() {
        let (sessions, start) = (Sessions::new(Duration::from_mins(10)), Instant::now());
        let at = |minutes: u64| start + Duration::from_mins(minutes);
        let (id, session) = sessions.open(ann(), start).unwrap();
        assert_eq!(sessions.of(&id, at(9)).unwrap().csrf, session.csrf);
        assert!(sessions.of(&id, at(18)).is_some());
        assert!(sessions.of("another", at(18)).is_none());
        assert!(sessions.of(&id, at(29)).is_none());
        let (id, _) = sessions.open(ann(), start).unwrap();
        sessions.close(&id);
        assert!(sessions.of(&id, start).is_none());
    }

    #[test]
    fn a_crowd_of_sessions_ends_the_oldest_and_takes_no_more_room() {
        let (sessions, start) = (Sessions::new(Duration::from_mins(10)), Instant::now());
        let (first, _) = sessions.open(ann(), start).unwrap();
        for _ in 0..SESSIONS_MAX {
            sessions.open(ann(), start + Duration::from_secs(1)).unwrap();
        }
        assert!(sessions.of(&first, start).is_none());
        assert_eq!(sessions.by_hash.lock().unwrap().len(), SESSIONS_MAX);
    }
}
