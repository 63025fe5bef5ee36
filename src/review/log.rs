//! The log of decisions: who decided what, when and why, with how the document stood before and after.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Act, ReviewError};
use crate::commit::{BesideTexts, Deciding, Stored};
use crate::pipeline::Pipeline;
use crate::store::{Condition, ContentStore, Key, StoreError, load, save};
use skuscribe_check::content::{Decider, Decision, DecisionId, DecisionKind, Document, Standing};
use skuscribe_check::product::{Locale, Sku};

/// Most decisions of a (SKU, locale) that are read, the newest.
const DECISIONS_MAX: usize = 1_000;
/// Objects that are read at the same time.
pub(super) const READS: usize = 32;
/// Paths that are listed at once.
const LISTED: usize = 1_000;

impl Pipeline {
    /// What people decided on a (SKU, locale), the oldest first: the last thousand decisions.
    ///
    /// # Errors
    /// When the store does not answer, or a decision cannot be read.
    pub async fn decisions(&self, sku: &Sku, locale: &Locale) -> Result<Vec<Decision>, ReviewError> {
        let any = DecisionId::new(jiff::Timestamp::UNIX_EPOCH, &[]);
        let folder = folder(&Key::Decision { locale: locale.clone(), sku: sku.clone(), id: any });
        let paths = last_of(&*self.store, &folder, DECISIONS_MAX).await?;
        let keys: Vec<Key> = paths.iter().filter_map(|path| Key::of_path(path)).collect();
        let reads = keys.into_iter().map(|key| async move {
            Ok::<_, StoreError>(load::<Decision>(&*self.store, &key).await?.map(|(decision, _)| decision))
        });
        let kept: Vec<Option<Decision>> = stream::iter(reads).buffered(READS).try_collect().await?;
        let mut decisions: Vec<Decision> = kept.into_iter().flatten().collect();
        // The last one may not have got into the log yet.
        let content = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let document = load::<Document>(&*self.store, &content).await?.map(|(document, _)| document);
        let last = document.and_then(|document| document.decided);
        if let Some(last) = last.filter(|last| decisions.iter().all(|decision| decision.id != last.id)) {
            decisions.push(*last);
            decisions.sort_by(|one, other| one.id.cmp(&other.id));
        }
        Ok(decisions)
    }

    /// Keeps what a person says of a (SKU, locale).
    ///
    /// # Errors
    /// When there is nothing of it, the comment is empty or too long, or the store does not answer.
    pub async fn comment(&self, act: Act<'_>) -> Result<Decision, ReviewError> {
        if act.why.is_none_or(|comment| comment.trim().is_empty()) {
            return Err(ReviewError::Unfit("the comment is empty; write what is to be said".to_owned()));
        }
        self.log(act, DecisionKind::Comment, None).await
    }

    /// Keeps a decision that changes nothing of the document.
    pub(super) async fn log(
        &self,
        act: Act<'_>,
        kind: DecisionKind,
        to: Option<&str>,
    ) -> Result<Decision, ReviewError> {
        act.validate()?;
        let (document, _) = self.reviewed_document(act.sku, act.locale).await?;
        let draft = document.held.map(|held| held.operation);
        let decision = Decision { to: to.map(str::to_owned), draft, ..self.decision(kind, act) };
        let Decision { locale, sku, id, .. } = decision.clone();
        save(&*self.store, &Key::Decision { locale, sku, id }, &decision, Condition::Absent).await?;
        Ok(decision)
    }

    /// What a person decides now on a document.
    pub(super) fn deciding(
        &self,
        kind: DecisionKind,
        act: Act<'_>,
        document: &Document,
        beside: BesideTexts,
    ) -> Deciding {
        let before = Some(Standing::of(document));
        let previous = document.decided.as_ref().map(|decided| decided.id.clone());
        let decision = Decision { before, previous, ..self.decision(kind, act) };
        Deciding { decision, sources: std::collections::BTreeMap::new(), beside }
    }

    /// What a person has done already, as its last decision says, whose answer or event got lost: mends what a crash left, and
    /// announces it again.
    pub(super) async fn done_before(
        &self,
        document: &Document,
        message_id: &str,
    ) -> Result<Stored, ReviewError> {
        self.committer.tidy(document).await?;
        self.announce_decision(Stored::already(document), message_id).await
    }

    fn decision(&self, kind: DecisionKind, act: Act<'_>) -> Decision {
        let Act { sku, locale, by, why } = act;
        let at = self.clock.now();
        let parts = [sku.as_str(), locale.as_str(), by, kind.as_str(), why.unwrap_or_default()];
        Decision {
            schema: Decision::SCHEMA.to_owned(),
            id: DecisionId::new(at, &parts.map(str::as_bytes)),
            sku: sku.clone(),
            locale: locale.clone(),
            kind,
            by: Decider { id: by.to_owned(), role: self.review.role_of(by).map(str::to_owned) },
            at,
            why: why.filter(|why| !why.trim().is_empty()).map(str::to_owned),
            draft: None,
            operation: None,
            recipes: Vec::new(),
            before: None,
            after: None,
            previous: None,
            undoes: None,
            to_revision: None,
            to: None,
        }
    }
}

/// The last decision on a document, if it is this person's, of this kind, and nothing came since.
pub(super) fn last_of_person<'a>(
    document: &'a Document,
    kind: DecisionKind,
    by: &str,
) -> Option<&'a Decision> {
    document.decided.as_deref().filter(|decided| {
        decided.kind == kind
            && decided.by.id == by
            && decided.after.as_ref().is_some_and(|after| after.revision == document.revision)
    })
}

/// The folder that an object lies in.
pub(super) fn folder(key: &Key) -> String {
    let path = key.path();
    path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default()
}

/// The last paths below a prefix.
async fn last_of(store: &dyn ContentStore, prefix: &str, count: usize) -> Result<Vec<String>, StoreError> {
    let mut last: Vec<String> = Vec::new();
    loop {
        let after = last.last().cloned().unwrap_or_default();
        let more = store.list_after(prefix, &after, LISTED).await?;
        let is_end = more.len() < LISTED;
        last.extend(more);
        last.drain(..last.len().saturating_sub(count));
        if is_end {
            return Ok(last);
        }
    }
}
