//! What all workers spent over some days, by one dimension.

use std::process::ExitCode;

use anyhow::ensure;
use clap::builder::PossibleValuesParser;
use clap::{Args, builder::TypedValueParser as _};
use jiff::civil::Date;
use serde_json::json;

use super::super::progress::thousands;
use super::super::terminal::{Columns, cut};
use crate::clock::{Clock, today};
use crate::config::Config;
use crate::limits::cost_report::{CostBy, DAYS_MAX, cost_report};
use crate::limits::spend::Sum;
use crate::store::{ContentStore, SetAside};
use skuscribe_check::content::money::amount;

/// Sums that are shown; `--json` has all.
const SHOWN_MAX: usize = 50;

/// Which days, and by what.
#[derive(Debug, Args)]
pub(super) struct RangeArgs {
    /// What all workers spent from that day (UTC) on, such as 2026-03-01, yesterday or today.
    #[arg(long, conflicts_with_all = ["file", "selection", "day"], value_name = "DAY")]
    from: Option<String>,
    /// The last day that counts; today where it is left out.
    #[arg(long, requires = "from", value_name = "DAY")]
    to: Option<String>,
    /// By what it is summed.
    #[arg(long, requires = "from", value_name = "WHAT", default_value = "day", value_parser = by())]
    by: CostBy,
    /// Print JSON.
    #[arg(long, requires = "from")]
    json: bool,
}

fn by() -> impl clap::builder::TypedValueParser<Value = CostBy> {
    PossibleValuesParser::new(CostBy::ALL.map(|(word, _)| word))
        .map(|word| CostBy::ALL.iter().find(|(known, _)| *known == word).map_or(CostBy::Day, |(_, by)| *by))
}

impl RangeArgs {
    /// The days that are asked for; `None` where none are.
    pub(super) fn days(&self) -> anyhow::Result<Option<(Date, Date)>> {
        let now = today(Clock::System.now());
        let Some(from) = &self.from else { return Ok(None) };
        let from = day("--from", from, now)?;
        let to = self.to.as_deref().map_or(Ok(now), |to| day("--to", to, now))?;
        ensure!(from <= to, "--from {from} lies after --to {to}");
        let days = from.until(to)?.get_days().saturating_add(1);
        ensure!(days <= DAYS_MAX, "{days} days are asked for; ask for {DAYS_MAX} at most");
        Ok(Some((from, to)))
    }
}

/// The day (UTC) that a person means.
pub(super) fn day(flag: &str, text: &str, today: Date) -> anyhow::Result<Date> {
    match text {
        "today" => Ok(today),
        "yesterday" => Ok(today.yesterday()?),
        _ => text
            .parse()
            .map_err(|error| anyhow::anyhow!("{flag} {text}: {error}; write 2026-03-01, yesterday or today")),
    }
}

/// Prints what all workers spent over these days.
pub(super) async fn print(
    store: &dyn ContentStore,
    config: &Config,
    days: (Date, Date),
    args: &RangeArgs,
) -> anyhow::Result<ExitCode> {
    let (aside, currency) = (SetAside::default(), &config.quota.currency);
    let report = cost_report(store, days, args.by, &aside).await?;
    if args.json {
        println!("{}", json!({ "report": report, "currency": currency, "counted": args.by.counted() }));
        return Ok(super::super::done(&aside));
    }
    let word = CostBy::ALL.iter().find(|(_, by)| *by == args.by).map_or("", |(word, _)| word);
    println!("{} to {} (UTC), {}", report.from, report.to, store.location());
    let mut columns = Columns::new(2, &[1, 2, 3, 4]);
    columns.row([word.to_uppercase().as_str(), "CALLS", "TOKENS IN", "TOKENS OUT", currency]);
    let mut line = |name: &str, sum: &Sum| {
        columns.row([
            cut(name, 70),
            thousands(sum.calls),
            thousands(sum.usage.input_tokens),
            thousands(sum.usage.output_tokens),
            format!("{:.4}", amount(sum.nanos)),
        ]);
    };
    for (name, sum) in report.sums.iter().take(SHOWN_MAX) {
        line(name, sum);
    }
    if report.rest != Sum::default() {
        line("rest", &report.rest);
    }
    line("all", &report.total);
    print!("{columns}");
    if report.sums.len() > SHOWN_MAX {
        println!("  … and {} more; --json has them all", report.sums.len() - SHOWN_MAX);
    }
    println!("  counted: {}", args.by.counted());
    if report.booked > 0 {
        println!(
            "  {:.4} {currency} are booked beyond that: calls in flight or to come, or of workers that were killed",
            amount(report.booked)
        );
    }
    Ok(super::super::done(&aside))
}
