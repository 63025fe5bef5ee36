//! `skuscribe recipe`: scaffold one, run it on products, compare two versions of it on the same products.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};

use super::dry_run;
use super::kept_back::KeptBack;
use super::samples::{show, show_both, totals};
use super::terminal::{Columns, cut};
use crate::config::Config;
use skuscribe_check::product::{Locale, Product};
use skuscribe_check::recipe::files_of;

/// The products that a recipe is tried on where no file is named.
const SAMPLES: &str = include_str!("../../samples/catalog.jsonl");

#[derive(Debug, Args)]
pub(super) struct RecipeArgs {
    #[command(subcommand)]
    action: RecipeAction,
}

#[derive(Debug, Subcommand)]
enum RecipeAction {
    /// Every recipe with its languages and limits.
    List,
    /// Write the three files of a new recipe, to be changed.
    New {
        /// Its name: lower-case letters, digits and _.
        name: String,
        /// The folder of recipes (recipes.folder).
        #[arg(long)]
        folder: PathBuf,
        /// The built-in recipe to begin from.
        #[arg(long, default_value = "description")]
        from: String,
    },
    /// Run a recipe on products: texts, findings, lengths, cost.
    Test {
        /// The recipe.
        name: String,
        #[command(flatten)]
        input: RecipeInput,
    },
    /// The same products by two versions of a recipe, one beside the other.
    Diff {
        /// The recipe.
        name: String,
        /// The folder of recipes that holds the other version.
        #[arg(long)]
        with: PathBuf,
        #[command(flatten)]
        input: RecipeInput,
    },
}

#[derive(Debug, Args)]
struct RecipeInput {
    /// JSONL of products; the samples of the demo where it is left out.
    #[arg(long)]
    catalog: Option<PathBuf>,
    /// Products, from the start of the file.
    #[arg(long, default_value_t = 3)]
    limit: usize,
    /// The locale to write.
    #[arg(long, default_value = "en-US")]
    locale: Locale,
    /// Ask the sandbox, a stand-in, and no model.
    #[arg(long)]
    #[cfg(feature = "sandbox")]
    sandbox: bool,
}

pub(super) async fn run(mut config: Config, args: RecipeArgs) -> anyhow::Result<ExitCode> {
    match args.action {
        RecipeAction::List => {
            let mut columns = Columns::new(0, &[]);
            for recipe in config.load_recipes()?.all() {
                let limits = recipe.limits.iter().map(|limit| format!("{} {}", limit.at, limit.max));
                let enabled = if config.recipes.enabled.contains(&recipe.name) { "enabled" } else { "" };
                columns.row([
                    &recipe.name,
                    &recipe.version,
                    enabled,
                    &recipe.languages.join(" "),
                    &cut(&limits.collect::<Vec<_>>().join(", "), 110),
                ]);
            }
            print!("{columns}");
            Ok(ExitCode::SUCCESS)
        }
        RecipeAction::New { name, folder, from } => scaffold(&name, &folder, &from),
        RecipeAction::Test { name, input } => {
            config.recipes.enabled = vec![name.clone()];
            let products = products(&input)?;
            let _sandbox = start_sandbox(&mut config, &input).await?;
            let runs = dry_run::run(&config, &products, &input.locale).await?;
            runs.iter().for_each(show);
            println!("{}", totals(&runs, &config.quota.currency));
            let (internal, mut kept) = (config.internal_names()?, KeptBack::default());
            for product in &products {
                kept.add(product, &internal);
            }
            if kept.any() {
                println!("{}", kept.line());
            }
            Ok(ExitCode::SUCCESS)
        }
        RecipeAction::Diff { name, with, input } => {
            config.recipes.enabled = vec![name.clone()];
            let products = products(&input)?;
            let _sandbox = start_sandbox(&mut config, &input).await?;
            let mut other = config.clone();
            other.recipes.folder = with.display().to_string();
            let version = |config: &Config| -> anyhow::Result<String> {
                let recipes = config.load_recipes()?;
                let recipe = recipes.get(&name).with_context(|| format!("there is no recipe {name:?}"))?;
                Ok(recipe.version.clone())
            };
            let (left, right) = (version(&config)?, version(&other)?);
            let (first, second) = (
                dry_run::run(&config, &products, &input.locale).await?,
                dry_run::run(&other, &products, &input.locale).await?,
            );
            for (one, two) in first.iter().zip(&second) {
                show_both(one, two);
            }
            println!("version {left}: {}", totals(&first, &config.quota.currency));
            println!("version {right} of {}: {}", with.display(), totals(&second, &config.quota.currency));
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[cfg(feature = "sandbox")]
async fn start_sandbox(
    config: &mut Config,
    input: &RecipeInput,
) -> anyhow::Result<Option<skuscribe_sandbox::Sandbox>> {
    if !input.sandbox {
        return Ok(None);
    }
    dry_run::with_sandbox(config, skuscribe_sandbox::Behaviour::default()).await.map(Some)
}

#[cfg(not(feature = "sandbox"))]
#[expect(clippy::unused_async, clippy::unnecessary_wraps, reason = "as with the sandbox")]
async fn start_sandbox(_: &mut Config, _: &RecipeInput) -> anyhow::Result<()> {
    Ok(())
}

fn products(input: &RecipeInput) -> anyhow::Result<Vec<Product>> {
    let (text, name) = match &input.catalog {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{}: the file cannot be read", path.display()))?;
            (text, path.display().to_string())
        }
        None => (SAMPLES.to_owned(), "the samples".to_owned()),
    };
    // Many programs begin a file with a byte order mark.
    let lines = text
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .take(input.limit);
    lines
        .map(|(number, line)| {
            serde_json::from_str(line)
                .map_err(|error| anyhow::anyhow!("{name}: line {}: {error}", number + 1))
        })
        .collect()
}

fn scaffold(name: &str, folder: &Path, from: &str) -> anyhow::Result<ExitCode> {
    let Some([toml, prompt, schema]) = files_of(from) else {
        anyhow::bail!("--from {from:?}: there is no such built-in recipe; see `skuscribe recipe list`");
    };
    ensure!(
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
        "{name:?} is no name of a recipe; write lower-case letters, digits and _"
    );
    let files = folder.join(name);
    ensure!(!files.exists(), "{}: there is a recipe of that name already", files.display());
    std::fs::create_dir_all(&files)
        .with_context(|| format!("{}: the folder cannot be made", files.display()))?;
    let toml = toml.replacen(&format!("name = \"{from}\""), &format!("name = \"{name}\""), 1);
    for (file, text) in
        [("recipe.toml", toml.as_str()), ("prompt.md", prompt), ("output.schema.json", schema)]
    {
        std::fs::write(files.join(file), text).with_context(|| files.join(file).display().to_string())?;
    }
    println!("{}: recipe.toml, prompt.md and output.schema.json, as {from} has them", files.display());
    println!("change them, then: SKUSCRIBE_RECIPES_FOLDER={} skuscribe recipe test {name}", folder.display());
    Ok(ExitCode::SUCCESS)
}
