//! `skuscribe publish`: a file of products onto the queue, each message confirmed.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use tokio::task::JoinSet;

use super::catalog_file::{CatalogArgs, tell_notes};
use super::progress::Meter;
use crate::broker::{Link, OutgoingMessage, PublishError, Publisher};
use crate::config::Config;
use crate::lane::Lane;
use crate::shutdown::Shutdown;
use skuscribe_check::product::Digest;

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    #[command(flatten)]
    catalog: CatalogArgs,
    /// The lane: interactive, updates or backfill.
    #[arg(long, default_value = "updates")]
    lane: Lane,
    /// Have texts written again although nothing changed.
    #[arg(long)]
    force: bool,
}

/// Refused lines that are shown one by one; the others are counted.
const REFUSALS_SHOWN: u64 = 10;

/// Lines and messages counted.
#[derive(Debug, Default)]
struct PublishCounts {
    published: u64,
    rejected: u64,
}

impl PublishCounts {
    /// Counts a confirmed message; an error says how far the run came.
    fn confirm(
        &mut self,
        sent: Result<Result<(), PublishError>, tokio::task::JoinError>,
    ) -> anyhow::Result<()> {
        let published = self.published;
        let unfinished = || {
            format!(
                "stopped after {published} confirmed messages; run it again, workers know what they have seen"
            )
        };
        sent.with_context(unfinished)?.with_context(unfinished)?;
        self.published += 1;
        Ok(())
    }
}

pub(super) async fn run(config: Config, args: PublishArgs) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let salt = if args.force {
        jiff::Timestamp::now().to_string()
    } else {
        {
            let recipes = config.load_recipes()?.digest();
            let policy = config.policy()?.digest();
            Digest::of(&[recipes.as_bytes(), policy.as_bytes()]).to_string()
        }
    };
    let source = args.catalog.open(&config, salt, args.force).await?;
    let notes = source.notes();
    let publisher = Publisher::patient(Link::from_config(&config.broker), "skuscribe-publish");
    publisher.declare().await?;
    let shutdown = Shutdown::on_signals()?;
    let mut meter = Meter::new("publishing", source.expected);
    let context = source.decoder();
    let slots = config.broker.publish_channels.max(1);
    let mut counts = PublishCounts::default();
    let mut sends: JoinSet<Result<(), PublishError>> = JoinSet::new();
    let lane = args.lane;
    for record in source {
        if shutdown.drain.is_cancelled() {
            break;
        }
        let record = record?;
        let number = record.line;
        match context.message(record) {
            Ok((id, body)) => {
                let publisher = publisher.clone();
                sends.spawn(async move {
                    publisher
                        .work(
                            lane,
                            OutgoingMessage { body: &body, id: Some(&id), ..OutgoingMessage::default() },
                        )
                        .await
                });
            }
            Err(error) => {
                counts.rejected += 1;
                if counts.rejected <= REFUSALS_SHOWN {
                    eprintln!("{}, line {number}: {error}", args.catalog.name());
                }
            }
        }
        while sends.len() >= slots {
            if let Some(sent) = sends.join_next().await {
                counts.confirm(sent)?;
                meter.show(counts.published, started.elapsed(), String::new);
            }
        }
    }
    while let Some(sent) = sends.join_next().await {
        counts.confirm(sent)?;
    }
    meter.finish();
    publisher.close().await;
    tell_notes(&notes);
    if counts.rejected > REFUSALS_SHOWN {
        eprintln!("{} more lines were rejected", counts.rejected - REFUSALS_SHOWN);
    }
    println!(
        "{} messages confirmed on {} in {:.1} s, {} lines rejected",
        counts.published,
        publisher.topology().lane(lane),
        started.elapsed().as_secs_f64(),
        counts.rejected
    );
    Ok(if counts.rejected > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
