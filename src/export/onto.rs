//! `--onto FEED`: the shop's feed is read record by record, and each gets the texts of its product from the store.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use skuscribe_catalog::export::onto::{Feed, FeedRecord};
use skuscribe_catalog::export::{ExportProduct, Exporter, FormatLayout, LeftOut, LeftOutReason};
use skuscribe_check::internal::InternalNames;
use skuscribe_check::product::Sku;

use super::files::PendingFile;
use super::source::{ExportEntry, ExportScope, entry_of};
use super::{Exported, LeftOutReport, OVERLAP, finish, places};
use crate::catalog::selection::Selection;
use crate::jobs::selected;
use crate::store::{ContentStore, SetAside, StoreError};

/// Records whose products are read at the same time.
const RECORDS: usize = 256;
/// Products that are read at the same time.
const READS: usize = 32;
/// Longest line of products of an API, in bytes.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// An export onto a feed, as it is asked for.
#[derive(Debug)]
pub struct OntoExport {
    /// The rest of the request.
    pub request: super::ExportRequest,
    /// The shop's feed.
    pub feed: PathBuf,
    /// Whether the shop named the format.
    pub named: bool,
    /// The feed's encoding, where the shop says it.
    pub encoding: Option<String>,
}

/// Which stored product a key of the feed means.
struct Products<'a> {
    store: &'a Arc<dyn ContentStore>,
    scope: &'a ExportScope,
    aside: &'a SetAside,
    /// Keys of variants, where the feed may name them.
    variants: HashMap<String, Sku>,
}

impl Products<'_> {
    /// The product that one of these keys means, the likeliest first; nothing where the selection has none.
    async fn find(&self, keys: &[String]) -> Result<Option<ExportEntry>, StoreError> {
        for key in keys {
            let known = self.variants.get(key).cloned();
            let Some(sku) = key.parse().ok() else { continue };
            if let Some(entry) = entry_of(&**self.store, self.scope, &sku, self.aside).await? {
                return Ok(Some(entry));
            }
            if let Some(parent) = known
                && let Some(entry) = entry_of(&**self.store, self.scope, &parent, self.aside).await?
            {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }
}

/// Writes the shop's feed with the published texts of its products.
///
/// # Errors
/// When the feed, the store or the disk refuses.
pub async fn onto(
    store: &Arc<dyn ContentStore>,
    onto: OntoExport,
    internal: &InternalNames,
    aside: &Arc<SetAside>,
) -> anyhow::Result<Exported> {
    let OntoExport { request, feed: path, named, encoding } = onto;
    ensure!(
        request.scope.locales.len() == 1 || request.format.layout == FormatLayout::Commercetools,
        "a feed has one language; say which with --locales"
    );
    ensure!(
        request
            .to
            .as_ref()
            .is_none_or(|to| std::fs::canonicalize(to).ok() != std::fs::canonicalize(&path).ok()),
        "--to {}: that is the feed itself; write to another file",
        path.display()
    );
    let (place, left_out_place) = places(request.to.as_deref());
    let mut left_out = LeftOutReport::new(left_out_place.as_deref())?;
    let mut file = PendingFile::create(&place, "0")?;
    let mut products = Products { store, scope: &request.scope, aside, variants: HashMap::new() };
    let (records, older) = if request.format.layout == FormatLayout::Commercetools {
        let exporter = Exporter::new(request.format, request.options.clone())?;
        actions(&path, &exporter, &products, internal, &mut file, &mut left_out).await?
    } else {
        let format = named.then_some(request.format.name.as_str());
        let mut feed = Feed::open(&path, format, encoding.as_deref(), request.options.clone())?;
        eprint_recognised(&feed);
        if feed.has_variants() {
            products.variants = variants(store, &request.scope.selection, aside).await?;
        }
        overlay(&mut feed, &path, &products, internal, &mut file, &mut left_out).await?
    };
    file.end()?;
    let cursor = request.now.checked_sub(OVERLAP).unwrap_or(request.now);
    let files =
        finish(request.format, request.to.as_deref(), vec![(file, place)], &mut left_out, records, cursor)?;
    Ok(Exported { records, files, left_out, older, cursor })
}

fn eprint_recognised(feed: &Feed) {
    tracing::info!("the feed is a {}", feed.described());
}

/// The parents of variants, by the variants' keys.
async fn variants(
    store: &Arc<dyn ContentStore>,
    selection: &Selection,
    aside: &Arc<SetAside>,
) -> anyhow::Result<HashMap<String, Sku>> {
    let mut variants = HashMap::new();
    let (_, found) = selected(store, Arc::new(selection.clone()), aside).await?;
    let mut found = std::pin::pin!(found);
    while let Some(product) = found.next().await {
        let Some(product) = product? else { continue };
        for variant in &product.snapshot.product.variants {
            variants.insert(variant.sku.to_string(), product.snapshot.product.sku.clone());
        }
    }
    Ok(variants)
}

/// Copies a feed with the texts of its products; gives how many records have others now, and how many documents are older.
async fn overlay(
    feed: &mut Feed,
    path: &Path,
    products: &Products<'_>,
    internal: &InternalNames,
    file: &mut PendingFile,
    left_out: &mut LeftOutReport,
) -> anyhow::Result<(u64, u64)> {
    file.write_all(feed.head())?;
    let (mut changed, mut older, mut ended) = (0, 0, false);
    while !ended {
        let mut records: Vec<FeedRecord> = Vec::with_capacity(RECORDS);
        while records.len() < RECORDS && !ended {
            match feed.next_record().with_context(|| format!("--onto {}", path.display()))? {
                Some(record) => records.push(record),
                None => ended = true,
            }
        }
        let keys = records.iter().map(|record| products.find(&record.keys));
        let found: Vec<Option<ExportEntry>> = stream::iter(keys).buffered(READS).try_collect().await?;
        for (record, entry) in records.into_iter().zip(found) {
            let Some(entry) = entry else {
                if let Some(key) = record.keys.first() {
                    let detail = format!("record {} of the feed: no such product is selected", record.number);
                    left_out.push(not_stored(key, detail))?;
                }
                file.write_all(&feed.kept(record))?;
                continue;
            };
            older += entry.older;
            for one in entry.left_out {
                left_out.push(one)?;
            }
            let Some(texts) = entry.texts.first() else {
                file.write_all(&feed.kept(record))?;
                continue;
            };
            let public = internal.public(&entry.product);
            let replaced =
                feed.replace(record, ExportProduct { stated: &entry.product, public: &public }, texts);
            changed += u64::from(replaced.texts > 0);
            file.write_all(&replaced.bytes)?;
            for one in replaced.left_out {
                left_out.push(one)?;
            }
        }
    }
    file.write_all(feed.tail())?;
    Ok((changed, older))
}

fn not_stored(key: &str, detail: String) -> LeftOut {
    LeftOut {
        sku: key.chars().take(256).collect(),
        locale: None,
        reason: LeftOutReason::NotWritten,
        column: String::new(),
        detail,
    }
}

/// Writes the update actions of products as commercetools' API gives them, one a line.
async fn actions(
    path: &Path,
    exporter: &Exporter,
    products: &Products<'_>,
    internal: &InternalNames,
    file: &mut PendingFile,
    left_out: &mut LeftOutReport,
) -> anyhow::Result<(u64, u64)> {
    let open = || std::fs::File::open(path).with_context(|| format!("--onto {}", path.display()));
    let mut lines = BufReader::new(open()?);
    let (mut number, mut written, mut older) = (0u64, 0, 0);
    loop {
        let mut line = Vec::new();
        lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok((written, older));
        }
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let current: serde_json::Value = serde_json::from_slice(&line).with_context(|| {
            format!("--onto {}: line {number}: it has to be one product, as the API gives it", path.display())
        })?;
        let staged = current.pointer("/masterData/staged").unwrap_or(&current);
        let keys: Vec<String> =
            [current.get("key"), staged.pointer("/masterVariant/sku"), staged.pointer("/masterVariant/key")]
                .into_iter()
                .flatten()
                .filter_map(|key| key.as_str().map(str::to_owned))
                .collect();
        let Some(entry) = products.find(&keys).await? else {
            let key = keys.first().map(String::as_str).unwrap_or_default();
            left_out.push(not_stored(key, format!("line {number}: no such product is selected")))?;
            continue;
        };
        older += entry.older;
        for one in entry.left_out {
            left_out.push(one)?;
        }
        let public = internal.public(&entry.product);
        let product = ExportProduct { stated: &entry.product, public: &public };
        match exporter.actions(&current, product, &entry.texts) {
            Ok(Some(actions)) => {
                file.write_all(&actions)?;
                written += 1;
            }
            Ok(None) => {}
            Err(refused) => left_out.push(refused)?,
        }
    }
}
