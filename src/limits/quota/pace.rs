//! Pacing by GCRA: when the next call may go, for requests and tokens per minute together. Pure.
//!
//! Each limit is one number, the theoretical arrival time (TAT): when the bucket would be full again. A call of
//! cost `c` moves it ahead by `c` intervals and may go once it lies no further ahead than the tolerance
//! (generic cell rate algorithm, ITU-T I.371). Only a little of the quota may go in a burst, for servers look at
//! sliding windows or at slices of seconds (Azure: 1 to 10 s). In any minute the usable share and the burst leave
//! 0.45 % of a limit on requests for what the network does to the distances of calls: a quarter of a second.

/// The share of a limit on requests that is used in the long run.
const REQUESTS_USABLE: f64 = 0.993;
/// The same of a limit on tokens: what a call takes is known only afterwards, so more is left for surprises.
const TOKENS_USABLE: f64 = 0.985;
/// The share of a minute's limit that may go at once.
const BURST: f64 = 0.0025;
/// The share of a minute's limit that `interactive` may take at once, ahead of the queue.
const RESERVE_BURST: f64 = 0.002;
/// A minute in microseconds.
const MINUTE_US: f64 = 60e6;

/// The pace of one limit. Times are microseconds; a pace of 0 µs per unit is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Time per unit.
    pub unit_us: f64,
    /// Time per unit out of the reserve; 0 where there is none.
    pub reserve_unit_us: f64,
}

impl Pace {
    /// How far ahead the TAT may be.
    pub const TOLERANCE_US: f64 = BURST * MINUTE_US;

    /// The paces of limits on requests and tokens per minute, 0 for none, with a share of them that `interactive`
    /// may take ahead of the line.
    #[must_use]
    pub fn per_minute(requests: f64, tokens: f64, reserve: f64) -> [Self; 2] {
        [Self::of(requests * REQUESTS_USABLE, reserve), Self::of(tokens * TOKENS_USABLE, reserve)]
    }

    fn of(usable: f64, reserve: f64) -> Self {
        if usable <= 0.0 {
            return Self::default();
        }
        let unit_us = MINUTE_US / usable;
        Self { unit_us, reserve_unit_us: if reserve > 0.0 { unit_us / reserve } else { 0.0 } }
    }

    /// How far ahead the reserve's TAT may be: the burst, stretched as its time is.
    #[must_use]
    pub fn reserve_tolerance_us(&self) -> f64 {
        if self.unit_us > 0.0 { RESERVE_BURST * MINUTE_US * self.reserve_unit_us / self.unit_us } else { 0.0 }
    }

    /// Whether there is a limit.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.unit_us > 0.0
    }
}

/// What a call wants to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaceRequest {
    /// Units of each limit: requests, tokens.
    pub units: [f64; 2],
    /// Whether it may use the reserve.
    pub urgent: bool,
    /// How far ahead a call may be booked, in microseconds.
    pub horizon_us: f64,
}

/// What a call gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PaceDecision {
    /// It is booked: it may go after this many microseconds.
    Go(f64),
    /// Nothing is booked; ask again after this many microseconds.
    Wait(f64),
}

/// The state of both limits. Times are microseconds of one clock, the caller's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Buckets {
    /// The TATs: requests, tokens.
    pub tat: [f64; 2],
    /// The TATs of the reserve.
    pub reserve_tat: [f64; 2],
    /// Nothing goes before.
    pub pause_until: f64,
}

/// How long a cost has to wait. One beyond the tolerance goes once the bucket is full.
fn wait(tat: f64, cost: f64, tolerance: f64, now: f64) -> f64 {
    tat - now - (tolerance - cost).max(0.0)
}

impl Buckets {
    /// Books a call, or says when to ask again.
    pub fn take(&mut self, paces: &[Pace; 2], take: &PaceRequest, now: f64) -> PaceDecision {
        let pause = (self.pause_until - now).max(0.0);
        let (mut line, mut reserve) = (pause, pause);
        for ((pace, units), (tat, reserve_tat)) in
            paces.iter().zip(take.units).zip(self.tat.iter().zip(self.reserve_tat))
        {
            if pace.is_limited() {
                line = line.max(wait(*tat, units * pace.unit_us, Pace::TOLERANCE_US, now));
                reserve = reserve.max(wait(
                    reserve_tat,
                    units * pace.reserve_unit_us,
                    pace.reserve_tolerance_us(),
                    now,
                ));
            }
        }
        // A call that is more than the reserve holds would exceed the limit of its minute: it waits, first in line.
        let has_reserve = paces.iter().zip(take.units).all(|(pace, units)| {
            let cost = units * pace.reserve_unit_us;
            !pace.is_limited() || (pace.reserve_unit_us > 0.0 && cost <= pace.reserve_tolerance_us())
        });
        let out_of_reserve = line > 0.0 && take.urgent && has_reserve && reserve <= 0.0;
        if !out_of_reserve && line > take.horizon_us {
            return PaceDecision::Wait(line);
        }
        for ((pace, units), (tat, reserve_tat)) in
            paces.iter().zip(take.units).zip(self.tat.iter_mut().zip(&mut self.reserve_tat))
        {
            if pace.is_limited() {
                *tat = tat.max(now) + units * pace.unit_us;
                if out_of_reserve {
                    *reserve_tat = reserve_tat.max(now) + units * pace.reserve_unit_us;
                }
            }
        }
        PaceDecision::Go(if out_of_reserve { 0.0 } else { line.max(0.0) })
    }

    /// Gives units back (or takes more, where they are negative).
    pub fn give_back(&mut self, paces: &[Pace; 2], units: [f64; 2]) {
        for ((pace, units), tat) in paces.iter().zip(units).zip(&mut self.tat) {
            *tat -= units * pace.unit_us;
        }
    }

    /// Lets nothing go before `until`.
    pub fn pause(&mut self, until: f64) {
        self.pause_until = self.pause_until.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(urgent: bool) -> PaceRequest {
        PaceRequest { units: [1.0, 0.0], urgent, horizon_us: 0.0 }
    }

    fn requests(limit: f64, reserve: f64) -> [Pace; 2] {
        Pace::per_minute(limit, 0.0, reserve)
    }

    /// Calls that ask as often as they may, for so many seconds; gives the times at which they went.
    fn greedy(paces: &[Pace; 2], take: &PaceRequest, seconds: f64) -> Vec<f64> {
        let (mut buckets, mut now, mut went) = (Buckets::default(), 1e12, Vec::new());
        let end = now + seconds * 1e6;
        while now < end {
            match buckets.take(paces, take, now) {
                PaceDecision::Go(after) => went.push(now + after),
                PaceDecision::Wait(for_us) => now += for_us.max(1.0),
            }
        }
        went
    }

    fn most_in_a_minute(went: &[f64]) -> usize {
        let within = |start: &f64| went.iter().filter(|at| (*start..start + MINUTE_US).contains(at)).count();
        went.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn in_no_minute_more_goes_than_the_limit_and_in_all_of_them_nearly_all_of_it() {
        for limit in [1_u32, 3, 7, 60, 500, 3_000] {
            let went = greedy(&requests(f64::from(limit), 0.0), &one(false), 600.0);
            assert!(most_in_a_minute(&went) <= limit as usize, "{limit}: {}", most_in_a_minute(&went));
            assert!(
                went.len() as f64 >= f64::from(limit) * 10.0 * 0.98,
                "{limit}: {} in ten minutes",
                went.len()
            );
        }
    }

    #[test]
    fn a_call_that_costs_more_than_a_burst_goes_when_the_bucket_is_full_and_the_others_wait_for_it() {
        let paces = Pace::per_minute(0.0, 30_000.0, 0.0);
        let mut buckets = Buckets::default();
        let large = PaceRequest { units: [1.0, 15_000.0], urgent: false, horizon_us: 0.0 };
        assert_eq!(buckets.take(&paces, &large, 1e9), PaceDecision::Go(0.0));
        let PaceDecision::Wait(for_us) = buckets.take(&paces, &one(false), 1e9) else {
            panic!("it must wait")
        };
        assert!((29e6..31e6).contains(&for_us), "half a minute's tokens are gone: {for_us}");
        buckets.give_back(&paces, [0.0, 14_000.0]);
        let PaceDecision::Wait(for_us) = buckets.take(&paces, &one(false), 1e9) else {
            panic!("it must wait")
        };
        assert!(for_us < 3e6, "what was not used is there again: {for_us}");
    }

    #[test]
    fn interactive_goes_ahead_of_the_line_out_of_its_reserve_and_no_further() {
        let paces = requests(3_000.0, 0.05);
        let mut buckets = Buckets::default();
        while matches!(buckets.take(&paces, &one(false), 1e9), PaceDecision::Go(_)) {}
        let ahead =
            (0..100).take_while(|_| buckets.take(&paces, &one(true), 1e9) == PaceDecision::Go(0.0)).count();
        assert_eq!(ahead, 5, "0.2 % of a minute's 2,979, rounded down");
        assert!(matches!(buckets.take(&paces, &one(true), 1e9), PaceDecision::Wait(_)));
        assert!(matches!(buckets.take(&paces, &one(false), 1e9), PaceDecision::Wait(_)));
        // Half a minute later the reserve is there again.
        assert_eq!(buckets.take(&paces, &one(true), 1e9 + 30e6), PaceDecision::Go(0.0));
    }

    #[test]
    fn a_flood_of_interactive_calls_stays_within_the_limit() {
        let went = greedy(&requests(3_000.0, 0.05), &one(true), 300.0);
        assert!(most_in_a_minute(&went) <= 3_000, "{}", most_in_a_minute(&went));
    }

    #[test]
    fn a_pause_stops_everybody_and_the_calls_after_it_are_paced() {
        let paces = requests(6_000.0, 0.05);
        let mut buckets = Buckets::default();
        buckets.pause(5e6);
        assert_eq!(buckets.take(&paces, &one(true), 1e6), PaceDecision::Wait(4e6));
        let at_once = (0..6_000)
            .take_while(|_| matches!(buckets.take(&paces, &one(false), 5e6), PaceDecision::Go(_)))
            .count();
        assert_eq!(at_once, 14, "0.25 % of 5,958, rounded down");
    }

    #[test]
    fn a_call_is_booked_ahead_up_to_the_horizon() {
        let paces = requests(60.0, 0.0);
        let mut buckets = Buckets::default();
        let ahead = PaceRequest { horizon_us: 1.5e6, ..one(false) };
        assert_eq!(buckets.take(&paces, &ahead, 0.0), PaceDecision::Go(0.0));
        let PaceDecision::Go(after) = buckets.take(&paces, &ahead, 0.0) else { panic!("booked") };
        assert!((1.0e6..1.1e6).contains(&after));
        assert!(matches!(buckets.take(&paces, &ahead, 0.0), PaceDecision::Wait(_)));
    }
}
