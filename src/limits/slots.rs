//! Slots that lanes share: the most urgent lane that waits comes first, with a floor for the others; resizable.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::lane::Lane;

/// Number of lanes.
const LANES: usize = Lane::ALL.len();

/// A number of slots, handed out one by one to the most urgent lane that waits.
///
/// A lane with a floor of 0.2 gets at least every fifth slot that is handed out while it waits, however many
/// wait in more urgent lanes. All else goes by urgency; no slot stays idle while anybody
/// waits.
#[derive(Clone, Debug)]
pub struct LaneSlots {
    state: Arc<Mutex<SlotState>>,
}

#[derive(Debug)]
struct SlotState {
    capacity: usize,
    in_use: usize,
    /// After so many slots for others a lane that waits is next; `u32::MAX` where it has no floor.
    patience: [u32; LANES],
    passed_over: [u32; LANES],
    waiting: [VecDeque<oneshot::Sender<LaneSlot>>; LANES],
}

/// A slot; it goes to the next who waits when it is dropped.
#[derive(Debug)]
pub struct LaneSlot {
    slots: Option<LaneSlots>,
}

impl LaneSlots {
    /// `capacity` slots; `floors` are shares (0 to 1) of the slots handed out.
    #[must_use]
    pub fn new(capacity: usize, floors: &BTreeMap<Lane, f64>) -> Self {
        let state = SlotState {
            capacity,
            in_use: 0,
            patience: patience(floors),
            passed_over: [0; LANES],
            waiting: Default::default(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for a slot. Dropping the future gives up the place in the queue.
    pub async fn acquire(&self, lane: Lane) -> LaneSlot {
        loop {
            let turn = {
                let mut state = self.lock();
                if state.in_use < state.capacity && state.waiting.iter().all(VecDeque::is_empty) {
                    state.in_use += 1;
                    return LaneSlot { slots: Some(self.clone()) };
                }
                let (sender, turn) = oneshot::channel();
                if let Some(queue) = state.waiting.get_mut(index(lane)) {
                    queue.push_back(sender);
                }
                self.hand_out(&mut state);
                turn
            };
            // The other end stays in the queue until it is served; if it is lost, the caller queues again.
            if let Ok(slot) = turn.await {
                return slot;
            }
        }
    }

    /// Changes their number and the floors while they are in use. With fewer slots no work is interrupted:
    /// those beyond the new number are not handed out again.
    pub fn resize(&self, capacity: usize, floors: &BTreeMap<Lane, f64>) {
        let mut state = self.lock();
        state.capacity = capacity;
        state.patience = patience(floors);
        self.hand_out(&mut state);
    }

    /// Changes their number alone.
    pub fn set_capacity(&self, capacity: usize) {
        let mut state = self.lock();
        if state.capacity != capacity {
            state.capacity = capacity;
            self.hand_out(&mut state);
        }
    }

    /// Slots in use: how tests find a slot that leaked, those of the whole program too.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.lock().in_use
    }

    /// Slots that there are.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.lock().capacity
    }

    fn hand_out(&self, state: &mut SlotState) {
        while state.in_use < state.capacity {
            let Some(lane) = state.next_lane() else { return };
            let Some(sender) = state.waiting.get_mut(lane).and_then(VecDeque::pop_front) else { return };
            match sender.send(LaneSlot { slots: Some(self.clone()) }) {
                Ok(()) => {
                    state.in_use += 1;
                    state.served(lane);
                }
                // The waiter is gone. The slot was never in use: it must not be given back.
                Err(mut slot) => slot.slots = None,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, SlotState> {
        // Nothing that can panic happens under the lock; what is there is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SlotState {
    /// A lane that was passed over too often, else the most urgent one that waits.
    fn next_lane(&self) -> Option<usize> {
        let waits = |lane: &usize| self.waiting.get(*lane).is_some_and(|queue| !queue.is_empty());
        let owed = |lane: &usize| {
            let passed = self.passed_over.get(*lane).copied().unwrap_or(0);
            let patience = self.patience.get(*lane).copied().unwrap_or(u32::MAX);
            (passed >= patience).then(|| passed - patience)
        };
        (0..LANES)
            .filter(waits)
            .filter_map(|lane| Some((owed(&lane)?, lane)))
            .max_by_key(|(owed, lane)| (*owed, std::cmp::Reverse(*lane)))
            .map(|(_, lane)| lane)
            .or_else(|| (0..LANES).find(waits))
    }

    fn served(&mut self, lane: usize) {
        for (other, passed) in self.passed_over.iter_mut().enumerate() {
            let waits = self.waiting.get(other).is_some_and(|queue| !queue.is_empty());
            // A lane that does not wait is owed nothing.
            *passed = if other == lane || !waits { 0 } else { passed.saturating_add(1) };
        }
    }
}

impl Drop for LaneSlot {
    fn drop(&mut self) {
        if let Some(slots) = self.slots.take() {
            let mut state = slots.lock();
            state.in_use -= 1;
            slots.hand_out(&mut state);
        }
    }
}

fn index(lane: Lane) -> usize {
    Lane::ALL.iter().position(|other| *other == lane).unwrap_or(0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
fn patience(floors: &BTreeMap<Lane, f64>) -> [u32; LANES] {
    Lane::ALL.map(|lane| match floors.get(&lane).copied().unwrap_or(0.0) {
        // Every n-th slot: passed over n - 1 times.
        floor if floor > 0.0 => ((1.0 / floor).ceil() - 1.0).clamp(0.0, 1e6) as u32,
        _ => u32::MAX,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio_util::task::TaskTracker;

    use super::*;

    fn floors(updates: f64, backfill: f64) -> BTreeMap<Lane, f64> {
        [(Lane::Updates, updates), (Lane::Backfill, backfill)].into()
    }

    /// Lanes in the order in which they got the only slot.
    async fn order(slots: &LaneSlots, wanted: &[Lane]) -> Vec<Lane> {
        let first = slots.acquire(Lane::Updates).await;
        let served = Arc::new(Mutex::new(Vec::new()));
        let tracker = TaskTracker::new();
        for lane in wanted {
            let (slots, served, lane) = (slots.clone(), Arc::clone(&served), *lane);
            tracker.spawn(async move {
                let _slot = slots.acquire(lane).await;
                served.lock().unwrap().push(lane);
                tokio::task::yield_now().await;
            });
            tokio::task::yield_now().await;
        }
        drop(first);
        tracker.close();
        tracker.wait().await;
        served.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn the_most_urgent_lane_that_waits_comes_first() {
        use Lane::{Backfill, Interactive, Updates};
        let slots = LaneSlots::new(1, &BTreeMap::new());
        let served = order(&slots, &[Backfill, Backfill, Updates, Interactive]).await;
        assert_eq!(served, [Interactive, Updates, Backfill, Backfill]);
        assert_eq!(slots.in_use(), 0);
    }

    #[tokio::test]
    async fn a_lane_with_a_floor_is_passed_over_no_longer_than_it_says() {
        use Lane::{Backfill, Interactive};
        let slots = LaneSlots::new(1, &floors(0.0, 0.25));
        let mut wanted = vec![Backfill, Backfill];
        wanted.extend([Interactive; 9]);
        let served = order(&slots, &wanted).await;
        let backfill: Vec<usize> = served
            .iter()
            .enumerate()
            .filter(|(_, lane)| **lane == Backfill)
            .map(|(place, _)| place)
            .collect();
        assert_eq!(backfill, [3, 7]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_takes_no_slot_along() {
        let slots = LaneSlots::new(1, &BTreeMap::new());
        let held = slots.acquire(Lane::Updates).await;
        for _ in 0..3 {
            let given_up =
                tokio::time::timeout(Duration::from_secs(1), slots.acquire(Lane::Interactive)).await;
            assert!(given_up.is_err());
        }
        drop(held);
        assert_eq!(slots.in_use(), 0);
        let _slot = slots.acquire(Lane::Backfill).await;
        assert_eq!(slots.in_use(), 1);
    }

    #[tokio::test]
    async fn slots_are_added_and_taken_away_while_they_are_in_use() {
        let slots = LaneSlots::new(1, &BTreeMap::new());
        let first = slots.acquire(Lane::Updates).await;
        let second = slots.acquire(Lane::Updates);
        tokio::pin!(second);
        assert!(futures_util::FutureExt::now_or_never(&mut second).is_none());
        slots.resize(2, &BTreeMap::new());
        let second = second.await;
        slots.resize(1, &BTreeMap::new());
        drop(first);
        assert!(futures_util::FutureExt::now_or_never(slots.acquire(Lane::Updates)).is_none());
        drop(second);
        assert_eq!((slots.in_use(), slots.capacity()), (0, 1));
    }
}
