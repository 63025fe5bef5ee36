//! What a reader of many objects leaves out: objects that are not what their keys promise, named and counted, so that one
//! of them stops nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{ContentStore, Key, StoreError};
use crate::failure::chain;

/// Most objects that are named; beyond them they are counted.
const NAMED_MAX: usize = 1_000;

/// Objects that were left out. They stay where they are.
#[derive(Debug, Default)]
pub struct SetAside {
    left_out: Mutex<LeftOut>,
}

#[derive(Debug, Default)]
struct LeftOut {
    /// Why, by path.
    named: BTreeMap<String, String>,
    /// How many more.
    more: u64,
}

impl SetAside {
    /// What was read, or nothing where the object is broken, which is noted.
    ///
    /// # Errors
    /// Every other error: the store did not answer.
    pub fn skip<T: Default>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        match read {
            Err(error @ StoreError::Broken { .. }) => {
                self.note(&error);
                Ok(T::default())
            }
            read => read,
        }
    }

    /// Notes a broken object; every other error is none.
    pub fn note(&self, error: &StoreError) {
        let StoreError::Broken { path, .. } = error else { return };
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        if left_out.named.len() < NAMED_MAX || left_out.named.contains_key(path) {
            left_out.named.insert(path.clone(), chain(error));
        } else {
            left_out.more += 1;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        let left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.named.len() as u64 + left_out.more
    }

    /// Each with its cause and what to do, by path.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.named.values().cloned().collect()
    }

    /// Logs each: for what runs on and has nobody to report to.
    pub fn log(&self) {
        for line in self.lines() {
            tracing::warn!(error = line, "a stored object is left out");
        }
    }
}

/// The keys below a prefix, in lexical order; what is no key of ours is set aside.
///
/// # Errors
/// As [`ContentStore::list`].
pub async fn keys(
    store: &dyn ContentStore,
    prefix: &str,
    limit: usize,
    aside: &SetAside,
) -> Result<Vec<Key>, StoreError> {
    Ok(keys_after(store, prefix, "", limit, aside).await?.0)
}

/// The next keys below a prefix after a path, likewise, and the last path that was looked at; none after the last one.
///
/// # Errors
/// As [`ContentStore::list_after`].
pub async fn keys_after(
    store: &dyn ContentStore,
    prefix: &str,
    after: &str,
    limit: usize,
    aside: &SetAside,
) -> Result<(Vec<Key>, Option<String>), StoreError> {
    let mut keys = Vec::new();
    let paths = store.list_after(prefix, after, limit).await?;
    let last = paths.last().cloned();
    for path in paths {
        match Key::of_path(&path) {
            Some(key) => keys.push(key),
            // Consoles make empty objects for folders, and an earlier version stored guides among the products.
            None if path.ends_with('/') || path.starts_with("products/guide%3A") => {}
            None => aside.note(&StoreError::foreign(path)),
        }
    }
    Ok((keys, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_is_named_once_and_what_does_not_answer_is_an_error() {
        let aside = SetAside::default();
        for _ in 0..2 {
            let broken = StoreError::foreign("products/notes.txt".to_owned());
            assert_eq!(aside.skip::<Option<u8>>(Err(broken)).unwrap(), None);
        }
        assert_eq!(aside.skip(Ok(Some(1))).unwrap(), Some(1));
        let away = StoreError::Unavailable { operation: "get", path: "x".to_owned(), source: "gone".into() };
        assert!(aside.skip::<Option<u8>>(Err(away)).is_err());
        let lines = aside.lines();
        assert_eq!((aside.count(), lines.len()), (1, 1));
        assert!(
            lines[0].starts_with("products/notes.txt: ") && lines[0].contains("move it away"),
            "{lines:?}"
        );
    }
}
