//! Flags that set a configuration key, before or behind every command.

use std::path::PathBuf;

use clap::Args;

use crate::config::FlagSetting;

/// Flags that set a configuration key.
#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Config file (TOML); its keys are those of config/default.toml.
    #[arg(long, global = true, env = "SKUSCRIBE_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Address of an OpenAI-compatible server, with its version, such as <http://127.0.0.1:8000/v1>.
    #[arg(long, global = true, value_name = "URL")]
    pub(super) model_url: Option<String>,
    /// What the server calls the model.
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) model: Option<String>,
    /// Address of the broker, such as <amqp://guest:guest@127.0.0.1:5672/%2f>.
    #[arg(long, global = true, value_name = "URL")]
    pub(super) amqp_url: Option<String>,
    /// Where content lies: <s3://bucket/prefix> or a folder.
    #[arg(long, global = true, value_name = "STORE")]
    pub(super) store: Option<String>,
    /// Which log records are written (info, debug, skuscribe=debug,warn, …).
    #[arg(long, global = true, value_name = "FILTER")]
    pub(super) log: Option<String>,
}

impl Settings {
    pub(super) fn flags(&self) -> Vec<FlagSetting> {
        [
            ("--model-url", "model.url", &self.model_url),
            ("--model", "model.name", &self.model),
            ("--amqp-url", "broker.url", &self.amqp_url),
            ("--store", "store.url", &self.store),
            ("--log", "log.filter", &self.log),
        ]
        .into_iter()
        .filter_map(|(flag, key, value)| Some(FlagSetting { flag, key, value: value.clone()? }))
        .collect()
    }
}
