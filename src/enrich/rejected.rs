//! `rejected.jsonl`: the lines of a run that were refused or failed, and why.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::line::LineResult;
use crate::failure::Failure;
use crate::intake::Update;

/// A line that could not be worked, as it stands in `rejected.jsonl`.
#[derive(Debug, Serialize)]
struct RejectedLine<'a> {
    line: u64,
    stage: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    error: &'a str,
    /// What to do, where the error does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
}

/// Writes `rejected.jsonl`, which is there only if a line was refused or failed.
pub(super) struct RejectedLines {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl RejectedLines {
    pub(super) fn new(path: PathBuf) -> anyhow::Result<Self> {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).with_context(|| {
                format!("{}: the file of an earlier run cannot be replaced", path.display())
            }),
            _ => Ok(Self { path, file: None }),
        }
    }

    /// Writes a line down, if it was refused or failed.
    pub(super) fn add(&mut self, result: &LineResult) -> anyhow::Result<()> {
        match result {
            LineResult::Stopped { .. } => Ok(()),
            LineResult::Refused { line, error } => self.write(&RejectedLine {
                line: *line,
                stage: "intake",
                sku: None,
                locale: None,
                column: Some(error.column.as_str()).filter(|column| !column.is_empty()),
                pointer: Some(&error.pointer),
                error: &error.to_string(),
                remedy: Some(error.remedy.as_str()).filter(|remedy| !remedy.is_empty()),
            }),
            LineResult::Failed { line, update, failure } => self.add_failure(*line, update, None, failure),
            LineResult::Done { line, update, reports } => {
                for report in reports {
                    if let Err(failure) = &report.result {
                        self.add_failure(*line, update, Some(report.locale.as_str()), failure)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn add_failure(
        &mut self,
        line: u64,
        update: &Update,
        locale: Option<&str>,
        failure: &Failure,
    ) -> anyhow::Result<()> {
        let retryable = failure.is_retryable();
        tracing::debug!(line, product.sku = %update.sku(), retry = retryable, error = %failure, "the line failed");
        let sku = Some(update.sku().as_str());
        self.write(&RejectedLine {
            line,
            stage: failure.stage,
            sku,
            locale,
            column: None,
            pointer: None,
            error: &failure.message,
            remedy: None,
        })
    }

    fn write(&mut self, rejected: &RejectedLine<'_>) -> anyhow::Result<()> {
        let path = self.path.display();
        if self.file.is_none() {
            if let Some(parent) = self.path.parent() {
                std::fs::create_dir_all(parent)
                    .with_context(|| format!("{path}: the folder cannot be made"))?;
            }
            let file =
                File::create(&self.path).with_context(|| format!("{path}: the file cannot be written"))?;
            self.file = Some(BufWriter::new(file));
        }
        if let Some(file) = &mut self.file {
            serde_json::to_writer(&mut *file, rejected)?;
            file.write_all(b"\n").with_context(|| format!("{path}: the file cannot be written"))?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        match self.file {
            Some(mut file) => {
                file.flush().with_context(|| format!("{}: the file cannot be written", self.path.display()))
            }
            None => Ok(()),
        }
    }
}
