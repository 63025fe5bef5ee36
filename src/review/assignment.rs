//! Who is on a draft: a lease for some minutes, and whom it was given to.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, ReviewError, act};
use crate::pipeline::{Pipeline, RACES_MAX};
use crate::store::{Condition, ContentStore, ETag, Key, Put, StoreError, StoredObject, load, save};
use skuscribe_check::content::{DecisionKind, OperationId};
use skuscribe_check::product::{Locale, Sku};

/// How long somebody is on a draft who does not say so again.
pub const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// `assignment.v1`: who is on a (SKU, locale), and whom its draft was given to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assignment {
    /// Always `assignment.v1`.
    pub schema: String,
    /// The product.
    pub sku: Sku,
    /// The locale.
    pub locale: Locale,
    /// Who is on it right now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<ReviewLease>,
    /// Whom the draft was given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
}

/// Somebody who is on it right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewLease {
    /// Who.
    pub by: String,
    /// Until when, unless renewed.
    #[schemars(with = "String")]
    pub until: Timestamp,
    /// Whom it was taken from, who may want to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
}

/// Somebody whom a draft was given to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Given {
    /// To whom.
    pub to: String,
    /// Who gave it.
    pub by: String,
    /// The draft; what comes after it is given to nobody.
    pub draft: OperationId,
}

impl StoredObject for Assignment {
    const NAME: &'static str = "assignment.v1";

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Assignment { locale, sku } if *locale == self.locale && *sku == self.sku)
    }
}

impl Assignment {
    /// Who is on it, and whom it was given to.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        let lease = self.lease.as_ref().map(|lease| lease.by.as_str());
        lease.into_iter().chain(self.given.as_ref().map(|given| given.to.as_str()))
    }
}

impl Pipeline {
    /// Takes a draft on, or goes on with it, for five minutes. Somebody else's it is only with `steal`, and is told so.
    ///
    /// # Errors
    /// When no draft waits, somebody else is on it, or the store does not answer.
    pub async fn take(&self, act: Act<'_>, steal: bool) -> Result<Assignment, ReviewError> {
        act.validate()?;
        let draft = self.held_draft(act).await?;
        for _ in 0..RACES_MAX {
            let (mut assignment, etag) = self.assignment_of(act).await?;
            let now = self.clock.now();
            let other = assignment.lease.as_ref().filter(|lease| lease.by != act.by && lease.until > now);
            if let Some(ReviewLease { by, until, .. }) = other.filter(|_| !steal) {
                let (sku, locale) = (act.sku.clone(), act.locale.clone());
                return Err(ReviewError::Taken { sku, locale, by: by.clone(), until: *until });
            }
            let own = assignment.lease.as_ref().filter(|lease| lease.by == act.by && lease.until > now);
            let (is_new, taken_from) = match own {
                Some(lease) => (false, lease.taken_from.clone()),
                None => (true, other.map(|lease| lease.by.clone())),
            };
            let until = now.checked_add(LEASE).unwrap_or(now);
            assignment.lease = Some(ReviewLease { by: act.by.to_owned(), until, taken_from });
            if self.assigned(&live_part(assignment.clone(), Some(draft), now), etag).await? {
                if is_new {
                    self.log(act, DecisionKind::Assign, Some(act.by)).await?;
                }
                return Ok(assignment);
            }
        }
        Err(ReviewError::Races)
    }

    /// Gives a draft back that somebody was on.
    ///
    /// # Errors
    /// When they are not on it, or the store does not answer.
    pub async fn release(&self, act: Act<'_>) -> Result<(), ReviewError> {
        act.validate()?;
        for _ in 0..RACES_MAX {
            let (mut assignment, etag) = self.assignment_of(act).await?;
            if assignment.lease.as_ref().is_none_or(|lease| lease.by != act.by) {
                let Act { sku, locale, by, .. } = act;
                return Err(ReviewError::Unfit(format!("{by} is not on {sku} in {locale}")));
            }
            assignment.lease = None;
            if self.assigned(&assignment, etag).await? {
                return Ok(());
            }
        }
        Err(ReviewError::Races)
    }

    /// Gives the draft that waits to somebody.
    ///
    /// # Errors
    /// When no draft waits, or the store does not answer.
    pub async fn assign(&self, act: Act<'_>, to: &str) -> Result<Assignment, ReviewError> {
        act.validate()?;
        act::person(to)?;
        let draft = self.held_draft(act).await?;
        for _ in 0..RACES_MAX {
            let (mut assignment, etag) = self.assignment_of(act).await?;
            assignment.given = Some(Given { to: to.to_owned(), by: act.by.to_owned(), draft });
            if self.assigned(&assignment, etag).await? {
                self.log(act, DecisionKind::Assign, Some(to)).await?;
                return Ok(assignment);
            }
        }
        Err(ReviewError::Races)
    }

    /// Who is on a (SKU, locale) right now, and whom the draft that waits was given to.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn assignment(&self, sku: &Sku, locale: &Locale) -> Result<Option<Assignment>, ReviewError> {
        let (document, _) = self.reviewed_document(sku, locale).await?;
        let draft = document.held.map(|held| held.operation);
        Ok(live(&*self.store, sku, locale, draft, self.clock.now()).await?)
    }

    async fn held_draft(&self, act: Act<'_>) -> Result<OperationId, ReviewError> {
        let (document, _) = self.reviewed_document(act.sku, act.locale).await?;
        let nothing = || ReviewError::NothingWaits { sku: act.sku.clone(), locale: act.locale.clone() };
        document.held.map(|held| held.operation).ok_or_else(nothing)
    }

    async fn assignment_of(&self, act: Act<'_>) -> Result<(Assignment, Option<ETag>), ReviewError> {
        let key = Key::Assignment { locale: act.locale.clone(), sku: act.sku.clone() };
        if let Some((assignment, etag)) = load::<Assignment>(&*self.store, &key).await? {
            return Ok((assignment, Some(etag)));
        }
        let (sku, locale) = (act.sku.clone(), act.locale.clone());
        let schema = Assignment::NAME.to_owned();
        Ok((Assignment { schema, sku, locale, lease: None, given: None }, None))
    }

    async fn assigned(&self, assignment: &Assignment, etag: Option<ETag>) -> Result<bool, StoreError> {
        let (locale, sku) = (assignment.locale.clone(), assignment.sku.clone());
        let condition = etag.map_or(Condition::Absent, Condition::Matches);
        let put = save(&*self.store, &Key::Assignment { locale, sku }, assignment, condition).await?;
        Ok(matches!(put, Put::Stored(_)))
    }
}

/// What of an assignment is so now, if anything is.
pub(super) async fn live(
    store: &dyn ContentStore,
    sku: &Sku,
    locale: &Locale,
    draft: Option<OperationId>,
    now: Timestamp,
) -> Result<Option<Assignment>, StoreError> {
    let key = Key::Assignment { locale: locale.clone(), sku: sku.clone() };
    let assignment = load::<Assignment>(store, &key).await?.map(|(assignment, _)| assignment);
    let assignment = assignment.map(|assignment| live_part(assignment, draft, now));
    Ok(assignment.filter(|assignment| assignment.people().next().is_some()))
}

fn live_part(mut assignment: Assignment, draft: Option<OperationId>, now: Timestamp) -> Assignment {
    assignment.lease = assignment.lease.filter(|lease| lease.until > now);
    assignment.given = assignment.given.filter(|given| Some(given.draft) == draft);
    assignment
}
