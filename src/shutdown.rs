//! Two-phase shutdown: the first signal stops taking work, the second aborts what is in flight.

use tokio_util::sync::CancellationToken;

/// The two phases, as tokens that everything long-running is handed.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// Cancelled by the first signal: take no new work, finish what is in flight.
    pub drain: CancellationToken,
    /// Cancelled by the second signal or by the grace period's end: leave at once.
    pub abort: CancellationToken,
}

impl Shutdown {
    /// Listens for SIGINT and SIGTERM for as long as the process lives.
    ///
    /// # Errors
    /// When the process may not install signal handlers.
    pub fn on_signals() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let shutdown = Self::default();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let tokens = shutdown.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "the listener lives as long as the process; no tracker waits for it"
        )]
        tokio::spawn(async move {
            for token in [&tokens.drain, &tokens.abort] {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                token.cancel();
            }
        });
        Ok(shutdown)
    }
}
