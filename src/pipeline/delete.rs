//! A delete: the product's snapshot and the documents of all its locales become tombstones.

use std::cmp::Ordering;
use std::sync::Arc;

use super::update::snapshot;
use super::{Done, Pipeline, RACES_MAX, TaskReport, store_failure};
use crate::commit::{Deletion, Stored};
use crate::failure::{Failure, FailureCause, FailureKind};
use crate::intake::Update;
use crate::store::StoreError;
use crate::store::snapshots::{RecordOutcome, record, stored};
use skuscribe_check::content::Outcome;
use skuscribe_check::product::{Locale, Product};

impl Pipeline {
    /// Deletes a product in every locale that was ever asked for.
    pub(super) async fn delete(&self, update: &Update) -> Result<Vec<TaskReport>, Failure> {
        let failed = |error: StoreError| store_failure("commit", &error);
        let known = stored(&*self.store, update.sku()).await.map_err(failed)?;
        let product = match (&known, update.product()) {
            (Some(known), _) => Arc::clone(&known.product),
            (None, Some(product)) => Arc::clone(product),
            (None, None) => Arc::new(Product::bare(update.sku().clone())),
        };
        let mut locales = known.map(|known| known.locales).unwrap_or_default();
        locales.extend(self.locales(update).iter().cloned());
        locales.sort_unstable();
        locales.dedup();
        let tombstone = snapshot(update, product, locales.clone(), true);
        let (locales, known) = match record(&*self.store, tombstone, false).await.map_err(failed)? {
            // An update in flight may have added locales since.
            RecordOutcome::Newest { snapshot, known, .. } => (snapshot.locales, known),
            RecordOutcome::Stale => {
                let reports = locales.iter().map(|locale| self.stale(update, locale));
                return Ok(futures_util::future::join_all(reports).await);
            }
        };
        self.forget_derived(update.sku()).await.map_err(failed)?;
        let reports = locales.into_iter().map(|locale| async move {
            let result = self.delete_document(update, &locale, known).await;
            TaskReport { locale, result }
        });
        Ok(futures_util::future::join_all(reports).await)
    }

    /// `known`: whether another task may be writing a first document right now.
    async fn delete_document(&self, update: &Update, locale: &Locale, known: bool) -> Result<Done, Failure> {
        let failed = |error: StoreError| store_failure("commit", &error);
        let (operation, facts_of) = (update.operation(locale), update.facts_of());
        let (sku, version) = (update.sku(), update.version());
        let deletion = Deletion { sku, locale, version, facts_of: &facts_of, operation };
        for _ in 0..RACES_MAX {
            let document = self.document(update, locale).await.map_err(failed)?;
            let stored = match &document {
                None if !known => {
                    return self.without_revision(update, locale, Outcome::Deleted).await;
                }
                Some((document, _)) if document.operations.contains(&operation) => {
                    if update.seen_before() {
                        self.committer.tidy(document).await.map_err(failed)?;
                    }
                    Some(Stored::already(document))
                }
                Some((document, _)) if document.order().compare(&update.order()) == Ordering::Greater => {
                    return self.without_revision(update, locale, Outcome::Stale).await;
                }
                _ => self.committer.delete(&document, deletion).await.map_err(failed)?,
            };
            if let Some(stored) = stored {
                return self.announce_stored(update, &stored).await;
            }
        }
        Err(Failure {
            stage: "commit",
            kind: FailureKind::retry(FailureCause::Conflict),
            message: format!("{RACES_MAX} races for the document of {} in {locale} were lost", update.sku()),
        })
    }
}
