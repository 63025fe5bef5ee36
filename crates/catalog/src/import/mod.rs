//! Files of shops and feeds read into products.

mod entry;
pub mod json;
pub mod xlsx;
pub mod xml;

pub use entry::{Complaint, Entry};
