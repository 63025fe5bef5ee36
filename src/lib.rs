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

pub mod config;
pub mod telemetry;

// What is outside.
pub mod broker;
pub mod redis;
pub mod store;

pub mod limits;

// The stages. The check stage's rules are the crate `skuscribe_check`.
pub mod announce;
pub mod check;
pub mod commit;
pub mod generate;
pub mod intake;
pub mod plan;

// Catalogs, bulk work, and what changed.
pub mod catalog;
pub mod feed;
pub mod jobs;

// What joins the stages, and who drives them.
pub mod answers;
pub mod enrich;
pub mod pipeline;
pub mod review;
pub mod worker;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the command line speaks to people")]
pub mod cli;
pub mod schemas;
