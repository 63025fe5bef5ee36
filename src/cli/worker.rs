//! `skuscribe worker`: consume and process deliveries until a signal drains it.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::delays::Delays;
use crate::shutdown::Shutdown;
use crate::store::{ContentStore, StoreError};
use crate::worker::health::HealthEndpoints;
use crate::worker::{Worker, WorkerExit};

/// Reads the settings again, with the same file, environment and flags.
pub(super) type Reload<'a> = &'a (dyn Fn() -> anyhow::Result<Config> + Send + Sync);

pub(super) async fn run(config: Config, reload: Reload<'_>) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::on_signals()?;
    let (worker, store) = tokio::select! {
        built = build(&config) => built?,
        () = shutdown.drain.cancelled() => return Ok(ExitCode::SUCCESS),
    };
    let stop = CancellationToken::new();
    let health = async {
        let Some(address) = config.health.address()? else { return std::future::pending().await };
        let listener = tokio::net::TcpListener::bind(address).await.with_context(|| {
            format!("health.listen = {address}: the port cannot be opened; choose another")
        })?;
        tracing::info!(health.address = %listener.local_addr()?, "serving /healthz, /readyz and /metrics");
        let metrics = Some(crate::telemetry::count()?);
        let health = HealthEndpoints::new(Arc::clone(&worker), store, &config, metrics);
        health.serve(listener, &stop).await;
        std::future::pending::<anyhow::Result<WorkerExit>>().await
    };
    let ended = tokio::select! {
        ended = Arc::clone(&worker).run(&shutdown) => ended,
        failed = health => failed?,
        failed = reload_on_hangup(&worker, reload) => failed?,
    };
    stop.cancel();
    let tally = worker.counts();
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    tracing::info!(
        deliveries.settled = of(&tally.settled),
        messages.retried = of(&tally.retried),
        messages.snoozed = of(&tally.snoozed),
        messages.dead = of(&tally.dead),
        drained = ended == WorkerExit::Drained,
        "the worker ends"
    );
    Ok(if ended == WorkerExit::Drained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Puts a worker together with its store; waits for one that does not answer, and refuses one that does not
/// honour conditional writes.
pub(super) async fn build(config: &Config) -> anyhow::Result<(Arc<Worker>, Arc<dyn ContentStore>)> {
    super::warn_of_keys(config)?;
    let store = crate::store::open(&config.store).await?;
    let nonce = format!("worker-{}-{:08x}", std::process::id(), fastrand::u32(..));
    let mut delays = Delays::new(Duration::from_millis(500), Duration::from_secs(10));
    while let Err(error) = crate::store::probe(&*store, &nonce).await {
        if !matches!(error.downcast_ref(), Some(StoreError::Unavailable { .. })) {
            return Err(error);
        }
        let wait = delays.next_delay();
        tracing::warn!(
            error = format!("{error:#}"),
            store.location = %store.location(),
            wait_ms = format!("{:.0}", wait.as_secs_f64() * 1e3),
            "waiting for the store"
        );
        tokio::time::sleep(wait).await;
    }
    tracing::info!(store.location = %store.location(), "the store honours conditional writes");
    if config.quota.is_capped() {
        tracing::info!("caps on the bill: {}", config.quota.caps(&store.location()));
    }
    Ok((Arc::new(Worker::from_config(config, Arc::clone(&store), Clock::System)?), store))
}

/// SIGHUP: slots, lanes and floors change while the worker works. Wrong settings change nothing.
async fn reload_on_hangup(worker: &Worker, reload: Reload<'_>) -> anyhow::Result<WorkerExit> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    while hangup.recv().await.is_some() {
        match reload() {
            Ok(config) => {
                tracing::info!(
                    worker.delivery_slots = config.worker.delivery_slots,
                    model.slots = config.model.slots,
                    "SIGHUP: the settings were read again"
                );
                worker.reconfigure(&config);
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "SIGHUP: the settings stay as they are");
            }
        }
    }
    std::future::pending().await
}
