//! The verifier: whether the facts support sentences that the checks could not decide. Its answer comes from outside,
//! untrusted as any draft, and what the checks found contradicted it is never asked about.

mod judge;
mod nli;
mod verification;

pub use verification::{UnverifiedSentence, Verification};

use super::chain::Models;
use super::error::GenerateError;
use crate::clock::Clock;
use crate::config::verifier::VerifierConfig;
use crate::plan::Due;
use judge::Judge;
use nli::Nli;
use skuscribe_check::content::DraftOrigin;
use skuscribe_check::product::Facts;

/// Most sentences of one text that are asked about: a text with more of them needs a person.
const SENTENCES_MAX: usize = 20;

/// The verifier that the settings name, if any.
#[derive(Debug)]
pub struct Verifier(VerifierKind);

#[derive(Debug)]
enum VerifierKind {
    Nobody,
    /// The chain of models.
    Model(Judge),
    /// A classifier for natural language inference.
    Nli(Nli),
}

impl Verifier {
    /// The verifier that the settings name.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn from_config(config: &VerifierConfig) -> anyhow::Result<Self> {
        Ok(Self(match config.from.as_str() {
            "model" => VerifierKind::Model(Judge::new()?),
            "nli" => VerifierKind::Nli(Nli::from_config(config)?),
            _ => VerifierKind::Nobody,
        }))
    }

    /// Asks the classifier about a sentence that its facts support, to see whether it answers; no other verifier is
    /// asked.
    ///
    /// # Errors
    /// When it does not answer, or not in labels.
    pub async fn try_classifier(&self) -> Result<&'static str, GenerateError> {
        let VerifierKind::Nli(nli) = &self.0 else { return Ok("nobody is asked") };
        let attributes = std::iter::once((
            "material".to_owned(),
            skuscribe_check::product::Value::Text("steel".to_owned()),
        ));
        let facts = Facts::of(attributes.collect());
        let verifications =
            nli.ask(&[UnverifiedSentence { sentence: "The mug is made of steel.", facts: &facts }]).await?;
        Ok(match verifications.first() {
            Some(Some(verification)) if verification.supported => "yes",
            Some(Some(_)) => "no; is verifier.entailment_min too high?",
            _ => "its labels hold no entailment",
        })
    }

    /// Whether a verifier is configured.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !matches!(self.0, VerifierKind::Nobody)
    }

    /// One verification for each sentence, as far as there is one; its cost is added to the drafts' origin.
    ///
    /// # Errors
    /// When there is no usable answer: the findings of the checks stand then.
    pub async fn ask(
        &self,
        models: &Models,
        due: &Due,
        undecided: &[UnverifiedSentence<'_>],
        origin: &mut DraftOrigin,
        clock: &Clock,
    ) -> Result<Vec<Option<Verification>>, GenerateError> {
        let asked = undecided.get(..SENTENCES_MAX).unwrap_or(undecided);
        let mut verifications = match &self.0 {
            VerifierKind::Nobody => Vec::new(),
            VerifierKind::Model(judge) => judge.ask(models, due, asked, origin, clock).await?,
            VerifierKind::Nli(nli) => nli.ask(asked).await?,
        };
        verifications.resize(undecided.len(), None);
        metrics::counter!("skuscribe_verifier_sentences_total").increment(undecided.len() as u64);
        Ok(verifications)
    }
}
