//! The key that headers are signed with: the settings' own, else one that all workers over a store share.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::Worker;
use crate::broker::HeaderKey;
use crate::clock::millis;
use crate::delays::Delays;
use crate::failure::chain;
use crate::shutdown::Shutdown;
use crate::store::{Condition, ContentStore, Key, StoreError, StoredObject, load, save};

/// The secret as it lies in the store.
#[derive(Serialize, Deserialize)]
struct StoredSecret {
    secret: String,
}

impl StoredObject for StoredSecret {
    const NAME: &'static str = "a key for headers";
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
enum HeaderKeyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the system gives no random bytes for a key")]
    Random(#[source] getrandom::Error),
}

impl Worker {
    /// The key, waiting for a store that does not answer; `None` where the worker is to drain before that.
    pub(super) async fn header_key(&self, shutdown: &Shutdown) -> Option<HeaderKey> {
        let configured: &SecretString = &self.link.config().signing_key;
        if !configured.expose_secret().is_empty() {
            return Some(HeaderKey::of_secret(configured.expose_secret()));
        }
        let mut delays = Delays::new(Duration::from_millis(200), Duration::from_secs(5));
        loop {
            let error = tokio::select! {
                biased;
                () = shutdown.drain.cancelled() => return None,
                secret = shared(&*self.store) => match secret {
                    Ok(secret) => return Some(HeaderKey::of_secret(secret.expose_secret())),
                    Err(error) => error,
                },
            };
            let wait = delays.next_delay();
            tracing::error!(
                error = %chain(&error), wait_ms = millis(wait),
                "no key to sign headers of messages with; mend the store, or set broker.signing_key"
            );
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shutdown.drain.cancelled() => return None,
            }
        }
    }
}

/// The secret in the store. Who finds none makes one; of several at once, one wins and all use it.
async fn shared(store: &dyn ContentStore) -> Result<SecretString, HeaderKeyError> {
    loop {
        if let Some((stored, _)) = load::<StoredSecret>(store, &Key::HeaderKey).await? {
            return Ok(stored.secret.into());
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(HeaderKeyError::Random)?;
        let secret = blake3::Hash::from_bytes(bytes).to_hex().to_string();
        // Read again whatever came of it: the answer to a write may get lost.
        save(store, &Key::HeaderKey, &StoredSecret { secret }, Condition::Absent).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::FolderStore;

    #[tokio::test]
    async fn workers_that_start_at_once_share_one_secret_and_what_is_no_key_is_named() {
        let folder = std::env::temp_dir().join(format!("skuscribe-header-key-{}", std::process::id()));
        let store = FolderStore::open(&folder).unwrap();
        let secrets = futures_util::future::join_all((0..8).map(|_| shared(&store))).await;
        let stored = load::<StoredSecret>(&store, &Key::HeaderKey).await.unwrap().unwrap().0;
        assert_eq!(stored.secret.len(), 64);
        for secret in secrets {
            assert_eq!(secret.unwrap().expose_secret(), stored.secret);
        }
        store.delete(&Key::HeaderKey).await.unwrap();
        store.put(&Key::HeaderKey, b"no JSON".to_vec(), Condition::Absent).await.unwrap();
        let error = shared(&store).await.unwrap_err();
        assert!(error.to_string().contains("internal/header-key.json"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
