//! Threads for checks of long texts: the runtime goes on answering probes and signals, and what takes too long is given up.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// How long checks may take. Texts are bounded, so that they take some tenths of a second.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long they may wait for a thread: one for each core.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// Runs work apart from the runtime, on as many threads as there are cores.
///
/// A thread cannot be stopped: one whose deadline passed keeps its place until it ends, and does not keep the process from
/// ending.
#[derive(Debug)]
pub struct CheckThreads {
    places: Arc<Semaphore>,
    deadline: Duration,
}

impl Default for CheckThreads {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { places: Arc::new(Semaphore::new(cores)), deadline: DEADLINE }
    }
}

impl CheckThreads {
    /// Runs work; `None` where it did not end in time, broke, or there was no thread for it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let place = timeout(WAIT_MAX, Arc::clone(&self.places).acquire_owned()).await.ok()?.ok()?;
        let (sender, receiver) = oneshot::channel();
        let body = move || {
            // Nobody may wait for it any more.
            drop(sender.send(work()));
            drop(place);
        };
        if let Err(error) = thread::Builder::new().name("skuscribe-check".to_owned()).spawn(body) {
            tracing::warn!(error = %error, "no thread could be started for a check; its text is held");
            return None;
        }
        timeout(self.deadline, receiver).await.ok()?.ok()
    }

    #[cfg(test)]
    pub(super) fn with_deadline(deadline: Duration) -> Self {
        Self { deadline, ..Self::default() }
    }

    /// How long checks may take.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_that_takes_too_long_is_given_up_and_the_runtime_goes_on_meanwhile() {
        let threads =
            CheckThreads { places: Arc::new(Semaphore::new(1)), deadline: Duration::from_millis(200) };
        let (release, blocked) = mpsc::channel::<()>();
        let stuck = threads.run(move || blocked.recv());
        // One thread drives the runtime: it would not come to this if the work ran on it.
        let (stuck, probe) = tokio::join!(stuck, async { "alive" });
        assert_eq!((stuck.is_none(), probe), (true, "alive"));
        // The thread keeps its place until it ends.
        assert_eq!(threads.places.available_permits(), 0);
        release.send(()).unwrap();
        assert_eq!(threads.run(|| 7).await, Some(7));
    }

    #[tokio::test]
    async fn work_that_breaks_gives_nothing_and_leaves_its_place() {
        let threads = CheckThreads { places: Arc::new(Semaphore::new(1)), deadline: DEADLINE };
        assert_eq!(threads.run(|| panic!("broken")).await, None::<()>);
        assert_eq!(threads.run(|| 7).await, Some(7));
    }
}
