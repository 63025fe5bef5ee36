//! What people see of a long run: a bar on a terminal, plain lines elsewhere, a summary at the end.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::terminal::Columns;
use crate::enrich::{Progress, Summary};
use crate::telemetry::write_beside;
use skuscribe_check::content::money::amount;
use skuscribe_check::content::{Outcome, Usage};

/// How often a plain line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// So many have to be done before the time that is left can be told.
const TELLING: u64 = 5;

/// A progress bar, or lines.
pub(super) enum Meter {
    Bar(ProgressBar),
    Lines { expected: Option<u64>, last: Duration, what: &'static str },
}

impl Meter {
    /// A bar where standard error is a terminal.
    pub(super) fn new(what: &'static str, expected: Option<u64>) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines { expected, last: Duration::ZERO, what };
        }
        let bar = expected.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let template = if expected.is_some() {
            "{prefix} {bar:32.green/dim} {pos}/{len}  {per_sec}{left}  {msg}"
        } else {
            "{prefix} {spinner} {pos}  {per_sec}  {msg}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                let _infallible = out.write_str(&pace(state.per_sec()));
            };
            let left = |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                let len = state.len().unwrap_or(0);
                let _infallible = out.write_str(&time_left(state.pos(), len, state.elapsed()));
            };
            let style = style.with_key("per_sec", rate).with_key("left", left);
            bar.set_style(style.progress_chars("━━─"));
        }
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        write_beside(Some(bar.clone()));
        Self::Bar(bar)
    }

    /// Shows how many are done.
    pub(super) fn show(&mut self, done: u64, elapsed: Duration, message: impl FnOnce() -> String) {
        match self {
            Self::Bar(bar) => {
                bar.set_position(done);
                bar.set_message(message());
            }
            Self::Lines { expected, last, what } => {
                if elapsed.saturating_sub(*last) < LINE_EVERY {
                    return;
                }
                *last = elapsed;
                let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
                let (of, left) = expected.map_or_else(Default::default, |expected| {
                    (format!("/{expected}"), time_left(done, expected, elapsed))
                });
                eprintln!("{what} {done}{of}  {}{left}  {}", pace(rate), message());
            }
        }
    }

    /// Shows how far a run over a file is, and what it has to say.
    pub(super) fn show_run(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Line(summary, elapsed) => self.show(summary.finished, elapsed, || short(summary)),
            Progress::Note(note) => self.note(&note),
        }
    }

    /// Shows a line that stays.
    fn note(&self, note: &str) {
        match self {
            Self::Bar(bar) => bar.suspend(|| eprintln!("{note}")),
            Self::Lines { what, .. } => eprintln!("{what}: {note}"),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
            write_beside(None);
        }
    }
}

/// The time that is left, where enough is done to tell.
fn time_left(done: u64, expected: u64, elapsed: Duration) -> String {
    if done < TELLING || done >= expected || elapsed < LINE_EVERY {
        return String::new();
    }
    let left = elapsed.as_secs_f64() / done as f64 * (expected - done) as f64;
    let left = match left {
        ..90.0 => format!("{left:.0} s"),
        ..5_400.0 => format!("{:.0} min", left / 60.0),
        _ => format!("{:.0} h", left / 3_600.0),
    };
    format!("  ETA {left}")
}

/// A rate, per minute where it is below one per second.
fn pace(per_second: f64) -> String {
    if per_second < 1.0 { format!("{:.0}/min", per_second * 60.0) } else { format!("{per_second:.0}/s") }
}

/// Outcomes, tokens and cost on one line.
fn short(summary: &Summary) -> String {
    let mut text = String::new();
    for (outcome, count) in &summary.outcomes {
        let _infallible = write!(text, "{count} {outcome}  ");
    }
    if summary.rejected > 0 {
        let _infallible = write!(text, "{} rejected  ", summary.rejected);
    }
    let _infallible = write!(text, "{} tokens", thousands(summary.usage.total()));
    if summary.cost > 0 {
        let _infallible = write!(text, "  cost {:.4}", amount(summary.cost));
    }
    text
}

/// The summary at the end of a run into `location`; `review` is the command that lists what is held there.
pub(super) fn summary(summary: &Summary, elapsed: Duration, location: &str, review: &str) -> String {
    let tasks: u64 = summary.outcomes.values().sum();
    let rate = tasks as f64 / elapsed.as_secs_f64().max(0.001);
    let mut text = format!(
        "{} lines, {tasks} tasks in {:.1} s ({})\n",
        summary.lines,
        elapsed.as_secs_f64(),
        pace(rate)
    );
    let waits = format!("waits for a person: {review}");
    let mut columns = Columns::new(2, &[1]);
    for outcome in Outcome::ALL {
        let count = summary.count(outcome);
        if count > 0 {
            let meaning = match outcome {
                Outcome::Published => "content is out",
                Outcome::Held => &waits,
                Outcome::Unchanged => "nothing was due, no model call",
                Outcome::Stale => "a newer version was there already",
                Outcome::Deleted => "the product is gone",
                Outcome::Cancelled => "its job was cancelled",
                Outcome::Failed => "no content could be made, see rejected.jsonl",
            };
            columns.row([outcome.as_str(), &count.to_string(), meaning]);
        }
    }
    if summary.rejected > 0 {
        let count = summary.rejected.to_string();
        columns.row(["rejected", &count, "refused at intake, see rejected.jsonl"]);
    }
    if summary.left > 0 {
        let count = summary.left.to_string();
        columns.row(["left", &count, "begun and not finished: the next run does them"]);
    }
    text.push_str(&columns.to_string());
    if let Some(problem) = &summary.first_problem {
        let _infallible = writeln!(text, "  first problem: {problem}");
    }
    if let Some(note) = &summary.first_note {
        let _infallible = writeln!(text, "  note: {note}");
    }
    let usage = summary.usage;
    let _infallible = writeln!(
        text,
        "  {} model calls, {} tokens in ({} cached), {} tokens out{}{}",
        summary.calls,
        thousands(usage.input_tokens),
        thousands(usage.cached_tokens),
        thousands(usage.output_tokens),
        apart(&usage),
        cost(summary)
    );
    let _infallible = write!(text, "  results in {location}");
    text
}

/// Tokens of thinking, and those that are estimated, where there are any.
fn apart(usage: &Usage) -> String {
    let of = |tokens: u64, what: &str| {
        if tokens > 0 { format!(" ({} {what})", thousands(tokens)) } else { String::new() }
    };
    of(usage.reasoning_tokens, "for thinking") + &of(usage.estimated_tokens, "of all tokens are estimated")
}

/// What a run cost, beside what it was thought to cost.
fn cost(summary: &Summary) -> String {
    if summary.cost == 0 && summary.expected_cost == 0 {
        return String::new();
    }
    let (cost, expected) = (amount(summary.cost), amount(summary.expected_cost));
    let off = if expected > 0.0 { (cost / expected - 1.0) * 100.0 } else { 0.0 };
    format!(", cost {cost:.4} (estimated before the calls: {expected:.4}, {off:+.0} %)")
}

pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), expected);
        }
    }

    #[test]
    fn the_time_left_is_told_once_it_is_known_and_in_fitting_units() {
        let left = |done, elapsed_s| time_left(done, 1_000, Duration::from_secs(elapsed_s));
        for (done, elapsed_s) in [(0, 120), (4, 60), (10, 1), (1_000, 60)] {
            assert_eq!(left(done, elapsed_s), "", "{done} in {elapsed_s} s");
        }
        assert_eq!(left(500, 60), "  ETA 60 s");
        assert_eq!(left(100, 60), "  ETA 9 min");
        assert_eq!(left(5, 600), "  ETA 33 h");
    }
}
