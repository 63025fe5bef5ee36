//! The `skuscribe` binary: parses the command line and hands over to `cli`.

use std::process::ExitCode;

/// Measured: `make bench` (a) and (b) with and without it stand in docs/development/benchmarks.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    skuscribe::cli::run()
}
