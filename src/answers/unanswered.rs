//! Questions that no fact answered, gathered in memory and written to the store together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::store::questions::{QuestionSubject, presentable, remember};
use crate::store::{ContentStore, SetAside, StoreError};
use skuscribe_check::product::Locale;

/// Most questions that wait to be written; what comes beyond is counted and not kept.
const WAITING_MAX: usize = 10_000;

type WaitingQuestions = HashMap<QuestionSubject, HashMap<(String, Locale), u64>>;

/// Questions that no fact answered and that wait to be written.
#[derive(Debug)]
pub struct UnansweredQuestions {
    store: Arc<dyn ContentStore>,
    waiting: Mutex<WaitingQuestions>,
}

impl UnansweredQuestions {
    /// None yet, to be written to a store.
    #[must_use]
    pub fn new(store: Arc<dyn ContentStore>) -> Self {
        Self { store, waiting: Mutex::default() }
    }

    /// Takes note of a question, without what is personal in it.
    pub fn note(&self, subject: QuestionSubject, question: &str, locale: &Locale) {
        let Some(question) = presentable(question) else { return };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let full = waiting.values().map(HashMap::len).sum::<usize>() >= WAITING_MAX;
        let of_subject = waiting.entry(subject).or_default();
        let key = (question, locale.clone());
        if full && !of_subject.contains_key(&key) {
            metrics::counter!("skuscribe_questions_forgotten_total").increment(1);
            return;
        }
        *of_subject.entry(key).or_default() += 1;
    }

    /// Writes what waits; what could not be written waits on, also for an object that cannot be read to be repaired.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn flush(&self, now: Timestamp) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let (mut failed, aside) = (None, SetAside::default());
        for (subject, questions) in waiting {
            let asked: Vec<(String, Locale, u64)> = questions
                .iter()
                .map(|((question, locale), count)| (question.clone(), locale.clone(), *count))
                .collect();
            if let Err(error) = remember(&*self.store, &subject, &asked, now).await {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                let of_subject = waiting.entry(subject).or_default();
                for (key, count) in questions {
                    *of_subject.entry(key).or_default() += count;
                }
                failed = aside.skip::<()>(Err(error)).err().or(failed);
            }
        }
        aside.log();
        failed.map_or(Ok(()), Err)
    }
}
