//! `skuscribe feed` and `skuscribe changes`: outcome events into numbered segments, and what changed after a cursor.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use crate::broker::Link;
use crate::config::Config;
use crate::feed::{Feed, head, segment};
use crate::shutdown::Shutdown;

/// How often a reader that follows looks for the next segment.
const LOOK: Duration = Duration::from_millis(500);

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
    ensure!(
        args.after == 0 || segment(&*store, args.after).await?.is_some(),
        "--after {}: the feed has no such segment, its last is {}; is the cursor of another store?",
        args.after,
        head(&*store, 0).await?
    );
    let shutdown = Shutdown::on_signals()?;
    let mut out = std::io::stdout().lock();
    let (mut cursor, mut read) = (args.after, 0);
    while read < args.segments && !shutdown.drain.is_cancelled() {
        match segment(&*store, cursor + 1).await? {
            Some(events) => {
                for event in &events {
                    serde_json::to_writer(&mut out, event)?;
                    out.write_all(b"\n")?;
                }
                cursor += 1;
                read += 1;
                writeln!(out, "{{\"cursor\":{cursor}}}")?;
                out.flush()?;
            }
            None if args.follow => tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = shutdown.drain.cancelled() => {}
            },
            None => break,
        }
    }
    if read == 0 {
        writeln!(out, "{{\"cursor\":{cursor}}}")?;
    }
    Ok(ExitCode::SUCCESS)
}
