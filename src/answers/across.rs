//! A question across products: candidates by list, by search or by category, and what their facts say of it.

use std::sync::Arc;

use futures_util::StreamExt as _;

use super::asker::{AskError, Asker, masked_question};
use super::compare::{Candidate, compare};
use super::relevance::Question;
use super::walk::may_be_stated;
use super::wire::{Answer, AnswerOutcome, Asked, AskedAbout, Based, CANDIDATES_MAX, Source};
use super::wording::sentence;
use crate::catalog::selection::Selection;
use crate::jobs::selected;
use crate::plan::Shoppers;
use crate::store::questions::About;
use crate::store::snapshots::stored;
use skuscribe_check::product::{Locale, Snapshot};

impl Asker {
    /// Answers over several products.
    pub(super) async fn across(&self, asked: &Asked, locale: Locale) -> Result<Answer, AskError> {
        let masked = masked_question(&asked.question);
        let snapshots = self.candidates(asked, &masked).await?;
        let texts = self.texts.of(locale.language());
        if snapshots.is_empty() {
            return Ok(Answer::of(AnswerOutcome::Unknown, &texts.nothing_found, &locale));
        }
        let question = Question::new(&masked);
        let mut candidates = Vec::with_capacity(snapshots.len());
        let mut dues = Vec::with_capacity(snapshots.len());
        for snapshot in &snapshots {
            let waits = Shoppers::Waits { question: masked.clone(), earlier: Vec::new() };
            let Some(due) = self.pipeline.answer_due(snapshot, &locale, waits) else { continue };
            let Some(facts) = due.recipes().first().map(|own| own.facts().clone()) else { continue };
            let product = &snapshot.product;
            candidates.push(Candidate {
                sku: product.sku.clone(),
                title: product.title.clone().unwrap_or_else(|| product.sku.to_string()),
                category: product.category.clone(),
                facts,
            });
            dues.push(due);
        }
        let compared = compare(&question, &masked, (locale.language(), texts), &candidates);
        let Some(mut compared) = compared else {
            // Under the path that the catalog has, whatever part of it was named: the gaps are told per path.
            let path = snapshots.first().map(|own| own.product.category.clone()).unwrap_or_default();
            self.memory.note(About::Category(path), &masked, &locale);
            return Ok(Answer::of(AnswerOutcome::Unknown, &texts.unknown, &locale));
        };
        // What the checks hold of a product's own texts is not shown, as in every other answer; nor is a sentence that may hold it.
        let mut attributes = Vec::new();
        let mut whole = true;
        for row in &mut compared.table.rows {
            let Some(due) = dues.iter().find(|due| *due.task().sku() == row.sku) else { continue };
            let may = |text: &str| may_be_stated(&self.pipeline.stated(due, text, &[]));
            let cells = compared.table.columns.iter().zip(&row.values);
            let cells = cells.filter_map(|(name, value)| Some(sentence(name, value.as_ref()?, texts)));
            let all: Vec<String> = std::iter::once(row.title.clone()).chain(cells).collect();
            // One check for a whole row; one for each part only where something in it is held.
            let passes = may(&all.join("\n"));
            whole &= passes;
            if !passes && !may(&row.title) {
                row.title = row.sku.to_string();
            }
            for (name, value) in compared.table.columns.iter().zip(&mut row.values) {
                let Some(told) = value else { continue };
                if passes || may(&sentence(name, told, texts)) {
                    attributes.push(Based { sku: row.sku.clone(), name: name.clone(), value: told.clone() });
                } else {
                    *value = None;
                }
            }
        }
        if !whole {
            compared.text.clone_from(&texts.compared);
        }
        let answer = Answer::of(AnswerOutcome::Answered, &compared.text, &locale);
        Ok(Answer { source: Some(Source::Facts), attributes, table: Some(compared.table), ..answer })
    }

    /// The products that are meant, most fitting first.
    async fn candidates(&self, asked: &Asked, question: &str) -> Result<Vec<Snapshot>, AskError> {
        let category = match &asked.about {
            AskedAbout::Product(sku) => return Ok(self.present(std::slice::from_ref(sku)).await?),
            AskedAbout::Products(skus) => {
                let found = self.present(skus).await?;
                let missing = skus.iter().find(|sku| found.iter().all(|own| own.product.sku != **sku));
                return missing.map_or(Ok(found), |sku| Err(AskError::NoProduct(sku.clone())));
            }
            AskedAbout::Category(category) => category,
        };
        #[cfg(feature = "search")]
        if let Some(catalog) = &self.catalog {
            let skus = catalog.find(category, question, CANDIDATES_MAX);
            return Ok(self.present(&skus).await?);
        }
        let _ = question;
        let selection: Selection =
            format!("category:\"{}\"", category.replace('"', "")).parse().unwrap_or_default();
        let (_, found) = selected(&self.store, Arc::new(selection)).await?;
        let mut found = std::pin::pin!(found);
        let mut snapshots = Vec::new();
        while let Some(own) = found.next().await {
            if let Some(own) = own? {
                snapshots.push(own.snapshot);
            }
            if snapshots.len() >= CANDIDATES_MAX {
                break;
            }
        }
        snapshots.sort_by(|left, right| left.product.sku.cmp(&right.product.sku));
        Ok(snapshots)
    }

    async fn present(
        &self,
        skus: &[skuscribe_check::product::Sku],
    ) -> Result<Vec<Snapshot>, crate::store::StoreError> {
        let products = skus.iter().filter(|sku| sku.guide().is_none());
        let reads = products.map(|sku| stored(&*self.store, sku));
        let found = futures_util::future::try_join_all(reads).await?;
        Ok(found.into_iter().flatten().filter(|own| !own.deleted).collect())
    }
}
