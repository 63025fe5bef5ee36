//! What every request of the console works with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::bulk::BulkRuns;
use super::error::ConsoleError;
use super::pages::Page;
use super::read_model::ReadModel;
use super::recent::RecentDecisions;
use super::server;
use crate::answers::Asker;
use crate::broker::{Link, Publisher, QueueDepth, Topology, depths};
use crate::clock::Clock;
use crate::config::{Config, Setting};
use crate::failure::chain;
use crate::http::client::ClientNetworks;
use crate::http::{self, HttpLimits};
use crate::pipeline::Pipeline;
use crate::store::ContentStore;
use crate::store::snapshots::stored;
use skuscribe_check::product::{Locale, Sku};

/// The deadlines and caps of the console's connections: people and their scripts, no crowd.
const LIMITS: HttpLimits = HttpLimits {
    header: Duration::from_secs(10),
    idle: Duration::from_secs(75),
    // A stream of live figures ends then, and the browser opens the next one.
    request: Duration::from_mins(1),
    connections_max: 512,
    client_connections_max: 128,
};

/// How long a look at the lanes is good for.
const LANES_FRESH: Duration = Duration::from_secs(4);

/// The console over a store.
pub struct Console {
    pub(super) config: Config,
    /// Every setting in force with its origin.
    pub(super) settings: Vec<Setting>,
    pub(super) store: Arc<dyn ContentStore>,
    /// The stages that decisions go through.
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) asker: Asker,
    pub(super) model: ReadModel,
    /// Where messages are published; `None` without a broker: then nothing can be asked for again.
    publisher: Option<Publisher>,
    pub(super) access: Access,
    pub(super) recent: RecentDecisions,
    pub(super) bulk: BulkRuns,
    lanes: Mutex<Option<(Instant, Option<Vec<QueueDepth>>)>>,
    pub(super) clock: Clock,
}

/// What the console is put together of.
pub struct ConsoleParts {
    /// The settings.
    pub config: Config,
    /// The same with their origins, as they are shown.
    pub settings: Vec<Setting>,
    /// The store.
    pub store: Arc<dyn ContentStore>,
    /// The stages, announcing to the broker where there is one.
    pub pipeline: Arc<Pipeline>,
    /// The read model.
    pub model: ReadModel,
    /// Where messages are published.
    pub publisher: Option<Publisher>,
}

impl Console {
    /// Puts the console together.
    ///
    /// # Errors
    /// When the file of tokens cannot be read, or answers cannot be set up.
    pub fn new(parts: ConsoleParts, clock: Clock) -> anyhow::Result<Self> {
        let ConsoleParts { config, settings, store, pipeline, model, publisher } = parts;
        let access = Access::from_config(&config.console)?;
        let asker = Asker::new(&config, Arc::clone(&store), Arc::clone(&pipeline))?;
        let recent = RecentDecisions::default();
        Ok(Self {
            config,
            settings,
            store,
            pipeline,
            asker,
            model,
            publisher,
            access,
            recent,
            bulk: BulkRuns::default(),
            lanes: Mutex::default(),
            clock,
        })
    }

    /// Serves until `stop`; requests in flight are answered.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: &CancellationToken) {
        let router = server::router(&self);
        http::serve(listener, router, LIMITS, &ClientNetworks::direct(), stop).await;
        self.bulk.stop().await;
    }

    /// Where messages are published.
    pub(super) fn publisher(&self) -> Result<&Publisher, ConsoleError> {
        self.publisher.as_ref().ok_or_else(|| {
            ConsoleError::unavailable(
                "the console runs without a broker: nothing can be asked for; start it with one",
            )
        })
    }

    /// The names of the broker's queues.
    pub(super) fn topology(&self) -> Topology {
        Topology::new(&self.config.broker.prefix)
    }

    /// How deep the lanes are; `None` where the broker does not answer. Looked at once for everybody.
    pub(super) async fn lanes(&self) -> Option<Vec<QueueDepth>> {
        self.publisher.as_ref()?;
        let mut looked = self.lanes.lock().await;
        if let Some((_, lanes)) = looked.as_ref().filter(|(at, _)| at.elapsed() < LANES_FRESH) {
            return lanes.clone();
        }
        let link = Link::from_config(&self.config.broker);
        let lanes = match depths(&link, &self.topology()).await {
            Ok(depths) => Some(depths),
            Err(error) => {
                tracing::debug!(error = %chain(&error), "the lanes could not be looked at");
                None
            }
        };
        *looked = Some((Instant::now(), lanes.clone()));
        lanes
    }

    /// Fails where a product or a locale is none of the person's.
    pub(super) async fn must_see(&self, page: &Page, sku: &Sku, locale: &Locale) -> Result<(), ConsoleError> {
        if !page.visitor.person.sees_locale(locale) {
            return Err(ConsoleError::forbidden("this locale is not among those that your token is for"));
        }
        self.must_see_product(page, sku).await
    }

    /// The same for a product in any locale.
    pub(super) async fn must_see_product(&self, page: &Page, sku: &Sku) -> Result<(), ConsoleError> {
        if page.visitor.person.categories.is_empty() {
            return Ok(());
        }
        let snapshot = stored(&*self.store, sku).await?;
        let category = snapshot.map(|snapshot| snapshot.product.category.clone()).unwrap_or_default();
        if page.visitor.person.sees_category(&category) {
            return Ok(());
        }
        Err(ConsoleError::forbidden("this product is not among those that your token is for"))
    }
}
