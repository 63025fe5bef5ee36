//! The arguments of `skuscribe review`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Span};

use crate::review::QueueFilter;
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
    List(ListArgs),
    /// A draft that waits: each finding beside its sentence and its attribute, then the texts.
    Show {
        #[command(flatten)]
        which: ReviewTarget,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Publish a draft that waits, or all that --select, --rule or --job mean.
    Approve(DecideArgs),
    /// Put a text of your own in the place of a draft, or of what is published.
    Edit(EditArgs),
    /// Take a draft out of the queue, or all that --select, --rule or --job mean; the model sees the note when the text is
    /// written again.
    Reject {
        #[command(flatten)]
        decided: DecideArgs,
        /// Have it written again now.
        #[arg(long, conflicts_with_all = ["select", "rule", "job", "older_than", "of"])]
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
    /// Take a draft on, so that others see who is on it: for five minutes, or anew.
    Take {
        #[command(flatten)]
        which: ReviewTarget,
        /// Take it from somebody else, who is told in the decisions on it.
        #[arg(long)]
        steal: bool,
        /// Who takes it on.
        #[arg(long, env = "SKUSCRIBE_BY")]
        by: String,
    },
    /// Give back what you took on.
    Release {
        #[command(flatten)]
        which: ReviewTarget,
        /// Who was on it.
        #[arg(long, env = "SKUSCRIBE_BY")]
        by: String,
    },
    /// Give the draft that waits to somebody.
    Assign {
        #[command(flatten)]
        which: ReviewTarget,
        /// To whom.
        #[arg(long)]
        to: String,
        /// Who gives it, and why.
        #[arg(long, env = "SKUSCRIBE_BY")]
        by: String,
        /// Why; kept with the decisions.
        #[arg(long)]
        reason: Option<String>,
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
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// Most lines to print.
    #[arg(long, default_value_t = 50)]
    pub(super) limit: usize,
    /// Begin where the last list ended.
    #[arg(long)]
    pub(super) cursor: Option<String>,
    /// Print JSONL.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct FilterArgs {
    /// Only these products, such as 'brand:Acme category:"Shoes > Boots" sku:AB* finding:facts'.
    #[arg(long, value_name = "SELECTION")]
    pub(super) select: Option<String>,
    /// Only this locale.
    #[arg(long)]
    pub(super) locale: Option<Locale>,
    /// Only texts with a finding of this rule, or of one that begins so (facts, eu.green).
    #[arg(long)]
    pub(super) rule: Option<String>,
    /// Only what this job wrote.
    #[arg(long)]
    pub(super) job: Option<String>,
    /// Only what waits for so long (90m, 2h, 3d).
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(super) older_than: Option<SignedDuration>,
    /// Only what this person is on, or was given.
    #[arg(long, value_name = "PERSON")]
    pub(super) of: Option<String>,
}

impl FilterArgs {
    /// Whether it says which drafts are meant, beside the locale.
    pub(super) fn means_some(&self) -> bool {
        let texts = [&self.select, &self.rule, &self.job, &self.of];
        texts.iter().any(|text| text.is_some()) || self.older_than.is_some()
    }

    pub(super) fn filter(&self) -> anyhow::Result<QueueFilter> {
        let selection = self.select.as_deref().unwrap_or_default();
        let selection = selection.parse().map_err(|error| anyhow::anyhow!("--select: {error}"))?;
        Ok(QueueFilter {
            selection,
            locale: self.locale.clone(),
            rule: self.rule.clone(),
            job: self.job.clone(),
            older_than: self.older_than,
            of: self.of.clone(),
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct DecideArgs {
    /// The product, for one draft; name its --locale and --draft as well.
    pub(super) sku: Option<Sku>,
    /// The draft that you looked at: the digits that `list` and `show` print.
    #[arg(long)]
    pub(super) draft: Option<String>,
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// Why; kept with the decision. Of a rejection the model sees it, and it must be there.
    #[arg(long)]
    pub(super) note: Option<String>,
    /// Do not ask, where many are decided on.
    #[arg(long)]
    pub(super) yes: bool,
    /// So many of them are shown before you are asked.
    #[arg(long, default_value = "5", value_name = "N")]
    pub(super) sample: NonZeroUsize,
    /// Print what became of many as JSON.
    #[arg(long)]
    pub(super) json: bool,
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

/// How long something waits.
fn age(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{text:?} is no age; write 90m, 2h or 3d");
    let span: Span = text.parse().map_err(|_| wrong())?;
    // A day is 24 hours here: "3d" takes no notice of daylight saving time.
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    (!duration.is_negative()).then_some(duration).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_written_with_its_unit() {
        for (text, seconds) in [("90m", 5_400), ("2h", 7_200), ("3d", 259_200)] {
            assert_eq!(age(text).unwrap().as_secs(), seconds);
        }
        for wrong in ["", "3", "yesterday", "-2h"] {
            assert!(age(wrong).unwrap_err().contains("2h"), "{wrong}");
        }
    }
}
