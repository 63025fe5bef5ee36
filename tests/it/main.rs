//! Integration tests: the real broker, the real S3 protocol, the sandbox model, the real binary.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::let_underscore_must_use,
    reason = "test harness"
)]

mod adapting;
mod answering;
mod bad_input;
mod billing;
mod broken_objects;
mod chaos;
mod checking;
mod command_line;
#[cfg(feature = "console")]
mod console;
mod contracts;
mod cost;
mod crash_points;
mod deciding;
mod documentation;
mod drain;
mod enriching;
mod events;
mod exporting;
mod fallback;
mod feeding;
mod front;
mod harness;
mod healing;
mod health;
mod hostile;
mod importing;
mod jobs;
mod keeping_back;
mod labels;
mod lanes;
mod ledger;
mod letters;
mod memory;
mod model_states;
mod node;
mod process;
mod prose;
mod provenance;
mod quirks;
mod quota;
mod raw;
#[cfg(feature = "console")]
mod read_model;
mod recipes;
mod relay;
mod reviewing;
mod reviewing_many;
mod s3;
mod sampling;
mod sandboxed;
mod simulation;
mod store;
mod store_faults;
#[cfg(feature = "tables")]
mod tables;
mod trust;
mod visitors;
mod wire;
mod working;
