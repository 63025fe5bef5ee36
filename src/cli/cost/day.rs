//! What all workers spent on a day.

use std::process::ExitCode;

use jiff::civil::Date;

use super::super::progress::thousands;
use super::super::terminal::{Columns, cut};
use crate::clock::{Clock, today};
use crate::config::Config;
use crate::limits::ledger;
use crate::store::{ContentStore, SetAside};
use skuscribe_check::content::money::amount;

/// Prints what all workers spent on a day.
pub(super) async fn print(store: &dyn ContentStore, config: &Config, day: &str) -> anyhow::Result<ExitCode> {
    let day: Date = match day {
        "today" => today(Clock::System.now()),
        _ => {
            day.parse().map_err(|error| anyhow::anyhow!("--day {day}: {error}; write 2026-03-01 or today"))?
        }
    };
    let aside = SetAside::default();
    let spend = ledger::read_day(store, day, None, &aside).await?;
    let currency = &config.quota.currency;
    println!("{day} (UTC), {}", store.location());
    let mut columns = Columns::new(2, &[2, 3, 4, 5, 6]);
    columns.row(["", "", "CALLS", "TOKENS IN", "CACHED", "TOKENS OUT", currency]);
    let mut line = |what: &str, name: &str, sum: &crate::limits::spend::Sum| {
        columns.row([
            what.to_owned(),
            cut(name, 60),
            thousands(sum.calls),
            thousands(sum.usage.input_tokens),
            thousands(sum.usage.cached_tokens),
            thousands(sum.usage.output_tokens),
            format!("{:.4}", amount(sum.nanos)),
        ]);
    };
    line("all", "", &spend.total);
    for (lane, sum) in &spend.lanes {
        line("lane", lane.as_str(), sum);
    }
    for (model, sum) in &spend.models {
        line("model", model, sum);
    }
    let mut jobs: Vec<_> = spend.jobs.iter().collect();
    jobs.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.nanos));
    for (job, sum) in jobs.into_iter().take(20) {
        line("job", job, sum);
    }
    print!("{columns}");
    Ok(super::super::done(&aside))
}
