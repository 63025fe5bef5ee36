//! What a circuit breaker tells people: an ALARM once for each state, its remedy, and the end of it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::breaker::BreakerOpen;
use super::server_state::ServerState;

/// A state that comes again within this time is no news: it is logged, without an ALARM.
const SAME_WITHIN: Duration = Duration::from_mins(10);

/// The log and the metric of one breaker.
#[derive(Debug)]
pub(super) struct BreakerLog {
    /// The model and its server's host.
    model: String,
    /// The last ALARM.
    alarmed: Mutex<Option<(ServerState, Instant)>>,
}

impl BreakerLog {
    pub(super) fn new(model: String) -> Self {
        Self { model, alarmed: Mutex::default() }
    }

    /// Calls stop, or the probe found that they stay stopped.
    pub(super) fn opened(&self, open: &BreakerOpen, before: Option<&BreakerOpen>) {
        if let Some(before) = before.filter(|before| before.state != open.state) {
            self.gauge(before.state, 0.0);
        }
        self.gauge(open.state, 1.0);
        let same = before.is_some_and(|before| before.state == open.state);
        let (reason, since_s, probe_in_s) = (&open.reason, open.since.as_secs(), open.after.as_secs());
        let model = &self.model;
        match open.state {
            Some(state) if !same && self.is_news(state) => tracing::error!(
                model.name = %model, model.state = state.as_str(), reason, remedy = state.remedy(), probe_in_s,
                "ALARM: {state}: no calls are made, and messages wait; one call at a time looks whether it is mended"
            ),
            Some(state) => tracing::warn!(
                model.name = %model, model.state = state.as_str(), reason, remedy = state.remedy(), since_s, probe_in_s,
                "still, or again: {state}"
            ),
            None => tracing::warn!(
                model.name = %model, model.state = FAILING, reason, since_s, probe_in_s,
                remedy = "check that the server runs and that model.url is its address",
                "the model server fails: no calls are made, and messages wait; one call at a time looks whether it is back"
            ),
        }
    }

    /// Calls are made again.
    pub(super) fn closed(&self, before: &BreakerOpen) {
        self.gauge(before.state, 0.0);
        tracing::info!(
            model.name = %self.model, model.state = name(before.state), after_s = before.since.as_secs(),
            "the model server answers again"
        );
    }

    fn is_news(&self, state: ServerState) -> bool {
        let now = Instant::now();
        let mut alarmed = self.alarmed.lock().unwrap_or_else(PoisonError::into_inner);
        let news = alarmed.is_none_or(|(last, at)| last != state || now.duration_since(at) > SAME_WITHIN);
        if news {
            *alarmed = Some((state, now));
        }
        news
    }

    fn gauge(&self, state: Option<ServerState>, value: f64) {
        metrics::gauge!("skuscribe_model_stopped", "model" => self.model.clone(), "state" => name(state))
            .set(value);
    }
}

/// The name of what stands in the way where it is no state: failures in a row.
const FAILING: &str = "failing";

fn name(state: Option<ServerState>) -> &'static str {
    state.map_or(FAILING, ServerState::as_str)
}
