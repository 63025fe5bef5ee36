//! Questions that no fact answered, gathered in memory and written to the store together.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::http::buckets::Buckets;
use crate::http::client::Client;
use crate::store::questions::{AskedQuestion, QuestionSubject, client_tag, presentable, remember};
use crate::store::{ContentStore, SetAside, StoreError};
use skuscribe_check::product::Locale;

/// Most questions that wait to be written; what comes beyond is counted and not kept.
const WAITING_MAX: usize = 10_000;
/// Questions of one client that are kept: so many at once, then one so often. Whoever asks more tries to fill the store.
const KEPT_AT_ONCE: u32 = 10;
const KEPT_EVERY: Duration = Duration::from_mins(5);

/// Questions in one locale each, with the tags of the clients that asked them.
type AskedOf = HashMap<(String, Locale), BTreeSet<u16>>;

/// Questions that no fact answered and that wait to be written.
#[derive(Debug)]
pub struct UnansweredQuestions {
    store: Arc<dyn ContentStore>,
    waiting: Mutex<HashMap<QuestionSubject, AskedOf>>,
    kept: Buckets,
}

impl UnansweredQuestions {
    /// None yet, to be written to a store.
    #[must_use]
    pub fn new(store: Arc<dyn ContentStore>) -> Self {
        Self { store, waiting: Mutex::default(), kept: Buckets::new(KEPT_EVERY, KEPT_AT_ONCE) }
    }

    /// Takes note of a client's question, without what is personal in it.
    pub fn note(&self, subject: QuestionSubject, question: &str, locale: &Locale, client: Option<&Client>) {
        let Some(question) = presentable(question) else { return };
        let too_many = client.is_some_and(|client| self.kept.take(&client.site(), Instant::now()).is_err());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let full = too_many || waiting.values().map(HashMap::len).sum::<usize>() >= WAITING_MAX;
        let of_subject = waiting.entry(subject).or_default();
        let tag = client_tag(client, &question);
        let key = (question, locale.clone());
        if full && !of_subject.contains_key(&key) {
            metrics::counter!("skuscribe_questions_forgotten_total").increment(1);
            return;
        }
        of_subject.entry(key).or_default().insert(tag);
    }

    /// Writes what waits; what could not be written waits on, also for an object that cannot be read to be repaired.
    ///
    /// # Errors
    /// When the store does not answer, or an object is not readable.
    pub async fn flush(&self, now: Timestamp) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let (mut failed, aside) = (None, SetAside::default());
        for (subject, questions) in waiting {
            let asked: Vec<AskedQuestion> = questions
                .iter()
                .map(|((question, locale), clients)| AskedQuestion {
                    question: question.clone(),
                    locale: locale.clone(),
                    clients: clients.clone(),
                })
                .collect();
            if asked.is_empty() {
                continue;
            }
            if let Err(error) = remember(&*self.store, &subject, &asked, now).await {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                let of_subject = waiting.entry(subject).or_default();
                for (key, clients) in questions {
                    of_subject.entry(key).or_default().extend(clients);
                }
                failed = aside.skip::<()>(Err(error)).err().or(failed);
            }
        }
        aside.log();
        failed.map_or(Ok(()), Err)
    }
}
