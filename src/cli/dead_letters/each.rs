//! Replays or drops each chosen letter, and waits until the broker has taken it out of its queue.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

use futures_util::{StreamExt as _, stream};

use super::super::progress::Meter;
use super::super::terminal::printable;
use super::LetterKind;
use crate::broker::{DeadLetter, DeadLetters, Link};

/// Letters that are taken out before the broker is asked whether it has done so: it holds back what comes faster.
const REMOVED_AT_ONCE: usize = 16;

/// Does `work` on every letter, and counts.
pub(super) async fn each<'a>(
    doing: &'static str,
    done_word: &str,
    kind: LetterKind,
    total: usize,
    work: impl Iterator<Item = impl Future<Output = (&'a DeadLetter, anyhow::Result<()>)>>,
    (letters, link): (&DeadLetters, &Link),
) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let mut meter = Meter::new(doing, u64::try_from(total).ok());
    let mut results = stream::iter(work).buffer_unordered(link.config().publish_channels.max(1));
    let (mut done, mut failed) = (0_usize, 0_usize);
    let mut queues = BTreeSet::new();
    while let Some((letter, result)) = results.next().await {
        match result {
            Ok(()) => {
                done += 1;
                queues.insert(letter.about.queue.as_str());
                if done.is_multiple_of(REMOVED_AT_ONCE) {
                    letters.removed(&letter.about.queue).await?;
                }
            }
            Err(error) => {
                failed += 1;
                eprintln!("{}: {error:#}", printable(&letter.about.id));
            }
        }
        meter.show(u64::try_from(done).unwrap_or(u64::MAX), started.elapsed(), || format!("{failed} failed"));
    }
    for queue in queues {
        letters.removed(queue).await?;
    }
    meter.finish();
    println!("{done} {} {done_word}, {failed} failed", kind.name(done));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
