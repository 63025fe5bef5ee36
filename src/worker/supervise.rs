//! The worker's life: sessions with the broker, one after the other, until it drains.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::session::{self, SessionEnd};
use super::{Worker, WorkerExit};
use crate::clock::millis;
use crate::delays::Delays;
use crate::failure::chain;
use crate::shutdown::Shutdown;

impl Worker {
    /// Works until `shutdown.drain`: then no new deliveries, tasks in flight finish within the grace period,
    /// all is settled. Connections that break are rebuilt for as long as it runs.
    pub async fn run(self: Arc<Self>, shutdown: &Shutdown) -> WorkerExit {
        // What a kill interrupts is paid again: no text waits for data that is still being built.
        self.pipeline.warm_up().await;
        // How long it is without consumers counts from now on.
        drop(self.liveness.consuming(&[]));
        let closing = CancellationToken::new();
        let work = async {
            let ended = tokio::select! {
                biased;
                ended = Self::supervise(&self, shutdown) => ended,
                what = self.liveness.lost(self.limits.exit_after(), self.limits.progress_max()) => {
                    tracing::error!("{what}; the worker exits; restart it");
                    WorkerExit::Lost
                }
            };
            closing.cancel();
            ended
        };
        let keeping = (self.pipeline.ledger().keep(&closing), self.keep_reporting(&closing));
        let (ended, (), ()) = tokio::join!(work, keeping.0, keeping.1);
        ended
    }

    async fn supervise(this: &Arc<Self>, shutdown: &Shutdown) -> WorkerExit {
        let max = Duration::from_millis(this.link.config().reconnect_max_ms);
        let mut delays = Delays::new(Duration::from_millis(100), max);
        let Some(key) = this.header_key(shutdown).await else { return WorkerExit::Drained };
        while !shutdown.drain.is_cancelled() {
            let started = Instant::now();
            let error = match session::run(this, &key, shutdown).await {
                Ok(SessionEnd::Drained) => return WorkerExit::Drained,
                Ok(SessionEnd::CutOff) => return WorkerExit::CutOff,
                Ok(SessionEnd::Reconfigured) => {
                    tracing::info!("the settings changed; starting new consumers");
                    continue;
                }
                Err(error) => error,
            };
            if started.elapsed() > Duration::from_secs(10) {
                delays.reset();
            }
            let wait = delays.next_delay();
            tracing::warn!(error = %chain(&error), wait_ms = millis(wait), "the connection to the broker is lost; reconnecting");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shutdown.drain.cancelled() => {}
            }
        }
        // Asked to drain while there was no connection: what is in flight still gets its time, to be paid for once.
        let grace = Duration::from_millis(this.settings.borrow().grace_period_ms);
        if this.wait(shutdown, grace).await { WorkerExit::Drained } else { WorkerExit::CutOff }
    }

    /// Waits for tasks in flight; gives `false` when the grace period or a second signal cut them off.
    pub(super) async fn wait(&self, shutdown: &Shutdown, grace: Duration) -> bool {
        self.tracker.close();
        tokio::select! {
            () = self.tracker.wait() => true,
            () = shutdown.abort.cancelled() => false,
            () = tokio::time::sleep(grace) => {
                tracing::warn!(tasks.in_flight = self.tracker.len(), "the grace period is over; the broker redelivers the rest");
                false
            }
        }
    }
}
