//! How the sandbox behaves: its latency, its faults, its limits; and what it counted.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::quirks::Quirk;
use crate::structured::StructuredOutput;
use skuscribe_check::product::Digest;

/// Settings of the sandbox. Rates are shares between 0 and 1 and are drawn for each request.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// Time before each answer, in milliseconds.
    pub latency_ms: u64,
    /// Share of requests that fail with 500.
    pub fail_rate: f64,
    /// Share that is refused with 429.
    pub refuse_rate: f64,
    /// Share that never gets an answer.
    pub hang_rate: f64,
    /// Share that is cut in the middle, with `finish_reason: length`.
    pub truncate_rate: f64,
    /// Share that is no valid JSON.
    pub broken_rate: f64,
    /// Share that states a number which no fact holds.
    pub invent_rate: f64,
    /// Share that is in another language.
    pub language_rate: f64,
    /// Whether inventions and other languages are drawn per product: then a repair call does not help.
    pub stubborn: bool,
    /// Whether it follows whatever instructions the data of a prompt holds.
    pub obey: bool,
    /// Requests per minute, 0 for no limit.
    pub requests_per_minute: u64,
    /// Tokens per minute, 0 for no limit.
    pub tokens_per_minute: u64,
    /// Whether the cap that a request asks for counts as tokens, as Azure has it, and not what is used.
    pub count_caps: bool,
    /// Requests in flight beyond this are refused, without a word about when to come back; 0 for no limit.
    pub in_flight_max: u64,
    /// Up to so many tokens are spent on thinking, drawn evenly, beside those of the text.
    pub thinking_tokens_max: u64,
    /// Whether the account has run out of money: `insufficient_quota`.
    pub out_of_money: bool,
    /// The best way of structured output that it understands; better ones get a 500.
    pub structured: StructuredOutput,
    /// The key that it wants, if it wants one.
    pub key: Option<String>,
    /// Quirks of real servers, one after the other.
    pub quirks: Vec<&'static Quirk>,
    /// How long each quirk shows, in milliseconds; 0 for one request.
    pub quirk_every_ms: u64,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            fail_rate: 0.0,
            refuse_rate: 0.0,
            hang_rate: 0.0,
            truncate_rate: 0.0,
            broken_rate: 0.0,
            invent_rate: 0.0,
            language_rate: 0.0,
            stubborn: false,
            obey: false,
            requests_per_minute: 0,
            tokens_per_minute: 0,
            count_caps: false,
            in_flight_max: 0,
            thinking_tokens_max: 0,
            out_of_money: false,
            structured: StructuredOutput::JsonSchema,
            key: None,
            quirks: Vec::new(),
            quirk_every_ms: 0,
            seed: 1,
        }
    }
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Draw {
    pub(super) fail: bool,
    pub(super) refuse: bool,
    pub(super) hang: bool,
    pub(super) truncate: bool,
    pub(super) broken: bool,
    pub(super) invent: bool,
    pub(super) language: bool,
}

/// Draws faults in the order of requests.
#[derive(Debug)]
pub(super) struct Dice {
    random: Mutex<fastrand::Rng>,
    quiet: bool,
}

impl Dice {
    pub(super) fn new(behaviour: &Behaviour) -> Self {
        let rates = [
            behaviour.fail_rate,
            behaviour.refuse_rate,
            behaviour.hang_rate,
            behaviour.truncate_rate,
            behaviour.broken_rate,
            behaviour.invent_rate,
            behaviour.language_rate,
        ];
        Self {
            random: Mutex::new(fastrand::Rng::with_seed(behaviour.seed)),
            quiet: rates.iter().all(|rate| *rate <= 0.0),
        }
    }

    /// Tokens that an answer spends on thinking.
    pub(super) fn thinking(&self, behaviour: &Behaviour) -> u64 {
        if behaviour.thinking_tokens_max == 0 {
            return 0;
        }
        let mut random = self.random.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        random.u64(0..=behaviour.thinking_tokens_max)
    }

    pub(super) fn draw(&self, behaviour: &Behaviour) -> Draw {
        if self.quiet {
            return Draw::default();
        }
        let mut random = self.random.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut hit = |rate: f64| random.f64() < rate;
        Draw {
            fail: hit(behaviour.fail_rate),
            refuse: hit(behaviour.refuse_rate),
            hang: hit(behaviour.hang_rate),
            truncate: hit(behaviour.truncate_rate),
            broken: hit(behaviour.broken_rate),
            invent: hit(behaviour.invent_rate),
            language: hit(behaviour.language_rate),
        }
    }
}

/// The faults that a stubborn sandbox has with a product, always the same.
pub(super) fn stubborn(behaviour: &Behaviour, draw: Draw, product: &[u8]) -> Draw {
    if !behaviour.stubborn {
        return draw;
    }
    let digest = Digest::of(&[&behaviour.seed.to_le_bytes(), product]);
    let mut random = fastrand::Rng::with_seed(
        digest.as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first)),
    );
    let mut hit = |rate: f64| random.f64() < rate;
    Draw { invent: hit(behaviour.invent_rate), language: hit(behaviour.language_rate), ..draw }
}

/// What the sandbox counted.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests for completions, whatever became of them.
    pub requests: AtomicU64,
    /// Of these, probes that a server with a quirk got.
    pub probes: AtomicU64,
    /// Answers given.
    pub answers: AtomicU64,
    /// Requests refused with 429.
    pub refused: AtomicU64,
    /// Requests that failed with 5xx.
    pub failed: AtomicU64,
    /// Requests in flight.
    pub in_flight: AtomicU64,
    /// The most requests in flight at one time.
    pub in_flight_max: AtomicU64,
    /// What the last request said beside the constant part.
    pub last_prompt: Mutex<String>,
}

impl Counters {
    /// Answers given so far.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// Counts a request; gives how many are in flight with it.
    pub(super) fn enter(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.in_flight_max.fetch_max(now, Ordering::Relaxed);
        now
    }

    pub(super) fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The time before an answer.
pub(super) fn latency(behaviour: &Behaviour) -> Option<Duration> {
    (behaviour.latency_ms > 0).then(|| Duration::from_millis(behaviour.latency_ms))
}
