//! Every metric that is recorded, described in one place: for `/metrics` and for the documentation.

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// How a metric changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricType {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values by size.
    Histogram,
}

impl MetricType {
    /// The type's word in Prometheus, and in the macro that records it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric as `/metrics` describes it.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it changes.
    pub kind: MetricType,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, in one sentence.
    pub help: &'static str,
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: MetricType::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: MetricType::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: MetricType::Histogram, labels, help }
}

/// Every metric. A test compares the list with what the code records.
pub const METRICS: &[Metric] = &[
    counter(
        "skuscribe_tasks_total",
        &["lane", "outcome"],
        "Tasks that ended, by the outcome of their event; failures by retry, snooze (waits, uses up no attempt) or failed.",
    ),
    counter(
        "skuscribe_model_calls_total",
        &["model", "outcome"],
        "Calls of a model with all their attempts, by answered or failed.",
    ),
    histogram(
        "skuscribe_model_call_seconds",
        &["model"],
        "Time of a call, from the first request to the last answer.",
    ),
    counter(
        "skuscribe_model_attempts_total",
        &["provider", "result"],
        "Requests sent to a model server, by answered, refused (429), failed or unreached (no connection).",
    ),
    counter(
        "skuscribe_model_tokens_total",
        &["model", "kind"],
        "Tokens as the server counts them, by input (cached ones left out), cached, output (thinking left out) or reasoning.",
    ),
    counter(
        "skuscribe_model_tokens_estimated_total",
        &["model"],
        "Tokens among those that the server did not tell and that are estimated.",
    ),
    counter("skuscribe_model_cost_nanos_total", &["model"], "Cost of calls in billionths of the currency."),
    gauge(
        "skuscribe_model_in_flight_limit",
        &["model"],
        "How many calls this process keeps in flight at most, as learned from the server's refusals.",
    ),
    counter(
        "skuscribe_model_adaptations_total",
        &["model"],
        "Changes to how a model server is asked, learnt from what it refused.",
    ),
    gauge(
        "skuscribe_model_stopped",
        &["model", "state"],
        "1 while a model is not called: after failures in a row (failing), or in a state that somebody has to mend (no_money, key_refused, region_refused, model_missing, request_refused, address_wrong, redirected, host_unknown, certificate_refused).",
    ),
    counter("skuscribe_model_fallbacks_total", &[], "Times that the next model of the chain was asked."),
    counter(
        "skuscribe_prose_facts_total",
        &["outcome"],
        "Facts that a model proposed out of products' prose (accepted, waiting for a person, refused).",
    ),
    counter("skuscribe_verifier_sentences_total", &[], "Sentences that the verifier was asked about."),
    histogram(
        "skuscribe_quota_wait_seconds",
        &["lane"],
        "Time that a call waited for its place in the quota.",
    ),
    counter(
        "skuscribe_answers_total",
        &["outcome", "source"],
        "Questions of shoppers that were answered, by outcome and by source: faq, model, facts or none.",
    ),
    histogram("skuscribe_answer_seconds", &[], "Time of an answer."),
    counter("skuscribe_answers_cached_total", &[], "Answers from the cache."),
    counter("skuscribe_answers_held_total", &[], "Answers of a model that did not pass the checks."),
    counter(
        "skuscribe_answers_without_model_total",
        &[],
        "Answers from the facts alone because the model failed or was late.",
    ),
    counter("skuscribe_answers_limited_total", &[], "Questions refused because a client asked too often."),
    counter(
        "skuscribe_http_connections_closed_total",
        &["reason"],
        "Connections that were closed: `late` past a deadline, `room` for another one, `full` where none could make room.",
    ),
    counter(
        "skuscribe_broken_objects_total",
        &[],
        "Times that a stored object could not be read: it is named in the log, and left where it is.",
    ),
    counter(
        "skuscribe_questions_forgotten_total",
        &[],
        "Unanswered questions that were not kept because too many were waiting to be stored, or their client had too many kept.",
    ),
];

/// Describes every metric to the recorder that is installed.
pub(super) fn describe() {
    for metric in METRICS {
        match metric.kind {
            MetricType::Counter => describe_counter!(metric.name, metric.help),
            MetricType::Gauge => describe_gauge!(metric.name, metric.help),
            MetricType::Histogram => describe_histogram!(metric.name, metric.help),
        }
    }
}
