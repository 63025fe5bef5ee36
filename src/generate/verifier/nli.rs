//! A classifier for natural language inference as verifier, behind `/predict` as text-embeddings-inference
//! serves sequence classifiers: pairs of premise and hypothesis in, labels with scores out.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::verification::{UnverifiedSentence, Verification};
use crate::config::broker::shown;
use crate::config::verifier::VerifierConfig;
use crate::generate::error::GenerateError;

/// Longest premise, in bytes: classifiers read some 512 tokens, and servers cut what is longer.
const PREMISE_BYTES_MAX: usize = 1_500;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Asks a classifier.
#[derive(Debug)]
pub(super) struct Nli {
    client: reqwest::Client,
    url: String,
    key: Option<SecretString>,
    entailment_min: f64,
}

#[derive(Serialize)]
struct NliRequest<'a> {
    inputs: Vec<[&'a str; 2]>,
    truncate: bool,
}

#[derive(Deserialize)]
struct NliLabel {
    label: String,
    score: f64,
}

impl Nli {
    pub(super) fn from_config(config: &VerifierConfig) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_millis(config.timeout_ms.min(5_000)))
            .timeout(Duration::from_millis(config.timeout_ms))
            .http1_only()
            // A redirect would take sentences and key to another server.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            client,
            url: format!("{}/predict", config.url.trim_end_matches('/')),
            key: config.key.clone(),
            entailment_min: config.entailment_min,
        })
    }

    /// One verification for each sentence: supported where the classifier is sure enough that the facts entail it.
    pub(super) async fn ask(
        &self,
        asked: &[UnverifiedSentence<'_>],
    ) -> Result<Vec<Option<Verification>>, GenerateError> {
        let premises: Vec<String> = asked.iter().map(premise).collect();
        let inputs =
            premises.iter().zip(asked).map(|(premise, asked)| [premise.as_str(), asked.sentence]).collect();
        let mut request = self.client.post(&self.url).json(&NliRequest { inputs, truncate: true });
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose_secret());
        }
        let unavailable = |reason: String, status: Option<u16>| GenerateError::Unavailable {
            provider: shown(&self.url),
            reason,
            status,
            after: None,
        };
        let response =
            request.send().await.map_err(|error| unavailable(error.without_url().to_string(), None))?;
        let status = response.status();
        if !status.is_success() {
            return Err(unavailable(format!("it answered {status}"), Some(status.as_u16())));
        }
        let body =
            response.bytes().await.map_err(|error| unavailable(error.without_url().to_string(), None))?;
        if body.len() > ANSWER_BYTES_MAX {
            return Err(unavailable(format!("its answer has {} bytes", body.len()), None));
        }
        let labels: Vec<Vec<NliLabel>> = serde_json::from_slice(&body)
            .map_err(|error| unavailable(format!("its answer is no list of labels: {error}"), None))?;
        if labels.len() != asked.len() {
            return Err(unavailable(
                format!("it gave {} answers to {} questions", labels.len(), asked.len()),
                None,
            ));
        }
        Ok(labels
            .iter()
            .map(|labels| {
                let entails = |label: &&NliLabel| label.label.to_lowercase().starts_with("entail");
                let score = labels.iter().find(entails)?.score;
                Some(Verification { supported: score >= self.entailment_min, attribute: None })
            })
            .collect())
    }
}

/// The facts as sentences; those that share a word with the sentence first, for the end may be cut.
fn premise(undecided: &UnverifiedSentence<'_>) -> String {
    let sentence = undecided.sentence.to_lowercase();
    let shares = |text: &str| {
        text.split_whitespace().any(|word| word.len() > 2 && sentence.contains(&word.to_lowercase()))
    };
    let mut lines: Vec<(bool, String)> = undecided
        .facts
        .iter()
        .map(|(name, value)| {
            let line = format!("{} is {value}.", name.replace('_', " "));
            (!shares(&line), line)
        })
        .collect();
    lines.sort_by_key(|(apart, _)| *apart);
    let mut premise = String::new();
    for (_, line) in lines {
        if !premise.is_empty() && premise.len() + line.len() > PREMISE_BYTES_MAX {
            break;
        }
        premise.push_str(&line);
        premise.push(' ');
    }
    premise
}
