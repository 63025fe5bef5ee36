//! `rejected.jsonl`: the lines of a run that were refused or failed, and why.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::{Summary, Worked};
use crate::failure::Failure;
use crate::intake::Update;
use skuscribe_check::content::Outcome;

/// A line that could not be worked, as it stands in `rejected.jsonl`.
#[derive(Debug, Serialize)]
struct Rejected<'a> {
    line: u64,
    stage: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    error: &'a str,
}

/// Writes `rejected.jsonl`, which is there only if a line was refused or failed.
pub(super) struct RefusedLines {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl RefusedLines {
    pub(super) fn new(path: PathBuf) -> anyhow::Result<Self> {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).with_context(|| {
                format!("{}: the file of an earlier run cannot be replaced", path.display())
            }),
            _ => Ok(Self { path, file: None }),
        }
    }

    pub(super) fn note(&mut self, summary: &mut Summary, worked: &Worked) -> anyhow::Result<()> {
        summary.finished += 1;
        match worked {
            Worked::Stopped { .. } => {
                summary.finished -= 1;
                Ok(())
            }
            Worked::Refused { line, error } => {
                summary.rejected += 1;
                let message = error.to_string();
                summary.first_problem.get_or_insert_with(|| format!("line {line}: {message}"));
                self.write(&Rejected {
                    line: *line,
                    stage: "intake",
                    sku: None,
                    locale: None,
                    pointer: Some(&error.pointer),
                    error: &message,
                })
            }
            Worked::Failed { line, update, failure } => {
                *summary.outcomes.entry(Outcome::Failed).or_default() += 1;
                summary.first_problem.get_or_insert_with(|| format!("line {line}: {failure}"));
                self.fail(*line, update, None, failure)
            }
            Worked::Done { line, update, reports } => {
                for report in reports {
                    summary.add(report);
                    if let Err(failure) = &report.result {
                        summary.first_problem.get_or_insert_with(|| format!("line {line}: {failure}"));
                        self.fail(*line, update, Some(report.locale.as_str()), failure)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn fail(
        &mut self,
        line: u64,
        update: &Update,
        locale: Option<&str>,
        failure: &Failure,
    ) -> anyhow::Result<()> {
        let retryable = failure.is_retryable();
        tracing::debug!(line, product.sku = %update.sku(), retry = retryable, error = %failure, "the line failed");
        let sku = Some(update.sku().as_str());
        self.write(&Rejected {
            line,
            stage: failure.stage,
            sku,
            locale,
            pointer: None,
            error: &failure.message,
        })
    }

    fn write(&mut self, rejected: &Rejected<'_>) -> anyhow::Result<()> {
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
