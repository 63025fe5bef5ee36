//! The part of `skuscribe eval` that needs the checks alone, in a program that links in seconds:
//! `cargo run --release -p skuscribe-eval --example texts -- FOLDER_OR_FILE… [--disagreements] [--mutants] [--record]`.
//! With `--record` it prints the figures as `before.toml` has them behind everything else.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a program for development")]

use std::path::Path;

use skuscribe_eval::alone::{EvalOptions, Evaluated, evaluate};
use skuscribe_eval::before::Figures;
use skuscribe_eval::checks::Checks;
use skuscribe_eval::lines::files;

fn main() -> anyhow::Result<()> {
    let checks = Checks::built_in()?;
    let (flags, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let options = EvalOptions { mutants: has("--mutants"), disagreements: has("--disagreements") };
    let mut figures = Figures::kept()?;
    anyhow::ensure!(!paths.is_empty(), "name a folder of JSONL files, or files");
    for path in &paths {
        for file in &files(Path::new(path))? {
            if let Evaluated::Left(_) = evaluate(&checks, file, options, &mut figures)? {
                eprintln!("{}: left out, it needs the whole product or other flags", file.display());
            }
        }
    }
    if has("--record") {
        println!("{}", figures.as_toml());
    }
    Ok(())
}
