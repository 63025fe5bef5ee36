//! `skuscribe index`: the tables of the index, brought up to date from the change feed and the store.

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use super::progress::thousands;
use crate::catalog::index::{IndexUpdate, rebuild_index, reconcile_index, update_index};
use crate::config::Config;
use crate::store::{Key, SetAside};

#[derive(Debug, Args)]
pub(super) struct IndexArgs {
    /// Read every document of the store again, whatever the index and the change feed say.
    #[arg(long)]
    rebuild: bool,
}

pub(super) async fn run(config: Config, args: IndexArgs) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    let (started, aside) = (Instant::now(), SetAside::default());
    let mut updated = if args.rebuild {
        rebuild_index(&*store, &aside).await?
    } else {
        update_index(&*store, &aside).await?
    };
    if !args.rebuild {
        let reconciled = reconcile_index(&*store, &aside).await?;
        tell_missed(&reconciled);
        updated.documents += reconciled.documents;
        updated.rows.extend(reconciled.rows);
    }
    println!(
        "{} segments, {} documents read in {:.1} s",
        thousands(updated.segments),
        thousands(updated.documents as u64),
        started.elapsed().as_secs_f64()
    );
    for (locale, rows) in &updated.rows {
        println!("  {} {} rows", Key::Index { locale: locale.clone() }.path(), thousands(*rows));
    }
    Ok(super::done(&aside))
}

/// Says what the change feed did not.
pub(super) fn tell_missed(update: &IndexUpdate) {
    if update.missed > 0 {
        eprintln!(
            "{} documents of the store were unknown to the index and are in it now; were they written before `skuscribe feed` ran for the first time?",
            thousands(update.missed as u64)
        );
    }
    if update.gone > 0 {
        eprintln!(
            "{} rows of the index have no document in the store any more and are dropped",
            thousands(update.gone as u64)
        );
    }
}
