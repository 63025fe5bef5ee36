//! Logs and metrics: logs are pretty on a terminal, JSON lines elsewhere, always on standard error.

mod beside_bar;
pub mod metrics;

use std::io::IsTerminal;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::log::{LogConfig, LogFormat};
use beside_bar::LogWriter;
pub(crate) use beside_bar::write_beside;

/// Installs the process's subscriber. Calling it a second time has no effect.
///
/// # Errors
/// When `log.filter` is not a valid filter; the message names the config key.
pub fn install(config: &LogConfig) -> anyhow::Result<()> {
    // lapin logs what it returns as errors as well, an orderly close included: we log it where it is handled.
    let quiet = if config.filter.contains("lapin") { "" } else { ",lapin=off" };
    // The SDK of S3 logs its whole search for credentials: the store's own error says in a line that there are none.
    let no_search = if config.filter.contains("aws") { "" } else { ",aws_config=error" };
    // async-openai logs, at ERROR, the whole body that it cannot read: whatever the filter, no answer is logged.
    let filter = format!("{}{quiet}{no_search},async_openai::error=off", config.filter);
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        anyhow::anyhow!(
            "log.filter = {:?}: {error}; write for example \"info\" or \"skuscribe=debug,warn\"",
            config.filter
        )
    })?;
    let pretty = match config.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| LogWriter);
    let installed = if pretty {
        builder.with_target(false).compact().try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    };
    if installed.is_err() {
        tracing::debug!("a subscriber is already installed");
    }
    Ok(())
}

/// Upper bounds of the histograms, in seconds.
const SECONDS: &[f64] = &[0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];

/// Counts from now on; gives what renders the counts for Prometheus.
///
/// # Errors
/// When something counts already.
pub fn count() -> anyhow::Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets(SECONDS)?;
    let handle = builder.install_recorder().map_err(|error| anyhow::anyhow!("metrics: {error}"))?;
    metrics::describe();
    Ok(handle)
}
