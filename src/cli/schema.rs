//! `skuscribe schema`: print a contract, or write all of them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::reference;
use crate::schemas;

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// The contract; left out, their names are printed.
    name: Option<String>,
    /// Write every contract into a folder.
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    write: Option<PathBuf>,
    /// Write the generated pages of the documentation into a folder.
    #[arg(long, value_name = "DIR", conflicts_with = "name", hide = true)]
    docs: Option<PathBuf>,
}

pub(super) fn run(args: &SchemaArgs) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &args.write {
        return write(folder, schemas::files()?);
    }
    if let Some(folder) = &args.docs {
        return write(folder, reference::files()?);
    }
    let all = schemas::all();
    let Some(name) = &args.name else {
        for (name, _) in &all {
            println!("{name}");
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some((_, schema)) = all.iter().find(|(schema, _)| schema == name) else {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        bail!("there is no schema {name:?}; known are {}", names.join(", "));
    };
    println!("{}", serde_json::to_string_pretty(schema)?);
    Ok(ExitCode::SUCCESS)
}

fn write(folder: &Path, files: Vec<(String, String)>) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
