//! What was spent over a time, by job, category, model, locale, recipe, lane or day: summed from the ledger.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::budget;
use super::day_spend::{DaySpend, Sum};
use super::ledger::read_day;
use crate::store::{ContentStore, SetAside, StoreError};
use skuscribe_check::content::money::Nanos;

/// Most days of a report.
pub const DAYS_MAX: i32 = 400;

/// What costs are summed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CostBy {
    /// The job that a call was made for.
    Job,
    /// The category path of the product.
    Category,
    /// The model that answered.
    Model,
    /// The locale of the text.
    Locale,
    /// The recipe of the text.
    Recipe,
    /// The lane of the message.
    Lane,
    /// The day (UTC).
    Day,
}

impl CostBy {
    /// Every one, by its word.
    pub const ALL: [(&'static str, Self); 7] = [
        ("job", Self::Job),
        ("category", Self::Category),
        ("model", Self::Model),
        ("locale", Self::Locale),
        ("recipe", Self::Recipe),
        ("lane", Self::Lane),
        ("day", Self::Day),
    ];

    /// What is counted, and what is not, in a sentence.
    #[must_use]
    pub fn counted(self) -> &'static str {
        match self {
            Self::Job => "calls for messages of jobs; `rest` are those of messages without one",
            Self::Category => {
                "calls for texts, by the category that the product had then; `rest` are calls for no text, and days before releases that noted it"
            }
            Self::Locale => {
                "calls for texts; `rest` are calls for no text, and days before releases that noted it"
            }
            Self::Recipe => {
                "calls for texts; one that wrote several recipes counts with each, its tokens and cost are shared out evenly; `rest` are calls for no text, and days before releases that noted it"
            }
            Self::Model => "every call, by the model that answered",
            Self::Lane => "every call, by the lane of its message",
            Self::Day => "every call, by the day (UTC) that it began on",
        }
    }
}

/// What was spent over some days.
#[derive(Clone, Debug, Serialize)]
pub struct CostReport {
    /// The first day (UTC).
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Everything that is accounted for.
    pub total: Sum,
    /// What is booked beyond that: calls in flight or to come, or of workers that were killed.
    pub booked: Nanos,
    /// The sums, the dearest first; days in their order.
    pub sums: Vec<(String, Sum)>,
    /// What is in the total and in none of the sums.
    pub rest: Sum,
}

/// Sums up what all processes spent from a day to another one, both included. Objects that cannot be read are set aside.
///
/// # Errors
/// When the store does not answer.
pub async fn cost_report(
    store: &dyn ContentStore,
    (from, to): (Date, Date),
    by: CostBy,
    aside: &SetAside,
) -> Result<CostReport, StoreError> {
    let (mut all, mut booked, mut days): (DaySpend, Nanos, Vec<(String, Sum)>) = Default::default();
    for day in from.series(jiff::Span::new().days(1)).take_while(|day| *day <= to) {
        let spend = read_day(store, day, aside).await?;
        let open = budget::booked(store, day).await?.unwrap_or(0).saturating_sub(spend.total.nanos);
        booked = booked.saturating_add(open.max(0));
        if spend.total != Sum::default() {
            days.push((day.to_string(), spend.total));
        }
        all.add(&spend);
    }
    let in_texts = sum_of(all.locales.values());
    let total = all.total;
    let (sums, counted) = match by {
        CostBy::Job => (sorted(all.jobs), None),
        CostBy::Category => (sorted(all.categories), Some(in_texts)),
        CostBy::Locale => (sorted(all.locales), Some(in_texts)),
        CostBy::Recipe => (sorted(all.recipes), Some(in_texts)),
        CostBy::Model => (sorted(all.models), Some(total)),
        CostBy::Lane => {
            (sorted(all.lanes.into_iter().map(|(lane, sum)| (lane.to_string(), sum)).collect()), Some(total))
        }
        CostBy::Day => (days, Some(total)),
    };
    let counted = counted.unwrap_or_else(|| sum_of(sums.iter().map(|(_, sum)| sum)));
    Ok(CostReport { from, to, total, booked, sums, rest: total.less(&counted) })
}

fn sorted(sums: BTreeMap<String, Sum>) -> Vec<(String, Sum)> {
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse((sum.nanos, sum.usage.total())));
    sums
}

fn sum_of<'a>(sums: impl Iterator<Item = &'a Sum>) -> Sum {
    sums.fold(Sum::default(), |mut all, sum| {
        all.add(sum);
        all
    })
}
