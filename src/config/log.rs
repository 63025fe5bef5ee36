//! `[log]`: which records are written, and how.

use serde::Deserialize;

/// Settings of the logs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// A level, or `target=level` pairs.
    pub filter: String,
    /// How records look.
    pub format: LogFormat,
}

/// How records look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}
