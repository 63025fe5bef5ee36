//! `skuscribe feed` and `skuscribe changes`: outcome events into numbered segments, and what changed after a cursor.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use crate::broker::Link;
use crate::config::Config;
use crate::delays::Delays;
use crate::feed::{Feed, head, segment_after};
use crate::shutdown::Shutdown;
use crate::store::SetAside;

/// How soon a reader that follows looks for the next segment, and how seldom where nothing comes.
const LOOK: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(5)];

#[derive(Debug, Args)]
pub(super) struct ChangesArgs {
    /// The last segment that was read: what `cursor` in the last line said; 0 for everything.
    #[arg(long, default_value_t = 0)]
    after: u64,
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
    let shutdown = Shutdown::on_signals()?;
    let mut out = std::io::stdout().lock();
    let (mut cursor, mut read) = (args.after, 0);
    let [soon, seldom] = LOOK;
    let (mut delays, mut left_out) = (Delays::new(soon, seldom), SetAside::default());
    let mut incomplete = false;
    while read < args.segments && !shutdown.drain.is_cancelled() {
        match segment_after(&*store, cursor, &left_out).await? {
            Some(segment) => {
                // At once, for a reader that follows never ends by itself.
                incomplete |= super::report_left_out(&std::mem::take(&mut left_out));
                for event in &segment.events {
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
