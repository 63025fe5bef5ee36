//! Arguments that name a catalog file, and what is told of it.

use std::path::PathBuf;

use clap::Args;

use super::terminal::printable;
use crate::catalog::{CatalogFile, CatalogReader, FileNotes, ReadOptions};
use crate::config::Config;

#[derive(Clone, Debug, Args)]
pub(super) struct CatalogArgs {
    /// A catalog file of any format (`skuscribe inspect` shows how it is read), `-` for standard input,
    /// <s3://bucket/key> or <https://…>.
    pub(super) file: PathBuf,
    /// What the columns of the file, or the keys of JSON and XML, hold where their names do not say it (TOML).
    #[arg(long, value_name = "FILE")]
    pub(super) map: Option<PathBuf>,
    /// Akeneo's attributes and attribute options (JSON), by whose labels codes in the file are read.
    #[arg(long, value_name = "FILE")]
    pub(super) labels: Option<PathBuf>,
    /// The channel whose values count, where the file has several; else the first.
    #[arg(long, value_name = "NAME")]
    pub(super) scope: Option<String>,
}

impl CatalogArgs {
    /// Opens the file, and tells what it is.
    pub(super) async fn open(
        &self,
        config: &Config,
        salt: String,
        force: bool,
    ) -> anyhow::Result<CatalogReader> {
        let reader = self.open_quietly(config, salt, force).await?;
        eprintln!("{}", printable(&format!("{}: {}", self.name(), reader.shape_line())));
        Ok(reader)
    }

    /// Opens the file.
    pub(super) async fn open_quietly(
        &self,
        config: &Config,
        salt: String,
        force: bool,
    ) -> anyhow::Result<CatalogReader> {
        self.open_as(config, ReadOptions { salt, force, ..self.options() }).await
    }

    /// Opens the file for its columns or keys alone.
    pub(super) async fn open_draft(&self, config: &Config) -> anyhow::Result<CatalogReader> {
        self.open_as(config, ReadOptions { draft: true, ..self.options() }).await
    }

    async fn open_as(&self, config: &Config, options: ReadOptions) -> anyhow::Result<CatalogReader> {
        let file = CatalogFile::fetch(&self.file, config).await?;
        tokio::task::block_in_place(|| CatalogReader::open(file, &options))
    }

    fn options(&self) -> ReadOptions {
        let (map, labels, scope) = (self.map.clone(), self.labels.clone(), self.scope.clone());
        ReadOptions { map, labels, scope, ..ReadOptions::default() }
    }

    /// What people called it.
    pub(super) fn name(&self) -> String {
        self.file.display().to_string()
    }
}

/// Tells what was noticed while a file was read.
pub(super) fn tell_notes(notes: &FileNotes) {
    for line in notes.lines() {
        eprintln!("{}", printable(&line));
    }
}
