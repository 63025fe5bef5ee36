//! `[store]`: where content lies.

use secrecy::SecretString;
use serde::Deserialize;

/// Settings of the content store.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `s3://bucket/prefix`, or the path of a folder.
    pub url: String,
    /// Address of an S3 server that is not AWS; empty for AWS.
    pub endpoint: String,
    /// Region to sign for.
    pub region: String,
    /// `endpoint/bucket` instead of `bucket.endpoint`.
    pub path_style: bool,
    /// Whether a slim public document is written beside each document.
    pub public_documents: bool,
    /// Calls in flight.
    pub slots: usize,
    /// Tries of one call, the first included.
    pub attempts_max: u32,
    /// One try, in milliseconds.
    pub attempt_timeout_ms: u64,
    /// All tries of one call, in milliseconds.
    pub timeout_ms: u64,
    /// From `AWS_ACCESS_KEY_ID`; absent, the SDK's own chain of providers is asked.
    #[serde(skip)]
    pub access_key_id: Option<String>,
    /// From `AWS_SECRET_ACCESS_KEY`.
    #[serde(skip)]
    pub secret_access_key: Option<SecretString>,
    /// From `AWS_SESSION_TOKEN`.
    #[serde(skip)]
    pub session_token: Option<SecretString>,
}
