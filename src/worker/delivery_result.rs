//! The result of the work on a delivery: what is to be sent on, and what is logged, once.

use std::sync::Arc;
use std::time::Duration;

use crate::broker::Headers;
use crate::clock::millis;
use crate::failure::{Failure, FailureKind};
use crate::intake::inbox::{InboxEntry, SkuLock};
use crate::intake::{IntakeError, Update};
use crate::lane::Lane;
use crate::limits::slots::LaneSlot;
use crate::pipeline::TaskReport;
use skuscribe_check::product::Locale;

/// The result of the work on a delivery.
pub(super) struct DeliveryResult {
    pub(super) update: Option<Arc<Update>>,
    pub(super) reports: Vec<TaskReport>,
    pub(super) failure: Option<Failure>,
    /// Whether the message is to be sent on as it is.
    pub(super) is_sent_on: bool,
    /// Kept until the delivery is settled.
    _held: Option<(InboxEntry, LaneSlot, SkuLock)>,
}

impl DeliveryResult {
    pub(super) fn worked(
        result: Result<Vec<TaskReport>, Failure>,
        entry: InboxEntry,
        slot: LaneSlot,
        sku_lock: SkuLock,
    ) -> Self {
        let (reports, failure) = match result {
            Ok(reports) => (reports, None),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        Self {
            update: Some(Arc::clone(entry.update())),
            reports,
            failure,
            is_sent_on: false,
            _held: Some((entry, slot, sku_lock)),
        }
    }

    pub(super) fn refused(error: &IntakeError) -> Self {
        let failure = Failure::new("intake", FailureKind::Permanent, error);
        Self { update: None, reports: Vec::new(), failure: Some(failure), is_sent_on: false, _held: None }
    }

    pub(super) fn returned_too_often(returns: u32) -> Self {
        Self::of_worker(
            FailureKind::Permanent,
            format!(
                "the broker took it back {returns} times: every worker that had it died or lost its connection before it was settled"
            ),
        )
    }

    /// Not worked, but sent on as it is, before the broker gives up on it.
    pub(super) fn sent_on(returns: u32) -> Self {
        let message =
            format!("the broker took it back {returns} times; it is sent on before it is worked again");
        let kind = FailureKind::Snooze { after: Duration::from_secs(1) };
        Self { is_sent_on: true, ..Self::of_worker(kind, message) }
    }

    pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Self::of_worker(FailureKind::Permanent, format!("the worker panicked on this message: {text}"))
    }

    fn of_worker(kind: FailureKind, message: String) -> Self {
        let failure = Some(Failure { stage: "worker", kind, message });
        Self { update: None, reports: Vec::new(), failure, is_sent_on: false, _held: None }
    }

    pub(super) fn message_id(&self) -> Option<&str> {
        self.update.as_ref().map(|update| update.id())
    }

    /// Every failure, with its locale where it concerns one alone.
    pub(super) fn failures(&self) -> Vec<(Option<&Locale>, &Failure)> {
        let whole = self.failure.iter().map(|failure| (None, failure));
        let single = self
            .reports
            .iter()
            .filter_map(|report| Some((Some(&report.locale), report.result.as_ref().err()?)));
        whole.chain(single).collect()
    }

    pub(super) fn log(&self, lane: Lane, headers: &Headers, elapsed: Duration) {
        let sku = self.update.as_ref().map_or("", |update| update.sku().as_str());
        let id = self.message_id().unwrap_or_default();
        for (locale, failure) in self.failures() {
            let kind = match failure.kind {
                FailureKind::Retry { .. } => "retry",
                FailureKind::Snooze { .. } | FailureKind::Paused { .. } | FailureKind::Parked => "snooze",
                FailureKind::Permanent => "failed",
            };
            metrics::counter!("skuscribe_tasks_total", "lane" => lane.as_str(), "outcome" => kind)
                .increment(1);
            tracing::warn!(
                message.id = id, product.sku = sku, locale = locale.map_or("", Locale::as_str), worker.lane = %lane,
                attempt = headers.attempt, stage = failure.stage, retry = failure.is_retryable(), error = %failure.message,
                duration_ms = millis(elapsed), "the task failed"
            );
        }
        for report in &self.reports {
            if let Ok(done) = &report.result {
                metrics::counter!("skuscribe_tasks_total", "lane" => lane.as_str(), "outcome" => done.outcome.as_str())
                    .increment(1);
                tracing::info!(
                    message.id = id, product.sku = sku, locale = %report.locale, worker.lane = %lane,
                    attempt = headers.attempt, outcome = %done.outcome, document.revision = done.revision.unwrap_or(0),
                    findings.count = done.findings.len(), model.calls = done.calls, tokens.input = done.usage.input_tokens,
                    tokens.output = done.usage.output_tokens, tokens.reasoning = done.usage.reasoning_tokens,
                    tokens.estimated = done.usage.estimated_tokens, duration_ms = millis(elapsed), "the task is done"
                );
            }
        }
    }
}
