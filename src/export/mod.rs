//! Exports: the published content of the store, written out as files for storefronts, feeds and other systems.
//!
//! What the files look like is `skuscribe_catalog::export`; here are the store's side and the files themselves.

mod files;
mod onto;
#[cfg(feature = "tables")]
mod parquet;
mod report;
mod source;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skuscribe_catalog::export::{ExportOptions, Exporter, Format};
use skuscribe_check::internal::InternalNames;

use crate::store::{ContentStore, SetAside};
use files::PendingFile;
pub use onto::{OntoExport, onto};
pub use report::LeftOutReport;
pub use source::{ExportEntry, ExportScope, entries};
use writer::Writer;

/// How much earlier than its beginning an export's cursor is: documents of writers whose clocks are behind come again.
const OVERLAP: SignedDuration = SignedDuration::from_mins(1);
/// Products after which an export that made no record is refused, where the target needs values that nothing states.
const LOOKED_AT: u64 = 1_000;

/// An export as it is asked for.
#[derive(Debug)]
pub struct ExportRequest {
    /// The format.
    pub format: &'static Format,
    /// What the shop says beside it.
    pub options: ExportOptions,
    /// What is exported.
    pub scope: ExportScope,
    /// Where to; nothing for standard output.
    pub to: Option<PathBuf>,
    /// When it began.
    pub now: Timestamp,
}

/// What an export did.
#[derive(Debug)]
pub struct Exported {
    /// Records written.
    pub records: u64,
    /// The files, in order.
    pub files: Vec<PathBuf>,
    /// What was left out.
    pub left_out: LeftOutReport,
    /// Documents that were older than what was asked for.
    pub older: u64,
    /// Where the next export goes on: `--since` takes it.
    pub cursor: Timestamp,
}

/// The state of an export, beside its files.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExportState {
    /// The format and its version.
    pub format: String,
    /// Where the next export goes on.
    pub cursor: Timestamp,
    /// The names of the files.
    pub files: Vec<String>,
    /// Records in them.
    pub records: u64,
    /// Products and locales that were left out.
    pub left_out: u64,
}

/// Where the state of an export lies.
#[must_use]
pub fn state_path(to: &Path) -> PathBuf {
    beside(to, ".export.json")
}

/// Where what was left out is written.
#[must_use]
pub fn left_out_path(to: &Path) -> PathBuf {
    beside(to, ".left-out.jsonl")
}

fn beside(to: &Path, ending: &str) -> PathBuf {
    let name = to.file_name().and_then(|name| name.to_str()).unwrap_or("export");
    to.with_file_name(format!("{name}{ending}"))
}

/// The cursor that the last export to this place left.
///
/// # Errors
/// When there was none.
pub fn last_cursor(to: &Path) -> anyhow::Result<Timestamp> {
    let path = state_path(to);
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!("--since last: {} is not there; the first export has no --since", path.display())
    })?;
    let state: ExportState = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    Ok(state.cursor)
}

/// Writes an export. Its files appear together at the end, or none does.
///
/// # Errors
/// When the store or the disk refuses, or the target needs what nobody stated.
pub async fn export(
    store: &Arc<dyn ContentStore>,
    request: ExportRequest,
    internal: &InternalNames,
    aside: &Arc<SetAside>,
) -> anyhow::Result<Exported> {
    let ExportRequest { format, options, scope, to, now } = request;
    let mut exporter = Exporter::new(format, options)?;
    let (place, left_out_place) = places(to.as_deref());
    let mut left_out = LeftOutReport::new(left_out_place.as_deref())?;
    let mut writer = Writer::new(format, &exporter, place, &scope.locales)?;
    let scope = Arc::new(scope);
    let mut found = std::pin::pin!(entries(store, &scope, aside).await?);
    let (mut older, mut looked, mut missing) = (0, 0, Vec::new());
    while let Some(entry) = found.next().await {
        let Some(entry) = entry? else { continue };
        older += entry.older;
        let written = !entry.texts.is_empty();
        looked += u64::from(written);
        let refused = writer.push(&mut exporter, &entry, internal)?;
        for one in refused {
            if writer.records() == 0 && missing.len() < 100 {
                missing.push(one.clone());
            }
            left_out.push(one)?;
        }
        for one in entry.left_out {
            left_out.push(one)?;
        }
        if looked == LOOKED_AT && writer.records() == 0 {
            exporter.refuse_without_feed(&missing)?;
        }
    }
    if writer.records() == 0 {
        exporter.refuse_without_feed(&missing)?;
    }
    let cursor = now.checked_sub(OVERLAP).unwrap_or(now);
    let (records, pending) = writer.end()?;
    let files = finish(format, to.as_deref(), pending, &mut left_out, records, cursor)?;
    Ok(Exported { records, files, left_out, older, cursor })
}

/// Where the files and the list of what was left out are written; nothing for standard output.
fn places(to: Option<&Path>) -> (PathBuf, Option<PathBuf>) {
    match to {
        Some(to) => (to.to_owned(), Some(left_out_path(to))),
        None => (std::env::temp_dir().join("skuscribe-export"), None),
    }
}

/// Moves the files to their places, then the state that names them.
fn finish(
    format: &Format,
    to: Option<&Path>,
    pending: Vec<(PendingFile, PathBuf)>,
    left_out: &mut LeftOutReport,
    records: u64,
    cursor: Timestamp,
) -> anyhow::Result<Vec<PathBuf>> {
    let Some(to) = to else {
        ensure!(
            pending.len() <= 1,
            "{} files cannot go to standard output; give a place with --to",
            pending.len()
        );
        for (file, _) in &pending {
            file.copy_to(&mut std::io::stdout().lock())?;
        }
        return Ok(Vec::new());
    };
    let mut files = Vec::with_capacity(pending.len());
    for (file, place) in pending {
        file.place(&place)?;
        files.push(place);
    }
    left_out.place(&left_out_path(to))?;
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let state = ExportState {
        format: format!("{}@{}", format.name, format.version),
        cursor,
        files: files.iter().filter_map(name).collect(),
        records,
        left_out: left_out.count(),
    };
    let mut file = PendingFile::create(&state_path(to), "0")?;
    serde_json::to_writer_pretty(&mut file, &state)?;
    file.end()?;
    file.place(&state_path(to))?;
    Ok(files)
}
