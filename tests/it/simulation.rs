//! Thousands of days of lanes, slots and retries on paused time: who starts when, and that everything ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use skuscribe::broker::{retry_delay_ms, snooze_delay_ms};
use skuscribe::failure::FailureCause;
use skuscribe::lane::Lane;
use skuscribe::limits::slots::LaneSlots;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

const ATTEMPTS_MAX: u32 = 6;
/// Longest model call of the simulation.
const CALL_MAX: Duration = Duration::from_secs(20);

/// What became of the messages of a day.
#[derive(Default)]
struct Day {
    done: AtomicU64,
    dead: AtomicU64,
    calls: AtomicUsize,
    calls_most: AtomicUsize,
    /// Longest wait for a call of each lane.
    waits: Mutex<BTreeMap<Lane, Duration>>,
}

struct Message {
    lane: Lane,
    seed: u64,
    /// Share of calls that fail.
    failing: f64,
}

/// A message's life as the worker and the delay queues make it.
async fn live(message: Message, deliveries: LaneSlots, calls: LaneSlots, day: Arc<Day>) {
    let mut random = fastrand::Rng::with_seed(message.seed);
    let (mut attempt, mut snoozes) = (1, 0);
    loop {
        let waited = Instant::now();
        let delivery = deliveries.acquire(message.lane).await;
        if snoozes < 3 && random.u8(0..20) == 0 {
            // Not its turn: it stays away, and no attempt is used up.
            snoozes += 1;
            drop(delivery);
            tokio::time::sleep(Duration::from_millis(snooze_delay_ms(Duration::from_secs(1)))).await;
            continue;
        }
        let call = calls.acquire(message.lane).await;
        {
            let mut waits = day.waits.lock().unwrap();
            let longest = waits.entry(message.lane).or_default();
            *longest = (*longest).max(waited.elapsed());
        }
        let now = day.calls.fetch_add(1, Ordering::Relaxed) + 1;
        day.calls_most.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(CALL_MAX.mul_f64(random.f64())).await;
        day.calls.fetch_sub(1, Ordering::Relaxed);
        drop(call);
        if random.f64() >= message.failing {
            day.done.fetch_add(1, Ordering::Relaxed);
            return;
        }
        drop(delivery);
        if attempt >= ATTEMPTS_MAX {
            day.dead.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let cause = *random
            .choice(&[
                FailureCause::RateLimit,
                FailureCause::Server,
                FailureCause::Store,
                FailureCause::Conflict,
            ])
            .unwrap();
        let asked = (random.u8(0..4) == 0).then(|| Duration::from_secs(random.u64(1..100)));
        let delay = Duration::from_millis(retry_delay_ms(attempt, cause, asked));
        assert!(asked.is_none_or(|asked| delay >= asked), "no sooner than what was asked for");
        tokio::time::sleep(delay).await;
        attempt += 1;
    }
}

fn floors() -> BTreeMap<Lane, f64> {
    [(Lane::Updates, 0.2), (Lane::Backfill, 0.1)].into()
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[test]
fn every_message_of_every_lane_ends_done_or_dead_and_no_slot_is_exceeded() {
    for seed in 0..3_000 {
        paused().block_on(async {
            let mut random = fastrand::Rng::with_seed(seed);
            let slots = random.usize(1..9);
            let calls = LaneSlots::new(slots, &floors());
            let deliveries = LaneSlots::new(slots + slots.div_ceil(10), &floors());
            let (day, tracker) = (Arc::new(Day::default()), TaskTracker::new());
            let failing = random.f64() * 0.9;
            let messages = 40;
            for number in 0..messages {
                let lane = *random.choice(&Lane::ALL).unwrap();
                let message = Message { lane, seed: seed * 1_000 + number, failing };
                tracker.spawn(live(message, deliveries.clone(), calls.clone(), Arc::clone(&day)));
                tokio::time::sleep(Duration::from_millis(random.u64(0..5_000))).await;
            }
            tracker.close();
            let ended = tokio::time::timeout(Duration::from_hours(24), tracker.wait()).await;
            assert!(ended.is_ok(), "seed {seed}: a message starves");
            let ends = day.done.load(Ordering::Relaxed) + day.dead.load(Ordering::Relaxed);
            assert_eq!(ends, messages, "seed {seed}");
            assert!(day.calls_most.load(Ordering::Relaxed) <= slots, "seed {seed}: too many calls at once");
            assert_eq!((deliveries.in_use(), calls.in_use()), (0, 0), "seed {seed}: a slot leaked");
        });
    }
}

#[test]
fn with_a_full_backfill_lane_an_interactive_message_waits_at_most_one_call() {
    for seed in 0..2_000 {
        paused().block_on(async {
            let mut random = fastrand::Rng::with_seed(seed);
            let slots = random.usize(1..9);
            let calls = LaneSlots::new(slots, &floors());
            // One slot for deliveries and calls alike, as near as it gets to a queue before each.
            let deliveries = LaneSlots::new(slots, &floors());
            let (day, tracker) = (Arc::new(Day::default()), TaskTracker::new());
            for number in 0..60 {
                let message = Message { lane: Lane::Backfill, seed: seed + number, failing: 0.0 };
                tracker.spawn(live(message, deliveries.clone(), calls.clone(), Arc::clone(&day)));
            }
            for number in 0..4 {
                tokio::time::sleep(Duration::from_millis(random.u64(0..20_000))).await;
                let message = Message { lane: Lane::Interactive, seed: seed + 100 + number, failing: 0.0 };
                tracker
                    .spawn(live(message, deliveries.clone(), calls.clone(), Arc::clone(&day)))
                    .await
                    .unwrap();
            }
            tracker.close();
            tracker.wait().await;
            let waited = day.waits.lock().unwrap()[&Lane::Interactive];
            assert!(waited <= CALL_MAX, "seed {seed}: {waited:?}");
        });
    }
}

#[test]
fn under_a_flood_of_interactive_messages_backfill_gets_its_tenth() {
    for seed in 0..300 {
        paused().block_on(async {
            let slots = LaneSlots::new(2, &floors());
            let (day, tracker) = (Arc::new(Day::default()), TaskTracker::new());
            let calls = LaneSlots::new(2, &floors());
            for number in 0..200 {
                let message = Message { lane: Lane::Interactive, seed: seed * 7 + number, failing: 0.0 };
                tracker.spawn(live(message, slots.clone(), calls.clone(), Arc::clone(&day)));
            }
            let started = Instant::now();
            for number in 0..5 {
                let message = Message { lane: Lane::Backfill, seed: seed * 11 + number, failing: 0.0 };
                tracker.spawn(live(message, slots.clone(), calls.clone(), Arc::clone(&day)));
            }
            tracker.close();
            tracker.wait().await;
            let all = started.elapsed();
            let backfill = day.waits.lock().unwrap()[&Lane::Backfill];
            // Fifty starts for five messages, of two hundred and five.
            assert!(backfill < all / 2, "seed {seed}: {backfill:?} of {all:?}");
        });
    }
}
