//! Samples: the texts that a job would write of a few products, by the pipeline itself, to be looked at and compared; nothing
//! of them is stored or announced. What they cost is booked and in the ledger, under a job of their own.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::announce::Announcer;
use crate::clock::Clock;
use crate::config::Config;
use crate::intake::inbox::Inbox;
use crate::intake::{Origin, decode};
use crate::jobs::{Job, JobRequest, Selected, create};
use crate::lane::Lane;
use crate::pipeline::{Done, Pipeline};
use crate::store::{ContentStore, Key, ScratchStore, StoreError, load};
use skuscribe_check::content::money::Nanos;
use skuscribe_check::content::{Document, Draft, Finding, HistoryEntry, Outcome, Severity, Usage};
use skuscribe_check::product::{Locale, Sku};

/// What became of a product in a locale.
#[derive(Debug, Serialize)]
pub struct Sample {
    /// The product.
    pub sku: Sku,
    /// The locale.
    pub locale: Locale,
    /// What would have become of it; `None` where it failed.
    pub outcome: Option<Outcome>,
    /// The drafts that would be published or held.
    pub drafts: Vec<Draft>,
    /// What the checks saw.
    pub findings: Vec<Finding>,
    /// How good the copy is, over its recipes; `None` where that was not counted.
    pub quality: Option<f64>,
    /// Tokens of all calls.
    pub usage: Usage,
    /// Calls.
    pub calls: u32,
    /// What they cost, in billionths of the currency.
    pub cost: Nanos,
    /// Why there is no text.
    pub failure: Option<String>,
    /// The document as it would be.
    #[serde(skip)]
    pub document: Option<Document>,
}

impl Sample {
    /// A sample of which nothing is known yet.
    #[must_use]
    pub fn new(sku: Sku, locale: Locale) -> Self {
        Self {
            sku,
            locale,
            outcome: None,
            drafts: Vec::new(),
            findings: Vec::new(),
            quality: None,
            usage: Usage::default(),
            calls: 0,
            cost: 0,
            failure: None,
            document: None,
        }
    }

    /// Takes over what was done.
    pub fn done(&mut self, done: Done) {
        self.outcome = Some(done.outcome);
        (self.usage, self.calls, self.cost) = (done.usage, done.calls, done.cost);
        self.findings = done.findings;
    }

    /// Takes over the document and its drafts from the store that they were written to.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn load_stored(&mut self, store: &dyn ContentStore) -> Result<(), StoreError> {
        let (locale, sku) = (self.locale.clone(), self.sku.clone());
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let Some((document, _)) = load::<Document>(store, &key).await? else { return Ok(()) };
        let is_written = matches!(self.outcome, Some(Outcome::Published | Outcome::Held));
        if let Some(operation) = document.operations.last().copied().filter(|_| is_written) {
            let history = load::<HistoryEntry>(store, &Key::History { locale, sku, operation }).await?;
            if let Some((history, _)) = history {
                let scores: Vec<f64> = history.quality.values().map(|quality| quality.score).collect();
                self.quality = mean(&scores);
                self.drafts = history.drafts;
            }
        }
        self.document = Some(document);
        Ok(())
    }

    /// Findings that hold it back.
    #[must_use]
    pub fn holding(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity >= Severity::Hold).count()
    }
}

/// Several samples in numbers.
#[derive(Debug, Default, Serialize)]
pub struct SampleTotals {
    /// Samples.
    pub samples: usize,
    /// Texts that would be published.
    pub published: usize,
    /// Texts that would be held.
    pub held: usize,
    /// Products without a text.
    pub failed: usize,
    /// Findings that hold texts back.
    pub holding: usize,
    /// The mean of their quality.
    pub quality: Option<f64>,
    /// Tokens of all calls.
    pub usage: Usage,
    /// Calls.
    pub calls: u32,
    /// What they cost, in billionths of the currency.
    pub cost: Nanos,
}

impl SampleTotals {
    /// The numbers of samples.
    #[must_use]
    pub fn of(samples: &[Sample]) -> Self {
        let mut totals = Self { samples: samples.len(), ..Self::default() };
        for sample in samples {
            match (sample.outcome, &sample.failure) {
                (_, Some(_)) | (None, None) => totals.failed += 1,
                (Some(Outcome::Published), None) => totals.published += 1,
                (Some(Outcome::Held), None) => totals.held += 1,
                (Some(_), None) => {}
            }
            totals.holding += sample.holding();
            totals.usage += sample.usage;
            totals.calls = totals.calls.saturating_add(sample.calls);
            totals.cost = totals.cost.saturating_add(sample.cost);
        }
        let scores: Vec<f64> = samples.iter().filter_map(|sample| sample.quality).collect();
        totals.quality = mean(&scores);
        totals
    }
}

fn mean(scores: &[f64]) -> Option<f64> {
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}

/// Writes what a job would write, of every product in its first selected locale.
///
/// `config` may name other recipes, voices or models than workers have: that is what is compared. Products are written beside
/// the page that is stored, one after the other.
///
/// # Errors
/// When the note is refused, recipes or voices are not valid, or the store does not answer.
pub async fn write_samples(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    request: JobRequest,
    chosen: &[Selected],
    clock: &Clock,
) -> anyhow::Result<Vec<Sample>> {
    let mut config = config.clone();
    // A worker that writes the very same text, or the other side of a comparison, is not waited for.
    config.redis.url = String::new().into();
    let scratch: Arc<dyn ContentStore> = Arc::new(ScratchStore::over(Arc::clone(store)));
    let now = clock.now();
    let id = format!("sample-{}-{:08x}", now.strftime("%Y%m%d-%H%M%S"), fastrand::u32(..));
    let count = chosen.len() as u64;
    let job = Job::new(id, request, (count, count), now)?;
    create(&*scratch, &job).await?;
    let pipeline = Pipeline::new(&config, Arc::clone(&scratch), Announcer::Nowhere, clock.clone())?;
    let (inbox, mut samples) = (Inbox::default(), Vec::with_capacity(chosen.len()));
    for selected in chosen {
        let Some(locale) = selected.locales.first() else { continue };
        samples.push(Box::pin(sample(&pipeline, &*scratch, &inbox, &job, selected, locale, now)).await?);
    }
    // What was spent is in the ledger, and what was booked ahead is given back.
    pipeline.ledger().close().await;
    Ok(samples)
}

async fn sample(
    pipeline: &Pipeline,
    store: &dyn ContentStore,
    inbox: &Inbox,
    job: &Job,
    selected: &Selected,
    locale: &Locale,
    now: Timestamp,
) -> anyhow::Result<Sample> {
    let sku = &selected.snapshot.product.sku;
    let message = json!({
        "id": crate::jobs::message_id(&job.id, 0, sku.as_str()), "type": "content.requested",
        "occurred_at": now.to_string(), "product": { "sku": sku }, "locales": [locale], "recipes": job.recipes,
        "job": job.id, "force": job.force
    });
    // A person waits for it.
    let origin = Origin { config_changes: true, lane: Some(Lane::Interactive), ..Origin::default() };
    let update = decode(&serde_json::to_vec(&message)?, &origin)?;
    let mut sample = Sample::new(sku.clone(), locale.clone());
    match pipeline.run(&inbox.enter(Arc::new(update))).await {
        Ok(reports) => match reports.into_iter().next().map(|report| report.result) {
            Some(Ok(done)) => sample.done(done),
            Some(Err(failure)) => sample.failure = Some(failure.message),
            None => sample.failure = Some("nothing was asked for".to_owned()),
        },
        Err(failure) => sample.failure = Some(failure.message),
    }
    sample.load_stored(store).await?;
    Ok(sample)
}
