//! `skuscribe answers`: the service that answers shoppers, until a signal stops it.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use crate::announce::Announcer;
use crate::answers::Asker;
use crate::answers::service::Service;
use crate::clock::Clock;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::shutdown::Shutdown;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::on_signals()?;
    let store = crate::store::open(&config.store).await?;
    let metrics = Some(crate::telemetry::count()?);
    let pipeline = Arc::new(Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?);
    let asker = Asker::new(&config, Arc::clone(&store), Arc::clone(&pipeline))?;
    #[cfg(feature = "search")]
    let asker = {
        let index = crate::catalog::search::SearchIndex::build(store).await.context("the search index")?;
        tracing::info!(products = index.products(), "the search index is built");
        asker.with_search(Arc::new(index))
    };
    let address = config.answers.address()?;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("answers.listen = {address}: the port cannot be opened; choose another"))?;
    tracing::info!(answers.address = %listener.local_addr()?, "serving POST /v1/answers, /widget.js and /openapi.json");
    let service = Arc::new(Service::new(asker, &config.answers, metrics, Clock::System)?);
    // The ledger is closed last: what is still being answered is paid for, too.
    let closing = CancellationToken::new();
    let serving = async {
        let served = service.serve(listener, shutdown.drain.clone()).await;
        closing.cancel();
        served
    };
    let (served, ()) = tokio::join!(serving, pipeline.ledger().keep(&closing));
    served?;
    Ok(ExitCode::SUCCESS)
}
