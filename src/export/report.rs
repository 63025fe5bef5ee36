//! What an export left out, counted by reason and written down one a line.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use skuscribe_catalog::export::{LeftOut, LeftOutReason};

use super::files::PendingFile;

/// Lines that are kept to be shown where no file is written.
const SHOWN_MAX: usize = 20;

/// What was left out of an export.
#[derive(Debug)]
pub struct LeftOutReport {
    file: Option<PendingFile>,
    counts: BTreeMap<LeftOutReason, u64>,
    /// The first ones.
    first: Vec<LeftOut>,
}

impl LeftOutReport {
    /// One that is written to a file, where a place is given.
    pub(super) fn new(place: Option<&Path>) -> anyhow::Result<Self> {
        let file = place.map(|place| PendingFile::create(place, "0")).transpose()?;
        Ok(Self { file, counts: BTreeMap::new(), first: Vec::new() })
    }

    pub(super) fn push(&mut self, left_out: LeftOut) -> anyhow::Result<()> {
        *self.counts.entry(left_out.reason).or_default() += 1;
        if let Some(file) = &mut self.file {
            serde_json::to_writer(&mut *file, &left_out)?;
            file.write_all(b"\n")?;
        }
        if self.first.len() < SHOWN_MAX {
            self.first.push(left_out);
        }
        Ok(())
    }

    /// Puts the file at its place; removes an earlier export's where there is nothing to say.
    pub(super) fn place(&mut self, place: &Path) -> anyhow::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.end()?;
        if self.count() > 0 {
            return file.place(place);
        }
        match std::fs::remove_file(place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| place.display().to_string())
            }
            _ => Ok(()),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Whether a published text was kept out, so that somebody has to act.
    #[must_use]
    pub fn is_published_left_out(&self) -> bool {
        self.counts.keys().any(|reason| reason.is_published())
    }

    /// How many there are, by reason.
    pub fn counts(&self) -> impl Iterator<Item = (LeftOutReason, u64)> + '_ {
        self.counts.iter().map(|(reason, count)| (*reason, *count))
    }

    /// The first ones, as an example.
    #[must_use]
    pub fn first(&self) -> &[LeftOut] {
        &self.first
    }
}
