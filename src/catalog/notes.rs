//! What is noticed while a file is read: warnings about rows, and whether it is the wrong file.

use std::sync::{Arc, Mutex, PoisonError};

use skuscribe_catalog::import::Complaint;

/// Warnings that are kept to be shown; the others are counted.
const SHOWN_MAX: usize = 5;
/// Refused rows, without a good one, after which a file is taken for a wrong one.
const COMPLAINTS_MAX: u64 = 10;

/// What is noticed while a file is read, shared by whoever reads and whoever tells.
#[derive(Clone, Debug, Default)]
pub struct FileNotes(Arc<Mutex<Noted>>);

#[derive(Debug)]
struct Noted {
    kept: usize,
    patient: bool,
    warnings: u64,
    shown: Vec<String>,
    good: u64,
    refused: u64,
}

impl Default for Noted {
    fn default() -> Self {
        Self { kept: SHOWN_MAX, patient: false, warnings: 0, shown: Vec::new(), good: 0, refused: 0 }
    }
}

impl FileNotes {
    /// Keeps so many warnings to be shown.
    pub fn keep(&self, count: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept = count;
    }

    /// Goes on however many rows are refused: whoever reads tells what is wrong with them.
    pub fn be_patient(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).patient = true;
    }

    /// Whether it is the wrong file: so many rows were refused, and none was good.
    #[must_use]
    pub fn is_wrong_file(&self) -> bool {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.good == 0 && noted.refused >= COMPLAINTS_MAX
    }

    /// Notes what a message about a row says.
    pub fn warn_of_row(&self, row: u64, message: &str) {
        self.warn(&Complaint::new(row, message, ""));
    }

    /// The warnings that are kept.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).shown.clone()
    }

    /// How many warnings there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).warnings
    }

    /// Notes what is doubtful about a row.
    pub(super) fn warn(&self, complaint: &Complaint) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.warnings += 1;
        if noted.shown.len() < noted.kept {
            noted.shown.push(complaint.to_string());
        }
    }

    /// Notes whether a row was good.
    pub(super) fn judge(&self, good: bool) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if good {
            noted.good += 1;
        } else {
            noted.refused += 1;
        }
    }

    /// Why the file is a wrong one, once so many rows were refused and none was good.
    pub(super) fn wrong_file(&self) -> Option<String> {
        let patient = self.0.lock().unwrap_or_else(PoisonError::into_inner).patient;
        (!patient && self.is_wrong_file()).then(|| {
            format!(
                "the first {COMPLAINTS_MAX} products were refused and none was good; is this the right file? skuscribe inspect shows how it is read"
            )
        })
    }

    /// The warnings so far, for people: the first of them, and how many there are.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines: Vec<String> =
            noted.shown.iter().map(|warning| format!("warning: {warning}")).collect();
        let more = noted.warnings - noted.shown.len() as u64;
        if more > 0 {
            lines.push(format!("{more} more warnings; skuscribe inspect lists them"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_wrong_one_after_ten_refusals_and_no_good_row() {
        let notes = FileNotes::default();
        for _ in 0..9 {
            notes.judge(false);
        }
        assert!(notes.wrong_file().is_none());
        notes.judge(false);
        assert!(notes.wrong_file().is_some());
        notes.judge(true);
        assert!(notes.wrong_file().is_none());
    }
}
