//! The open connections of a server: counted in all and by client; where they are too many, one that waits makes room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::HttpLimits;
use super::client::Client;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PhaseKind {
    /// It sends a request's headers, or nothing yet.
    Headers,
    /// Its last request is answered.
    Idle,
    /// Its request's body is being read.
    Body,
    /// Its request is worked.
    Request,
}

/// What a connection is doing, and since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    pub(super) kind: PhaseKind,
    pub(super) since: Instant,
}

/// The phase of a connection, set from several places.
pub(super) type PhaseSender = Arc<watch::Sender<Phase>>;

/// Goes over to a phase; from one alone, where it is named.
pub(super) fn enter(phase: &PhaseSender, kind: PhaseKind, from: Option<PhaseKind>) {
    phase.send_if_modified(|phase| {
        let enters = from.is_none_or(|from| phase.kind == from);
        if enters {
            *phase = Phase { kind, since: Instant::now() };
        }
        enters
    });
}

#[derive(Debug)]
struct Open {
    client: Option<Client>,
    phase: PhaseSender,
    close: CancellationToken,
}

impl Open {
    /// Since when it waits for the client.
    fn waits_since(&self) -> Option<Instant> {
        let phase = *self.phase.borrow();
        (phase.kind != PhaseKind::Request).then_some(phase.since)
    }
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: HashMap<u64, Open>,
}

/// The open connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    limits: HttpLimits,
    state: Mutex<State>,
}

/// The place of an open connection; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    connections: Arc<Connections>,
    id: u64,
    pub(super) phase: PhaseSender,
    /// Cancelled when another connection needs the place.
    pub(super) close: CancellationToken,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.connections.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open.remove(&self.id);
    }
}

impl Connections {
    pub(super) fn new(limits: HttpLimits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    /// A place for a connection of a client, or of a proxy. Where the client has too many, one of its own that waits is
    /// closed; where all are too many, one of the client that has most. `None` where all of these are being answered.
    pub(super) fn admit(self: &Arc<Self>, client: Option<Client>) -> Option<Place> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let of_client = client.as_ref().map_or(0, |client| {
            state.open.values().filter(|open| open.client.as_ref() == Some(client)).count()
        });
        if of_client >= self.limits.client_connections_max {
            state.close_one(|open| open.client == client)?;
        } else if state.open.len() >= self.limits.connections_max {
            let most = state.client_with_most();
            // A proxy stands for many clients: its connections make room where nobody else's can.
            most.and_then(|most| state.close_one(|open| open.client.as_ref() == Some(&most)))
                .or_else(|| state.close_one(|_| true))?;
        }
        let (id, close) = (state.next, CancellationToken::new());
        let now = Phase { kind: PhaseKind::Headers, since: Instant::now() };
        let phase: PhaseSender = Arc::new(watch::Sender::new(now));
        state.next += 1;
        state.open.insert(id, Open { client, phase: Arc::clone(&phase), close: close.clone() });
        Some(Place { connections: Arc::clone(self), id, phase, close })
    }
}

impl State {
    /// Closes the connection among some that has waited longest.
    fn close_one(&mut self, among: impl Fn(&Open) -> bool) -> Option<()> {
        let waiting = self.open.iter().filter(|(_, open)| among(open));
        let waiting = waiting.filter_map(|(id, open)| Some((open.waits_since()?, *id)));
        let (_, id) = waiting.min()?;
        self.open.remove(&id)?.close.cancel();
        metrics::counter!("skuscribe_http_connections_closed_total", "reason" => "room").increment(1);
        Some(())
    }

    /// The client with most connections that wait; proxies aside.
    fn client_with_most(&self) -> Option<Client> {
        let mut counts: HashMap<&Client, usize> = HashMap::new();
        for open in self.open.values().filter(|open| open.waits_since().is_some()) {
            if let Some(client) = &open.client {
                *counts.entry(client).or_default() += 1;
            }
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(client, _)| client.clone())
    }
}
