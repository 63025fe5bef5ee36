//! `commands.md`: every command with its options, from clap's tree.

use clap::{Arg, Command};

use super::{cell, table};

pub(super) fn page(mut root: Command) -> String {
    root.build();
    let commands = shown(&root).map(|command| {
        let name = command.get_name();
        [format!("[`{name}`](#skuscribe-{name})"), about(command)]
    });
    let mut page = format!(
        "\
# Commands

`skuscribe help COMMAND` prints the same.

{}
## Options of every command

Each stands for a [setting](settings.md).

{}",
        table(["Command", "What it does"], commands),
        arguments(root.get_arguments().filter(|argument| argument.is_global_set()))
    );
    for command in shown(&root) {
        section(command, &format!("skuscribe {}", command.get_name()), 2, &mut page);
    }
    page
}

/// A command with its options, then the commands below it.
fn section(command: &Command, path: &str, level: usize, page: &mut String) {
    page.push_str(&format!("\n{} {path}\n\n{}\n", "#".repeat(level), about(command)));
    let options: Vec<&Arg> = command.get_arguments().filter(|argument| !argument.is_global_set()).collect();
    let below: Vec<&Command> = shown(command).collect();
    if below.is_empty() {
        let usage = command.clone().render_usage().to_string();
        page.push_str(&format!("\n```\n{}\n```\n", usage.trim_start_matches("Usage: ").trim()));
    }
    let table = arguments(options.into_iter());
    if !table.is_empty() {
        page.push_str(&format!("\n{table}"));
    }
    for command in below {
        section(command, &format!("{path} {}", command.get_name()), level + 1, page);
    }
}

/// The commands below one, those for the reader.
fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help")
}

fn about(command: &Command) -> String {
    let text = command.get_long_about().or_else(|| command.get_about());
    sentence(&text.map(ToString::to_string).unwrap_or_default())
}

/// A table of arguments; empty where there are none.
fn arguments<'a>(all: impl Iterator<Item = &'a Arg>) -> String {
    let rows: Vec<[String; 3]> = all
        .filter(|argument| {
            !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version")
        })
        .map(|argument| [format!("`{}`", shape(argument)), meaning(argument), default(argument)])
        .collect();
    if rows.is_empty() { String::new() } else { table(["Argument", "Meaning", "Default"], rows) }
}

/// An argument as one types it.
fn shape(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let values: Vec<String> = names.iter().map(|name| format!("<{name}>")).collect();
    let mut shape = argument.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    if let Some(long) = argument.get_long() {
        shape.push_str(&format!("--{long}"));
    }
    if argument.is_positional() && !argument.is_required_set() {
        shape.push_str(&values.join(" ").replace('<', "[").replace('>', "]"));
    } else if argument.get_action().takes_values() {
        shape.push_str(if argument.is_positional() { "" } else { " " });
        shape.push_str(&values.join(" "));
    }
    shape
}

fn meaning(argument: &Arg) -> String {
    let text = argument.get_long_help().or_else(|| argument.get_help());
    let mut meaning = sentence(&text.map(ToString::to_string).unwrap_or_default());
    if argument.get_action().takes_values() {
        let values: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| match value.get_help() {
                Some(help) => format!("`{}` ({help})", value.get_name()),
                None => format!("`{}`", value.get_name()),
            })
            .collect();
        if !values.is_empty() {
            meaning.push_str(&format!(" One of {}.", cell(&values.join(", "))));
        }
    }
    if let Some(variable) = argument.get_env() {
        meaning.push_str(&format!(" Also by the environment variable `{}`.", variable.to_string_lossy()));
    }
    meaning
}

fn default(argument: &Arg) -> String {
    if !argument.get_action().takes_values() {
        return String::new();
    }
    let values: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    match values.join(",") {
        empty if empty.is_empty() => empty,
        values => format!("`{values}`"),
    }
}

/// A text as a cell; clap drops the full stop of a help text of one sentence.
fn sentence(text: &str) -> String {
    let text = cell(text);
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}
