//! Workers as processes of their own, to be signalled and killed.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use skuscribe::config::Config;

use crate::harness::DEADLINE;

/// The command with the settings of `config` that tests change.
pub(crate) fn command(config: &Config) -> Command {
    use secrecy::ExposeSecret as _;
    let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
    let secret = config.store.secret_access_key.iter();
    command
        .env_clear()
        .env("SKUSCRIBE_BROKER_URL", config.broker.url.expose_secret())
        .env("SKUSCRIBE_BROKER_PREFIX", &config.broker.prefix)
        .env("SKUSCRIBE_MODEL_URL", &config.model.url)
        .env("SKUSCRIBE_MODEL_STRUCTURED", "json_schema")
        .env("SKUSCRIBE_STORE_URL", &config.store.url)
        .env("SKUSCRIBE_STORE_ENDPOINT", &config.store.endpoint)
        .env("AWS_ACCESS_KEY_ID", config.store.access_key_id.as_deref().unwrap_or_default())
        .envs(secret.map(|secret| ("AWS_SECRET_ACCESS_KEY", secret.expose_secret())))
        .env("SKUSCRIBE_LOG_FILTER", "off");
    command
}

/// A command that runs until it is ended, a worker mostly; it is killed when it is dropped.
pub(crate) struct WorkerProcess {
    child: Child,
}

impl WorkerProcess {
    /// Starts a worker with the settings of `config` that tests change, and more of them by variable.
    pub(crate) fn start(config: &Config, more: &[(&str, String)]) -> Self {
        Self::start_command("worker", config, more)
    }

    /// The same for another command that serves until it is stopped.
    pub(crate) fn start_command(name: &str, config: &Config, more: &[(&str, String)]) -> Self {
        let log = std::env::var("SKUSCRIBE_TEST_LOG").ok();
        let mut command = command(config);
        command
            .env("SKUSCRIBE_LOG_FILTER", log.as_deref().unwrap_or("off"))
            .envs(more.iter().map(|(name, value)| (*name, value)))
            .arg(name)
            .stdin(Stdio::null())
            .stderr(if log.is_some() { Stdio::inherit() } else { Stdio::null() });
        Self { child: command.spawn().unwrap() }
    }

    /// Starts `skuscribe feed`.
    pub(crate) fn feed(config: &Config) -> Self {
        let mut command = command(config);
        command.arg("feed").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { child: command.spawn().unwrap() }
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal, as `kill` names it.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Kills it at once and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for its end.
    pub(crate) async fn exit_code(&mut self) -> i32 {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(started.elapsed() < DEADLINE, "the worker ends");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}
