//! Files of shops and feeds read into products.

pub mod delimited;
pub mod dialect;
pub mod encoding;
mod entry;
pub mod columns;
pub mod families;
pub mod format;
pub mod input;
pub mod row;
pub mod json;

pub use delimited::DelimitedReader;
pub use entry::{Complaint, Entry};

/// Longest row that is read, in bytes: what a message may have.
pub const ROW_BYTES_MAX: usize = 1 << 20;
