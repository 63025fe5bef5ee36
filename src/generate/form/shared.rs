//! The form of one server and model, shared by all calls: what was learnt, and what is proven by accepted requests.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{Adaptation, RequestForm};

/// Most adaptations that are learnt from one server: one that takes back what it took is broken.
const LEARNT_MAX: usize = 40;
/// Most schemas that are known to be accepted.
const SCHEMAS_MAX: usize = 256;
/// After so many refusals in a row that no guess helped against, none is made any more.
const MISSES_MAX: u32 = 8;

/// What may be guessed after a refusal that names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum Guessing {
    /// Nothing: a request like this was accepted, so the refusal is about this very message.
    Nothing,
    /// The schema: none like it was accepted.
    Schema,
    /// Anything: no request was accepted yet.
    Anything,
}

/// The form, shared by all calls.
#[derive(Debug)]
pub(in crate::generate) struct SharedForm(RwLock<FormState>);

#[derive(Debug)]
struct FormState {
    form: Arc<RequestForm>,
    learnt: Vec<Adaptation>,
    is_answered: bool,
    accepted_schemas: HashSet<u64>,
    misses: u32,
}

impl SharedForm {
    pub(in crate::generate) fn new(start: RequestForm) -> Self {
        Self(RwLock::new(FormState {
            form: Arc::new(start),
            learnt: Vec::new(),
            is_answered: false,
            accepted_schemas: HashSet::new(),
            misses: 0,
        }))
    }

    /// The form as it is now.
    pub(in crate::generate) fn current(&self) -> Arc<RequestForm> {
        Arc::clone(&self.read().form)
    }

    /// What was learnt so far.
    pub(in crate::generate) fn learnt(&self) -> Vec<Adaptation> {
        self.read().learnt.clone()
    }

    /// Whether any request was ever accepted.
    pub(in crate::generate) fn is_answered(&self) -> bool {
        self.read().is_answered
    }

    /// Whether the server has changed its mind too often to be learnt from.
    pub(in crate::generate) fn is_spent(&self) -> bool {
        self.read().learnt.len() >= LEARNT_MAX
    }

    /// Learns what helped; gives what was not known yet.
    pub(in crate::generate) fn learn(&self, adaptations: &[Adaptation]) -> Vec<Adaptation> {
        let mut state = self.write();
        let mut form = (*state.form).clone();
        let new: Vec<_> =
            adaptations.iter().filter(|adaptation| adaptation.apply(&mut form)).cloned().collect();
        if !new.is_empty() {
            state.form = Arc::new(form);
            state.learnt.extend(new.iter().cloned());
            // What the older form proved says little of this one.
            state.accepted_schemas.clear();
        }
        new
    }

    /// Begins again from another form, with what was learnt.
    pub(in crate::generate) fn begin_from(&self, start: RequestForm) {
        let mut state = self.write();
        let mut form = start;
        for adaptation in &state.learnt {
            adaptation.apply(&mut form);
        }
        state.form = Arc::new(form);
    }

    /// Takes over what an earlier process learnt.
    pub(in crate::generate) fn recall(&self, adaptations: &[Adaptation]) {
        self.learn(adaptations);
        self.write().is_answered = true;
    }

    /// A request with this schema was accepted in the present form.
    pub(in crate::generate) fn accepted(&self, schema: &str) {
        let digest = digest(schema);
        {
            let state = self.read();
            if state.misses == 0 && state.accepted_schemas.contains(&digest) {
                return;
            }
        }
        let mut state = self.write();
        (state.is_answered, state.misses) = (true, 0);
        if state.accepted_schemas.len() < SCHEMAS_MAX {
            state.accepted_schemas.insert(digest);
        }
    }

    /// No guess helped.
    pub(in crate::generate) fn missed(&self) {
        let mut state = self.write();
        state.misses = state.misses.saturating_add(1);
    }

    /// What may be guessed after a refusal of a request with this schema.
    pub(in crate::generate) fn guessing(&self, schema: &str) -> Guessing {
        let state = self.read();
        if state.misses >= MISSES_MAX || state.accepted_schemas.contains(&digest(schema)) {
            Guessing::Nothing
        } else if state.is_answered {
            Guessing::Schema
        } else {
            Guessing::Anything
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, FormState> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, FormState> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(schema: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    schema.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn form() -> SharedForm {
        SharedForm::new(RequestForm::start(&Config::defaults().unwrap().model, None))
    }

    #[test]
    fn two_calls_that_learn_the_same_teach_it_once() {
        let form = form();
        let steps = [Adaptation::Without("max_completion_tokens".to_owned())];
        assert_eq!(form.learn(&steps).len(), 1);
        assert!(form.learn(&steps).is_empty());
        assert_eq!(form.current().cap_name(), Some("max_tokens"));
        assert_eq!(form.learnt(), steps);
    }

    #[test]
    fn what_was_accepted_once_is_not_guessed_at() {
        let form = form();
        assert_eq!(form.guessing("a"), Guessing::Anything);
        form.accepted("a");
        assert_eq!((form.guessing("a"), form.guessing("b")), (Guessing::Nothing, Guessing::Schema));
        form.learn(&[Adaptation::CapMax(100)]);
        assert_eq!(form.guessing("a"), Guessing::Schema, "the form is another one");
    }

    #[test]
    fn guesses_that_never_help_end() {
        let form = form();
        for _ in 0..MISSES_MAX {
            assert_eq!(form.guessing("a"), Guessing::Anything);
            form.missed();
        }
        assert_eq!(form.guessing("a"), Guessing::Nothing);
        form.accepted("b");
        assert_eq!(form.guessing("a"), Guessing::Schema, "the server answers after all");
    }

    #[test]
    fn a_server_that_changes_its_mind_for_ever_is_not_learnt_from_for_ever() {
        let form = form();
        for max in (0..100).rev() {
            if form.is_spent() {
                break;
            }
            form.learn(&[Adaptation::CapMax(max)]);
        }
        assert_eq!(form.learnt().len(), LEARNT_MAX);
    }
}
