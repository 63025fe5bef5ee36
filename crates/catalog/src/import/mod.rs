//! Files of shops and feeds read into products.

mod entry;

pub use entry::{Complaint, Entry};
