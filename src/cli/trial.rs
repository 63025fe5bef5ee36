//! Products through the pipeline into a folder that is thrown away: to see what comes out, and what it costs.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use crate::announce::Announcer;
use crate::clock::Clock;
use crate::config::Config;
use crate::intake::inbox::Inbox;
use crate::intake::{Origin, decode};
use crate::pipeline::Pipeline;
use crate::store::{BoxFuture, ContentStore, Key, load, open};
use skuscribe_check::content::money::Nanos;
use skuscribe_check::content::{Document, Draft, Finding, HistoryEntry, State, Usage};
use skuscribe_check::product::{Locale, Product, Sku};
#[cfg(feature = "sandbox")]
use skuscribe_sandbox::{Behaviour, Sandbox};

/// What came of a product.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) sku: Sku,
    pub(super) document: Option<Document>,
    /// The drafts that were published or held.
    pub(super) drafts: Vec<Draft>,
    pub(super) findings: Vec<Finding>,
    pub(super) usage: Usage,
    pub(super) calls: u32,
    pub(super) cost: Nanos,
    /// Why nothing came of it.
    pub(super) failure: Option<String>,
}

impl Tried {
    /// Whether it is out.
    pub(super) fn is_published(&self) -> bool {
        self.document.as_ref().is_some_and(|own| own.state == State::Published)
    }
}

/// A folder that is removed when it is dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Its path, as settings name it.
    pub(super) fn path(&self) -> String {
        self.0.display().to_string()
    }

    pub(super) fn new() -> Self {
        let name = format!("skuscribe-trial-{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, folder = %self.0.display(), "the folder of a trial was not removed");
        }
    }
}

#[cfg(feature = "sandbox")]
/// Has a configuration ask the sandbox; it serves until it is dropped.
pub(super) async fn with_sandbox(config: &mut Config, behaviour: Behaviour) -> anyhow::Result<Sandbox> {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await?;
    config.model.url = sandbox.url();
    config.model.key = None;
    config.fallbacks.clear();
    config.redis.url = String::new().into();
    Ok(sandbox)
}

/// Works every product in a locale, one after the other; nothing stays behind.
///
/// Boxed, for it holds a whole configuration.
pub(super) fn run<'a>(
    config: &'a Config,
    products: &'a [Product],
    locale: &'a Locale,
) -> BoxFuture<'a, anyhow::Result<Vec<Tried>>> {
    Box::pin(work(config, products, locale))
}

async fn work(config: &Config, products: &[Product], locale: &Locale) -> anyhow::Result<Vec<Tried>> {
    let scratch = Scratch::new();
    let mut config = config.clone();
    config.store.url = scratch.path();
    let store: Arc<dyn ContentStore> = open(&config.store).await?;
    let pipeline = Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?;
    let in_hand = Inbox::default();
    let mut all = Vec::with_capacity(products.len());
    for (number, product) in products.iter().enumerate() {
        let message = json!({
            "id": format!("trial-{number}"), "type": "product.updated", "occurred_at": Clock::System.now().to_string(),
            "product": product, "locales": [locale]
        });
        let update = decode(&serde_json::to_vec(&message)?, &Origin::default())?;
        let entry = in_hand.enter(Arc::new(update));
        let sku = product.sku.clone();
        let report = match Box::pin(pipeline.run(&entry)).await {
            Ok(reports) => reports.into_iter().next().map(|report| report.result),
            Err(failure) => Some(Err(failure)),
        };
        let mut tried = Tried {
            sku: sku.clone(),
            document: None,
            drafts: Vec::new(),
            findings: Vec::new(),
            usage: Usage::default(),
            calls: 0,
            cost: 0,
            failure: None,
        };
        match report {
            Some(Ok(done)) => {
                (tried.usage, tried.calls, tried.cost) = (done.usage, done.calls, done.cost);
                tried.findings = done.findings;
            }
            Some(Err(failure)) => tried.failure = Some(failure.message),
            None => tried.failure = Some("nothing was asked for".to_owned()),
        }
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        tried.document = load::<Document>(&*store, &key).await?.map(|(document, _)| document);
        let operation = tried.document.as_ref().and_then(|document| document.operations.last().copied());
        if let Some(operation) = operation {
            let key = Key::History { locale: locale.clone(), sku, operation };
            let history = load::<HistoryEntry>(&*store, &key).await?;
            tried.drafts = history.map(|(history, _)| history.drafts).unwrap_or_default();
        }
        all.push(tried);
    }
    Ok(all)
}
