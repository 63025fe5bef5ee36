//! Commits with what is written beside documents: signed records before them, the public document after them.

use std::sync::Arc;

use futures_util::future::try_join_all;

use super::{
    Committed, Deciding, Deletion, Loaded, Stored, commit_with, delete_with, public, queue_of, swap,
};
use crate::check::Verdict;
use crate::clock::Clock;
use crate::config::Config;
use crate::provenance::{Signer, TrustedKeys, mend, register, settle};
use crate::store::{ContentStore, ETag, Key, StoreError};
use skuscribe_check::content::{Document, TextDigest};
use skuscribe_check::provenance::{
    Published, SignedRecord, VisibleLabel, record, registered_texts, text_digest, whole,
};

/// Puts verdicts into the store.
#[derive(Debug)]
pub struct Committer {
    pub(super) store: Arc<dyn ContentStore>,
    pub(super) clock: Clock,
    signer: Option<Signer>,
    responsible: String,
    part_bytes_min: usize,
    /// How the public document labels texts; `None` where none is written.
    public: Option<VisibleLabel>,
}

impl Committer {
    /// A committer as the settings want it.
    ///
    /// # Errors
    /// When the key's file cannot be read.
    pub fn from_config(config: &Config, store: Arc<dyn ContentStore>, clock: Clock) -> anyhow::Result<Self> {
        let provenance = &config.provenance;
        Ok(Self {
            store,
            clock,
            signer: Signer::from_config(provenance)?,
            responsible: provenance.responsible.clone(),
            part_bytes_min: provenance.part_bytes_min,
            public: config.store.public_documents.then(|| provenance.visible_label()),
        })
    }

    /// Whether records are signed.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.signer.is_some()
    }

    /// Commits a verdict. `history_written` says whether this attempt's history object is there already.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn commit(
        &self,
        verdict: &Verdict,
        loaded: &Loaded,
        history_written: &mut bool,
    ) -> Result<Committed, StoreError> {
        commit_with(self, verdict, loaded, history_written, None).await
    }

    /// Commits the verdict on a text that a person decided on, and the decision with it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn commit_decided(
        &self,
        verdict: &Verdict,
        loaded: &Loaded,
        history_written: &mut bool,
        deciding: &Deciding,
    ) -> Result<Committed, StoreError> {
        commit_with(self, verdict, loaded, history_written, Some(deciding)).await
    }

    /// Makes a tombstone of a document, also where none is yet: an update in flight must not bring the product
    /// back. `None` where the race was lost.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn delete(
        &self,
        loaded: &Loaded,
        deletion: Deletion<'_>,
    ) -> Result<Option<Stored>, StoreError> {
        delete_with(self, loaded, deletion).await
    }

    /// Mends what a crash left between the swap of a document and what follows it: the log of decisions, signed records, the
    /// public document, the review queue.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn tidy(&self, document: &Document) -> Result<(), StoreError> {
        self.keep_decision(document).await?;
        self.settle(document, signed_recipes(document)).await?;
        self.show(document).await?;
        queue_of(&*self.store, document, &self.clock).await
    }

    /// Has the public document show what a document publishes.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn show(&self, document: &Document) -> Result<(), StoreError> {
        match &self.public {
            Some(label) => public::show(&*self.store, document, label).await,
            None => Ok(()),
        }
    }

    /// Signs and registers the texts of a document that have no signed record by a trusted key; leaves those that have one.
    /// `None` where another writer was first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sign(
        &self,
        document: &Document,
        etag: &ETag,
        trusted: &TrustedKeys,
    ) -> Result<Option<SignedTexts>, StoreError> {
        let mut next = document.clone();
        let mut recipes = Vec::new();
        for (recipe, state) in &mut next.recipes {
            let text = next.content.get(recipe).map(whole).filter(|text| !text.trim().is_empty());
            if let (Some(text), None, Some(_)) = (text, state.provenance.text_sha256, &self.signer) {
                state.provenance.text_sha256 = Some(text_digest(&text));
                recipes.push(recipe.clone());
            }
        }
        self.register(&next, recipes.iter().map(String::as_str)).await?;
        if !recipes.is_empty() && !swap(&*self.store, &next, &Some((document.clone(), etag.clone()))).await? {
            return Ok(None);
        }
        let mut count = SignedTexts::default();
        for recipe in signed_recipes(&next) {
            let mut is_signed = recipes.iter().any(|signed| signed == recipe);
            for text in self.signed(&next, std::iter::once(recipe))? {
                is_signed |= mend(&*self.store, &text.texts, &text.record, text.is_exact, trusted).await?;
            }
            *(if is_signed { &mut count.signed } else { &mut count.intact }) += 1;
        }
        self.show(&next).await?;
        Ok(Some(count))
    }

    /// Signs and registers the texts of these recipes, which are about to be published. Gives whether other records of them
    /// are there, which must give way once they are.
    pub(super) async fn register(
        &self,
        document: &Document,
        recipes: impl Iterator<Item = &str>,
    ) -> Result<bool, StoreError> {
        let signed = self.signed(document, recipes)?;
        let store = &*self.store;
        let registered = signed.iter().map(|signed| register(store, &signed.texts, &signed.record));
        Ok(try_join_all(registered).await?.contains(&true))
    }

    /// Has the records of these recipes' published texts stand in the registry.
    pub(super) async fn settle(
        &self,
        document: &Document,
        recipes: impl Iterator<Item = &str>,
    ) -> Result<(), StoreError> {
        let signed = self.signed(document, recipes)?;
        let store = &*self.store;
        let settled =
            signed.iter().map(|signed| settle(store, &signed.texts, &signed.record, signed.is_exact));
        try_join_all(settled).await.map(|_| ())
    }

    /// The signed records of these recipes' texts.
    fn signed<'a>(
        &self,
        document: &Document,
        recipes: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<SignedText>, StoreError> {
        let Some(signer) = &self.signer else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for recipe in recipes {
            let (Some(content), Some(state)) = (document.content.get(recipe), document.recipes.get(recipe))
            else {
                continue;
            };
            let published = Published {
                sku: &document.sku,
                locale: &document.locale,
                revision: document.revision,
                recipe,
                content,
                state,
                responsible: &self.responsible,
            };
            let Some(record) = record(&published) else { continue };
            let rejected = |error: serde_json::Error| StoreError::Rejected {
                operation: "put",
                path: Key::Provenance { text: record.text_sha256 }.path(),
                source: error.into(),
            };
            all.push(SignedText {
                texts: registered_texts(content, self.part_bytes_min),
                record: signer.signed(&record).map_err(rejected)?,
                is_exact: document.operations.last() == Some(&state.provenance.operation),
            });
        }
        Ok(all)
    }
}

/// What came of signing the texts of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignedTexts {
    /// Texts that got a record.
    pub signed: usize,
    /// Texts whose records prove who wrote them already.
    pub intact: usize,
}

/// A signed record, and the digests that it is registered under.
struct SignedText {
    texts: Vec<TextDigest>,
    record: SignedRecord,
    /// Whether the document's revision is the one that published the text.
    is_exact: bool,
}

/// The recipes of a document whose texts have signed records.
fn signed_recipes(document: &Document) -> impl Iterator<Item = &str> {
    let signed = document.recipes.iter().filter(|(_, state)| state.provenance.text_sha256.is_some());
    signed.map(|(recipe, _)| recipe.as_str())
}
