//! The console's read model behind a real broker: what workers announce and people decide is in it, whatever dies in between.

use std::sync::Arc;

use skuscribe::announce::Announcer;
use skuscribe::broker::{Link, OutgoingMessage, Publisher};
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::console::filter::Filter;
use skuscribe::console::read_model::{Feeder, PageRequest, ReadModel, ReviewOrder, rebuild};
use skuscribe::pipeline::Pipeline;
use skuscribe::review::ReviewDecision;
use skuscribe_sandbox::Behaviour;
use tokio_util::sync::CancellationToken;

use crate::harness::{World, mug, until};

struct Console {
    model: ReadModel,
    feeder: Arc<Feeder>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Console {
    async fn start(world: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let model = ReadModel::open(&folder.path().join("read-model.sqlite"), Clock::System).await.unwrap();
        let link = Link::from_config(&world.config.broker);
        let feeder = Arc::new(Feeder::new(link, Arc::clone(&world.store), model.clone()));
        feeder.subscribe().await.unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (feeder, stop) = (Arc::clone(&feeder), stop.clone());
            async move { feeder.run(&stop).await }
        });
        Self { model, feeder, stop, running, _folder: folder }
    }

    async fn waiting(&self) -> Vec<String> {
        let page = PageRequest::first(50);
        let page = self.model.review_queue(&Filter::default(), ReviewOrder::Oldest, &page).await.unwrap();
        page.rows.into_iter().map(|row| row.sku).collect()
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap();
        self.model.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_in_the_queue_and_what_a_person_approves_leaves_it() {
    let mut world = World::start_with(Behaviour::default(), |config: &mut Config| {
        "always".clone_into(&mut config.review.when);
        config.broker.patrol_ms = 50;
    })
    .await;
    let console = Console::start(&world).await;
    for number in 1..=3 {
        world.work(&mug(&format!("m{number}"), &format!("A{number}"), 1, "clay")).await;
    }
    until("three drafts wait", || async { console.waiting().await.len() == 3 }).await;
    // Its queue is lost and declared anew; what comes meanwhile a rebuild finds.
    world.delete_queue(&world.topology.console()).await;
    world.work(&mug("m4", "A4", 1, "clay")).await;
    console.feeder.subscribe().await.unwrap();
    let stop = CancellationToken::new();
    rebuild(&console.model, &*world.store, &stop, |_| {}).await.unwrap();
    assert_eq!(console.waiting().await.len(), 4);
    let publisher = Publisher::new(Link::from_config(&world.config.broker), "test-review");
    // What is no event of ours stops nothing.
    let noise = OutgoingMessage { body: b"{]", ..OutgoingMessage::default() };
    publisher.event("content.published.en-US", noise).await.unwrap();
    let announcer = Announcer::Broker { publisher, config: world.config.announce.clone() };
    let pipeline = Pipeline::new(&world.config, Arc::clone(&world.store), announcer, Clock::System).unwrap();
    for number in 1..=4 {
        let row = console.model.document(&format!("A{number}"), "en-US").await.unwrap().unwrap();
        let (sku, locale) = (row.sku.parse().unwrap(), row.locale.parse().unwrap());
        let draft = row.waiting.unwrap().draft;
        pipeline
            .approve(ReviewDecision { sku: &sku, locale: &locale, draft: &draft, by: "ada", why: None })
            .await
            .unwrap();
    }
    until("the queue is empty", || async { console.waiting().await.is_empty() }).await;
    let row = console.model.document("A1", "en-US").await.unwrap().unwrap();
    assert_eq!(row.revision, 2);
    let queue = world.topology.console();
    until("nothing waits for the console", || async { world.waiting(&queue).await == 0 }).await;
    console.stop().await;
    world.delete_queue(&queue).await;
    world.finish().await;
}
