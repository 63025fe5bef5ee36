//! How a file is to be read, and what it is found to be.

use std::sync::Arc;

use super::Complaint;
use super::input::Packing;
use super::json;
use super::mapping::Mapping;

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The shop's own mapping of columns, or of keys.
    pub mapping: Option<Arc<Mapping>>,
    /// Whether only its columns or keys are wanted, for a mapping to be drafted: a file without a SKU is opened, too.
    pub draft: bool,
    /// What attributes and options are called whose codes stand in the file.
    pub labels: Arc<json::Labels>,
    /// The channel whose values count, where the file has several; else the first.
    pub scope: Option<String>,
}

impl ImportOptions {
    /// Whether keys of JSON and XML are read as the columns of a table.
    #[must_use]
    pub fn reads_keys(&self) -> bool {
        self.draft || self.mapping.is_some()
    }

    /// What the readers of JSON and XML are told.
    #[must_use]
    pub fn settings(&self) -> json::Settings {
        json::Settings { locale: None, scope: self.scope.clone(), labels: (*self.labels).clone() }
    }
}

/// What a file is.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Its format, for people.
    pub format: String,
    /// Its encoding, and how it is known; empty where it is no text.
    pub encoding: String,
    /// How it is packed.
    pub packing: Packing,
    /// What stands between its cells; empty where it is no table.
    pub separator: &'static str,
    /// Rows; `None` where they are not counted beforehand.
    pub rows: Option<u64>,
    /// Whether every line is an update message or a product in our own form, which needs no reading but its own.
    pub lines: bool,
    /// What is doubtful about the file as a whole.
    pub warnings: Vec<Complaint>,
}
