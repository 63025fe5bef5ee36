//! `[verifier]`: who verifies sentences that the checks cannot decide.

use anyhow::ensure;
use secrecy::SecretString;
use serde::Deserialize;

use super::one_of;

/// Settings of the verifier.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierConfig {
    /// Who is asked: `none`, `model` (the chain of models) or `nli` (a server of an NLI classifier).
    pub from: String,
    /// Address of the NLI server.
    pub url: String,
    /// The environment variable that holds its key; a server that wants none gets none.
    pub key_variable: String,
    /// The key, from that variable.
    #[serde(skip)]
    pub key: Option<SecretString>,
    /// How sure the classifier must be that the facts entail a sentence, 0 to 1.
    pub entailment_min: f64,
    /// One call to the NLI server, in milliseconds.
    pub timeout_ms: u64,
}

impl VerifierConfig {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        one_of("verifier.from", &self.from, &["none", "model", "nli"])?;
        ensure!(
            self.from != "nli" || self.url.starts_with("http://") || self.url.starts_with("https://"),
            "verifier.url = {:?} is not allowed with verifier.from = \"nli\"; write an address such as http://nli:8080",
            self.url
        );
        ensure!(
            (0.0..=1.0).contains(&self.entailment_min),
            "verifier.entailment_min = {} is not allowed; write 0 to 1",
            self.entailment_min
        );
        Ok(())
    }
}
