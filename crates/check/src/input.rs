//! What a check looks at: the policies in force, the product with its recipes and drafts, the page and the catalog.

use std::sync::Arc;

use crate::config::check::CheckConfig;
use crate::config::policies::PoliciesConfig;
use crate::config::recipes::Shown;
use crate::config::review::ReviewConfig;
use crate::content::{Document, Drafts, Finding};
use crate::internal::InternalNames;
use crate::policy::Packs;
use crate::product::{Digest, Facts, Locale, Product, digest};
use crate::recipe::Recipe;
use crate::rulebook;
use crate::similarity::NearDuplicates;

/// The check policies in force, with their digest.
#[derive(Clone, Debug)]
pub struct CheckPolicy {
    pub(crate) config: CheckConfig,
    pub(crate) packs: Arc<Packs>,
    /// What the model sees beside the facts.
    pub(crate) show: Vec<Shown>,
    pub(crate) review: ReviewConfig,
    /// Which attributes are for the shop alone.
    pub(crate) internal: Arc<InternalNames>,
    digest: Digest,
}

impl CheckPolicy {
    /// The policies that the settings ask for, with the packs that they choose.
    #[must_use]
    pub fn new(
        check: &CheckConfig,
        review: &ReviewConfig,
        show: &[Shown],
        packs: Arc<Packs>,
        internal: Arc<InternalNames>,
    ) -> Self {
        let digest = digest_of(check, &packs, &internal);
        Self { config: check.clone(), packs, show: show.to_vec(), review: review.clone(), internal, digest }
    }

    /// The same, keeping back the attributes that have these names.
    #[must_use]
    pub fn keeping_back(self, internal: Arc<InternalNames>) -> Self {
        let digest = digest_of(&self.config, &self.packs, &internal);
        Self { internal, digest, ..self }
    }

    /// The policies and packs of settings, with the built-in names of internal attributes.
    ///
    /// # Errors
    /// When a pack cannot be loaded, or a setting names a rule that no pack has.
    pub fn load(
        check: &CheckConfig,
        review: &ReviewConfig,
        show: &[Shown],
        policies: &PoliciesConfig,
    ) -> anyhow::Result<Self> {
        let packs = Packs::load(policies)?;
        if let Some(unknown) = packs.unknown(check.policy_rules.keys()) {
            anyhow::bail!(
                "check.policy_rules names {unknown:?}, but no pack has such a rule; see `skuscribe policy list`"
            );
        }
        Ok(Self::new(check, review, show, Arc::new(packs), InternalNames::built_in()?))
    }

    /// Which attributes are for the shop alone.
    #[must_use]
    pub fn internal(&self) -> &Arc<InternalNames> {
        &self.internal
    }

    /// The packs of rules.
    #[must_use]
    pub fn packs(&self) -> &Packs {
        &self.packs
    }

    /// Their digest, kept beside fingerprints.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

fn digest_of(check: &CheckConfig, packs: &Packs, internal: &InternalNames) -> Digest {
    let parts = [digest(check), packs.digest(), internal.digest(), rulebook::digest()];
    Digest::of(&parts.each_ref().map(|part| part.as_bytes().as_slice()))
}

/// A recipe whose draft is checked, with the facts that the draft may use.
#[derive(Clone, Debug)]
pub struct RecipeFacts<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The facts.
    pub facts: &'a Arc<Facts>,
}

/// What the checks know of people's part in the drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review<'a> {
    /// None: the review policy decides whether a person looks first.
    ByPolicy,
    /// The drafts are published already and are checked again because only the policies changed.
    Recheck,
    /// A person wrote them just now.
    Edited,
    /// A person approves them: what only holds them is no obstacle, what blocks them is.
    Approved(&'a str),
}

/// Everything that a check looks at.
#[derive(Clone, Debug)]
pub struct CheckInput<'a> {
    /// The product.
    pub product: &'a Product,
    /// The version that its facts have, where the publisher stated one.
    pub version: Option<u64>,
    /// What was noticed about the message before anything was written; part of the findings.
    pub notes: &'a [Finding],
    /// Language and region of the drafts.
    pub locale: &'a Locale,
    /// Identifies the work; the same for every attempt at it.
    pub operation: Digest,
    /// What was to be written.
    pub recipes: Vec<RecipeFacts<'a>>,
    /// What was written.
    pub drafts: Drafts,
    /// What shoppers asked, as far as the writer saw it.
    pub asked: &'a [String],
    /// People's part in it.
    pub review: Review<'a>,
    /// The page's document as it is stored, where the drafts are for a page.
    pub page: Option<&'a Document>,
    /// The texts of other products, where the drafts are compared with them.
    pub catalog: Option<&'a NearDuplicates>,
}
