//! Files of shops and feeds read into products.

pub mod delimited;
pub mod dialect;
pub mod encoding;
mod entry;
pub mod format;
pub mod input;
pub mod row;

pub use delimited::DelimitedReader;
pub use entry::{Complaint, Entry};

/// Longest row that is read, in bytes: what a message may have.
pub const ROW_BYTES_MAX: usize = 1 << 20;
