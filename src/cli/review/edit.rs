//! Editing from the command line: in an editor, or by a file.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::super::terminal::printable;
use super::args::EditArgs;
use super::entry::{holds, short};
use super::print;
use crate::pipeline::Pipeline;
use crate::review::ReviewDecision;
use skuscribe_check::content::{Draft, Finding, Outcome};

/// The contents of a draft, by recipe, as people edit them.
pub(super) fn content_of(drafts: &[Draft]) -> anyhow::Result<String> {
    let contents: BTreeMap<&str, &Value> =
        drafts.iter().map(|draft| (draft.recipe.as_str(), &draft.content)).collect();
    Ok(serde_json::to_string_pretty(&contents)?)
}

pub(super) async fn edit(pipeline: &Pipeline, args: &EditArgs) -> anyhow::Result<ExitCode> {
    let EditArgs { which, draft, file, .. } = args;
    let base = pipeline.editable(&which.sku, &which.locale, draft.as_deref()).await?;
    let edited = match file {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))?
        }
        None => with_editor(&args.editor, &content_of(&base.drafts)?)?,
    };
    let content: BTreeMap<String, Value> = serde_json::from_str(&edited).map_err(|error| {
        let name =
            file.as_ref().map_or_else(|| "the edited text".to_owned(), |file| file.display().to_string());
        anyhow::anyhow!("{name}: {error}; it must be the JSON object that --print shows")
    })?;
    let base = base.operation.to_string();
    let decision = ReviewDecision {
        sku: &which.sku,
        locale: &which.locale,
        draft: draft.as_deref().unwrap_or(&base),
        by: &args.person.by,
        why: args.note.as_deref(),
    };
    let edited = pipeline.edit(decision, content, args.approve).await?;
    print::changes(&edited.changes);
    let holding: Vec<&Finding> = edited.findings.iter().filter(|finding| holds(finding)).collect();
    for finding in &holding {
        println!("{}  {} {}: {}", finding.rule, finding.recipe, finding.at, printable(&finding.message));
    }
    if edited.outcome == Outcome::Published {
        println!("published {} in {}", which.sku, which.locale);
    } else {
        let draft = short(&edited.draft.to_string());
        println!("held: {} findings; approve with --draft {draft}, or edit with --approve", holding.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets a person edit a text; a file is left behind only where the editor failed.
fn with_editor(editor: &str, text: &str) -> anyhow::Result<String> {
    // A name that nobody can have laid a link under, and nobody else's to read.
    let name = format!("skuscribe-edit-{}-{:016x}.json", std::process::id(), fastrand::u64(..));
    let path = std::env::temp_dir().join(name);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    drop(file);
    let mut words = editor.split_whitespace();
    let Some(program) = words.next() else { bail!("--editor is empty; name an editor, or use --file") };
    let status = std::process::Command::new(program).args(words).arg(&path).status();
    let status =
        status.with_context(|| format!("{program}: the editor cannot be started; use --print and --file"))?;
    ensure!(
        status.success(),
        "the editor ended with an error; nothing was changed, the text is in {}",
        path.display()
    );
    let edited = std::fs::read_to_string(&path)?;
    std::fs::remove_file(&path)?;
    Ok(edited)
}
