//! Asking in the form that the server takes: what it refuses is adapted, and remembered once an adapted request was accepted.

use std::sync::Arc;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;

use super::Model;
use crate::delays::Delays;
use crate::generate::answer::Reply;
use crate::generate::call::Call;
use crate::generate::completion::{CompletionRequest, Question};
use crate::generate::error::GenerateError;
use crate::generate::form::guess::guesses;
use crate::generate::form::refusal::FormRefusal;
use crate::generate::form::remedy::{RefusedRequest, Remedy, remedies};
use crate::generate::form::shared::Guessing;
use crate::generate::form::{Adaptation, RequestForm};
use crate::generate::request::WriteRequest;
use crate::limits::quota::Estimate;

/// Most remedies that are tried for one request.
const REMEDIES_MAX: usize = 12;
/// How often a request is repeated whose answer the server itself could not use.
const REPEATS_MAX: u32 = 2;
/// The smallest room for an answer that a request is sent with.
const ROOM_MIN: u64 = 128;

/// What was tried for one request so far.
struct Trial {
    /// What the last request was changed by; learnt once a request is accepted.
    adaptations: Vec<Adaptation>,
    tried: Vec<Remedy>,
    /// What was refused last, and how many adaptations there were before the remedy against it.
    last: Option<(String, usize)>,
    /// The error of the request as it was meant.
    first_error: Option<GenerateError>,
    /// A cap for this request alone.
    cap: Option<u32>,
    repeats: u32,
    has_guessed: bool,
    /// That the remedy is for this request alone: chance was to blame.
    is_for_once: bool,
    delays: Delays,
}

impl Trial {
    fn new() -> Self {
        Self {
            adaptations: Vec::new(),
            tried: Vec::new(),
            last: None,
            first_error: None,
            cap: None,
            repeats: 0,
            has_guessed: false,
            is_for_once: false,
            delays: Delays::new(Duration::from_millis(500), Duration::from_secs(4)),
        }
    }

    /// Forgets what was tried, for the form is another one now.
    fn begin_again(&mut self, error: GenerateError) {
        self.first_error.get_or_insert(error);
        self.adaptations.clear();
        self.tried.clear();
        (self.last, self.cap, self.is_for_once) = (None, None, false);
    }
}

impl Model {
    /// Makes the form known: from the memory, by the settings, or by a probe.
    pub(super) async fn get_ready(&self) -> Result<(), GenerateError> {
        let get_ready = || async {
            if self.recall().await || self.is_way_fixed() {
                Ok(())
            } else {
                self.probe_form().await.map(drop).map_err(GenerateError::of_every_request)
            }
        };
        self.ready.get_or_try_init(get_ready).await.copied()
    }

    /// Whether settings or profile name the way of structured output.
    fn is_way_fixed(&self) -> bool {
        let profile = self.profile();
        RequestForm::fixed_way(&self.config, profile.as_ref().map(|chosen| &chosen.profile)).is_some()
    }

    /// Takes over what an earlier process learnt; whether there was anything.
    pub(super) async fn recall(&self) -> bool {
        let Some(memory) = &self.memory else { return false };
        let Some(remembered) = memory.load(self.clock.now()).await else { return false };
        if let Some(name) = &remembered.profile
            && let Ok(Some(mut chosen)) = self.profiles.choose(name, &self.config.url)
        {
            "an earlier answer showed it".clone_into(&mut chosen.because);
            self.take_profile(chosen);
        }
        self.form.recall(&remembered.adaptations);
        tracing::debug!(model.name = %self.label, adapted = self.adapted().join("; "), "how the model server wants to be asked is remembered");
        true
    }

    /// What a request asks.
    pub(super) async fn question<'a>(
        &self,
        request: &'a WriteRequest<'_>,
        cap: u32,
        estimate: Estimate,
    ) -> Question<'a> {
        // That prompts must be counted may be known only since the permit was given.
        let is_counted = estimate.input > 0 || self.context_tokens() == 0;
        let estimate = if is_counted { estimate } else { self.estimate(request).await };
        Question {
            system: &request.brief.system,
            system_with_schema: &request.brief.system_with_schema,
            user: &request.facts,
            previous: request.previous.as_ref(),
            schema: &request.brief.schema,
            cap: if cap > 0 { cap.saturating_add(self.config.thinking_tokens) } else { 0 },
            prompt_tokens: estimate.input,
        }
    }

    /// Asks, and where the server refuses the form asks again in another one.
    pub(super) async fn ask(
        &self,
        client: &Client<OpenAIConfig>,
        question: &Question<'_>,
        call: &Arc<Call>,
    ) -> Result<Reply, GenerateError> {
        let mut trial = Trial::new();
        loop {
            let base = self.form.current();
            let tried = (!trial.adaptations.is_empty()).then(|| base.with(&trial.adaptations));
            let form = tried.as_ref().unwrap_or(&base);
            let asked = Question { cap: trial.cap.unwrap_or(question.cap), ..*question };
            let request = CompletionRequest::new(&self.config.name, form, &asked);
            let error = match self.complete(client, &request, call).await {
                Ok(reply) => {
                    self.accepted(trial, question.schema.get()).await;
                    return Ok(reply);
                }
                Err(error) => error,
            };
            let Some(refusal) = call.take_refusal().or_else(|| worded(&error)) else { return Err(error) };
            if !Arc::ptr_eq(&base, &self.form.current()) {
                // Another call has learnt meanwhile, which happens a bounded number of times: it may have helped this one.
                trial.begin_again(error);
                continue;
            }
            if refusal.is_failed_generation() && trial.repeats < REPEATS_MAX {
                trial.repeats += 1;
                tokio::time::sleep(trial.delays.next_delay()).await;
                continue;
            }
            let error = trial.first_error.take().unwrap_or(error);
            if let Err(error) = self.adapt(&mut trial, &refusal, question, call.is_probe(), error) {
                if trial.has_guessed {
                    self.form.missed();
                }
                return Err(error);
            }
        }
    }

    /// Chooses what to try next; gives the error back where nothing is left.
    fn adapt(
        &self,
        trial: &mut Trial,
        refusal: &FormRefusal,
        question: &Question<'_>,
        is_probe: bool,
        error: GenerateError,
    ) -> Result<(), GenerateError> {
        let base = self.form.current();
        let (gist, refused) = (refusal.gist(), base.with(&trial.adaptations));
        if let Some((last, before)) = &trial.last
            && *last == gist
        {
            // The last remedy did not help: it is given up.
            trial.adaptations.truncate(*before);
        }
        if trial.tried.len() >= REMEDIES_MAX || self.form.is_spent() {
            return Err(error);
        }
        let form = base.with(&trial.adaptations);
        let cap = refused.cap(trial.cap.unwrap_or(question.cap), question.prompt_tokens);
        let schema = question.schema.get();
        let mut candidates = if refusal.is_failed_generation() {
            trial.is_for_once = true;
            vec![vec![Adaptation::NotStructured(form.way())]]
        } else {
            remedies(refusal, RefusedRequest { form: &form, cap, schema })
        };
        let named = candidates.len();
        let guessing = self.form.guessing(schema);
        // A plain 500 says "I can't do that" to a probe, and "something broke" otherwise.
        let is_state = matches!(error, GenerateError::State { .. });
        let may_guess =
            !is_state && (matches!(refusal.status, 400 | 422) || (is_probe && refusal.status >= 500));
        if may_guess && guessing != Guessing::Nothing {
            let sent = RefusedRequest { form: &form, cap, schema };
            candidates.extend(guesses(sent, refusal.status, guessing == Guessing::Anything));
        }
        let next = candidates.into_iter().enumerate().find(|(_, remedy)| !trial.tried.contains(remedy));
        let Some((place, remedy)) = next else { return Err(error) };
        trial.has_guessed |= place >= named;
        if let Some(Adaptation::Context(tokens)) = remedy.first() {
            trial.cap = Some(self.room(*tokens, refusal, question)?);
        }
        tracing::debug!(model.name = %self.label, refused = %error, trying = remedy.iter().map(Adaptation::shown).collect::<Vec<_>>().join("; "), "the model server refuses the request");
        trial.last = Some((gist, trial.adaptations.len()));
        trial.adaptations.extend(remedy.iter().cloned());
        trial.tried.push(remedy);
        trial.first_error = Some(error);
        Ok(())
    }

    /// The cap that leaves room for the prompt.
    fn room(
        &self,
        context: u64,
        refusal: &FormRefusal,
        question: &Question<'_>,
    ) -> Result<u32, GenerateError> {
        // Where nobody counted the prompt: a token has about three bytes.
        let bytes = question.system_with_schema.len() + question.user.len();
        let estimated = if question.prompt_tokens > 0 { question.prompt_tokens } else { bytes as u64 / 3 };
        let prompt = refusal.prompt_tokens().unwrap_or(estimated + estimated / 20 + 32);
        let room = context.saturating_sub(prompt + 16);
        if room < ROOM_MIN {
            return Err(GenerateError::TooLong { model: self.label.clone(), tokens: prompt, context });
        }
        Ok(question.cap.min(u32::try_from(room).unwrap_or(u32::MAX)))
    }

    /// A request was accepted: what it was changed by holds for all from now on.
    async fn accepted(&self, trial: Trial, schema: &str) {
        if trial.is_for_once {
            return;
        }
        let new = self.form.learn(&trial.adaptations);
        self.form.accepted(schema);
        if !new.is_empty() {
            self.tell(&new);
            self.remember().await;
        }
    }

    /// Says what was adapted, and how to make it last.
    pub(super) fn tell(&self, new: &[Adaptation]) {
        metrics::counter!("skuscribe_model_adaptations_total", "model" => self.label.clone())
            .increment(new.len() as u64);
        tracing::warn!(
            model.name = %self.label,
            adapted = new.iter().map(Adaptation::shown).collect::<Vec<_>>().join("; "),
            settings = self.lasting(new).join("; "),
            "the model server refuses a part of the usual request; it is asked without, and the settings make that last"
        );
    }

    /// The settings that make adaptations last.
    pub(super) fn lasting(&self, adaptations: &[Adaptation]) -> Vec<String> {
        let form = self.form.current();
        let mut settings: Vec<String> =
            adaptations.iter().filter_map(|adaptation| adaptation.setting(&form)).collect();
        settings.dedup();
        settings
    }

    /// Stores what was learnt.
    pub(super) async fn remember(&self) {
        let Some(memory) = &self.memory else { return };
        // The address chooses again by itself.
        let profile = self.profile().filter(|chosen| !chosen.because.starts_with("its host"));
        let profile =
            profile.filter(|chosen| chosen.because.contains("answer")).map(|chosen| chosen.profile.name);
        memory.save(self.clock.now(), profile, self.form.learnt()).await;
    }
}

/// A refusal that came without a status of its own, such as one inside a 200.
fn worded(error: &GenerateError) -> Option<FormRefusal> {
    match error {
        GenerateError::Rejected { reason, .. } => Some(FormRefusal::of_text(200, reason, Vec::new())),
        _ => None,
    }
}
