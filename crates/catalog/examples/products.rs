//! Reads a catalog file and prints its products as JSON lines, what is doubtful to standard error; `--count` only counts.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command")]

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use skuscribe_catalog::import::input::InputFile;
use skuscribe_catalog::import::mapping::Mapping;
use skuscribe_catalog::import::reader::{Import, ImportOptions};

fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.iter().position(|argument| argument == "--count").map(|at| arguments.remove(at));
    let path = arguments.first().context("products [--count] FILE [MAPPING]")?;
    let mapping = arguments.get(1).map(|path| Mapping::load(Path::new(path))).transpose()?;
    let options = ImportOptions { mapping: mapping.map(Into::into), ..ImportOptions::default() };
    let aside = std::env::temp_dir().join(format!("products-{}", std::process::id()));
    let import = Import::open(&InputFile::open(Path::new(path))?, &options, &aside)?;
    eprintln!(
        "{} {} {} {:?}",
        import.shape.format, import.shape.encoding, import.shape.separator, import.shape.rows
    );
    for warning in &import.shape.warnings {
        eprintln!("warning: {warning}");
    }
    let (mut products, mut refused) = (0u64, 0u64);
    for entry in import.entries {
        match entry? {
            Ok(entry) => {
                products += 1;
                if count.is_none() {
                    entry.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
                    println!("{}", Value::Object(entry.product));
                }
            }
            Err(complaint) => {
                refused += 1;
                if count.is_none() {
                    eprintln!("refused: {complaint}");
                }
            }
        }
    }
    eprintln!("{products} products, {refused} refused");
    Ok(())
}
