//! Products through the pipeline into a temporary folder: to see what comes out, and what it costs.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use crate::announce::Announcer;
use crate::clock::Clock;
use crate::config::Config;
use crate::intake::inbox::Inbox;
use crate::intake::{Origin, decode};
use crate::pipeline::Pipeline;
use crate::samples::Sample;
use crate::store::{BoxFuture, ContentStore, open};
use skuscribe_check::product::{Locale, Product};
#[cfg(feature = "sandbox")]
use skuscribe_sandbox::{Behaviour, Sandbox};

/// A folder that is removed when it is dropped.
pub(super) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// Its path, as settings name it.
    pub(super) fn path(&self) -> String {
        self.0.display().to_string()
    }

    pub(super) fn new() -> Self {
        let name = format!("skuscribe-dry-run-{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, folder = %self.0.display(), "the folder of a dry run was not removed");
        }
    }
}

/// Has a configuration ask the sandbox; it serves until it is dropped.
#[cfg(feature = "sandbox")]
pub(super) async fn with_sandbox(config: &mut Config, behaviour: Behaviour) -> anyhow::Result<Sandbox> {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await?;
    config.model.url = sandbox.url();
    config.model.key = None;
    config.fallbacks.clear();
    config.redis.url = String::new().into();
    Ok(sandbox)
}

/// Processes every product in a locale, one after the other; nothing stays behind.
///
/// Boxed, for it holds a whole configuration.
pub(super) fn run<'a>(
    config: &'a Config,
    products: &'a [Product],
    locale: &'a Locale,
) -> BoxFuture<'a, anyhow::Result<Vec<Sample>>> {
    Box::pin(process(config, products, locale))
}

async fn process(config: &Config, products: &[Product], locale: &Locale) -> anyhow::Result<Vec<Sample>> {
    let folder = TemporaryFolder::new();
    let mut config = config.clone();
    config.store.url = folder.path();
    let store: Arc<dyn ContentStore> = open(&config.store).await?;
    let pipeline = Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?;
    let inbox = Inbox::default();
    let mut runs = Vec::with_capacity(products.len());
    for (number, product) in products.iter().enumerate() {
        let message = json!({
            "id": format!("dry-run-{number}"), "type": "product.updated", "occurred_at": Clock::System.now().to_string(),
            "product": product, "locales": [locale]
        });
        let update = decode(&serde_json::to_vec(&message)?, &Origin::default())?;
        let entry = inbox.enter(Arc::new(update));
        let result = match Box::pin(pipeline.run(&entry)).await {
            Ok(reports) => reports.into_iter().next().map(|report| report.result),
            Err(failure) => Some(Err(failure)),
        };
        let mut run = Sample::new(product.sku.clone(), locale.clone());
        match result {
            Some(Ok(done)) => run.done(done),
            Some(Err(failure)) => run.failure = Some(failure.message),
            None => run.failure = Some("nothing was asked for".to_owned()),
        }
        run.load_stored(&*store).await?;
        runs.push(run);
    }
    Ok(runs)
}
