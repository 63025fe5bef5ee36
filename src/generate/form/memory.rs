//! What was learnt of a server, in the store, so that the next process knows it. It is a cache: whatever is wrong with it, the
//! server is asked afresh.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Adaptation, RequestForm};
use crate::config::model::ModelConfig;
use crate::failure::chain;
use crate::store::{Condition, ContentStore, Key, Put, StoreError};
use skuscribe_check::product::{Digest, digest};

/// The version of what is stored.
const VERSION: u32 = 1;
/// After so many days a server is asked afresh: it may have been mended.
const DAYS_MAX: i64 = 7;
/// Largest object that is read, and most adaptations in it.
const BYTES_MAX: usize = 64 << 10;
const ADAPTATIONS_MAX: usize = 64;
/// Longest wait for the store: a call waits meanwhile.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Tries of a write that others race with.
const WRITES_MAX: u32 = 3;

/// What is stored of one server and model.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::generate) struct RememberedServer {
    version: u32,
    /// The server, for people.
    server: String,
    /// What the model is called.
    model: String,
    /// The digest of the form that settings and profile begin with: where it is another, all is asked afresh.
    settings: Digest,
    learnt_at: Timestamp,
    /// The profile that its answers showed, if they did.
    pub(in crate::generate) profile: Option<String>,
    /// What was learnt, in this order.
    pub(in crate::generate) adaptations: Vec<Adaptation>,
}

/// Where it is kept.
#[derive(Debug)]
pub(in crate::generate) struct FormMemory {
    store: Arc<dyn ContentStore>,
    key: Key,
    server: String,
    model: String,
    settings: Digest,
    is_read_only: bool,
}

impl FormMemory {
    /// The memory of a model that begins with a form.
    pub(in crate::generate) fn new(
        store: Arc<dyn ContentStore>,
        config: &ModelConfig,
        server: &str,
        start: &RequestForm,
        is_read_only: bool,
    ) -> Self {
        let key = Key::Server { server: Digest::of(&[config.url.as_bytes(), config.name.as_bytes()]) };
        let (server, model) = (server.to_owned(), config.name.clone());
        Self { store, key, server, model, settings: digest(start), is_read_only }
    }

    /// What is remembered and still holds.
    pub(in crate::generate) async fn load(&self, now: Timestamp) -> Option<RememberedServer> {
        let read = tokio::time::timeout(WAIT_MAX, self.store.get(&self.key)).await;
        let object = match read {
            Ok(Ok(object)) => object?,
            Ok(Err(error)) => return self.unread(&chain(&error)),
            Err(_) => return self.unread("no answer in time"),
        };
        if object.body.len() > BYTES_MAX {
            return self.unread("it is too large");
        }
        let remembered: RememberedServer = match serde_json::from_slice(&object.body) {
            Ok(remembered) => remembered,
            Err(error) => return self.unread(&error.to_string()),
        };
        let age = now.duration_since(remembered.learnt_at).as_hours();
        let holds = remembered.version == VERSION
            && remembered.settings == self.settings
            && (0..DAYS_MAX * 24).contains(&age)
            && remembered.adaptations.len() <= ADAPTATIONS_MAX;
        holds.then_some(remembered)
    }

    fn unread<T>(&self, error: &str) -> Option<T> {
        tracing::warn!(store.path = %self.key.path(), error, "what was learnt of the model server cannot be read; it is asked afresh");
        None
    }

    /// Remembers what was learnt. Failing is no error: the next process asks afresh.
    pub(in crate::generate) async fn save(
        &self,
        now: Timestamp,
        profile: Option<String>,
        adaptations: Vec<Adaptation>,
    ) {
        if self.is_read_only {
            return;
        }
        let remembered = RememberedServer {
            version: VERSION,
            server: self.server.clone(),
            model: self.model.clone(),
            settings: self.settings,
            learnt_at: now,
            profile,
            adaptations,
        };
        let error = match tokio::time::timeout(WAIT_MAX, self.write(&remembered)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => chain(&error),
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::warn!(store.path = %self.key.path(), error, "what was learnt of the model server is not stored; the next process asks it afresh");
    }

    async fn write(&self, remembered: &RememberedServer) -> Result<(), StoreError> {
        for _ in 0..WRITES_MAX {
            // A broken object is replaced; another worker's is as good as this one's.
            let condition = match self.store.get(&self.key).await? {
                Some(object) => Condition::Matches(object.etag),
                None => Condition::Absent,
            };
            if let Put::Stored(_) = crate::store::save(&*self.store, &self.key, remembered, condition).await?
            {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::store::FolderStore;
    use jiff::ToSpan as _;

    struct Kept {
        folder: std::path::PathBuf,
        store: Arc<dyn ContentStore>,
    }

    impl Kept {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("skuscribe-{name}-{}", std::process::id()));
            Self { store: Arc::new(FolderStore::open(&folder).unwrap()), folder }
        }

        fn memory(&self, change: impl Fn(&mut ModelConfig), is_read_only: bool) -> FormMemory {
            let mut config = Config::defaults().unwrap().model;
            change(&mut config);
            let start = RequestForm::start(&config, None);
            FormMemory::new(Arc::clone(&self.store), &config, "server", &start, is_read_only)
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.folder).unwrap();
        }
    }

    fn learnt() -> Vec<Adaptation> {
        vec![Adaptation::CapMax(4_096), Adaptation::Send("temperature".to_owned(), 1.into())]
    }

    #[tokio::test]
    async fn what_was_learnt_is_remembered_for_a_week_and_while_the_settings_stay() {
        let kept = Kept::new("memory");
        let now: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        let memory = kept.memory(|_| {}, false);
        assert!(memory.load(now).await.is_none());
        memory.save(now, None, learnt()).await;
        memory.save(now, Some("vllm".to_owned()), learnt()).await;
        let later = now.checked_add(150.hours()).unwrap();
        let remembered = kept.memory(|_| {}, false).load(later).await.unwrap();
        assert_eq!((remembered.adaptations, remembered.profile.as_deref()), (learnt(), Some("vllm")));
        let too_late = now.checked_add(169.hours()).unwrap();
        assert!(memory.load(too_late).await.is_none(), "a server may have been mended");
        let other = kept.memory(|config| config.temperature = 0.5, false);
        assert!(other.load(later).await.is_none(), "other settings are asked afresh");
        let other = kept.memory(|config| config.name = "another".to_owned(), false);
        assert!(other.load(later).await.is_none(), "another model is another");
    }

    #[tokio::test]
    async fn what_is_broken_is_passed_over_and_replaced() {
        let kept = Kept::new("memory-broken");
        let memory = kept.memory(|_| {}, false);
        let now = Timestamp::now();
        for broken in [&b"{"[..], b"{\"version\":1}", b"[]", &vec![b' '; BYTES_MAX + 1]] {
            let path = kept.folder.join(memory.key.path());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, broken).unwrap();
            assert!(memory.load(now).await.is_none());
        }
        memory.save(now, None, learnt()).await;
        assert!(memory.load(now).await.is_some());
    }

    #[tokio::test]
    async fn one_that_only_reads_writes_nothing() {
        let kept = Kept::new("memory-reads");
        let now = Timestamp::now();
        kept.memory(|_| {}, true).save(now, None, learnt()).await;
        assert!(kept.memory(|_| {}, false).load(now).await.is_none());
    }
}
