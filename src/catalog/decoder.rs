//! What turns a record of a file into an update, or the message that carries it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use skuscribe_catalog::import::columns::{Columns, Held};
use skuscribe_catalog::import::format::Holds;

use super::{FileNotes, Record, RecordContent, Refusal};
use crate::intake::{Fallback, Origin, Update, complete_message, complete_value, decode, decode_value};

/// What turns a record into an update.
#[derive(Clone, Debug)]
pub struct RecordDecoder {
    pub(super) modified: Timestamp,
    pub(super) salt: String,
    pub(super) force: bool,
    /// The column of a place in a product, where the file is a table.
    pub(super) places: Arc<HashMap<String, String>>,
    pub(super) notes: FileNotes,
}

impl RecordDecoder {
    /// The file's time belongs to the salt: facts that go back to what they once were are news, not a redelivery.
    pub(super) fn new(modified: Timestamp, salt: &str, force: bool) -> Self {
        Self {
            modified,
            salt: format!("{salt}/{}", modified.as_microsecond()),
            force,
            places: Arc::default(),
            notes: FileNotes::default(),
        }
    }

    /// Decodes a record into an update.
    ///
    /// # Errors
    /// With the place, the rule, the value seen, and what to do.
    pub fn update(&self, record: Record) -> Result<Update, Refusal> {
        let update = self.prepare(record).and_then(|(content, origin)| {
            let update = match content {
                RecordContent::Json(bytes) => decode(&bytes, &origin),
                RecordContent::Row(row) => decode_value(row, &origin),
            };
            update.map_err(|error| Refusal::of_intake(error, &self.places))
        });
        self.notes.judge(update.is_ok());
        update
    }

    /// Turns a record into the id and body of a message, checked as a worker would check it.
    ///
    /// # Errors
    /// As [`RecordDecoder::update`].
    pub fn message(&self, record: Record) -> Result<(String, Vec<u8>), Refusal> {
        let message = self.prepare(record).and_then(|(content, origin)| {
            let message = || {
                let message = match content {
                    RecordContent::Json(bytes) => complete_message(&bytes, &origin)?,
                    RecordContent::Row(row) => complete_value(row, &origin)?,
                };
                let body = message.to_string().into_bytes();
                let update = decode(&body, &Origin::default())?;
                Ok((update.id().to_owned(), body))
            };
            message().map_err(|error| Refusal::of_intake(error, &self.places))
        });
        self.notes.judge(message.is_ok());
        message
    }

    fn prepare(&self, record: Record) -> Result<(RecordContent, Origin), Refusal> {
        let content = record.content?;
        let micros = self.modified.as_microsecond();
        // A later line of the same file is newer, should both speak of one SKU.
        let occurred_at =
            Timestamp::from_microsecond(micros.saturating_add_unsigned(record.line)).unwrap_or(self.modified);
        let origin = Origin {
            fallback: Some(Fallback { occurred_at, salt: self.salt.clone(), force: self.force }),
            seen_before: true,
            config_changes: true,
            now: Some(Timestamp::now()),
            ..Origin::default()
        };
        Ok((content, origin))
    }
}

/// The column of each place in a product.
pub(super) fn places(columns: &Columns) -> HashMap<String, String> {
    let field = |holds| match holds {
        Holds::Sku | Holds::Id => Some("sku"),
        Holds::Title => Some("title"),
        Holds::Brand => Some("brand"),
        Holds::Gtin => Some("gtin"),
        Holds::Category => Some("category"),
        Holds::Description => Some("description"),
        Holds::Version => Some("version"),
        _ => None,
    };
    let of = |(column, held): (&str, &Held)| {
        let place = match field(held.is) {
            Some(field) if held.locale.is_none() => format!("/product/{field}"),
            None if held.is == Holds::Attribute => format!("/product/attributes/{}", held.name),
            None if held.is == Holds::Locale => "/locales/0".to_owned(),
            _ => return None,
        };
        Some((place, column.to_owned()))
    };
    columns.iter().filter_map(of).collect()
}
