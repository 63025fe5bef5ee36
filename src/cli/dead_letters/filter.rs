//! Which letters a command takes: by lane, stage, diagnosis, product, id and time.

use anyhow::Context as _;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use jiff::{Span, Timestamp};

use crate::broker::LetterInfo;

/// Which letters a command takes; all conditions hold. An empty one is refused, for it would take every letter: a script's
/// variable that is not set must not drop them all.
#[derive(Debug, Args)]
pub(super) struct LetterFilter {
    /// Those of one lane.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(super) lane: Option<String>,
    /// Those that failed in this stage.
    #[arg(long, value_parser = ["intake", "plan", "generate", "commit", "announce", "worker", "broker"])]
    pub(super) stage: Option<String>,
    /// Those whose diagnosis holds this text.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(super) error: Option<String>,
    /// Those of one product.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(super) sku: Option<String>,
    /// Those whose message id begins like this.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(super) id_prefix: Option<String>,
    /// Those that failed since then: a time (2026-11-24T08:00:00Z) or how long ago (90m, 2h, 3d).
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) since: Option<Timestamp>,
    /// Those that failed before then.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) until: Option<Timestamp>,
}

impl LetterFilter {
    pub(super) fn is_empty(&self) -> bool {
        let Self { lane, stage, error, sku, id_prefix, since, until } = self;
        [lane, stage, error, sku, id_prefix].iter().all(|text| text.is_none())
            && since.is_none()
            && until.is_none()
    }

    pub(super) fn takes(&self, about: &LetterInfo) -> bool {
        let same =
            |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        same(&self.lane, &about.lane)
            && same(&self.stage, &about.stage)
            && same(&self.sku, &about.sku)
            && self.error.as_ref().is_none_or(|text| about.error.contains(text.as_str()))
            && self.id_prefix.as_ref().is_none_or(|prefix| about.id.starts_with(prefix.as_str()))
            && self.since.is_none_or(|since| about.last_at.is_some_and(|at| at >= since))
            && self.until.is_none_or(|until| about.last_at.is_some_and(|at| at < until))
    }
}

/// A time, or how long ago.
fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let ago = || -> anyhow::Result<Timestamp> {
        let span: Span = text.parse()?;
        // A day is 24 hours here: "3d" takes no notice of daylight saving time.
        let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())?;
        Timestamp::now().checked_sub(duration.abs()).context("too long ago")
    };
    ago().map_err(|_| {
        "write a time such as 2026-11-24T08:00:00Z, or how long ago, such as 90m, 2h or 3d".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_full_or_as_how_long_ago() {
        assert_eq!(time("2026-11-24T08:00:00Z").unwrap().to_string(), "2026-11-24T08:00:00Z");
        for (text, seconds) in [("90m", 5_400), ("2h", 7_200), ("3d", 259_200)] {
            let ago = Timestamp::now().duration_since(time(text).unwrap()).as_secs();
            assert!((ago - seconds).abs() <= 1, "{text}: {ago}");
        }
        assert!(time("yesterday").unwrap_err().contains("2h"));
    }
}
