//! Skuscribe keeps a shop's product copy written: update messages in, checked content out.
//!
//! The modules are listed in the order data flows, from what lies below all stages to what joins them; a module imports
//! from those above it and never from those below. `ARCHITECTURE.md` follows one message through them.

// Below all stages.
pub mod clock;
pub mod delays;
pub mod failure;
pub mod lane;
pub mod shutdown;

pub mod http;

pub mod config;
pub mod telemetry;

// What is outside.
pub mod broker;
pub mod redis;
pub mod store;

pub mod limits;

pub mod provenance;

// The stages. The rules of the check stage are the crate `skuscribe_check`.
pub mod intake;
pub mod plan;

pub mod generate;

pub mod check;
pub mod commit;

pub mod announce;

// What changed, catalogs, and bulk work.
pub mod feed;

pub mod catalog;
pub mod jobs;

pub mod export;

// What joins the stages, and who drives it.
pub mod pipeline;
pub mod review;
pub mod samples;

pub mod enrich;
pub mod worker;

pub mod answers;

#[cfg(feature = "console")]
pub mod console;

pub mod schemas;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the command line speaks to people")]
pub mod cli;
