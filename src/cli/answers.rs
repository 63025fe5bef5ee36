//! `skuscribe answers`: the service that answers shoppers, until a signal stops it.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::announce::Announcer;
use crate::answers::Asker;
use crate::answers::service::Service;
#[cfg(feature = "search")]
use crate::catalog::search::SearchIndex;
use crate::clock::Clock;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::shutdown::Shutdown;
use crate::store::BoxFuture;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::on_signals()?;
    let store = crate::store::open(&config.store).await?;
    let metrics = crate::telemetry::count()?;
    let pipeline = Arc::new(Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?);
    let asker = Asker::new(&config, Arc::clone(&store), Arc::clone(&pipeline))?;
    #[cfg(feature = "search")]
    let asker = {
        let (internal, labels) = (config.internal_names()?, Arc::clone(&config.labels));
        let index = SearchIndex::build(store, internal, labels, &config.recipes.locales);
        let index = index.await.context("the search index")?;
        tracing::info!(products = index.products(), "the search index is built");
        asker.with_search(Arc::new(index))
    };
    pipeline.warm_up().await;
    let listener = bind("answers.listen", config.answers.address()?).await?;
    tracing::info!(answers.address = %listener.local_addr()?, "serving POST /v1/answers, /widget.js and /openapi.json");
    let service = Arc::new(Service::new(asker, &config.answers, Clock::System)?);
    let stop = &shutdown.drain;
    let health: BoxFuture<'_, ()> = match config.health.address()? {
        Some(address) => {
            let listener = bind("health.listen", address).await?;
            tracing::info!(health.address = %listener.local_addr()?, "serving /healthz, /readyz and /metrics");
            Box::pin(Arc::clone(&service).serve_health(listener, metrics, stop.clone()))
        }
        None => Box::pin(std::future::ready(())),
    };
    // The ledger is closed last: what is still being answered is paid for, too.
    let closing = CancellationToken::new();
    let serving = async {
        let (served, ()) = tokio::join!(service.serve(listener, stop.clone()), health);
        closing.cancel();
        served
    };
    let (served, ()) = tokio::join!(serving, pipeline.ledger().keep(&closing));
    served?;
    Ok(ExitCode::SUCCESS)
}

async fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.with_context(|| format!("{setting} = {address}: the port cannot be opened; choose another"))
}
