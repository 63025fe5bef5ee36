//! Some lines of a catalog file, compared with the index: what they ask for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::catalog::index::{Need, Planner};
use crate::catalog::{Record, RecordDecoder, Refusal};
use crate::jobs::message_id;
use skuscribe_check::product::{Locale, Sku};

/// What some lines ask for.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) lines: u64,
    pub(super) unchanged: u64,
    /// Lines that name other locales alone.
    pub(super) elsewhere: u64,
    pub(super) needs: BTreeMap<Need, u64>,
    pub(super) unknown: Vec<(Locale, Sku)>,
    pub(super) messages: Vec<(String, Value)>,
    pub(super) refused: Vec<(u64, Refusal)>,
}

impl Chunk {
    /// Compares each line with the index.
    pub(super) fn of(records: Vec<Record>, planner: &Planner, context: &RecordDecoder, job: &str) -> Self {
        let mut chunk = Self::default();
        for record in records {
            let line = record.line;
            chunk.lines += 1;
            let update = match context.update(record) {
                Ok(update) => update,
                Err(error) => {
                    chunk.refused.push((line, error));
                    continue;
                }
            };
            let Some(product) = update.product() else { continue };
            let mut needs = planner.needs(product);
            let named = update.locales();
            if !named.is_empty() {
                needs.retain(|(locale, _)| named.contains(locale));
                if !planner.locales().any(|locale| named.contains(locale)) {
                    chunk.elsewhere += 1;
                    continue;
                }
            }
            if needs.is_empty() {
                chunk.unchanged += 1;
                continue;
            }
            let locales: Vec<_> = needs.iter().map(|(locale, _)| *locale).collect();
            let id = message_id(job, 0, update.sku().as_str());
            let body = json!({
                "id": id, "type": "product.updated", "occurred_at": update.occurred_at().to_string(),
                "product": product, "locales": locales, "job": job
            });
            for (locale, need) in needs {
                if matches!(need, Need::New | Need::MissingLocale) {
                    chunk.unknown.push((locale.clone(), product.sku.clone()));
                }
                *chunk.needs.entry(need).or_default() += 1;
            }
            chunk.messages.push((id, body));
        }
        chunk
    }
}
