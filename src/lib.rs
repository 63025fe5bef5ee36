//! Skuscribe keeps a shop's product copy written: update messages in, checked content out.
//!
//! The modules are listed in the order data flows. `ARCHITECTURE.md` walks one message through them.

pub mod clock;
pub mod config;
pub mod failure;
pub mod lane;
pub mod redis;
pub mod shutdown;
pub mod slots;
pub mod telemetry;

pub mod content;
pub mod injection;
pub mod policy;
pub mod privacy;
pub mod product;
pub mod recipe;
pub mod similar;
pub mod store;

pub mod questions;

pub mod quota;

pub mod intake;

pub mod plan;

pub mod generate;

pub mod check;

pub mod commit;

pub mod announce;

pub mod answer;

pub mod broker;
pub mod catalog;
pub mod claims;
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the command line speaks to people")]
pub mod cli;
pub mod enrich;
pub mod feed;
pub mod gaps;
pub mod health;
pub mod in_hand;
#[cfg(feature = "tables")]
pub mod index;
pub mod jobs;
pub mod pipeline;
pub mod sandbox;
pub mod schemas;
#[cfg(feature = "search")]
pub mod search;
pub mod selection;
pub mod worker;
