//! A question about several products or a category: which products it is about, and what their facts say of it.

use std::sync::Arc;

use futures_util::StreamExt as _;

use super::comparison::{Candidate, Comparison, compare};
use super::relevance::Question;
use super::request::{CANDIDATES_MAX, ShopperQuestion};
use super::resources::AnswerResources;
use super::texts::LanguageTexts;
use super::wire::{Answer, AnswerOutcome, AnswerSource, ComparisonRow, SupportingAttribute};
use super::wording::attribute_sentence;
use crate::catalog::selection::Selection;
use crate::jobs::selected;
use crate::plan::{Due, DueRecipe, Shoppers};
use crate::store::questions::QuestionSubject;
use crate::store::snapshots::stored;
use crate::store::{Key, SetAside, StoreError, load};
use skuscribe_check::content::{Document, State};
use skuscribe_check::product::{Locale, Sku, Snapshot};

/// Documents that are read at the same time.
const READS: usize = 16;
/// How many products of a category are looked at for each one that is compared: some may not be published.
#[cfg(feature = "search")]
const FOUND_PER_PUBLISHED: usize = 4;

/// The products that are stored and not deleted, in the order asked for; one that cannot be read is as if it were not there.
pub(super) async fn present(resources: &AnswerResources, skus: &[Sku]) -> Result<Vec<Snapshot>, StoreError> {
    let aside = SetAside::default();
    let products = skus.iter().filter(|sku| sku.guide().is_none());
    let reads = products.map(|sku| async { aside.skip(stored(&*resources.store, sku).await) });
    let found = futures_util::future::try_join_all(reads).await?;
    aside.log();
    Ok(found.into_iter().flatten().filter(|snapshot| !snapshot.deleted).collect())
}

/// Those of which something is published in the locale, in the same order; at most as many as are compared.
pub(super) async fn published(
    resources: &AnswerResources,
    snapshots: Vec<Snapshot>,
    locale: &Locale,
) -> Result<Vec<Snapshot>, StoreError> {
    let aside = SetAside::default();
    let reads = snapshots.into_iter().map(|snapshot| async {
        let document = published_document(resources, &snapshot.product.sku, locale, &aside).await?;
        match document {
            Some(_) => Ok::<_, StoreError>(Some(resources.pipeline.with_derived(snapshot).await?)),
            None => Ok(None),
        }
    });
    let mut reads = futures_util::stream::iter(reads).buffered(READS);
    let mut found = Vec::new();
    while let Some(read) = reads.next().await {
        found.extend(read?);
        if found.len() >= CANDIDATES_MAX {
            break;
        }
    }
    aside.log();
    Ok(found)
}

/// What is published of a product in a locale. One that cannot be read is none: nobody knows whether it may be shown.
pub(super) async fn published_document(
    resources: &AnswerResources,
    sku: &Sku,
    locale: &Locale,
    aside: &SetAside,
) -> Result<Option<Document>, StoreError> {
    let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
    let document = aside.skip(load::<Document>(&*resources.store, &key).await)?.map(|(document, _)| document);
    Ok(document.filter(|document| document.state == State::Published && !document.content.is_empty()))
}

/// The published products of a category, most fitting first where there is a search index.
pub(super) async fn of_category(
    resources: &AnswerResources,
    category: &str,
    question: &str,
    locale: &Locale,
) -> Result<Vec<Snapshot>, StoreError> {
    #[cfg(feature = "search")]
    if let Some(index) = &resources.search {
        let fitting = index.find(category, question, CANDIDATES_MAX * FOUND_PER_PUBLISHED);
        return published(resources, present(resources, &fitting).await?, locale).await;
    }
    let _ = question;
    let selection: Selection =
        format!("category:\"{}\"", category.replace('"', "")).parse().unwrap_or_default();
    let aside = Arc::new(SetAside::default());
    let (_, found) = selected(&resources.store, Arc::new(selection), &aside).await?;
    let mut found = std::pin::pin!(found);
    let mut snapshots = Vec::new();
    while let Some(product) = found.next().await {
        if let Some(product) = product? {
            snapshots.extend(published(resources, vec![product.snapshot], locale).await?);
        }
        if snapshots.len() >= CANDIDATES_MAX {
            break;
        }
    }
    aside.log();
    snapshots.sort_by(|left, right| left.product.sku.cmp(&right.product.sku));
    Ok(snapshots)
}

/// Answers over several products, all of them published.
pub(super) fn answer(
    resources: &AnswerResources,
    asked: &ShopperQuestion,
    snapshots: &[Snapshot],
    locale: &Locale,
) -> Answer {
    let texts = resources.texts.of(locale.language());
    let Some(first) = snapshots.first() else {
        return Answer::of(AnswerOutcome::Unknown, &texts.nothing_found, locale);
    };
    let masked = asked.masked();
    let mut candidates = Vec::with_capacity(snapshots.len());
    let mut dues = Vec::with_capacity(snapshots.len());
    for snapshot in snapshots {
        let waits = Shoppers::Waits { question: masked.clone(), earlier: Vec::new() };
        let Some(due) = resources.pipeline.answer_due(snapshot, locale, waits) else { continue };
        let Some(facts) = due.recipes().first().map(|due| due.facts().clone()) else { continue };
        candidates.push(Candidate::new(&due.task().product, facts));
        dues.push(due);
    }
    let question = Question::new(&masked);
    let Some(mut comparison) = compare(&question, &masked, locale.language(), texts, &candidates) else {
        // Under the path that the catalog has, whatever part of it was named: gaps are gathered per path.
        let subject = QuestionSubject::Category(first.product.category.clone());
        resources.unanswered.note(subject, &masked, locale, asked.client.as_ref());
        return Answer::of(AnswerOutcome::Unknown, &texts.unknown, locale);
    };
    let attributes = drop_what_is_held(resources, &mut comparison, &dues, texts);
    let answer = Answer::of(AnswerOutcome::Answered, &comparison.text, locale);
    Answer { source: Some(AnswerSource::Facts), attributes, table: Some(comparison.table), ..answer }
}

/// Takes what the checks hold of a product's texts out of a comparison, and the sentence that may name it; returns the
/// attributes that are left.
fn drop_what_is_held(
    resources: &AnswerResources,
    comparison: &mut Comparison,
    dues: &[Due],
    texts: &LanguageTexts,
) -> Vec<SupportingAttribute> {
    let mut attributes = Vec::new();
    let mut whole = true;
    let (columns, labels) = (&comparison.table.columns, &comparison.table.labels);
    for row in &mut comparison.table.rows {
        let Some(due) = dues.iter().find(|due| *due.task().sku() == row.sku) else { continue };
        let may_show = |text: &str| resources.may_quote(due, text, &[]);
        // One check for a whole row; one for each part only where something in it is held.
        let passes = may_show(&row_text(row, labels, texts));
        whole &= passes;
        if !passes && !may_show(&row.title) {
            row.title = row.sku.to_string();
        }
        let facts = due.recipes().first().map(DueRecipe::facts);
        for ((name, called), cell) in columns.iter().zip(labels).zip(&mut row.values) {
            let Some(value) = cell else { continue };
            if passes || may_show(&attribute_sentence(called, value, texts)) {
                let (sku, name, value) = (row.sku.clone(), name.clone(), value.clone());
                let label = facts.and_then(|facts| facts.full_label(&name));
                attributes.push(SupportingAttribute { sku, name, label, value });
            } else {
                *cell = None;
            }
        }
    }
    if !whole {
        comparison.text.clone_from(&texts.compared);
    }
    attributes
}

fn row_text(row: &ComparisonRow, labels: &[String], texts: &LanguageTexts) -> String {
    let cells = labels.iter().zip(&row.values);
    let cells = cells.filter_map(|(called, value)| Some(attribute_sentence(called, value.as_ref()?, texts)));
    std::iter::once(row.title.clone()).chain(cells).collect::<Vec<_>>().join("\n")
}
