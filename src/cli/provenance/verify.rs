//! `skuscribe provenance verify`: who wrote a text that somebody found.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use super::print;
use crate::config::Config;
use crate::provenance::{AuthorStatus, author_of};

/// Most bytes of a text.
const BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The text, plain or HTML; - for standard input.
    #[arg(required_unless_present = "file", allow_hyphen_values = true)]
    text: Option<String>,
    /// Read it from a file.
    #[arg(long, conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let text = match (&args.file, args.text.as_deref()) {
        (Some(path), _) => of_file(path)?,
        (None, Some("-")) => read(std::io::stdin().lock(), "standard input")?,
        (None, Some(text)) => text.to_owned(),
        (None, None) => bail!("name a text, --file FILE, or - for standard input"),
    };
    ensure!(!text.trim().is_empty(), "the text is empty");
    let store = crate::store::open(&config.store).await?;
    let trusted = super::trusted_keys(config)?;
    let author = author_of(&*store, &trusted, &text).await?;
    if args.json {
        println!("{}", serde_json::to_string(&author)?);
    } else {
        for found in &author.records {
            print::record(found);
        }
        match author.status {
            AuthorStatus::Proven => {}
            AuthorStatus::PartlyProven => println!(
                "only a part of the text is proven: of {} of its lines there is no record",
                author.lines_unknown
            ),
            AuthorStatus::NotProven => println!("a record is there, but nothing proves it"),
            AuthorStatus::Unknown => println!(
                "unknown: no record of this text is in {}; a single changed word makes it another text",
                store.location()
            ),
        }
    }
    let is_proven = author.status == AuthorStatus::Proven;
    Ok(if is_proven { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn of_file(path: &Path) -> anyhow::Result<String> {
    let name = path.display().to_string();
    read(std::fs::File::open(path).with_context(|| format!("{name}: it cannot be read"))?, &name)
}

fn read(from: impl std::io::Read, name: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    from.take(BYTES_MAX + 1).read_to_end(&mut bytes).with_context(|| format!("{name}: it cannot be read"))?;
    ensure!(bytes.len() as u64 <= BYTES_MAX, "{name}: a text has at most {BYTES_MAX} bytes");
    String::from_utf8(bytes).with_context(|| format!("{name}: it is no UTF-8"))
}
