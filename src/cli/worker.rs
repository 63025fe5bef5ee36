//! `skuscribe worker`: consume, work, settle, until told to drain.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::clock::Clock;
use crate::config::Config;
use crate::shutdown::Shutdown;
use crate::worker::Worker;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::on_signals()?;
    let worker = build(&config).await?;
    let drained = Arc::clone(&worker).run(&shutdown).await;
    let tally = worker.tally();
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    tracing::info!(
        deliveries.settled = of(&tally.settled),
        messages.retried = of(&tally.retried),
        messages.dead = of(&tally.dead),
        drained,
        "the worker ends"
    );
    Ok(if drained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Puts a worker together; refuses a store that does not honour conditional writes.
pub(super) async fn build(config: &Config) -> anyhow::Result<Arc<Worker>> {
    let store = crate::store::open(&config.store).await?;
    crate::store::probe(&*store, &format!("worker-{}", std::process::id())).await?;
    tracing::info!(store.location = %store.location(), "the store honours conditional writes");
    Ok(Arc::new(Worker::from_config(config, store, Clock::System)?))
}
