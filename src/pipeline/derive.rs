//! Facts out of prose: read once for each state of a product's prose, before anything is planned, and added to the facts of
//! its tasks.

use std::sync::Arc;

use super::{Pipeline, generate_failure, store_failure};
use crate::failure::Failure;
use crate::generate::{GenerateError, Proposer, WriteRequest};
use crate::intake::Update;
use crate::intake::inbox::InboxEntry;
use crate::plan::{Due, Task};
use crate::store::derived::derived;
use crate::store::{BoxFuture, Condition, ETag, Key, Put, StoreError, save};
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;
use skuscribe_check::product::{Product, Sku, Snapshot};
use skuscribe_check::prose::{Acceptance, AttributeNames, DerivedFacts, Prose, Resolution};

/// What facts out of prose are read with.
#[derive(Debug)]
pub(super) struct ProseReader {
    proposer: Proposer,
    names: AttributeNames,
    /// The language of the catalog (`en`): that of the first locale.
    language: String,
}

/// What reading a product's prose took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReadingSpend {
    pub(super) usage: Usage,
    pub(super) calls: u32,
    pub(super) cost: Nanos,
    pub(super) expected_cost: Nanos,
}

/// What was proposed about a product and what became of it.
#[derive(Debug)]
pub struct ProposedFacts {
    /// The facts, what waits for a person, and what is refused, with reasons.
    pub resolution: Resolution,
    /// The same as it is stored, with what people decided before.
    pub derived: DerivedFacts,
    /// Whether it was stored.
    pub stored: bool,
    /// What the calls cost.
    pub cost: Nanos,
}

impl ProseReader {
    pub(super) fn new(names: AttributeNames, language: &str) -> anyhow::Result<Self> {
        Ok(Self { proposer: Proposer::new(&names)?, names, language: language.to_owned() })
    }
}

impl Pipeline {
    /// The rules that accept facts out of a product's prose.
    fn acceptance<'a>(&'a self, product: &'a Product, prose: &'a Prose) -> Acceptance<'a> {
        let reader = &self.prose;
        Acceptance::new(product, prose, &reader.names, self.recipes.internal(), &reader.language)
    }

    /// A snapshot with the facts out of its prose that are stored, where the settings want them.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn with_derived(&self, snapshot: Snapshot) -> Result<Snapshot, StoreError> {
        if !self.facts_from_prose {
            return Ok(snapshot);
        }
        let stored = derived(&*self.store, &snapshot.product.sku).await?;
        Ok(self.added(snapshot, stored.map(|(derived, _)| derived).as_ref()))
    }

    /// A snapshot with those facts that may be used of it.
    fn added(&self, snapshot: Snapshot, derived: Option<&DerivedFacts>) -> Snapshot {
        let Some(derived) = derived.filter(|derived| !derived.facts.is_empty()) else { return snapshot };
        let prose = Prose::of(&snapshot.product);
        let rules = self.acceptance(&snapshot.product, &prose);
        let usable: Vec<_> = derived.facts.iter().filter(|fact| rules.is_usable(fact)).cloned().collect();
        if usable.is_empty() {
            return snapshot;
        }
        let product = Product { derived: usable, ..Product::clone(&snapshot.product) };
        Snapshot { product: Arc::new(product), ..snapshot }
    }

    /// Adds the facts out of an update's prose; a model reads prose that is new. Where a newer update waits it is read for
    /// that one.
    pub(super) async fn derive(
        &self,
        entry: &InboxEntry,
        snapshot: Snapshot,
        task: &Task,
    ) -> Result<(Snapshot, ReadingSpend), Failure> {
        let mut spent = ReadingSpend::default();
        let stored = derived(&*self.store, &snapshot.product.sku).await;
        let stored = stored.map_err(|error| store_failure("plan", &error))?;
        let prose = Prose::of(&snapshot.product);
        let known = stored.as_ref().is_some_and(|(derived, _)| derived.prose == prose.digest());
        let overtaken = entry.newer().iter().any(|newer| Update::states_facts(newer));
        let (before, etag) = stored.map_or((None, None), |(derived, etag)| (Some(derived), Some(etag)));
        if known || overtaken || prose.is_empty() {
            return Ok((self.added(snapshot, before.as_ref()), spent));
        }
        // Boxed, or every update whose prose is known would carry its size.
        let reading: BoxFuture<'_, _> =
            Box::pin(self.read_prose(task, &snapshot.product, &prose, before, &mut spent));
        let (now, _) = reading.await.map_err(generate_failure)?;
        self.store_derived(&now, etag).await.map_err(|error| store_failure("plan", &error))?;
        Ok((self.added(snapshot, Some(&now)), spent))
    }

    /// Has a model propose, and the rules decide. An answer that is unusable, also of the last model, proposes nothing.
    async fn read_prose(
        &self,
        task: &Task,
        product: &Product,
        prose: &Prose,
        before: Option<DerivedFacts>,
        spent: &mut ReadingSpend,
    ) -> Result<(DerivedFacts, Resolution), GenerateError> {
        let due = Due::without_recipe(task.clone());
        let asked = self.prose.proposer.ask(&self.models, &due, prose, &self.clock).await;
        let (proposals, made) = match asked {
            Ok(answered) => answered,
            Err(GenerateError::Answer { problem, made }) => {
                tracing::warn!(product.sku = %task.sku(), problem = %problem, "no facts were read out of the prose");
                (Vec::new(), *made)
            }
            // What no model takes is no reason to leave the product without its texts.
            Err(error @ (GenerateError::Rejected { .. } | GenerateError::TooLong { .. })) => {
                tracing::warn!(product.sku = %task.sku(), error = %error, "no facts were read out of the prose");
                (Vec::new(), skuscribe_check::content::DraftOrigin::new(self.clock.now()))
            }
            Err(error) => return Err(error),
        };
        *spent = ReadingSpend {
            usage: made.usage,
            calls: made.calls,
            cost: made.cost,
            expected_cost: made.expected_cost,
        };
        let rules = self.acceptance(product, prose);
        let resolution = rules.resolve(&proposals);
        for (outcome, count) in [
            ("accepted", resolution.accepted.len()),
            ("waiting", resolution.waiting.len()),
            ("refused", resolution.refused.len()),
        ] {
            metrics::counter!("skuscribe_prose_facts_total", "outcome" => outcome).increment(count as u64);
        }
        let (sku, by) = (task.sku().clone(), (made.model, self.clock.now()));
        let derived = DerivedFacts::new(sku, prose.digest(), by, resolution.clone(), before, &rules);
        Ok((derived, resolution))
    }

    /// Stores what was read; another writer that was first counts, for it read the same prose.
    async fn store_derived(&self, derived: &DerivedFacts, etag: Option<ETag>) -> Result<bool, StoreError> {
        let key = Key::Derived { sku: derived.sku.clone() };
        let condition = etag.map_or(Condition::Absent, Condition::Matches);
        let put = save(&*self.store, &key, derived, condition).await?;
        Ok(matches!(put, Put::Stored(_)))
    }

    /// Reads a product's prose now, whatever was read of it before; stores it where that is wanted.
    ///
    /// # Errors
    /// When no model answers, or the store does not.
    pub async fn propose(&self, snapshot: &Snapshot, apply: bool) -> anyhow::Result<ProposedFacts> {
        let locale =
            self.default_locales.first().ok_or_else(|| anyhow::anyhow!("recipes.locales is empty"))?;
        let task = Task::of_snapshot(snapshot, locale, "facts", self.recipes.labels());
        let stored = derived(&*self.store, &snapshot.product.sku).await?;
        let (before, etag) = stored.map_or((None, None), |(derived, etag)| (Some(derived), Some(etag)));
        let prose = Prose::of(&snapshot.product);
        let mut spent = ReadingSpend::default();
        let (derived, resolution) =
            self.read_prose(&task, &snapshot.product, &prose, before, &mut spent).await?;
        let stored = apply && self.store_derived(&derived, etag).await?;
        Ok(ProposedFacts { resolution, derived, stored, cost: spent.cost })
    }

    /// Changes what is derived of a product on a person's word.
    ///
    /// # Errors
    /// Why the change cannot be made; or when the store does not answer, or another writer was first each time.
    pub async fn decide_on_derived<T>(
        &self,
        snapshot: &Snapshot,
        mut change: impl FnMut(&mut DerivedFacts, &Acceptance<'_>) -> Result<T, String>,
    ) -> anyhow::Result<T> {
        let sku: &Sku = &snapshot.product.sku;
        let prose = Prose::of(&snapshot.product);
        let rules = self.acceptance(&snapshot.product, &prose);
        for _ in 0..super::RACES_MAX {
            let stored = derived(&*self.store, sku).await?;
            let Some((mut derived, etag)) = stored else {
                anyhow::bail!(
                    "nothing was read out of the prose of {sku}; `skuscribe facts propose --apply` reads it"
                );
            };
            let changed = change(&mut derived, &rules).map_err(anyhow::Error::msg)?;
            if self.store_derived(&derived, Some(etag)).await? {
                return Ok(changed);
            }
        }
        anyhow::bail!("other writers changed what is derived of {sku} each time; try again")
    }

    /// The request that reading the prose of a task would make, where it is new.
    pub(super) async fn prose_request<'a>(
        &'a self,
        due: &'a Due,
        product: &Product,
    ) -> Result<Option<WriteRequest<'a>>, StoreError> {
        if !self.facts_from_prose {
            return Ok(None);
        }
        let prose = Prose::of(product);
        let stored = derived(&*self.store, &product.sku).await?;
        let known = stored.is_some_and(|(derived, _)| derived.prose == prose.digest());
        Ok((!known && !prose.is_empty()).then(|| self.prose.proposer.request(due, &prose)))
    }

    /// Removes what was derived of a product that is deleted.
    pub(super) async fn forget_derived(&self, sku: &Sku) -> Result<(), StoreError> {
        if self.facts_from_prose {
            self.store.delete(&Key::Derived { sku: sku.clone() }).await?;
        }
        Ok(())
    }
}
