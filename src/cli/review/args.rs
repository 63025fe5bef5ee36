//! The arguments of `skuscribe review`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use skuscribe_check::content::DecisionId;
use skuscribe_check::product::{Locale, Sku};

#[derive(Debug, Args)]
pub(in super::super) struct ReviewArgs {
    #[command(subcommand)]
    pub(super) action: ReviewAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum ReviewAction {
    /// What waits for a person.
    List {
        /// Only this locale.
        #[arg(long)]
        locale: Option<Locale>,
        /// Only texts with a finding of this rule, or of one that begins so (facts, eu.green).
        #[arg(long)]
        rule: Option<String>,
        /// Only SKUs that begin so.
        #[arg(long)]
        sku: Option<String>,
        /// Most lines to print.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Print JSONL.
        #[arg(long)]
        json: bool,
    },
    /// A draft that waits: each finding beside its sentence and its attribute, then the texts.
    Show {
        #[command(flatten)]
        which: ReviewTarget,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Publish a draft that waits.
    Approve {
        #[command(flatten)]
        which: ReviewTarget,
        #[command(flatten)]
        decided: DecisionArgs,
    },
    /// Put a text of your own in the place of a draft, or of what is published.
    Edit(EditArgs),
    /// Take a draft out of the queue; the model sees the note when the text is written again.
    Reject {
        #[command(flatten)]
        which: ReviewTarget,
        #[command(flatten)]
        decided: DecisionArgs,
        /// Have it written again now.
        #[arg(long)]
        regenerate: bool,
    },
    /// Keep the machine off recipes of a document.
    Lock(LockArgs),
    /// Let the machine at them again.
    Unlock(LockArgs),
    /// Take the last decision back: what was published before is published again, what waited waits again.
    Undo {
        #[command(flatten)]
        which: ReviewTarget,
        /// Only if this is the last decision; `skuscribe content history --json` shows their names.
        #[arg(long)]
        decision: Option<DecisionId>,
        /// Why; kept with the decision.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        person: ReviewerArgs,
    },
    /// Say something of a text; kept with the decisions on it.
    Comment {
        #[command(flatten)]
        which: ReviewTarget,
        /// The comment.
        comment: String,
        /// Who says it.
        #[arg(long, env = "SKUSCRIBE_BY")]
        by: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct LockArgs {
    #[command(flatten)]
    pub(super) which: ReviewTarget,
    /// The recipes; all of the document where none is named.
    #[arg(long = "recipe")]
    pub(super) recipes: Vec<String>,
    /// Why; kept with the decision.
    #[arg(long)]
    pub(super) reason: Option<String>,
    /// Who decides.
    #[arg(long, env = "SKUSCRIBE_BY")]
    pub(super) by: String,
}

#[derive(Debug, Args)]
pub(super) struct EditArgs {
    #[command(flatten)]
    pub(super) which: ReviewTarget,
    /// The draft: the digits that `show` prints; where it is left out the one that waits, else what is published.
    #[arg(long)]
    pub(super) draft: Option<String>,
    /// Print the content to be edited as JSON, and do nothing.
    #[arg(long)]
    pub(super) print: bool,
    /// Read the edited content from a file of that form, instead of opening an editor.
    #[arg(long)]
    pub(super) file: Option<PathBuf>,
    /// The editor to open.
    #[arg(long, env = "EDITOR", default_value = "vi")]
    pub(super) editor: String,
    /// Publish it although checks would hold it.
    #[arg(long)]
    pub(super) approve: bool,
    /// Why; kept with the decision.
    #[arg(long)]
    pub(super) note: Option<String>,
    #[command(flatten)]
    pub(super) person: ReviewerArgs,
}

#[derive(Debug, Args)]
pub(in super::super) struct ReviewTarget {
    /// The product.
    pub(in super::super) sku: Sku,
    /// The locale.
    #[arg(long)]
    pub(in super::super) locale: Locale,
}

#[derive(Debug, Args)]
pub(super) struct DecisionArgs {
    /// The draft that you looked at: the digits that `list` and `show` print.
    #[arg(long)]
    pub(super) draft: String,
    /// Why; kept with the decision. Of a rejection the model sees it, and it must be there.
    #[arg(long)]
    pub(super) note: Option<String>,
    #[command(flatten)]
    pub(super) person: ReviewerArgs,
}

#[derive(Debug, Args)]
pub(in super::super) struct ReviewerArgs {
    /// Who decides; kept with the text.
    #[arg(long, env = "SKUSCRIBE_BY")]
    pub(in super::super) by: String,
    /// Announce no event: for a store without a broker.
    #[arg(long)]
    pub(in super::super) without_event: bool,
}
