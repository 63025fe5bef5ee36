//! How many calls may be in flight at a server that states no limit: additive increase, multiplicative decrease.
//!
//! Driven by refusals, failures and time-outs, not by latency: a model's latency says more about the length of
//! its answer than about its load. Doubles up to the first refusal (as TCP's slow start, RFC 5681), then backs off
//! a little and comes near the last refusal more slowly than it grows elsewhere. Pure.

/// In flight at the start.
const START: f64 = 32.0;
/// What is left of the limit after a refusal: little is lost, for a refusal says exactly where the limit is.
const AFTER_REFUSAL: f64 = 0.95;
/// What is left after a failure or a time-out: an overloaded server says nothing about how much is too much.
const AFTER_FAILURE: f64 = 0.7;
/// The share of a round's attempts that has to fail before it means an overload: some servers fail now and then.
const OVERLOAD: f64 = 0.2;
/// Fewer failures than this say nothing.
const FAILURES_MIN: f64 = 3.0;
/// Within this share of the last refusal the limit grows more slowly.
const NEAR: f64 = 0.1;
/// How much more slowly.
const SLOWER: f64 = 6.0;

/// Near the last refusal the limit grows by at most one in this many answers, so that few calls are refused again.
const PROBE_EVERY: f64 = 120.0;

/// The result of an attempt, as far as it says something about the server's load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// It was answered.
    Answered,
    /// It was refused with 429.
    Refused,
    /// It failed with a 5xx, or ran into a time-out.
    Failed,
}

/// The limit on calls in flight.
#[derive(Clone, Debug)]
pub(super) struct Aimd {
    limit: f64,
    most: f64,
    in_flight: usize,
    growing: bool,
    /// Where the last refusal was.
    refused_at: f64,
    /// Counts decreases: of the attempts that began before the last one only the first says something new.
    round: u64,
    /// Attempts of this round that ended, and that failed.
    ended: f64,
    failed: f64,
}

/// Marks an attempt by the round that it began in.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttemptMark(u64);

impl Aimd {
    /// Up to `most` calls in flight.
    #[must_use]
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1) as f64;
        Self {
            limit: START.min(most),
            most,
            in_flight: 0,
            growing: true,
            refused_at: 0.0,
            round: 0,
            ended: 0.0,
            failed: 0.0,
        }
    }

    /// Calls that may be in flight.
    #[must_use]
    pub(super) fn limit(&self) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and `most`")]
        let limit = self.limit as usize;
        limit.max(1)
    }

    /// Attempts in flight.
    #[must_use]
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Changes the most that may be in flight.
    pub(super) fn resize(&mut self, most: usize) {
        self.most = most.max(1) as f64;
        self.limit = self.limit.min(self.most);
        if self.growing && self.refused_at <= 0.0 {
            self.limit = self.limit.max(START.min(self.most));
        }
    }

    /// An attempt begins.
    pub(super) fn begin(&mut self) -> AttemptMark {
        self.in_flight += 1;
        AttemptMark(self.round)
    }

    /// An attempt ends without saying anything about the load.
    pub(super) fn leave(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// An attempt ends.
    pub(super) fn end(&mut self, mark: AttemptMark, load: Load) {
        let used = self.in_flight as f64 >= self.limit * 0.8;
        self.leave();
        self.ended += 1.0;
        if self.ended > self.limit.max(FAILURES_MIN) {
            (self.ended, self.failed) = (1.0, 0.0);
        }
        match load {
            Load::Answered if used => self.grow(),
            Load::Refused => {
                self.growing = false;
                // Those that are still in flight were let in, or will be refused as well and say so.
                let fits = (self.in_flight as f64).max(1.0);
                if mark.0 == self.round {
                    self.refused_at = self.limit.min(fits + 1.0);
                    self.limit = self.refused_at * AFTER_REFUSAL;
                    self.next_round();
                } else {
                    self.refused_at = self.refused_at.min(fits + 1.0);
                    self.limit = self.limit.min(fits);
                }
                self.limit = self.limit.max(1.0);
            }
            Load::Failed if mark.0 == self.round => {
                self.failed += 1.0;
                if self.failed >= (self.limit * OVERLOAD).max(FAILURES_MIN) {
                    self.growing = false;
                    self.limit = (self.limit * AFTER_FAILURE).max(1.0);
                    self.next_round();
                }
            }
            // Too little was in flight to say anything, or it began before the last decrease.
            Load::Answered | Load::Failed => {}
        }
    }

    fn next_round(&mut self) {
        self.round += 1;
        (self.ended, self.failed) = (0.0, 0.0);
    }

    fn grow(&mut self) {
        let step = if self.growing {
            1.0
        } else if self.refused_at > 0.0 && self.limit >= self.refused_at * (1.0 - NEAR) {
            1.0 / (self.limit * SLOWER).max(PROBE_EVERY)
        } else {
            1.0 / self.limit
        };
        self.limit = (self.limit + step).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// A server that refuses above `capacity` in flight and answers after ten ticks; gives answers and refusals.
    fn serve(aimd: &mut Aimd, capacity: usize, warm: usize, ticks: usize) -> (usize, usize) {
        let mut calls: VecDeque<(usize, AttemptMark)> = VecDeque::new();
        let (mut answers, mut refusals) = (0, 0);
        for tick in 0..warm + ticks {
            if tick == warm {
                (answers, refusals) = (0, 0);
            }
            while let Some((_, mark)) = calls.pop_front_if(|(end, _)| *end <= tick) {
                aimd.end(mark, Load::Answered);
                answers += 1;
            }
            // A client sends one by one, and hears of a refusal before it sends the next but two.
            for _ in 0..3 {
                if aimd.in_flight() < aimd.limit() {
                    let mark = aimd.begin();
                    if calls.len() >= capacity {
                        aimd.end(mark, Load::Refused);
                        refusals += 1;
                    } else {
                        calls.push_back((tick + 10, mark));
                    }
                }
            }
        }
        (answers, refusals)
    }

    #[test]
    fn it_finds_a_limit_that_nobody_states_and_stays_near_it() {
        for capacity in [5, 20] {
            let mut aimd = Aimd::new(200);
            let (answers, refusals) = serve(&mut aimd, capacity, 500, 20_000);
            let best = capacity * 20_000 / 10;
            assert!(answers * 100 >= best * 90, "{capacity}: {answers} of {best}");
            assert!(refusals * 100 <= answers * 2, "{capacity}: {refusals} refusals for {answers} answers");
        }
    }

    #[test]
    fn where_nothing_is_refused_it_grows_to_the_most_that_is_allowed() {
        let mut aimd = Aimd::new(200);
        assert_eq!(aimd.limit(), 32);
        let mut marks: Vec<AttemptMark> = Vec::new();
        for _ in 0..20 {
            while aimd.in_flight() < aimd.limit() {
                marks.push(aimd.begin());
            }
            for mark in marks.drain(..) {
                aimd.end(mark, Load::Answered);
            }
        }
        assert_eq!(aimd.limit(), 200);
    }

    #[test]
    fn many_failures_of_one_round_count_once_and_at_least_one_call_is_always_allowed() {
        let mut aimd = Aimd::new(100);
        let marks: Vec<AttemptMark> = (0..32).map(|_| aimd.begin()).collect();
        for mark in marks {
            aimd.end(mark, Load::Failed);
        }
        assert_eq!(aimd.limit(), 22);
        for _ in 0..50 {
            let mark = aimd.begin();
            aimd.end(mark, Load::Failed);
        }
        assert_eq!((aimd.limit(), aimd.in_flight()), (1, 0));
    }

    #[test]
    fn a_server_that_fails_now_and_then_is_not_taken_for_an_overloaded_one() {
        let (mut aimd, mut random) = (Aimd::new(64), fastrand::Rng::with_seed(3));
        for _ in 0..2_000 {
            let marks: Vec<AttemptMark> = (aimd.in_flight()..aimd.limit()).map(|_| aimd.begin()).collect();
            for mark in marks {
                aimd.end(mark, if random.u8(0..100) < 5 { Load::Failed } else { Load::Answered });
            }
        }
        assert!(aimd.limit() >= 56, "{}", aimd.limit());
    }

    #[test]
    fn answers_of_a_worker_that_has_little_to_do_do_not_raise_the_limit() {
        let mut aimd = Aimd::new(100);
        for _ in 0..1_000 {
            let mark = aimd.begin();
            aimd.end(mark, Load::Answered);
        }
        assert_eq!(aimd.limit(), 32);
    }
}
