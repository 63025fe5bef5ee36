//! Stored objects read as JSON: one way for all, with what makes an object broken.

use serde::de::DeserializeOwned;

use super::{ContentStore, ETag, Key, Object, StoreError};
use skuscribe_check::content::{Correction, Document, HeldEntry, HistoryEntry};
use skuscribe_check::product::Snapshot;
use skuscribe_check::provenance::RegistryEntry;

/// Longest quoted value that an error repeats: stored texts do not belong into logs.
const QUOTED_MAX: usize = 40;

/// A type that is stored as JSON.
pub trait StoredObject: DeserializeOwned {
    /// The contract's name, such as `content.v1`.
    const NAME: &'static str;

    /// What the object says that it is, where it says so.
    fn schema(&self) -> Option<&str> {
        None
    }

    /// Whether it is the object of that key, and no copy of another one's.
    fn belongs_to(&self, _key: &Key) -> bool {
        true
    }
}

impl StoredObject for Document {
    const NAME: &'static str = "content.v1";

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Content { locale, sku } if *locale == self.locale && *sku == self.sku)
    }
}

impl StoredObject for Snapshot {
    const NAME: &'static str = "a product snapshot";

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Product { sku } if *sku == self.product.sku)
    }
}

impl StoredObject for HistoryEntry {
    const NAME: &'static str = "a history entry";

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::History { locale, sku, .. } if *locale == self.locale && *sku == self.sku)
    }
}

impl StoredObject for HeldEntry {
    const NAME: &'static str = "an entry of the review queue";

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Held { locale, sku } if *locale == self.locale && *sku == self.sku)
    }
}

impl StoredObject for RegistryEntry {
    const NAME: &'static str = "provenance.v1";

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Provenance { text } if *text == self.text_sha256)
    }
}

impl StoredObject for Correction {
    const NAME: &'static str = "a correction";

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Correction { locale, sku, .. } if *locale == self.locale && *sku == self.sku)
    }
}

/// Reads an object as JSON.
///
/// # Errors
/// As [`ContentStore::get`], and [`StoreError::Broken`] where the object is not a `T`, or not that of its key.
pub async fn load<T: StoredObject>(
    store: &dyn ContentStore,
    key: &Key,
) -> Result<Option<(T, ETag)>, StoreError> {
    let Some(Object { body, etag }) = store.get(key).await? else { return Ok(None) };
    let value: T = serde_json::from_slice(&body)
        .map_err(|error| StoreError::broken(key, T::NAME, without_values(&error.to_string())))?;
    if let Some(schema) = value.schema().filter(|schema| *schema != T::NAME) {
        let schema: String = schema.chars().take(QUOTED_MAX).collect();
        return Err(StoreError::broken(
            key,
            T::NAME,
            format!("it says that it is {schema:?}; where a newer Skuscribe wrote it, upgrade this one"),
        ));
    }
    if !value.belongs_to(key) {
        return Err(StoreError::broken(
            key,
            T::NAME,
            "it is the object of another key, copied here".to_owned(),
        ));
    }
    Ok(Some((value, etag)))
}

/// An error's text without the values that it quotes.
pub(crate) fn without_values(error: &str) -> String {
    let mut text = error.to_owned();
    for quote in ['"', '`'] {
        if let (Some(first), Some(last)) = (text.find(quote), text.rfind(quote))
            && last - first > QUOTED_MAX
        {
            text.replace_range(first + 1..last, "…");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_and_repeats_no_text() {
        let long = format!("{{\"version\": \"{}\"}}", "secret \\\"words\\\" ".repeat(9));
        let error = serde_json::from_str::<Snapshot>(&long).unwrap_err().to_string();
        assert!(error.contains("secret"));
        let shown = without_values(&error);
        assert!(!shown.contains("secret") && shown.contains("expected u64 at line 1"), "{shown}");
        assert_eq!(without_values("expected value at line 1 column 1"), "expected value at line 1 column 1");
        assert_eq!(without_values("x \"a\" y"), "x \"a\" y");
    }
}
