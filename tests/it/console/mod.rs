//! The web console as people, programs and attackers use it.

mod attacks;
mod browser;
mod deciding;

use std::sync::Arc;

use skuscribe::announce::Announcer;
use skuscribe::broker::{Link, Publisher};
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::console::read_model::{ReadModel, rebuild};
use skuscribe::console::{Console, ConsoleParts};
use skuscribe::pipeline::Pipeline;
use skuscribe_sandbox::Behaviour;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::harness::{World, mug};

/// A console over the store of a world, in this process.
pub(crate) struct RunningConsole {
    pub(crate) base: String,
    publisher: Publisher,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

impl RunningConsole {
    /// Starts it over what the store holds now; `change` changes its settings.
    pub(crate) async fn start(world: &World, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = world.config.clone();
        change(&mut config);
        let link = Link::from_config(&config.broker);
        let publisher = Publisher::new(link, "test-console");
        let announcer = Announcer::Broker { publisher: publisher.clone(), config: config.announce.clone() };
        let store = Arc::clone(&world.store);
        let pipeline =
            Arc::new(Pipeline::new(&config, Arc::clone(&store), announcer, Clock::System).unwrap());
        let model = ReadModel::in_memory(Clock::System).await.unwrap();
        rebuild(&model, &*store, &CancellationToken::new(), |_| {}).await.unwrap();
        let parts = ConsoleParts {
            config,
            settings: Vec::new(),
            store,
            pipeline,
            model,
            publisher: Some(publisher.clone()),
        };
        let console = Arc::new(Console::new(parts, Clock::System).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { console.serve(listener, &stop).await }
        });
        Self { base, publisher, stop, running }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap();
        self.publisher.close().await;
    }
}

/// A shop in which a person sees everything first, with a draft of so many products.
pub(crate) async fn waiting_world(drafts: usize) -> World {
    let mut world = World::start_with(Behaviour::default(), |config: &mut Config| {
        "always".clone_into(&mut config.review.when);
    })
    .await;
    for number in 1..=drafts {
        world.work(&mug(&format!("job7/0/A{number:02}"), &format!("A{number:02}"), 1, "clay")).await;
    }
    world
}
