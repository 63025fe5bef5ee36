//! The pages of `docs/reference/` that are generated from the code; `make docs` writes them, a test compares them.

mod commands;
mod contracts;
#[cfg(feature = "sandbox")]
mod quirks;
mod settings;

use clap::CommandFactory as _;

use crate::telemetry::metrics::METRICS;

/// The first line of every generated page.
const GENERATED: &str = "<!-- Generated from the code by `make docs`; do not edit. -->\n\n";

/// File name and text of every generated page.
///
/// # Errors
/// When two contracts have different types of one name.
pub fn files() -> anyhow::Result<Vec<(String, String)>> {
    let pages = [
        ("commands.md", commands::page(super::Cli::command())),
        ("settings.md", settings::page()),
        ("events.md", contracts::events_page()?),
        ("schemas.md", contracts::schemas_page()?),
        ("metrics.md", metrics_page()),
        #[cfg(feature = "sandbox")]
        ("model-quirks.md", quirks::page()),
    ];
    Ok(pages.into_iter().map(|(name, text)| (name.to_owned(), format!("{GENERATED}{text}"))).collect())
}

fn metrics_page() -> String {
    let rows = METRICS.iter().map(|metric| {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        [format!("`{}`", metric.name), metric.kind.as_str().to_owned(), labels.join(", "), cell(metric.help)]
    });
    format!(
        "\
# Metrics

Workers serve these for Prometheus at `/metrics` of `health.listen`, the answer service at `/metrics` of
`answers.listen`. A metric appears once it was recorded. See [Monitoring](../operations/monitoring.md) for alerts.

{}",
        table(["Metric", "Type", "Labels", "Meaning"], rows)
    )
}

fn table<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(COLUMNS));
    for row in rows {
        table.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    table
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
