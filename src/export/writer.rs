//! Where the records of an export go: files by locale, or a table.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use skuscribe_catalog::export::{
    ExportProduct, Exporter, Format, FormatLayout, Framing, LeftOut, LocaleMode, Texts,
};
use skuscribe_check::internal::InternalNames;
use skuscribe_check::product::Locale;

use super::ExportEntry;
use super::files::{PendingFile, RecordFiles, with_suffix};
#[cfg(feature = "tables")]
use super::parquet;

/// Where records go: files by locale, or a table.
#[derive(Debug)]
pub(super) enum Writer {
    Records(LocaleFiles),
    #[cfg(feature = "tables")]
    Table(Box<parquet::TableFile>),
}

/// Files of records: one a locale where a record speaks of one, else one.
#[derive(Debug)]
pub(super) struct LocaleFiles {
    format: &'static Format,
    framing: Framing,
    place: PathBuf,
    files: BTreeMap<Option<Locale>, RecordFiles>,
    /// Whether the names say the locale, also where there turns out to be one alone.
    named: bool,
}

impl Writer {
    pub(super) fn new(
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

    pub(super) fn records(&self) -> u64 {
        match self {
            Self::Records(files) => files.files.values().map(RecordFiles::records).sum(),
            #[cfg(feature = "tables")]
            Self::Table(table) => table.rows(),
        }
    }

    /// Writes the records of a product; gives what it has none for.
    pub(super) fn push(
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

    pub(super) fn end(self) -> anyhow::Result<(u64, Vec<(PendingFile, PathBuf)>)> {
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
