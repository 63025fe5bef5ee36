//! The arguments of `skuscribe content`.

use clap::{Args, Subcommand};

use super::super::review::args::{ReviewTarget, ReviewerArgs};
use crate::review::WhichRevision;

#[derive(Debug, Args)]
pub(in super::super) struct ContentArgs {
    #[command(subcommand)]
    pub(super) action: ContentAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum ContentAction {
    /// What is published of a product in a locale, what waits, and what is locked.
    Show {
        #[command(flatten)]
        which: ReviewTarget,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Its revisions in order: who or what wrote each, and why; and what people decided and said.
    History {
        #[command(flatten)]
        which: ReviewTarget,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// What differs between two revisions, word by word; between the last two where none is named.
    Diff {
        #[command(flatten)]
        which: ReviewTarget,
        /// The earlier revision: its number, or digits of its operation; the one before --to where it is left out.
        #[arg(long)]
        from: Option<WhichRevision>,
        /// The later revision; the last one with texts where it is left out.
        #[arg(long)]
        to: Option<WhichRevision>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Publish the texts of an earlier revision again, checked like any other text, and keep the machine off them.
    Revert {
        #[command(flatten)]
        which: ReviewTarget,
        /// The revision: its number, or digits of its operation, as `history` shows them.
        #[arg(long)]
        to: WhichRevision,
        /// Only these recipes; all that differ where none is named.
        #[arg(long = "recipe")]
        recipes: Vec<String>,
        /// Why; kept with the decision.
        #[arg(long)]
        reason: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        person: ReviewerArgs,
    },
}
