//! Integration tests: the real broker, the real S3 protocol, the sandbox model, the real binary.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::let_underscore_must_use,
    reason = "test harness"
)]

mod bad_input;
mod command_line;
mod contracts;
mod drain;
mod enriching;
mod harness;
mod s3;
mod sandboxed;
mod store;
mod working;
