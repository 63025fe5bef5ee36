//! The console: where people look, decide, steer and undo.

pub mod filter;
pub mod read_model;
