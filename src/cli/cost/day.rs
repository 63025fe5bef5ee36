//! What all workers spent on a day.

use std::process::ExitCode;

use super::super::progress::thousands;
use super::super::terminal::{Columns, cut};
use crate::clock::{Clock, today};
use crate::config::Config;
use crate::limits::spend::Sum;
use crate::limits::{budget, ledger};
use crate::store::{ContentStore, SetAside};
use skuscribe_check::content::money::amount;

/// Prints what all workers spent on a day.
pub(super) async fn print(store: &dyn ContentStore, config: &Config, day: &str) -> anyhow::Result<ExitCode> {
    let day = super::range::day("--day", day, today(Clock::System.now()))?;
    let aside = SetAside::default();
    let mut spend = ledger::read_day(store, day, &aside).await?;
    // What is booked and not accounted yet belongs to calls in flight, to calls to come, or to a worker that was killed.
    let booked = budget::booked(store, day).await?.unwrap_or(0);
    let open = booked.saturating_sub(spend.total.nanos).max(0);
    spend.total.nanos = spend.total.nanos.saturating_add(open);
    let currency = &config.quota.currency;
    println!("{day} (UTC), {}", store.location());
    let mut columns = Columns::new(2, &[2, 3, 4, 5, 6, 7]);
    columns.row(["", "", "CALLS", "TOKENS IN", "CACHED", "TOKENS OUT", "THINKING", currency]);
    let mut line = |what: &str, name: &str, sum: &Sum| {
        columns.row([
            what.to_owned(),
            cut(name, 60),
            thousands(sum.calls),
            thousands(sum.usage.input_tokens),
            thousands(sum.usage.cached_tokens),
            thousands(sum.usage.output_tokens),
            thousands(sum.usage.reasoning_tokens),
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
    if open > 0 {
        line("booked", "", &Sum { nanos: open, ..Sum::default() });
    }
    print!("{columns}");
    if open > 0 {
        println!("  booked: not accounted for; calls in flight or to come, or of workers that were killed");
    }
    let Sum { estimated_calls, estimated_nanos, .. } = spend.total;
    if estimated_calls > 0 {
        println!(
            "  {} calls are booked at {:.4} {currency} by estimate: they timed out, were cut off, or were answered without a count of tokens",
            thousands(estimated_calls),
            amount(estimated_nanos)
        );
    }
    Ok(super::super::done(&aside))
}
