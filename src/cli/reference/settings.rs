//! `settings.md`: every key of `config/default.toml` with its default, its comment and its environment variable.

use super::cell;
use crate::config::DEFAULT;

const INTRODUCTION: &str = "\
# Settings

Settings come in layers. The last one wins: these defaults, the file given with `--config` or `SKUSCRIBE_CONFIG` (TOML), the
environment, flags. `skuscribe config show` prints what is in force, each value with its origin; `--changed` leaves the
defaults out.

A value that is not allowed, or a key that is a misspelt setting, stops the start; the error names its origin. A key that
no setting resembles is passed over with a warning: it may belong to another version. So are the variables that Kubernetes
sets for a Service whose name begins with `skuscribe-`.

In the environment, write a list with commas (`SKUSCRIBE_RECIPES_LOCALES=en-US,de-DE`), a table as TOML
(`SKUSCRIBE_WORKER_LANE_FLOORS='{ updates = 0.3 }'`; what it leaves out keeps its default), and a list of tables as TOML.

These variables are no settings. Secrets come from the environment alone:

| Variable | Holds |
|---|---|
| `OPENAI_API_KEY` | the key of the model server, or what `model.key_variable` names |
| `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | the credentials of the store; without them the AWS SDK looks in its usual places |
| `SKUSCRIBE_NLI_KEY` | the key of the verifier, or what its `key_variable` names |
| `SKUSCRIBE_CONFIG` | the settings file |
| `SKUSCRIBE_BY` | who you are, in `review`, `regenerate` and `backfill` |
";

pub(super) fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let (mut section, mut comment) = (String::new(), String::new());
    let mut before_first_key = false;
    for line in DEFAULT.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix('#') {
            comment.push_str(text);
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            page.push_str(&format!("\n## {section}\n\n{}", paragraph(&std::mem::take(&mut comment))));
            before_first_key = true;
        } else if let Some((key, value)) = line.split_once('=') {
            if std::mem::take(&mut before_first_key) {
                page.push_str("| Key, environment variable | Default | Meaning |\n|---|---|---|\n");
            }
            page.push_str(&row(&section, key.trim(), value.trim(), &std::mem::take(&mut comment)));
        } else {
            // A comment that is followed by an empty line is about its section.
            let about = std::mem::take(&mut comment);
            if before_first_key {
                page.push_str(&paragraph(&about));
            }
        }
    }
    page
}

fn paragraph(comment: &str) -> String {
    let text = comment.trim();
    if text.is_empty() { String::new() } else { format!("{text}\n\n") }
}

fn row(section: &str, key: &str, value: &str, comment: &str) -> String {
    let variable = format!("SKUSCRIBE_{section}_{key}").replace('.', "_").to_uppercase();
    format!("| `{section}.{key}`<br>`{variable}` | `{}` | {} |\n", cell(value), cell(comment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_default_settings_has_its_row() {
        let page = page();
        let all: toml::Table = toml::from_str(DEFAULT).unwrap();
        for (section, keys) in all {
            for key in keys.as_table().unwrap().keys() {
                assert!(page.contains(&format!("| `{section}.{key}`<br>")), "{section}.{key}");
            }
        }
    }
}
