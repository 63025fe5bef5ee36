//! `skuscribe provenance`: who wrote a text, marks for pages, and the keys that records are signed with.

mod print;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand, ValueEnum};

use super::public::each_document;
use crate::clock::Clock;
use crate::commit::{Committer, SignedTexts};
use crate::config::Config;
use crate::provenance::{FoundRecord, Signer, TrustedKeys, lookup, new_key, write_public};
use crate::store::{ContentStore, ETag, Key, SetAside, load};
use skuscribe_check::content::{Document, RecipeState};
use skuscribe_check::product::{Locale, Sku};
use skuscribe_check::provenance::{Aigc, MarkedPage, html, json_ld, text_digest, whole};

/// What a command says that needs the key where none is set.
const NO_KEY: &str = "provenance.key_file is empty; make a key with `skuscribe provenance key new FILE`, and name the file there";

#[derive(Debug, Args)]
pub(super) struct ProvenanceArgs {
    #[command(subcommand)]
    action: ProvenanceAction,
}

#[derive(Debug, Subcommand)]
enum ProvenanceAction {
    /// Tell who wrote a text. Exit code 1 where no record proves all of it.
    Verify(verify::VerifyArgs),
    /// Show who wrote what is published of a product, and whether its records are intact.
    Show {
        /// The product.
        sku: Sku,
        /// The locale.
        #[arg(long)]
        locale: Locale,
        /// Print JSONL: a line a record.
        #[arg(long)]
        json: bool,
    },
    /// Print the machine-readable mark of a product's page.
    Mark {
        /// The product.
        sku: Sku,
        /// The locale.
        #[arg(long)]
        locale: Locale,
        /// HTML for the page's head, JSON-LD, or China's AIGC field as YAML front matter.
        #[arg(long = "as", value_enum, default_value_t = MarkForm::Html)]
        form: MarkForm,
        /// With `aigc`: the recipe whose text the field is for.
        #[arg(long, default_value = "description")]
        recipe: String,
    },
    /// Sign the texts that have no record by a trusted key, such as those of before a key was set.
    Sign {
        /// Only this locale.
        #[arg(long)]
        locale: Option<Locale>,
    },
    /// Keys of records.
    Key {
        #[command(subcommand)]
        action: KeyAction,
    },
}

#[derive(Debug, Subcommand)]
enum KeyAction {
    /// Make a private key in a new file; prints its public key as a JSON Web Key.
    New {
        /// The file.
        file: PathBuf,
    },
    /// Print the public key of `provenance.key_file` as a JSON Web Key Set.
    Show {
        /// Write it into this file instead, in one step; a file that holds something else is not replaced.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MarkForm {
    Html,
    Json,
    Aigc,
}

pub(super) async fn run(config: Config, args: ProvenanceArgs) -> anyhow::Result<ExitCode> {
    match args.action {
        ProvenanceAction::Verify(args) => verify::run(&config, &args).await,
        ProvenanceAction::Show { sku, locale, json } => show(&config, &sku, &locale, json).await,
        ProvenanceAction::Mark { sku, locale, form, recipe } => {
            mark(&config, &sku, &locale, form, &recipe).await
        }
        ProvenanceAction::Sign { locale } => sign(&config, locale.as_ref()).await,
        ProvenanceAction::Key { action: KeyAction::New { file } } => {
            let jwk = Signer::new(new_key(&file)?).jwk();
            println!("{}", serde_json::to_string_pretty(&jwk)?);
            eprintln!("the private key is in {}; name it in provenance.key_file", file.display());
            Ok(ExitCode::SUCCESS)
        }
        ProvenanceAction::Key { action: KeyAction::Show { to } } => show_key(&config, to.as_deref()),
    }
}

fn show_key(config: &Config, to: Option<&Path>) -> anyhow::Result<ExitCode> {
    let signer = Signer::from_config(&config.provenance)?.context(NO_KEY)?;
    let keys = format!("{}\n", serde_json::to_string_pretty(&signer.set())?);
    match to {
        Some(path) => {
            write_public(path, &keys)?;
            eprintln!("the public key {} is in {}", signer.kid(), path.display());
        }
        None => print!("{keys}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The keys whose signatures are believed; warns of what is wrong with their files.
fn trusted_keys(config: &Config) -> anyhow::Result<TrustedKeys> {
    super::warn_of_keys(config)?;
    TrustedKeys::from_config(&config.provenance)
}

async fn document(store: &dyn ContentStore, sku: &Sku, locale: &Locale) -> anyhow::Result<Document> {
    let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
    let document = load::<Document>(store, &key).await?;
    let document = document.map(|(document, _)| document).filter(|document| !document.content.is_empty());
    document.with_context(|| format!("nothing of {sku} is published in {locale}"))
}

async fn show(config: &Config, sku: &Sku, locale: &Locale, json: bool) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    let trusted = trusted_keys(config)?;
    let document = document(&*store, sku, locale).await?;
    let mut all_proven = true;
    for (recipe, content) in &document.content {
        let text = text_digest(&whole(content));
        let entry = lookup(&*store, text).await?;
        let records = entry.map(|entry| entry.records).unwrap_or_default();
        let of_recipe = records.iter().map(|signed| FoundRecord::of(text, signed, &trusted)).find(|found| {
            found
                .record
                .as_ref()
                .is_some_and(|record| (&record.sku, &record.locale, &record.recipe) == (sku, locale, recipe))
        });
        let Some(found) = of_recipe else {
            all_proven = false;
            let known = document.recipes.get(recipe).map(RecipeState::source_type);
            print::without_record(recipe, known);
            continue;
        };
        all_proven &= found.is_proven();
        if json {
            println!("{}", serde_json::to_string(&found)?);
        } else {
            print::record(&found);
        }
    }
    Ok(if all_proven { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn mark(
    config: &Config,
    sku: &Sku,
    locale: &Locale,
    form: MarkForm,
    recipe: &str,
) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    let document = document(&*store, sku, locale).await?;
    let settings = &config.provenance;
    let page = MarkedPage::of(&document, &settings.registry_url, &settings.responsible);
    match form {
        MarkForm::Html => print!("{}", html(&page)),
        MarkForm::Json => println!("{}", serde_json::to_string_pretty(&json_ld(&page))?),
        MarkForm::Aigc => {
            let content = document.content.get(recipe).zip(document.recipes.get(recipe));
            let (content, state) =
                content.with_context(|| format!("no {recipe} of {sku} is published in {locale}"))?;
            let text = text_digest(&whole(content));
            let aigc = Aigc::of(state.source_type(), text, &settings.producer, &settings.propagator);
            let aigc = aigc.with_context(|| format!("no model wrote the {recipe} of {sku} in {locale}"))?;
            ensure!(
                !settings.producer.is_empty(),
                "provenance.producer is empty; set the code of who has the texts produced"
            );
            print!("{}", aigc.front_matter());
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn sign(config: &Config, locale: Option<&Locale>) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    let committer = Committer::from_config(config, Arc::clone(&store), Clock::System)?;
    ensure!(committer.signs(), NO_KEY);
    let trusted = trusted_keys(config)?;
    ensure!(
        trusted.problems().is_empty(),
        "not all trusted keys can be read, and the records of those would be signed anew; mend this first: {}",
        trusted.problems().join("; ")
    );
    let aside = SetAside::default();
    let work = async |document: Document, etag: ETag| committer.sign(&document, &etag, &trusted).await;
    let signed = each_document(&*store, locale, &aside, work).await?;
    let sum = |of: fn(&SignedTexts) -> usize| signed.iter().flatten().map(of).sum::<usize>();
    let (texts, intact) = (sum(|texts| texts.signed), sum(|texts| texts.intact));
    let lost = signed.iter().filter(|signed| signed.is_none()).count();
    println!(
        "{texts} texts of {} documents are signed; {intact} have a record already that is intact",
        signed.len()
    );
    if lost > 0 {
        println!("{lost} documents changed meanwhile; run it again for what is left of them");
    }
    Ok(super::done(&aside))
}
