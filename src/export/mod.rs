//! Exports: the published content of the store, written out as files for storefronts, feeds and other systems.
//!
//! What the files look like is `skuscribe_catalog::export`; here are the store's side and the files themselves.

mod files;
mod onto;
#[cfg(feature = "tables")]
mod parquet;
mod report;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skuscribe_catalog::export::{
    ExportOptions, ExportProduct, Exporter, Format, FormatLayout, Framing, LeftOut, LocaleMode, Texts,
};
use skuscribe_check::internal::InternalNames;
use skuscribe_check::product::Locale;

use crate::store::{ContentStore, SetAside};
use files::{PendingFile, RecordFiles, with_suffix};
pub use onto::{OntoExport, onto};
pub use report::LeftOutReport;
pub use source::{ExportEntry, ExportScope, entries};

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

/// Where records go: files by locale, or a table.
#[derive(Debug)]
enum Writer {
    Records(LocaleFiles),
    #[cfg(feature = "tables")]
    Table(Box<parquet::TableFile>),
}

/// Files of records: one a locale where a record speaks of one, else one.
#[derive(Debug)]
struct LocaleFiles {
    format: &'static Format,
    framing: Framing,
    place: PathBuf,
    files: BTreeMap<Option<Locale>, RecordFiles>,
    /// Whether the names say the locale, also where there turns out to be one alone.
    named: bool,
}

impl Writer {
    fn new(
        format: &'static Format,
        exporter: &Exporter,
        place: PathBuf,
        locales: &[Locale],
    ) -> anyhow::Result<Self> {
        match format.layout {
            FormatLayout::Commercetools => bail!(
                "{} needs the products as its API gives them, one a line: give them with --onto FEED",
                format.name
            ),
            #[cfg(feature = "tables")]
            FormatLayout::Parquet => Ok(Self::Table(Box::new(parquet::TableFile::new(place)))),
            #[cfg(not(feature = "tables"))]
            FormatLayout::Parquet => bail!(
                "parquet is not in this binary, which was built without the feature tables; build it with: cargo build --release --features tables"
            ),
            _ => Ok(Self::Records(LocaleFiles {
                format,
                framing: exporter.framing(),
                place,
                files: BTreeMap::new(),
                named: locales.len() > 1,
            })),
        }
    }

    fn records(&self) -> u64 {
        match self {
            Self::Records(files) => files.files.values().map(RecordFiles::records).sum(),
            #[cfg(feature = "tables")]
            Self::Table(table) => table.rows(),
        }
    }

    /// Writes the records of a product; gives what it has none for.
    fn push(
        &mut self,
        exporter: &mut Exporter,
        entry: &ExportEntry,
        internal: &InternalNames,
    ) -> anyhow::Result<Vec<LeftOut>> {
        let public = internal.public(&entry.product);
        let product = ExportProduct { stated: &entry.product, public: &public };
        let Self::Records(LocaleFiles { format, framing, place, files, .. }) = self else {
            return self.push_table(entry);
        };
        let groups: Vec<&[Texts]> = match format.locales {
            LocaleMode::All => vec![entry.texts.as_slice()],
            LocaleMode::One => entry.texts.chunks(1).collect(),
        };
        let mut left_out = Vec::new();
        for texts in groups.into_iter().filter(|texts| !texts.is_empty()) {
            let (records, refused) = exporter.records(product, texts);
            left_out.extend(refused);
            let locale = texts.first().map(|texts| texts.locale.clone()).filter(|_| format.splits_locales());
            let number = files.len();
            let file = files.entry(locale).or_insert_with(|| {
                RecordFiles::new(place.clone(), number, framing.clone(), format.max_records, format.max_bytes)
            });
            for record in &records {
                file.push(record)?;
            }
        }
        Ok(left_out)
    }

    #[cfg(feature = "tables")]
    fn push_table(&mut self, entry: &ExportEntry) -> anyhow::Result<Vec<LeftOut>> {
        if let Self::Table(table) = self {
            for texts in &entry.texts {
                table.push(&entry.product, texts)?;
            }
        }
        Ok(Vec::new())
    }

    #[cfg(not(feature = "tables"))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as with tables")]
    fn push_table(&mut self, _: &ExportEntry) -> anyhow::Result<Vec<LeftOut>> {
        Ok(Vec::new())
    }

    fn end(self) -> anyhow::Result<(u64, Vec<(PendingFile, PathBuf)>)> {
        let records = self.records();
        let mut pending = Vec::new();
        match self {
            Self::Records(LocaleFiles { files, place, named, .. }) => {
                let files: Vec<_> = files.into_iter().filter(|(_, file)| file.records() > 0).collect();
                let named = named || files.len() > 1;
                for (locale, file) in files {
                    let place = match locale.filter(|_| named) {
                        Some(locale) => with_suffix(&place, &format!(".{locale}")),
                        None => place.clone(),
                    };
                    pending.extend(file.end(&place)?);
                }
            }
            #[cfg(feature = "tables")]
            Self::Table(table) => pending.extend(table.end()?),
        }
        Ok((records, pending))
    }
}
