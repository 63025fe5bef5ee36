//! The quota on paused time: a server's sliding minute, a hundred workers, and the fairness of lanes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::clock::Clock;
use crate::config::Config;
use crate::lane::Lane;
use crate::limits::quota::{AttemptResult, Quota, QuotaRequest};
use crate::limits::spend::{Billing, Spend};
use skuscribe_check::content::Usage;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// A server that counts requests and tokens of the last minute and refuses what is beyond its limits.
struct Server {
    limits: [u64; 2],
    seen: Mutex<VecDeque<(Instant, u64)>>,
    answered: AtomicU64,
    tokens: AtomicU64,
    refused: AtomicU64,
}

impl Server {
    fn new(requests: u64, tokens: u64) -> Arc<Self> {
        Arc::new(Self {
            limits: [requests, tokens],
            seen: Mutex::default(),
            answered: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    fn admits(&self, tokens: u64) -> bool {
        let (mut seen, now) = (self.seen.lock().unwrap(), Instant::now());
        while seen.pop_front_if(|(at, _)| now.duration_since(*at) >= Duration::from_mins(1)).is_some() {}
        let [request_limit, token_limit] = self.limits;
        let used: u64 = seen.iter().map(|(_, tokens)| tokens).sum();
        let fits = (request_limit == 0 || (seen.len() as u64) < request_limit)
            && (token_limit == 0 || used + tokens <= token_limit);
        if fits {
            seen.push_back((now, tokens));
            self.answered.fetch_add(1, Ordering::Relaxed);
            self.tokens.fetch_add(tokens, Ordering::Relaxed);
        } else {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        fits
    }
}

fn config(requests: u64, tokens: u64) -> Config {
    let mut config = Config::defaults().unwrap();
    (config.model.requests_per_minute, config.model.tokens_per_minute) = (requests, tokens);
    config.quota.wait_max_ms = 3_600_000;
    config
}

fn quota(config: &Config) -> Quota {
    let spend = Arc::new(Spend::apart(&config.quota, &Clock::System, None));
    Quota::new(&config.model, &config.quota, &config.worker.lane_floors, None, spend)
}

/// A call that costs nothing.
fn ask(lane: Lane, tokens: u64) -> QuotaRequest {
    QuotaRequest { billing: Billing::new(lane, None), tokens, usage: Usage::default(), cost: 0, most: 0 }
}

/// Calls, one after the other, until `end`; gives how many were made.
async fn calls(quota: Arc<Quota>, server: Arc<Server>, lane: Lane, seed: u64, end: Instant) -> u64 {
    let (mut random, mut made) = (fastrand::Rng::with_seed(seed), 0);
    while Instant::now() < end {
        let tokens = random.u64(500..5_000);
        let ask = ask(lane, 3_200);
        let reservation = quota.reserve(&ask).await.unwrap();
        // On its way to the server.
        tokio::time::sleep(Duration::from_millis(random.u64(1..20))).await;
        if !server.admits(tokens) {
            reservation.settle(&AttemptResult::Refused).await;
            continue;
        }
        tokio::time::sleep(Duration::from_millis(random.u64(200..3_000))).await;
        let usage = Usage { input_tokens: tokens, ..Usage::default() };
        reservation.settle(&AttemptResult::Answered { usage, cost: 0, model: String::new() }).await;
        made += 1;
    }
    made
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Workers with so many calls at a time each; gives the server and the calls of each worker.
fn simulate(config: &Config, workers: usize, each: usize, minutes: u64) -> (Arc<Server>, Vec<u64>) {
    paused().block_on(async {
        let server = Server::new(config.model.requests_per_minute, config.model.tokens_per_minute);
        let first = quota(config);
        let end = Instant::now() + Duration::from_mins(minutes);
        let (tracker, mut running) = (TaskTracker::new(), Vec::new());
        for worker in 0..workers {
            let worker_quota = Arc::new(first.another_worker(&config.model, &config.quota, &BTreeMap::new()));
            let calls = (0..each).map(|call| {
                let seed = (worker * 1_000 + call) as u64;
                calls(Arc::clone(&worker_quota), Arc::clone(&server), Lane::Backfill, seed, end)
            });
            running.push(tracker.spawn(futures_util::future::join_all(calls.collect::<Vec<_>>())));
        }
        let mut made = Vec::new();
        for worker in running {
            made.push(worker.await.unwrap().into_iter().sum());
        }
        (server, made)
    })
}

#[test]
fn a_hundred_workers_use_the_quota_of_requests_whole_fairly_and_without_a_refusal() {
    let config = config(6_000, 0);
    let (server, made) = simulate(&config, 100, 4, 5);
    let answered = server.answered.load(Ordering::Relaxed);
    assert_eq!(server.refused.load(Ordering::Relaxed), 0);
    assert!(answered >= 5 * 6_000 * 97 / 100, "{answered}");
    let mean = made.iter().sum::<u64>() / 100;
    let (least, most) = (made.iter().min().unwrap(), made.iter().max().unwrap());
    assert!(*least * 2 > mean && *most < mean * 2, "{least} to {most}, {mean} on average");
}

#[test]
fn a_hundred_workers_use_the_quota_of_tokens_whole_though_answers_vary_tenfold() {
    let config = config(0, 3_000_000);
    let (server, _) = simulate(&config, 100, 4, 5);
    let (tokens, refused) = (server.tokens.load(Ordering::Relaxed), server.refused.load(Ordering::Relaxed));
    let calls = server.answered.load(Ordering::Relaxed) + refused;
    assert!(tokens >= 5 * 3_000_000 * 97 / 100, "{tokens}");
    assert!(refused * 200 <= calls, "{refused} of {calls} refused");
}

#[test]
fn a_small_quota_is_used_whole_as_well() {
    let config = config(30, 0);
    let (server, _) = simulate(&config, 3, 2, 30);
    let answered = server.answered.load(Ordering::Relaxed);
    assert_eq!(server.refused.load(Ordering::Relaxed), 0);
    assert!(answered >= 30 * 30 * 97 / 100, "{answered}");
}

/// The longest wait of an interactive call each minute, with bulk work waiting all the time.
fn longest_interactive_wait(requests: u64) -> Duration {
    paused().block_on(async {
        let config = config(requests, 0);
        let worker_quota = Arc::new(quota(&config));
        let server = Server::new(requests, 0);
        let end = Instant::now() + Duration::from_mins(20);
        let tracker = TaskTracker::new();
        for seed in 0..requests / 4 {
            tracker.spawn(calls(Arc::clone(&worker_quota), Arc::clone(&server), Lane::Backfill, seed, end));
        }
        let mut longest = Duration::ZERO;
        for _ in 0..15 {
            tokio::time::sleep(Duration::from_millis(58_765)).await;
            let asked = Instant::now();
            let ask = ask(Lane::Interactive, 1_000);
            let reservation = worker_quota.reserve(&ask).await.unwrap();
            longest = longest.max(asked.elapsed());
            assert!(server.admits(1_000));
            reservation.settle(&AttemptResult::Refused).await;
        }
        assert_eq!(server.refused.load(Ordering::Relaxed), 0);
        longest
    })
}

#[test]
fn with_bulk_work_waiting_an_interactive_call_goes_at_once() {
    let longest = longest_interactive_wait(1_200);
    assert!(longest < Duration::from_millis(20), "{longest:?}");
}

#[test]
fn with_a_small_quota_an_interactive_call_is_the_next_but_one() {
    let longest = longest_interactive_wait(60);
    // Two intervals, and what a call is booked ahead.
    assert!(longest <= Duration::from_millis(2 * 1_016 + 200), "{longest:?}");
}

#[test]
fn under_a_flood_of_interactive_calls_every_lane_gets_its_floor_of_the_quota() {
    paused().block_on(async {
        let config = config(600, 0);
        let worker_quota = Arc::new(quota(&config));
        let server = Server::new(600, 0);
        let end = Instant::now() + Duration::from_mins(10);
        let lanes = Lane::ALL.map(|lane| {
            let calls: Vec<_> = (0..60)
                .map(|seed| calls(Arc::clone(&worker_quota), Arc::clone(&server), lane, seed, end))
                .collect();
            futures_util::future::join_all(calls)
        });
        let made: Vec<u64> = futures_util::future::join_all(lanes)
            .await
            .into_iter()
            .map(|lane| lane.into_iter().sum())
            .collect();
        let all: u64 = made.iter().sum();
        assert!(made[1] * 100 >= all * 18, "updates has a floor of a fifth: {made:?}");
        assert!(made[2] * 100 >= all * 9, "backfill has a floor of a tenth: {made:?}");
        assert!(made[0] * 100 >= all * 60, "the rest goes to interactive: {made:?}");
        assert_eq!(server.refused.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn who_would_wait_too_long_is_told_for_how_long_and_takes_nothing() {
    paused().block_on(async {
        let mut config = config(60, 0);
        config.quota.wait_max_ms = 5_000;
        let worker_quota = Arc::new(quota(&config));
        worker_quota.pause(Duration::from_secs(30)).await;
        let ask = ask(Lane::Updates, 0);
        let started = Instant::now();
        let refusal = worker_quota.reserve(&ask).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(1), "it is refused at once");
        assert!((25..=30).contains(&refusal.after().as_secs()), "{refusal:?}");
        tokio::time::sleep(Duration::from_secs(31)).await;
        let started = Instant::now();
        worker_quota.reserve(&ask).await.unwrap();
        assert!(started.elapsed() < Duration::from_millis(10));
    });
}

#[test]
fn one_worker_uses_the_quota_of_tokens_whole_as_well() {
    let config = config(0, 3_000_000);
    let (server, _) = simulate(&config, 1, 64, 5);
    let (tokens, refused) = (server.tokens.load(Ordering::Relaxed), server.refused.load(Ordering::Relaxed));
    let calls = server.answered.load(Ordering::Relaxed) + refused;
    assert!(tokens >= 5 * 3_000_000 * 97 / 100, "{tokens}");
    assert!(refused * 200 <= calls, "{refused} of {calls} refused");
}
