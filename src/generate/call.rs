//! What the layers of one model call share: its place in the quota, and what it took.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;

use super::form::refusal::FormRefusal;
use crate::limits::quota::{AttemptResult, Estimate, Quota, QuotaRequest, RateHeaders, Reservation};

tokio::task_local! {
    /// The call that is made now. The client library hands nothing of ours through to the layer that sends.
    static CALL: Arc<Call>;
}

/// Most bytes of a body that are looked at for signs of a server.
const SIGNS_BYTES_MAX: usize = 2 << 10;

/// Pause after a 429 that names none, of a server with stated limits.
const PAUSE: Duration = Duration::from_millis(500);

/// Bytes of text that make a token, roughly.
const BYTES_PER_TOKEN: u64 = 4;

/// One call, which may take several attempts.
#[derive(Debug)]
pub(super) struct Call {
    quota: Arc<Quota>,
    request: QuotaRequest,
    reservation: Mutex<Option<Reservation>>,
    attempts: AtomicU32,
    estimate: Estimate,
    refusal: Mutex<Option<FormRefusal>>,
    /// What the last answer to a probe looks like.
    signs: Option<Mutex<String>>,
}

impl Call {
    /// A call whose first attempt is reserved, with what it is expected to take.
    pub(super) fn new(quota: &Arc<Quota>, reservation: Reservation, estimate: Estimate) -> Arc<Self> {
        Arc::new(Self::with(quota, reservation, estimate, None))
    }

    /// A call that only finds out what the server takes, and keeps what its answers look like.
    pub(super) fn probe(quota: &Arc<Quota>, reservation: Reservation) -> Arc<Self> {
        Arc::new(Self::with(quota, reservation, Estimate::default(), Some(Mutex::default())))
    }

    fn with(
        quota: &Arc<Quota>,
        reservation: Reservation,
        estimate: Estimate,
        signs: Option<Mutex<String>>,
    ) -> Self {
        Self {
            quota: Arc::clone(quota),
            request: reservation.request().clone(),
            reservation: Mutex::new(Some(reservation)),
            attempts: AtomicU32::new(0),
            estimate,
            refusal: Mutex::default(),
            signs,
        }
    }

    /// Takes note of an answer to the call that is made now: how its request was refused, and what it looks like.
    pub(super) fn note(status: u16, headers: &HeaderMap, body: &[u8]) {
        let Some(call) = Self::current() else { return };
        *call.refusal.lock().unwrap_or_else(PoisonError::into_inner) = FormRefusal::read(status, body);
        if let Some(signs) = &call.signs {
            let body = String::from_utf8_lossy(body.get(..SIGNS_BYTES_MAX).unwrap_or(body));
            let mut seen = String::new();
            for (name, value) in headers {
                seen.push_str(&format!("{name}: {}\n", value.to_str().unwrap_or_default().to_lowercase()));
            }
            *signs.lock().unwrap_or_else(PoisonError::into_inner) = format!("{seen}\n{body}");
        }
    }

    /// Whether the call that is made now was refused for its form: sending it again would not help.
    pub(super) fn is_refused_for_its_form() -> bool {
        let about = |call: Arc<Self>| {
            let refusal = call.refusal.lock().unwrap_or_else(PoisonError::into_inner);
            refusal.as_ref().is_some_and(FormRefusal::is_about_the_form)
        };
        Self::current().is_some_and(about)
    }

    /// How the last request was refused.
    pub(super) fn take_refusal(&self) -> Option<FormRefusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether it only finds out what the server takes.
    pub(super) fn is_probe(&self) -> bool {
        self.signs.is_some()
    }

    /// What the last answer looks like: its headers, one a line, and the beginning of its body.
    pub(super) fn signs(&self) -> String {
        let signs = self.signs.as_ref().map(|signs| signs.lock().unwrap_or_else(PoisonError::into_inner));
        signs.map(|signs| signs.clone()).unwrap_or_default()
    }

    /// Runs something as part of this call.
    pub(super) async fn run<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> T {
        CALL.scope(Arc::clone(self), work).await
    }

    /// The call that is made now; `None` for requests that are no completions.
    pub(super) fn current() -> Option<Arc<Self>> {
        CALL.try_with(Arc::clone).ok()
    }

    /// The quota that it is made from.
    pub(super) fn quota(&self) -> &Arc<Quota> {
        &self.quota
    }

    /// The reservation of the next attempt: the first one's is there already.
    pub(super) async fn reserve(&self) -> Result<Reservation, crate::limits::quota::QuotaRefusal> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        match self.take() {
            Some(reservation) => Ok(reservation),
            None => self.quota.reserve(&self.request).await,
        }
    }

    /// Keeps the reservation of an attempt that was answered, until what it took is known.
    pub(super) fn answered(&self, reservation: Reservation) {
        *self.reservation.lock().unwrap_or_else(PoisonError::into_inner) = Some(reservation);
    }

    /// Corrects the reservation by what the call took.
    pub(super) async fn settle(&self, spent: &AttemptResult) {
        if let Some(reservation) = self.take() {
            reservation.settle(spent).await;
        }
    }

    /// Takes note of what the server said, and of a refusal.
    pub(super) async fn heard(&self, said: &RateHeaders, refused: bool, after: Option<Duration>) {
        self.quota.observe(said, self.request.tokens).await;
        if refused && let Some(pause) = after.or(self.is_rate_limited().then_some(PAUSE)) {
            self.quota.pause(pause).await;
        }
    }

    /// Whether the server has limits per minute that are known.
    pub(super) fn is_rate_limited(&self) -> bool {
        self.quota.limits().iter().any(|limit| *limit > 0)
    }

    /// Tokens of prompt and answer, to be booked where the server does not tell them: as they were estimated before, or
    /// by the length of the texts, whichever is more.
    pub(super) fn estimated(&self, prompt_bytes: usize, answer_bytes: usize) -> (u64, u64) {
        let by_length = |bytes: usize| (bytes as u64).div_ceil(BYTES_PER_TOKEN);
        (self.estimate.input.max(by_length(prompt_bytes)), self.estimate.output.max(by_length(answer_bytes)))
    }

    /// Attempts so far.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    fn take(&self) -> Option<Reservation> {
        self.reservation.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
