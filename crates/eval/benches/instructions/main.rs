//! How many instructions the checks take: the program runs itself under valgrind's callgrind and compares with
//! `benches/instructions.toml`. Counts differ by less than a percent from run to run, whatever else the machine does.
//!
//! `cargo bench -p skuscribe-eval --bench instructions -- [--check] [--record] [--long] [NAME…]`: `--check` fails on more
//! than is allowed, `--record` writes the file anew, `--long` adds the texts of 1 MB, and names choose works by their
//! beginning.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "figures for people")]

mod gate;
mod works;

use std::process::ExitCode;

use works::Work;

/// The argument that has the program do the works, to be counted.
const WORK: &str = "--work";

fn main() -> anyhow::Result<ExitCode> {
    // Cargo adds this one.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let Some((first, names)) = arguments.split_first()
        && first == WORK
    {
        works::run(names)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (flags, names): (Vec<String>, Vec<String>) =
        arguments.into_iter().partition(|argument| argument.starts_with("--"));
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let chosen: Vec<Work> = Work::all(has("--long"))
        .into_iter()
        .filter(|work| names.is_empty() || names.iter().any(|name| work.name().starts_with(name)))
        .collect();
    let counts = gate::count(&chosen)?;
    if has("--record") {
        gate::record(&counts)?;
    }
    let is_kept = gate::print(&counts)?;
    Ok(if has("--check") && !is_kept { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
