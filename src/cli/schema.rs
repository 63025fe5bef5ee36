//! `skuscribe schema`: print a contract, or write all of them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::schemas;

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// The contract; left out, their names are printed.
    name: Option<String>,
    /// Write every contract into a folder.
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    write: Option<PathBuf>,
}

pub(super) fn run(args: &SchemaArgs) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &args.write {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        for (name, text) in schemas::files()? {
            let path = folder.join(name);
            std::fs::write(&path, text).with_context(|| path.display().to_string())?;
            println!("{}", path.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let all = schemas::all();
    let Some(name) = &args.name else {
        for (name, _) in &all {
            println!("{name}");
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some((_, schema)) = all.iter().find(|(own, _)| own == name) else {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        bail!("there is no schema {name:?}; known are {}", names.join(", "));
    };
    println!("{}", serde_json::to_string_pretty(schema)?);
    Ok(ExitCode::SUCCESS)
}
