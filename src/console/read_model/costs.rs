//! What texts cost, by what it is asked for.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{ReadModel, ReadModelError};
use skuscribe_check::content::money::Nanos;

/// Most lines of a table of costs.
const LINES_MAX: i64 = 400;

/// By what costs are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostPart {
    /// By day, in order.
    Day,
    /// By category, most first.
    Category,
    /// By model, most first.
    Model,
    /// By locale, most first.
    Locale,
    /// By job, most first; what belongs to none stands under no name.
    Job,
}

/// A line of a table of costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// The day, the category, the model, the locale or the job.
    pub value: String,
    /// In billionths of the currency.
    pub cost: Nanos,
    /// Tokens of prompts.
    pub input_tokens: i64,
    /// Tokens of answers.
    pub output_tokens: i64,
    /// Texts written, all recipes of a document at once counted as one.
    pub texts: i64,
}

type Line = (String, i64, i64, i64, i64);

impl ReadModel {
    /// What texts cost that were written from one day to another, both included; at most 400 lines.
    ///
    /// These are the texts of documents as they came by: what was paid for calls that left no text is in the ledger alone.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn costs(&self, part: CostPart, from: Date, to: Date) -> Result<Vec<Cost>, ReadModelError> {
        let by_day =
            "SELECT date(day * 86400, 'unixepoch'), cost, input_tokens, output_tokens, texts FROM spend
                      WHERE part = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day DESC LIMIT ?4";
        let by_value = "SELECT value, sum(cost), sum(input_tokens), sum(output_tokens), sum(texts) FROM spend
                        WHERE part = ?1 AND day BETWEEN ?2 AND ?3 GROUP BY value ORDER BY sum(cost) DESC, value LIMIT ?4";
        let (select, name) = match part {
            CostPart::Day => (by_day, ""),
            CostPart::Category => (by_value, "category"),
            CostPart::Model => (by_value, "model"),
            CostPart::Locale => (by_value, "locale"),
            CostPart::Job => (by_value, "job"),
        };
        let query =
            sqlx::query_as::<_, Line>(select).bind(name).bind(day(from)).bind(day(to)).bind(LINES_MAX);
        let line = |(value, cost, input_tokens, output_tokens, texts)| Cost {
            value,
            cost,
            input_tokens,
            output_tokens,
            texts,
        };
        let mut lines: Vec<Cost> = query.fetch_all(&self.readers).await?.into_iter().map(line).collect();
        if part == CostPart::Day {
            lines.reverse();
        }
        Ok(lines)
    }
}

/// Days since 1970.
fn day(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    i64::from(epoch.until(date).map_or(0, |span| span.get_days()))
}
