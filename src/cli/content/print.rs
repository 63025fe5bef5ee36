//! Contents, histories and differences on a terminal.

use std::io::IsTerminal as _;

use serde_json::{Value, json};

use super::super::review::args::ReviewTarget;
use super::super::review::entry::short;
use super::super::terminal::{Columns, cut, printable};
use crate::review::{
    ContentView, Revision, RevisionDifference, TextDifference, WordChange, WordsKind, Writer,
};
use skuscribe_check::content::{Decision, Draft, Lock, State, texts};

/// Red and struck out, green and underlined, and back to plain.
const COLOURS: (&str, &str, &str) = ("\u{1b}[31;9m", "\u{1b}[32;4m", "\u{1b}[0m");

pub(super) fn show(content: &ContentView, as_json: bool) -> anyhow::Result<()> {
    let document = &content.document;
    if as_json {
        println!("{}", serde_json::to_string_pretty(content)?);
        return Ok(());
    }
    let state = match document.state {
        State::Published => "published",
        State::Held => "held",
        State::Deleted => "deleted",
    };
    let (sku, locale) = (&document.sku, &document.locale);
    println!("{sku} in {locale}: {state}, revision {}, {:.0}", document.revision, document.updated_at);
    for name in &document.locks {
        println!("locked  {name}{}", document.locked.get(name).map(lock).unwrap_or_default());
    }
    for (recipe, published) in &document.content {
        println!("\n{recipe}");
        lines(published);
    }
    for waiting in &content.waiting {
        let draft = short(&waiting.operation.to_string());
        let recipes: Vec<&str> = waiting.drafts.iter().map(|draft| draft.recipe.as_str()).collect();
        println!("\nwaits: draft {draft} of {}", recipes.join(", "));
        for Draft { recipe, content } in &waiting.drafts {
            println!("\n{recipe} (waits)");
            lines(content);
        }
    }
    Ok(())
}

fn lines(content: &Value) {
    for text in texts(content) {
        println!("  {:<24} {}", cut(&text.at, 24), printable(text.text));
    }
}

/// Who locked a recipe, and why.
fn lock(lock: &Lock) -> String {
    let why = lock.why.as_ref().map(|why| format!(": {}", printable(why))).unwrap_or_default();
    let until = if lock.while_facts.is_some() { ", until the facts change" } else { "" };
    format!("  by {}, {:.0}{until}{why}", printable(&lock.by), lock.at)
}

pub(super) fn locks(locks: &[String]) {
    if !locks.is_empty() {
        println!("locked: {}; `skuscribe review unlock` lets the machine at them again", locks.join(", "));
    }
}

pub(super) fn history(
    which: &ReviewTarget,
    revisions: &[Revision],
    decisions: &[Decision],
    as_json: bool,
) -> anyhow::Result<()> {
    if as_json {
        let all = json!({
            "sku": which.sku, "locale": which.locale, "revisions": revisions, "decisions": decisions
        });
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let mut columns = Columns::new(0, &[0]);
    columns.row(["REV", "AT", "WHAT", "BY", "RECIPES", "WHY", "OPERATION"]);
    for revision in revisions {
        columns.row([
            revision.revision.map_or_else(|| "?".to_owned(), |number| number.to_string()),
            revision.at.map_or_else(|| "?".to_owned(), |at| format!("{at:.0}")),
            what(revision),
            cut(&author(revision), 28),
            cut(&revision.recipes.join(", "), 28),
            cut(&why(revision), 60),
            short(&revision.operation.to_string()),
        ]);
    }
    print!("{columns}");
    // What made no revision: locks, comments, who was on it.
    let mut others = Columns::new(0, &[]);
    for decision in decisions.iter().filter(|decision| decision.operation.is_none()) {
        let recipes = decision.recipes.join(", ");
        let to = decision.to.as_ref().map(|to| format!("to {to}"));
        others.row([
            format!("{:.0}", decision.at),
            decision.kind.to_string(),
            cut(&decision.by.id, 28),
            cut(&to.unwrap_or(recipes), 28),
            cut(decision.why.as_deref().unwrap_or_default(), 100),
        ]);
    }
    if others.lines().next().is_some() {
        print!("\n{others}");
    }
    Ok(())
}

fn what(revision: &Revision) -> String {
    let outcome = serde_json::to_value(revision.outcome);
    let outcome = outcome.ok().and_then(|outcome| outcome.as_str().map(str::to_owned)).unwrap_or_default();
    match &revision.decision {
        Some(decision) if revision.has_texts => format!("{outcome} ({})", decision.kind),
        Some(decision) => decision.kind.to_string(),
        None => outcome,
    }
}

fn author(revision: &Revision) -> String {
    let writer = match &revision.writer {
        Some(Writer::Model(name) | Writer::Person(name)) => name.as_str(),
        Some(Writer::Facts) => "the facts",
        None => "",
    };
    match &revision.decision {
        Some(decision) if writer.is_empty() || writer == decision.by.id => decision.by.id.clone(),
        Some(decision) => format!("{} ({writer})", decision.by.id),
        None => writer.to_owned(),
    }
}

fn why(revision: &Revision) -> String {
    let decision = revision.decision.as_ref();
    if let Some(why) = decision.and_then(|decision| decision.why.clone()) {
        return why;
    }
    if let Some(undoes) = decision.and_then(|decision| decision.undoes.as_ref()) {
        return format!("takes {undoes} back");
    }
    if let Some(number) = decision.and_then(|decision| decision.to_revision) {
        return format!("as in revision {number}");
    }
    let job = revision.job.as_ref().map(|job| format!("job {job}"));
    job.or_else(|| revision.message_id.as_ref().map(|id| format!("message {id}"))).unwrap_or_default()
}

pub(super) fn difference(
    which: &ReviewTarget,
    difference: &RevisionDifference,
    as_json: bool,
) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(difference)?);
        return Ok(());
    }
    let name = |number: Option<u64>, operation: Option<String>| match (number, operation) {
        (Some(number), _) => format!("revision {number}"),
        (None, Some(operation)) => short(&operation),
        (None, None) => "nothing".to_owned(),
    };
    let from = name(difference.from, difference.from_operation.map(|operation| operation.to_string()));
    let to = name(difference.to, difference.to_operation.map(|operation| operation.to_string()));
    println!("{} in {}: {from} → {to}", which.sku, which.locale);
    if difference.texts.is_empty() {
        println!("no text differs");
    }
    let coloured = std::io::stdout().is_terminal();
    for TextDifference { recipe, at, words, .. } in &difference.texts {
        let line: String = words.iter().map(|piece| shown(piece, coloured)).collect();
        println!("\n{recipe} {}\n  {line}", printable(at));
    }
    Ok(())
}

/// A piece of a text, marked where it is in one alone: by colour, or as `wdiff` does.
fn shown(WordChange { kind, text }: &WordChange, coloured: bool) -> String {
    let text = printable(text);
    let (removed, added, plain) = COLOURS;
    match (kind, coloured) {
        (WordsKind::Same, _) => text,
        (WordsKind::Removed, true) => format!("{removed}{text}{plain}"),
        (WordsKind::Added, true) => format!("{added}{text}{plain}"),
        (WordsKind::Removed, false) => format!("[-{text}-]"),
        (WordsKind::Added, false) => format!("{{+{text}+}}"),
    }
}
