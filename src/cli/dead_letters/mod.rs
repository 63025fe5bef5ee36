//! `skuscribe dead` and `skuscribe unrouted`: list, show, replay and drop what could not be processed.

mod each;
mod filter;
mod print;

use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use anyhow::{bail, ensure};
use clap::{Args, Subcommand};

use super::terminal::printable;
use crate::broker::{DeadLetter, DeadLetters, LetterInfo, Link, Publisher};
use crate::config::Config;
use crate::lane::Lane;
use each::each;
use filter::LetterFilter;
use print::{show, table};

#[derive(Debug, Args)]
pub(super) struct DeadLettersArgs {
    #[command(subcommand)]
    action: DeadLettersAction,
}

#[derive(Debug, Subcommand)]
enum DeadLettersAction {
    /// List them, oldest first. Nothing is taken out.
    List {
        #[command(flatten)]
        filter: LetterFilter,
        /// Show at most this many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// One JSON object per line, with everything that is known.
        #[arg(long)]
        json: bool,
    },
    /// Show everything that is known of them, the message itself included.
    Show {
        /// The message's id as `list` prints it, or how it begins.
        #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        filter: LetterFilter,
    },
    /// Put them back into their lane as if they were new, attempts reset.
    Replay {
        #[command(flatten)]
        filter: LetterFilter,
        #[command(flatten)]
        confirmation: Confirmation,
        /// The lane, where it is not the one that they came by.
        #[arg(long, value_name = "LANE")]
        to: Option<Lane>,
    },
    /// Remove them for good.
    Drop {
        #[command(flatten)]
        filter: LetterFilter,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

#[derive(Debug, Args)]
struct Confirmation {
    /// All of them: needed where no condition is given.
    #[arg(long)]
    all: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// The queues that a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LetterKind {
    Dead,
    Unrouted,
}

impl DeadLettersAction {
    fn filter(&self) -> &LetterFilter {
        match self {
            Self::List { filter, .. }
            | Self::Show { filter, .. }
            | Self::Replay { filter, .. }
            | Self::Drop { filter, .. } => filter,
        }
    }
}

impl LetterKind {
    fn name(self, count: usize) -> &'static str {
        match (self, count) {
            (Self::Dead, 1) => "dead letter",
            (Self::Dead, _) => "dead letters",
            (Self::Unrouted, 1) => "unrouted message",
            (Self::Unrouted, _) => "unrouted messages",
        }
    }
}

pub(super) async fn run(config: Config, kind: LetterKind, args: DeadLettersArgs) -> anyhow::Result<ExitCode> {
    let link = Link::from_config(&config.broker);
    let publisher = Publisher::patient(link.clone(), "skuscribe-letters-publish");
    publisher.declare().await?;
    let queues = match kind {
        LetterKind::Dead => publisher.topology().dead_lanes(),
        LetterKind::Unrouted => vec![publisher.topology().unrouted()],
    };
    let letters = DeadLetters::open(link.clone()).await?;
    let done = act(&letters, &link, &publisher, kind, &queues, args.action).await;
    // What was only read goes back now.
    letters.close().await;
    publisher.close().await;
    done
}

async fn act(
    letters: &DeadLetters,
    link: &Link,
    publisher: &Publisher,
    kind: LetterKind,
    queues: &[String],
    action: DeadLettersAction,
) -> anyhow::Result<ExitCode> {
    // Every dead letter has a lane; a message that no lane took has any routing key.
    if let (LetterKind::Dead, Some(lane)) = (kind, &action.filter().lane) {
        lane.parse::<Lane>().map_err(anyhow::Error::msg)?;
    }
    match action {
        DeadLettersAction::List { filter, limit, json } => {
            let mut found = Vec::new();
            let seen = read(letters, queues, |letter| {
                if filter.takes(&letter.about) {
                    found.push(letter.about);
                }
            })
            .await?;
            // A queue holds them as they came last, and what was looked at goes back in any order.
            found.sort_by_key(|about| about.last_at);
            let shown = found.get(..limit.min(found.len())).unwrap_or_default();
            if json {
                for about in shown {
                    println!("{}", serde_json::to_string(about)?);
                }
            } else {
                table(shown);
                let (count, left) = (found.len(), found.len() - shown.len());
                let more =
                    if left > 0 { format!(", {left} not shown; raise --limit") } else { String::new() };
                println!("{count} of {seen} {}{more}", kind.name(seen));
            }
            Ok(ExitCode::SUCCESS)
        }
        DeadLettersAction::Show { id, filter } => {
            let filter = LetterFilter { id_prefix: Some(id), ..filter };
            let mut found = 0;
            let mut failed = Ok(());
            read(letters, queues, |letter| {
                if filter.takes(&letter.about) && failed.is_ok() {
                    found += 1;
                    failed = show(&letter);
                }
            })
            .await?;
            failed?;
            ensure!(found > 0, "there is no such {}", kind.name(1));
            Ok(ExitCode::SUCCESS)
        }
        DeadLettersAction::Replay { filter, confirmation, to } => {
            let chosen = choose(letters, queues, kind, &filter, &confirmation, "replay").await?;
            let lanes =
                chosen.iter().map(|letter| lane_of(&letter.about, to)).collect::<Result<Vec<_>, _>>()?;
            let work = chosen.iter().zip(lanes).map(|(letter, lane)| async move {
                (letter, letter.replay(link, publisher, lane).await.map_err(anyhow::Error::from))
            });
            each("replaying", "replayed", kind, chosen.len(), work, (letters, link)).await
        }
        DeadLettersAction::Drop { filter, confirmation } => {
            let chosen = choose(letters, queues, kind, &filter, &confirmation, "drop").await?;
            let work = chosen.iter().map(|letter| async move {
                (letter, letter.take_out(link).await.map_err(anyhow::Error::from))
            });
            each("dropping", "dropped", kind, chosen.len(), work, (letters, link)).await
        }
    }
}

/// Reads everything that is there now; what arrives meanwhile is left for the next command.
async fn read(
    letters: &DeadLetters,
    queues: &[String],
    mut each: impl FnMut(DeadLetter),
) -> anyhow::Result<usize> {
    let mut seen = 0;
    for queue in queues {
        let waiting = letters.waiting(queue).await?;
        for _ in 0..waiting {
            let Some(letter) = letters.next(queue).await? else { break };
            seen += 1;
            each(letter);
        }
    }
    Ok(seen)
}

async fn choose(
    letters: &DeadLetters,
    queues: &[String],
    kind: LetterKind,
    filter: &LetterFilter,
    confirmation: &Confirmation,
    verb: &str,
) -> anyhow::Result<Vec<DeadLetter>> {
    ensure!(
        confirmation.all || !filter.is_empty(),
        "name a condition (--since, --stage, --error, --sku, --lane, --id-prefix), or --all to {verb} everything"
    );
    let mut chosen = Vec::new();
    let seen = read(letters, queues, |letter| {
        if filter.takes(&letter.about) {
            chosen.push(letter);
        }
    })
    .await?;
    if chosen.is_empty() || confirmation.yes {
        return Ok(chosen);
    }
    let abouts: Vec<LetterInfo> = chosen.iter().take(10).map(|letter| letter.about.clone()).collect();
    table(&abouts);
    if chosen.len() > abouts.len() {
        println!("… and {} more", chosen.len() - abouts.len());
    }
    ensure!(
        std::io::stdin().is_terminal(),
        "{} of {seen} {} are selected; add --yes to {verb} them",
        chosen.len(),
        kind.name(seen)
    );
    print!("{verb} {} of {seen} {}? [y/N] ", chosen.len(), kind.name(seen));
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        bail!("nothing was done");
    }
    Ok(chosen)
}

/// The lane that a letter goes back to.
fn lane_of(about: &LetterInfo, to: Option<Lane>) -> anyhow::Result<Lane> {
    if let Some(lane) = to {
        return Ok(lane);
    }
    about.lane.parse().map_err(|_| {
        let lane = printable(&about.lane);
        anyhow::anyhow!(
            "{}: {lane:?} is no lane; say --to interactive, updates or backfill",
            printable(&about.id)
        )
    })
}
