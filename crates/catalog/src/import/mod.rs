//! Files of shops and feeds read into products.

mod entry;
pub mod json;
pub mod xml;

pub use entry::{Complaint, Entry};
