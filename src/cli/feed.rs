//! `skuscribe feed` and `skuscribe changes`: outcome events into numbered segments, and what changed after a cursor.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use crate::announce::ContentEvent;
use crate::broker::Link;
use crate::clock::Clock;
use crate::config::Config;
use crate::delays::Delays;
use crate::feed::{Feed, cursor_before, head, point_in_time, segment_after};
use crate::shutdown::Shutdown;
use crate::store::SetAside;

/// How soon a reader that follows looks for the next segment, and how seldom where nothing comes.
const LOOK: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(5)];

#[derive(Debug, Args)]
pub(super) struct ChangesArgs {
    /// The last segment that was read: what `cursor` in the last line said; 0 for everything.
    #[arg(long, default_value_t = 0, value_name = "CURSOR")]
    after: u64,
    /// Only what was announced since then: 2026-03-01T08:00:00Z, 2026-03-01, today, yesterday, or how long ago, such as 2h.
    #[arg(long, value_name = "TIME", conflicts_with = "after")]
    since: Option<String>,
    /// Most segments to read.
    #[arg(long, default_value_t = u64::MAX)]
    segments: u64,
    /// Wait for what comes.
    #[arg(long)]
    follow: bool,
}

pub(super) async fn feed(config: Config) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    crate::store::probe(&*store, &format!("feed-{}", std::process::id())).await?;
    let feed = Feed::new(Link::from_config(&config.broker), store);
    tracing::info!(broker = %config.broker.shown(), "feeding; a broker that is away is waited for");
    let shutdown = Shutdown::on_signals()?;
    feed.run(&shutdown.drain).await;
    let (events, segments) = feed.counts();
    println!("{events} events in {segments} segments");
    Ok(ExitCode::SUCCESS)
}

/// Prints events as JSONL, after each segment the cursor that a reader goes on from.
pub(super) async fn changes(config: Config, args: ChangesArgs) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    // A cursor of another store, or of one that was emptied, would wait for ever.
    let last = if args.after > 0 { head(&*store, 0).await? } else { 0 };
    ensure!(
        args.after <= last,
        "--after {}: the feed has no such segment, its last is {last}; is the cursor of another store?",
        args.after
    );
    let mut left_out = SetAside::default();
    let since = args.since.as_deref().map(|time| point_in_time(time, Clock::System.now())).transpose();
    let since = since.map_err(|error| anyhow::anyhow!("--since {error}"))?;
    let begin = match since {
        Some(since) => cursor_before(&*store, since, &left_out).await?,
        None => args.after,
    };
    let shutdown = Shutdown::on_signals()?;
    let mut out = std::io::stdout().lock();
    let (mut cursor, mut read) = (begin, 0);
    let [soon, seldom] = LOOK;
    let mut delays = Delays::new(soon, seldom);
    let mut incomplete = false;
    while read < args.segments && !shutdown.drain.is_cancelled() {
        match segment_after(&*store, cursor, &left_out).await? {
            Some(segment) => {
                // At once, for a reader that follows never ends by itself.
                incomplete |= super::report_left_out(&std::mem::take(&mut left_out));
                let is_wanted = |event: &&ContentEvent| since.is_none_or(|since| event.announced_at >= since);
                for event in segment.events.iter().filter(is_wanted) {
                    serde_json::to_writer(&mut out, event)?;
                    out.write_all(b"\n")?;
                }
                cursor = segment.number;
                read += 1;
                delays.reset();
                writeln!(out, "{{\"cursor\":{cursor}}}")?;
                out.flush()?;
            }
            None if args.follow => tokio::select! {
                () = tokio::time::sleep(delays.next_delay()) => {}
                () = shutdown.drain.cancelled() => {}
            },
            None => break,
        }
    }
    if read == 0 {
        writeln!(out, "{{\"cursor\":{cursor}}}")?;
    }
    Ok(super::exit_code(incomplete))
}
