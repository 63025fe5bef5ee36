//! What happened over time, and how things stand.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{ReadModel, ReadModelError};
use skuscribe_check::content::money::Nanos;

/// Most buckets of a timeline: the minutes of a day, and some.
const BUCKETS_MAX: i64 = 1_500;

/// How long a bucket of a timeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketWidth {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day (UTC).
    Day,
}

impl BucketWidth {
    fn minutes(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => 24 * 60,
        }
    }
}

/// What happened in a bucket of time; those in which nothing did are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// When it begins.
    pub start: Timestamp,
    /// Events by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// What texts written in it cost, in billionths of the currency.
    pub cost: Nanos,
    /// Their tokens.
    pub tokens: i64,
}

/// How many documents of a locale are in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateTotal {
    /// The locale.
    pub locale: String,
    /// `published`, `held` or `deleted`.
    pub state: String,
    /// Whether a draft waits, beside what is published.
    pub waiting: bool,
    /// How many.
    pub documents: i64,
}

impl ReadModel {
    /// What happened from one time to another, the last one excluded.
    ///
    /// # Errors
    /// When that is too many buckets, or SQLite does not answer.
    pub async fn timeline(
        &self,
        from: Timestamp,
        to: Timestamp,
        width: BucketWidth,
    ) -> Result<Vec<Bucket>, ReadModelError> {
        let minute = |time: Timestamp| time.as_second().div_euclid(60);
        let (first, end, width) = (minute(from), minute(to), width.minutes());
        let buckets = end.saturating_sub(first) / width;
        if buckets > BUCKETS_MAX {
            return Err(ReadModelError::TooMany { from, to, buckets, max: BUCKETS_MAX });
        }
        let mut found: BTreeMap<i64, Bucket> = BTreeMap::new();
        let outcomes =
            "SELECT minute / ?3, outcome, sum(events) FROM outcomes WHERE minute >= ?1 AND minute < ?2
                        GROUP BY minute / ?3, outcome";
        let rows = sqlx::query_as::<_, (i64, String, i64)>(outcomes).bind(first).bind(end).bind(width);
        for (bucket, outcome, events) in rows.fetch_all(&self.readers).await? {
            let events = u64::try_from(events).unwrap_or_default();
            found.entry(bucket).or_default().outcomes.insert(outcome, events);
        }
        let spent =
            "SELECT minute / ?3, sum(cost), sum(tokens) FROM spend_minutes WHERE minute >= ?1 AND minute < ?2
                     GROUP BY minute / ?3";
        let rows = sqlx::query_as::<_, (i64, i64, i64)>(spent).bind(first).bind(end).bind(width);
        for (bucket, cost, tokens) in rows.fetch_all(&self.readers).await? {
            let of = found.entry(bucket).or_default();
            (of.cost, of.tokens) = (cost, tokens);
        }
        let started = |(bucket, of): (i64, Bucket)| {
            let start = Timestamp::from_second(bucket.saturating_mul(width * 60)).unwrap_or_default();
            Bucket { start, ..of }
        };
        Ok(found.into_iter().map(started).collect())
    }

    /// How many documents there are, by locale and state.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn totals(&self) -> Result<Vec<StateTotal>, ReadModelError> {
        let select = "SELECT locale, state, waiting, documents FROM totals WHERE documents > 0";
        let rows = sqlx::query_as::<_, (String, String, bool, i64)>(select).fetch_all(&self.readers).await?;
        let total = |(locale, state, waiting, documents)| StateTotal { locale, state, waiting, documents };
        Ok(rows.into_iter().map(total).collect())
    }
}
