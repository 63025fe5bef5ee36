//! The web console: people look at what waits, decide, steer jobs, and undo. Everything goes through the same functions as the
//! command line; the store stays the truth, the read model is a cache of it.
//!
//! `server.rs` has the routes; `access/` says who may; `pages/` shows; `api/` is the same for programs; `read_model/` answers
//! what the store cannot be asked quickly.

mod access;
mod address;
mod age;
pub mod api;
mod assets;
mod bulk;
mod error;
pub mod filter;
mod headers;
mod job_requests;
mod language;
mod marked;
mod pages;
pub mod read_model;
mod recent;
mod server;
mod state;

pub use access::{Person, Role, Tokens, new_token};
pub use state::{Console, ConsoleParts};
