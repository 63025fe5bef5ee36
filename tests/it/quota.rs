//! The quota through a real Redis, and the caps on the bill: shared, lost, found again, reached and raised.

use std::sync::Arc;
use std::time::Duration;

use lapin::types::FieldTable;
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::config::model::Price;
use skuscribe::lane::Lane;
use skuscribe::limits::ledger;
use skuscribe::limits::quota::{AttemptResult, Quota, QuotaRefusal, QuotaRequest, Reservation};
use skuscribe::limits::spend::DaySpend;
use skuscribe::limits::spend::{Billing, Spend};
use skuscribe::redis::Redis;
use skuscribe::store::{ContentStore, FolderStore, SetAside};
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::{amount, nanos};
use skuscribe_sandbox::Behaviour;
use tokio::time::Instant;

use crate::harness::{World, forget, mug, redis_url, unique, until};
use crate::relay::{Mode, Relay};

/// Quotas of so many workers on one Redis; their keys go with them.
pub(crate) struct Workers {
    quotas: Vec<Arc<Quota>>,
    pub(crate) prefix: String,
}

impl std::ops::Deref for Workers {
    type Target = [Arc<Quota>];

    fn deref(&self) -> &Self::Target {
        &self.quotas
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        forget(&self.prefix);
        let _ = std::fs::remove_dir_all(std::env::temp_dir().join(&self.prefix));
    }
}

pub(crate) fn workers(count: usize, url: &str, change: impl Fn(&mut Config)) -> Workers {
    let mut config = Config::defaults().unwrap();
    config.redis.url = url.to_owned().into();
    config.broker.prefix = unique("skuscribe-test");
    change(&mut config);
    let folder = std::env::temp_dir().join(&config.broker.prefix);
    let store: Arc<dyn ContentStore> = Arc::new(FolderStore::open(&folder).unwrap());
    let one = || {
        let redis = Redis::from_config(&config.redis, &config.broker.prefix).unwrap();
        let spend = Arc::new(Spend::apart(&config.quota, &Clock::System, Some(Arc::clone(&store))));
        Arc::new(Quota::new(&config.model, &config.quota, &config.worker.lane_floors, redis, spend))
    };
    Workers { quotas: (0..count).map(|_| one()).collect(), prefix: config.broker.prefix.clone() }
}

fn ask(cost: f64, job: Option<&str>) -> QuotaRequest {
    QuotaRequest {
        billing: Billing::new(Lane::Updates, job.map(Into::into)),
        tokens: 100,
        usage: Usage::default(),
        cost: nanos(cost),
        most: nanos(cost),
    }
}

async fn answered(reservation: Reservation, cost: f64) {
    let usage = Usage { input_tokens: 1, ..Usage::default() };
    let spent = AttemptResult::Answered { usage, cost: nanos(cost), model: "m".to_owned() };
    reservation.settle(&spent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_one_worker_was_given_stops_the_others() {
    let workers = workers(2, &redis_url(), |config| config.model.requests_per_minute = 60_000);
    workers[0].reserve(&ask(0.0, None)).await.unwrap();
    workers[0].pause(Duration::from_millis(400)).await;
    let started = Instant::now();
    workers[1].reserve(&ask(0.0, None)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(350), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_flight_are_counted_over_all_workers_and_given_up_ones_are_given_back() {
    let workers = workers(2, &redis_url(), |config| {
        config.model.calls_max = 2;
        config.quota.wait_max_ms = 200;
    });
    let first = workers[0].reserve(&ask(0.0, None)).await.unwrap();
    let second = workers[1].reserve(&ask(0.0, None)).await.unwrap();
    let third = workers[1].reserve(&ask(0.0, None)).await;
    assert!(matches!(third, Err(QuotaRefusal::Later { .. })), "{third:?}");
    answered(first, 0.0).await;
    let third = workers[1].reserve(&ask(0.0, None)).await.unwrap();
    // Its task is cut off: the worker's next call takes that along.
    drop(second);
    let fourth = workers[1].reserve(&ask(0.0, None)).await.unwrap();
    drop((third, fourth));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_holds_for_all_workers_together_and_what_a_call_did_not_cost_is_given_back() {
    let workers = workers(2, &redis_url(), |config| config.quota.spend_per_day = 1.0);
    // Updates may spend 0.95 of it.
    let first = workers[0].reserve(&ask(0.5, None)).await.unwrap();
    let refused = workers[1].reserve(&ask(0.5, None)).await;
    assert!(matches!(refused, Err(QuotaRefusal::DayCap { lane: Lane::Updates, .. })), "{refused:?}");
    answered(first, 0.1).await;
    let second = workers[0].reserve(&ask(0.5, None)).await.unwrap();
    answered(second, 0.5).await;
    assert!(workers[1].reserve(&ask(0.5, None)).await.is_err());
    assert!(workers[1].reserve(&ask(0.3, None)).await.is_ok());
    // What is forgotten in Redis is in the store all the same.
    forget(&workers.prefix);
    assert!(workers[1].reserve(&ask(0.5, None)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_s_cap_stops_that_job_alone() {
    let workers = workers(2, &redis_url(), |config| config.quota.spend_per_job = 1.0);
    let first = workers[0].reserve(&ask(0.8, Some("spring"))).await.unwrap();
    answered(first, 0.8).await;
    let refused = workers[1].reserve(&ask(0.8, Some("spring"))).await;
    assert!(matches!(refused, Err(QuotaRefusal::JobCap { .. })), "{refused:?}");
    assert!(workers[1].reserve(&ask(0.8, Some("autumn"))).await.is_ok());
    assert!(workers[1].reserve(&ask(0.8, None)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_counts_at_the_end_of_the_numbers_neither_wrap_nor_panic() {
    let nowhere = "redis://127.0.0.1:9".to_owned();
    for url in [redis_url(), nowhere] {
        for limit in [1, u64::MAX] {
            let workers = workers(1, &url, |config| {
                let model = &mut config.model;
                (model.requests_per_minute, model.tokens_per_minute) = (limit, limit);
                (model.slots, model.calls_max) = (usize::MAX, usize::MAX);
                config.quota.spend_per_day = 1.0;
            });
            let huge = QuotaRequest { tokens: u64::MAX, ..ask(0.001, None) };
            let reservation = workers[0].reserve(&huge).await.unwrap();
            let usage = Usage {
                input_tokens: u64::MAX,
                cached_tokens: u64::MAX,
                output_tokens: u64::MAX,
                ..Usage::default()
            };
            let spent = AttemptResult::Answered { usage, cost: i64::MAX, model: "m".to_owned() };
            // No server counts so much: what was expected is booked, and the cap is not reached.
            reservation.settle(&spent).await;
            workers[0].pause(Duration::MAX).await;
            let next = QuotaRequest { tokens: 1, ..ask(0.9, None) };
            let later = tokio::time::timeout(Duration::from_millis(200), workers[0].reserve(&next)).await;
            assert!(!matches!(later, Ok(Err(QuotaRefusal::DayCap { .. }))), "{later:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_each_worker_keeps_to_its_share_and_they_share_again_once_it_is_back() {
    let address = redis_url().trim_start_matches("redis://").trim_end_matches('/').parse().unwrap();
    let relay = Relay::start(address).await;
    let workers = workers(3, &format!("redis://{}", relay.address), |config| {
        config.model.requests_per_minute = 600_000;
    });
    let call = async |worker: &Arc<Quota>| worker.reserve(&ask(0.0, None)).await.map(drop).unwrap();
    // All three have called before each learns how many they are.
    for worker in workers.iter().chain(workers.iter()) {
        until("the quota is shared", || async {
            call(worker).await;
            worker.share() == 1
        })
        .await;
    }
    relay.set(Mode::Refuse);
    relay.cut();
    for worker in workers.iter() {
        call(worker).await;
        assert_eq!(worker.share(), 3);
    }
    relay.set(Mode::Pass);
    until("the quota is shared again", || async {
        call(&workers[0]).await;
        workers[0].share() == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_budget_bulk_work_waits_in_its_queue_people_are_served_and_a_higher_cap_sets_it_going_again() {
    let price =
        Price { from: "2020-01-01".parse().unwrap(), input: 1.0, cached: None, output: 4.0, batch: 1.0 };
    let settings = move |config: &mut Config| {
        "json_schema".clone_into(&mut config.model.structured);
        config.model.prices = vec![price];
        config.worker.delivery_slots = 2;
        config.quota.spend_per_day = 0.05;
        config.quota.spend_shares = [(Lane::Backfill, 0.4)].into();
    };
    let mut world = World::start_with(Behaviour::default(), settings).await;
    for number in 0..30 {
        let body = mug(&format!("b{number}"), &format!("B{number}"), 1, "clay").to_string();
        world.publish_to("backfill", body.as_bytes(), FieldTable::default()).await;
    }
    let paused = |lane| world.worker.pipeline().models().paused(lane);
    until("the lane is paused", || async { paused(Lane::Backfill).is_some_and(|pause| !pause.alarm) }).await;
    until("nothing is in progress", || async { world.worker.liveness().without_progress().0 == 0 }).await;
    let spent = world.worker.pipeline().models().spend().this_process();
    assert!((0.015..=0.02).contains(&amount(spent.total.nanos)), "{spent:?}");
    assert!(paused(Lane::Interactive).is_none());
    let waiting = world.waiting(&world.topology.lane(Lane::Backfill)).await;
    assert!(waiting >= 5, "{waiting} wait");
    let body = mug("i1", "I1", 1, "clay").to_string();
    world.publish_to("interactive", body.as_bytes(), FieldTable::default()).await;
    until("a person is served", || async { world.document("I1", "en-US").await.is_some() }).await;
    for queue in world.topology.queues().into_iter().filter(|queue| !queue.name.contains(".work.")) {
        assert_eq!(world.waiting(&queue.name).await, 0, "{}: they wait in their own queue", queue.name);
    }
    let waiting = world.waiting(&world.topology.lane(Lane::Backfill)).await;
    assert_eq!(u64::from(waiting) + spent.total.calls, 30, "nothing is lost");
    let mut config = Config::defaults().unwrap();
    settings(&mut config);
    config.quota.spend_per_day = 10.0;
    world.worker.reconfigure(&config);
    world.quiet().await;
    let written = world.worker.pipeline().models().spend().this_process();
    world.worker.pipeline().ledger().close().await;
    let day = skuscribe::clock::today(Clock::System.now());
    let stored: DaySpend = ledger::read_day(&*world.store, day, &SetAside::default()).await.unwrap();
    world.finish().await;
    assert_eq!(stored, written, "the books are in the store");
    assert!(stored.lanes[&Lane::Interactive].calls >= 1 && stored.lanes[&Lane::Backfill].calls > 20);
}
