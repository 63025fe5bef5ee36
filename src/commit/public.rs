//! The slim document for storefronts, kept behind the document: it never goes back to an older revision, whoever is late.

use crate::store::{Condition, ContentStore, ETag, Key, Put, StoreError, load, save};
use skuscribe_check::content::Document;
use skuscribe_check::provenance::{PublicDocument, PublicState, VisibleLabel};

/// Most races for one object.
const RACES_MAX: u32 = 16;

/// A public document as it lies in the store; `None` where it cannot be read: it is written anew.
type Shown = Option<(Option<PublicDocument>, ETag)>;

/// Has the public document show what a document publishes, unless it shows a later revision.
///
/// What is there is read before the document is, and replaced only where it is still the same: so what is written is at least
/// as new as what it replaces.
pub(super) async fn show(
    store: &dyn ContentStore,
    document: &Document,
    label: &VisibleLabel,
) -> Result<(), StoreError> {
    let mut next = PublicDocument::of(document, label);
    let (locale, sku) = (document.locale.clone(), document.sku.clone());
    let key = Key::Public { locale: locale.clone(), sku: sku.clone() };
    // A first revision has none before it.
    let mut shown = if document.revision > 1 { read(store, &key).await? } else { None };
    // Where nothing was ever published there is nothing to take back.
    if next.state == PublicState::Held && shown.is_none() {
        return Ok(());
    }
    for _ in 0..RACES_MAX {
        let condition = match &shown {
            None => Condition::Absent,
            Some((Some(there), etag)) if there.revision < next.revision => Condition::Matches(etag.clone()),
            Some((there, etag)) => {
                // Somebody was first, or the document began anew: what it says now counts.
                let content = Key::Content { locale: locale.clone(), sku: sku.clone() };
                let current = load::<Document>(store, &content).await?;
                let current = current.map(|(current, _)| PublicDocument::of(&current, label));
                let Some(current) = current else { return Ok(()) };
                if there.as_ref().is_some_and(|there| is_shown(there, &current)) {
                    return Ok(());
                }
                next = current;
                Condition::Matches(etag.clone())
            }
        };
        if matches!(save(store, &key, &next, condition).await?, Put::Stored(_)) {
            return Ok(());
        }
        shown = read(store, &key).await?;
    }
    Err(StoreError::Unavailable {
        operation: "put",
        path: key.path(),
        source: format!("{RACES_MAX} races for it were lost").into(),
    })
}

fn is_shown(there: &PublicDocument, current: &PublicDocument) -> bool {
    there.revision == current.revision && there.shows_the_same_as(current)
}

async fn read(store: &dyn ContentStore, key: &Key) -> Result<Shown, StoreError> {
    let object = store.get(key).await?;
    Ok(object.map(|object| (serde_json::from_slice(&object.body).ok(), object.etag)))
}
