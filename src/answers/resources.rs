//! What every answer is made with: pipeline, store, settings, texts, and the questions that no fact answered.

use std::sync::Arc;

use super::texts::Texts;
use super::unanswered::UnansweredQuestions;
#[cfg(feature = "search")]
use crate::catalog::search::SearchIndex;
use crate::config::Config;
use crate::config::answers::AnswersConfig;
use crate::pipeline::Pipeline;
use crate::plan::Due;
use crate::store::ContentStore;
use skuscribe_check::content::Severity;

/// Findings that do not count against an attribute that is quoted word for word: it supports itself, and it may be in the
/// catalog's language.
const EXCUSED_RULES: &[&str] = &["facts.", "evidence.", "language.", "length."];

/// What every answer is made with.
#[derive(Debug)]
pub(super) struct AnswerResources {
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) store: Arc<dyn ContentStore>,
    pub(super) config: AnswersConfig,
    pub(super) texts: Texts,
    pub(super) unanswered: UnansweredQuestions,
    #[cfg(feature = "search")]
    pub(super) search: Option<Arc<SearchIndex>>,
}

impl AnswerResources {
    pub(super) fn new(
        config: &Config,
        store: Arc<dyn ContentStore>,
        pipeline: Arc<Pipeline>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            pipeline,
            texts: Texts::load(&config.answers)?,
            unanswered: UnansweredQuestions::new(Arc::clone(&store)),
            store,
            config: (*config.answers).clone(),
            #[cfg(feature = "search")]
            search: None,
        })
    }

    /// Whether a text that quotes attributes word for word passes every check.
    pub(super) fn may_quote(&self, due: &Due, text: &str, attributes: &[&str]) -> bool {
        let excused = |rule: &str| EXCUSED_RULES.iter().any(|prefix| rule.starts_with(prefix));
        let verdict = self.pipeline.stated(due, text, attributes);
        let mut findings = verdict.checked().findings().iter();
        findings.all(|finding| finding.severity < Severity::Hold || excused(&finding.rule))
    }
}
