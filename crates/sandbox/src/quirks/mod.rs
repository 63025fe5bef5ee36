//! Quirks of real model servers, one line each: what the server does, and what Skuscribe makes of it.

mod account;
mod change;
mod choices;
mod contents;
mod passing;
mod requests;
mod said;
mod usage;
mod wrong;

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::response::Response;
use serde_json::Value;

use crate::behaviour::{Behaviour, Counters};
use said::Said;

/// What a server says in a turn; `None` where it answers as it should.
type Act = fn(&Turn<'_>) -> Option<Said>;

/// What Skuscribe does about a quirk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The answer is read.
    Published,
    /// The answer is read; tokens that the server did not tell are estimated.
    Estimated,
    /// The first answer is not read, that of the repair call is.
    Repaired,
    /// No answer is ever read.
    GivenUp,
    /// The answers are cut.
    Cut,
    /// The answers ran wild.
    Wild,
    /// The request is changed to what the server takes.
    Adapted,
    /// A failure that passes.
    Retried,
    /// A failure that stays.
    Unavailable,
    /// The account or the address is at fault.
    Stopped,
    /// The model or the server refuses this text.
    Refused,
}

impl Expected {
    /// Whether the server answers the request, and wants to be paid for it.
    fn is_answered(self) -> bool {
        !matches!(self, Self::Adapted | Self::Retried | Self::Unavailable | Self::Stopped)
    }

    /// What Skuscribe does, in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Published => "Published after one call.",
            Self::Estimated => {
                "Published after one call; tokens that are not told are estimated, and marked as such."
            }
            Self::Repaired => "One repair call, then published.",
            Self::GivenUp => "One repair call, then a dead letter that says what came.",
            Self::Cut => "One more call with a larger cap, then a dead letter.",
            Self::Wild => "One repair call without a larger cap, then a dead letter that names the reason.",
            Self::Adapted => "The request is changed to what the server takes, and published.",
            Self::Retried => "Tried again after a pause, and published.",
            Self::Unavailable => "As the HTTP status that it names: tried again, later once more.",
            Self::Stopped => "The lane stops with an alarm; messages wait.",
            Self::Refused => "No second call; a dead letter with the server's words.",
        }
    }
}

/// When a quirk shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    /// In every answer.
    Always,
    /// In every answer but those to probes.
    NotToProbes,
    /// In the first answer that is not to a probe.
    Once,
}

/// One quirk of a real server.
#[derive(Clone, Copy, Debug)]
pub struct Quirk {
    /// Its name, as `skuscribe sandbox --quirk` takes it.
    pub name: &'static str,
    /// What the server does.
    pub does: &'static str,
    /// What Skuscribe does about it.
    pub expected: Expected,
    shows: Shows,
    act: Act,
}

/// A request, and what the sandbox would answer.
struct Turn<'a> {
    request: &'a Value,
    text: &'a str,
    model: &'a str,
    usage: Value,
}

/// Quirks of one kind.
#[derive(Clone, Copy, Debug)]
pub struct QuirkGroup {
    /// The heading.
    pub title: &'static str,
    /// The quirks.
    pub quirks: &'static [Quirk],
}

/// Every quirk, by kind.
pub const QUIRKS: &[QuirkGroup] = &[
    QuirkGroup { title: "What stands around the answer", quirks: contents::QUIRKS },
    QuirkGroup {
        title: "Answers that are not quite JSON, or not quite in the schema",
        quirks: wrong::QUIRKS,
    },
    QuirkGroup { title: "Usage", quirks: usage::QUIRKS },
    QuirkGroup { title: "Choices, bodies and reasons to finish", quirks: choices::QUIRKS },
    QuirkGroup { title: "Requests that are refused", quirks: requests::QUIRKS },
    QuirkGroup { title: "The account and the address", quirks: account::QUIRKS },
    QuirkGroup { title: "Failures that pass", quirks: passing::QUIRKS },
];

impl Quirk {
    /// The quirk of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        QUIRKS.iter().flat_map(|group| group.quirks).find(|quirk| quirk.name == name)
    }
}

/// Which quirk shows now.
#[derive(Debug)]
pub(crate) struct Schedule {
    quirks: Vec<&'static Quirk>,
    /// How long each one shows; zero for one request.
    every: Duration,
    started: Instant,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    requests: u64,
    /// The turn of the last request, and the requests in it that were no probes.
    turn: u64,
    in_turn: u64,
}

impl Schedule {
    pub(crate) fn new(behaviour: &Behaviour) -> Self {
        Self {
            quirks: behaviour.quirks.clone(),
            every: Duration::from_millis(behaviour.quirk_every_ms),
            started: Instant::now(),
            progress: Mutex::default(),
        }
    }

    /// The answer of a server with the quirk whose turn it is; `None` where it answers as it should.
    pub(crate) fn answer(
        &self,
        request: &[u8],
        text: &str,
        model: &str,
        usage: &Value,
        counters: &Counters,
    ) -> Option<Response> {
        if self.quirks.is_empty() {
            return None;
        }
        let request: &Value = &serde_json::from_slice(request).ok()?;
        let probe = is_probe(request);
        if probe {
            counters.probes.fetch_add(1, Ordering::Relaxed);
        }
        let (quirk, first) = self.next(probe)?;
        let shows = match quirk.shows {
            Shows::Always => true,
            Shows::NotToProbes => !probe,
            Shows::Once => !probe && first,
        };
        let turn = Turn { request, text, model, usage: usage.clone() };
        let said = if shows { (quirk.act)(&turn) } else { None }?;
        let counter = if quirk.expected.is_answered() { &counters.answers } else { &counters.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        Some(said.into_response())
    }

    /// The quirk for the next request, and whether that is the first one in its turn.
    fn next(&self, probe: bool) -> Option<(&'static Quirk, bool)> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let every = self.every.as_millis();
        let turn = match self.started.elapsed().as_millis().checked_div(every) {
            Some(turn) => u64::try_from(turn).unwrap_or(u64::MAX),
            None if self.quirks.len() > 1 => progress.requests,
            None => 0,
        };
        if progress.turn != turn {
            (progress.turn, progress.in_turn) = (turn, 0);
        }
        if !probe {
            progress.requests += 1;
            progress.in_turn += 1;
        }
        let place = usize::try_from(turn).unwrap_or(0).checked_rem(self.quirks.len())?;
        Some((self.quirks.get(place)?, progress.in_turn == 1))
    }
}

/// Whether a request only asks what the server can do.
fn is_probe(request: &Value) -> bool {
    let messages = request.get("messages").and_then(Value::as_array);
    messages.into_iter().flatten().any(|message| {
        message.get("content").and_then(Value::as_str).is_some_and(|text| text.contains("Are you ready"))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_quirk_has_a_name_of_its_own_and_says_what_it_does_in_a_sentence() {
        let all: Vec<&Quirk> = QUIRKS.iter().flat_map(|group| group.quirks).collect();
        let names: BTreeSet<&str> = all.iter().map(|quirk| quirk.name).collect();
        assert_eq!(names.len(), all.len());
        for quirk in all {
            assert!(quirk.does.ends_with('.'), "{}: {}", quirk.name, quirk.does);
        }
    }

    #[test]
    fn several_quirks_take_turns_by_request_or_by_time() {
        let schedule = |names: &[&str], quirk_every_ms| {
            let quirks = names.iter().map(|name| Quirk::named(name).unwrap()).collect();
            Schedule::new(&Behaviour { quirks, quirk_every_ms, ..Behaviour::default() })
        };
        let next = |schedule: &Schedule| schedule.next(false).map(|(quirk, first)| (quirk.name, first));
        let by_request = schedule(&["fenced", "sse"], 0);
        let names: Vec<&str> = (0..3).map(|_| next(&by_request).unwrap().0).collect();
        assert_eq!(names, ["fenced", "sse", "fenced"]);
        let by_time = schedule(&["fenced", "sse"], 3_600_000);
        assert_eq!(next(&by_time), Some(("fenced", true)));
        assert_eq!(next(&by_time), Some(("fenced", false)));
        assert_eq!(next(&schedule(&[], 0)), None);
    }
}
