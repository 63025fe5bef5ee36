//! The console: where people look, decide, steer and undo.

mod age;
pub mod filter;
pub mod read_model;
