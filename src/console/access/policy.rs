//! How people log in, and which requests can be ours at all.

use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, StatusCode, Uri, header};

use super::{COOKIE, Person, Role, Sessions, Tokens};
use crate::config::console::ConsoleConfig;
use crate::console::error::ConsoleError;
use crate::http::buckets::Buckets;

/// Who is let in, and how.
#[derive(Debug)]
pub(in crate::console) struct Access {
    /// The sessions of browsers.
    pub sessions: Sessions,
    /// `None`: whoever reaches the loopback address.
    tokens: Option<Tokens>,
    local_name: String,
    attempts: Buckets,
    /// Whether browsers come by TLS.
    is_secure: bool,
    /// The host that browsers ask for, where a proxy stands before the console.
    public_host: Option<String>,
}

impl Access {
    pub(in crate::console) fn from_config(config: &ConsoleConfig) -> anyhow::Result<Self> {
        let tokens = match config.tokens.as_str() {
            "" => None,
            file => Some(Tokens::load(Path::new(file))?),
        };
        let public_host = config.public_url.parse::<Uri>().ok().and_then(|url| Some(url.host()?.to_owned()));
        let every = Duration::from_mins(1) / config.login_per_minute.max(1);
        Ok(Self {
            sessions: Sessions::new(Duration::from_mins(config.session_minutes)),
            tokens,
            local_name: config.local_name.clone(),
            attempts: Buckets::new(every, config.login_per_minute),
            is_secure: config.public_url.starts_with("https://"),
            public_host,
        })
    }

    /// The person who needs no token.
    pub(in crate::console) fn local_person(&self) -> Option<Person> {
        self.tokens.is_none().then(|| Person {
            name: self.local_name.clone(),
            role: Role::Admin,
            categories: Vec::new(),
            locales: Vec::new(),
        })
    }

    /// The person of a token. Wrong ones are counted by address.
    pub(in crate::console) fn log_in(
        &self,
        token: &str,
        address: IpAddr,
        now: Instant,
    ) -> Result<Person, ConsoleError> {
        if let Some(person) = self.tokens.as_ref().and_then(|tokens| tokens.person(token)) {
            return Ok(person.clone());
        }
        if let Err(wait) = self.attempts.take(&address, now) {
            let message = format!("too many attempts; try again in {} s", wait.as_secs() + 1);
            return Err(ConsoleError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message));
        }
        tracing::warn!(client.address = %address, "a token of the console was wrong");
        let message = "this token is not known; ask whoever runs the console for one";
        Err(ConsoleError::new(StatusCode::UNAUTHORIZED, "unknown_token", message))
    }

    /// The cookie of a session.
    pub(in crate::console) fn cookie_of(&self, id: &str) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Strict{secure}")
    }

    /// The same, ended.
    pub(in crate::console) fn ended_cookie(&self) -> String {
        format!("{}; Max-Age=0", self.cookie_of(""))
    }

    /// Without tokens the console answers only to names of this machine: else any site could point its own name here and
    /// read what a browser on this machine may.
    pub(in crate::console) fn check_host(&self, headers: &HeaderMap) -> Result<(), ConsoleError> {
        if self.tokens.is_some() {
            return Ok(());
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let host = host
            .rsplit_once(':')
            .filter(|(_, port)| port.parse::<u16>().is_ok())
            .map_or(host, |(host, _)| host);
        let is_public = self.public_host.as_deref() == Some(host);
        if is_public || matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
            return Ok(());
        }
        let message = "without tokens the console answers to localhost alone; set console.tokens";
        Err(ConsoleError::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", message))
    }
}
