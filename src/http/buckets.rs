//! How often each client may do something, in memory that does not grow: a newcomer never waits for others.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Clients that share a set; where it is full, whoever owes least is forgotten.
const WAYS: usize = 8;
/// With as many sets 131,072 clients are told apart, in 2 MB.
const SETS: usize = 16_384;

/// A token bucket per client (GCRA).
#[derive(Debug)]
pub(crate) struct Buckets {
    every: u64,
    tolerance: u64,
    started: Instant,
    /// Keyed anew in each process, so that nobody can aim at a set.
    hasher: RandomState,
    sets: Vec<Mutex<[Bucket; WAYS]>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// The client, as a hash.
    client: u64,
    /// When the bucket is full again, in nanoseconds since the start; from then on it is as if the client were new.
    full_at: u64,
}

impl Buckets {
    /// `burst` at once, then one `every` so often.
    pub(crate) fn new(every: Duration, burst: u32) -> Self {
        let every = nanos(every);
        Self {
            every,
            tolerance: every.saturating_mul(u64::from(burst.saturating_sub(1))),
            started: Instant::now(),
            hasher: RandomState::new(),
            sets: std::iter::repeat_with(Mutex::default).take(SETS).collect(),
        }
    }

    /// Takes one for a client, or says how long it has to wait.
    pub(crate) fn take(&self, client: &impl Hash, now: Instant) -> Result<(), Duration> {
        let now = nanos(now.saturating_duration_since(self.started));
        let client = self.hasher.hash_one(client);
        let place = usize::try_from(client % self.sets.len() as u64).unwrap_or_default();
        let Some(set) = self.sets.get(place) else { return Ok(()) };
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        let known = set.iter().position(|bucket| bucket.client == client);
        let least = || (0..WAYS).min_by_key(|place| set.get(*place).map(|bucket| bucket.full_at));
        let is_known = known.is_some();
        let Some(bucket) = known.or_else(least).and_then(|place| set.get_mut(place)) else { return Ok(()) };
        let full_at = if is_known { bucket.full_at.max(now) } else { now };
        let early = (full_at - now).saturating_sub(self.tolerance);
        if early > 0 {
            return Err(Duration::from_nanos(early));
        }
        *bucket = Bucket { client, full_at: full_at.saturating_add(self.every) };
        Ok(())
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(3);

    #[test]
    fn a_client_has_its_burst_then_one_at_a_time_and_others_do_not_wait() {
        let (buckets, now) = (Buckets::new(EVERY, 5), Instant::now());
        assert!((0..5).all(|_| buckets.take(&"a", now).is_ok()));
        assert_eq!(buckets.take(&"a", now), Err(EVERY));
        assert!(buckets.take(&"b", now).is_ok());
        assert_eq!(buckets.take(&"a", now + Duration::from_secs(2)), Err(Duration::from_secs(1)));
        assert!(buckets.take(&"a", now + EVERY).is_ok());
        assert!(buckets.take(&"a", now + EVERY).is_err());
        assert!((0..5).all(|_| buckets.take(&"a", now + 9 * EVERY).is_ok()), "a rest fills the bucket");
    }

    #[test]
    fn among_a_million_other_clients_a_newcomer_never_waits_and_one_that_overdid_it_still_does() {
        let (buckets, now) = (Buckets::new(EVERY, 5), Instant::now());
        for _ in 0..5 {
            buckets.take(&"greedy", now).unwrap();
        }
        for client in 0..1_000_000_u32 {
            assert!(buckets.take(&client, now).is_ok(), "{client}");
        }
        assert!(buckets.take(&"greedy", now).is_err(), "who owes most is forgotten last");
        assert!((0..5).all(|_| buckets.take(&"newcomer", now).is_ok()));
        assert!(buckets.take(&"newcomer", now).is_err());
    }
}
