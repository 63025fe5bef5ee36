//! Files of shops and feeds read into products.

mod ahead;
mod archive;
mod aside;
mod assemble;
mod column_name;
pub mod columns;
pub mod delimited;
pub mod dialect;
pub mod encoding;
mod entry;
pub mod families;
pub mod format;
mod header_again;
mod holds;
mod identifier;
pub mod input;
mod joined;
pub mod json;
mod keyed;
mod lines;
pub mod mapping;
mod options;
mod pairs;
pub mod reader;
pub mod row;
pub mod table;
mod variants;
pub mod xlsx;
pub mod xml;

pub use delimited::DelimitedReader;
pub use entry::{Complaint, Entry};
pub use pairs::gtin_fault;

/// Longest row that is read, in bytes: what a message may have.
pub const ROW_BYTES_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests;
