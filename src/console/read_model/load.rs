//! What the store holds of a (SKU, locale), read for the read model.

use super::ReadModelError;
use super::entry::{Entry, Holding};
use crate::store::snapshots::stored;
use crate::store::{ContentStore, Key, SetAside, load};
use skuscribe_check::content::{Document, HeldEntry, HistoryEntry};
use skuscribe_check::product::{Locale, Sku};

/// The entry of a document as it is stored now; `None` where there is no document, or a broken one, which is set aside.
pub(super) async fn entry(
    store: &dyn ContentStore,
    sku: &Sku,
    locale: &Locale,
    aside: &SetAside,
) -> Result<Option<Entry>, ReadModelError> {
    let (sku_of, locale_of) = (|| sku.clone(), || locale.clone());
    let key = Key::Content { locale: locale_of(), sku: sku_of() };
    let (document, snapshot) = futures_util::join!(load::<Document>(store, &key), stored(store, sku));
    let (Some((document, _)), snapshot) = (aside.skip(document)?, aside.skip(snapshot)?) else {
        return Ok(None);
    };
    let (mut waiting, mut held_at) = (None, None);
    if let Some(held) = &document.held {
        let history = Key::History { locale: locale_of(), sku: sku_of(), operation: held.operation };
        let queue = Key::Held { locale: locale_of(), sku: sku_of() };
        let (history, queued) =
            futures_util::join!(load::<HistoryEntry>(store, &history), load::<HeldEntry>(store, &queue));
        waiting = aside.skip(history)?.map(|(history, _)| history);
        let queued = aside.skip(queued)?.map(|(queued, _)| queued);
        held_at = queued.filter(|queued| queued.operation == held.operation).map(|queued| queued.held_at);
    }
    let product = snapshot.as_ref().map(|snapshot| &*snapshot.product);
    Ok(Some(Entry::of(&Holding { document: &document, product, waiting: waiting.as_ref(), held_at })))
}
