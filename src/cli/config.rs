//! `skuscribe config show`: the settings in force, each with its origin, as a TOML file.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::Setting;

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    action: ConfigAction,
}

#[derive(Debug, Subcommand)]
enum ConfigAction {
    /// Print the settings in force as TOML, each with its origin; passwords are left out.
    Show {
        /// Only this section, such as model.
        section: Option<String>,
        /// Only what is not a default.
        #[arg(long)]
        changed: bool,
    },
}

pub(super) fn run(settings: &[Setting], args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let ConfigAction::Show { section, changed } = &args.action;
    let plain = |setting: &Setting| setting.section.trim_matches(['[', ']']).to_owned();
    if let Some(section) = section {
        anyhow::ensure!(
            settings.iter().any(|setting| plain(setting) == *section),
            "there is no section {section:?}; {}",
            crate::config::sections()
        );
    }
    let mut before: Option<&Setting> = None;
    for setting in settings {
        let wanted = section.as_ref().is_none_or(|section| plain(setting) == *section);
        if !wanted || (*changed && setting.origin.is_none()) {
            continue;
        }
        // A chain has several entries of one name, each beginning anew.
        let first = settings.iter().find(|other| other.section == setting.section);
        let begins = first.is_some_and(|first| first.name == setting.name);
        if before.is_none_or(|before| before.section != setting.section || begins) {
            println!("{}[{}]", if before.is_some() { "\n" } else { "" }, setting.section);
        }
        let state =
            setting.key_is_set.map(|set| if set { "the variable is set" } else { "the variable is not set" });
        let notes: Vec<&str> = setting.origin.as_deref().into_iter().chain(state).collect();
        let comment = if notes.is_empty() { String::new() } else { format!("  # {}", notes.join("; ")) };
        println!("{} = {}{comment}", setting.name, setting.value);
        before = Some(setting);
    }
    Ok(ExitCode::SUCCESS)
}
