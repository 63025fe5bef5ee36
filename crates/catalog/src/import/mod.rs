//! Files of shops and feeds read into products.

pub mod columns;
pub mod delimited;
pub mod dialect;
pub mod encoding;
mod entry;
pub mod families;
pub mod format;
pub mod input;
pub mod json;
pub mod row;
pub mod xlsx;
pub mod xml;

pub use delimited::DelimitedReader;
pub use entry::{Complaint, Entry};

/// Longest row that is read, in bytes: what a message may have.
pub const ROW_BYTES_MAX: usize = 1 << 20;
