//! An estimate as people read it, each line with how it is known.

use super::estimate::{Experience, Sums};
use crate::cli::progress::thousands;
use crate::cli::terminal::Columns;
use crate::clock::Clock;
use crate::clock::today;
use crate::config::Config;
use crate::generate::Model;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::nanos;

/// The estimate of a run.
pub(super) fn report(sums: &Sums, experience: &Experience, model: &Model, config: &Config) -> String {
    let texts = experience.texts.max(1);
    let per_text = if experience.texts > 0 { experience.calls / texts as f64 } else { 1.0 };
    let known = if experience.texts > 0 {
        format!("as in {} stored texts", experience.texts)
    } else {
        "nothing is stored yet to learn from".to_owned()
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]
    let times = |count: u64| (count as f64 * per_text).round() as u64;
    let (calls, input, output) = (times(sums.calls), times(sums.estimate.input), times(sums.estimate.output));
    let mut text = format!(
        "{} products, {} tasks: {} to write, {} to check again, {} with nothing to do{}\n",
        thousands(sums.products),
        thousands(sums.tasks),
        thousands(sums.calls),
        thousands(sums.checks),
        thousands(sums.nothing),
        if sums.refused > 0 { format!(", {} lines refused", sums.refused) } else { String::new() }
    );
    if sums.calls == 0 {
        text.push_str("  no model call is due");
        return text;
    }
    let mut columns = Columns::new(2, &[1]);
    let mut line = |what: &str, value: String, how: String| columns.row([what, &value, &how]);
    line("model", model.label().to_owned(), String::new());
    line("calls", thousands(calls), format!("{per_text:.2} for each text, repairs included; {known}"));
    line("tokens in", thousands(input), format!("counted in {}", model.estimator().encoding()));
    let average = sums.estimate.output / sums.calls.max(1);
    let how = if experience.texts > 0 {
        format!("{} for each answer, the average of {} stored texts", thousands(average), experience.texts)
    } else {
        format!("{} for each answer, a guess from the recipes' limits", thousands(average))
    };
    line("tokens out", thousands(output), how);
    let day = today(Clock::System.now());
    match model.config().price(day) {
        None => line("cost", "not known".to_owned(), "write model.prices into the config".to_owned()),
        Some(price) => {
            let usage = Usage { input_tokens: input, output_tokens: output, ..Usage::default() };
            let (cost, currency) = (price.cost(&usage), &config.quota.currency);
            let batch = if price.batch < 1.0 {
                format!("; {:.4} in a batch", cost * price.batch)
            } else {
                String::new()
            };
            line(
                "cost",
                format!("{cost:.4} {currency}"),
                format!("by the price of {}, without cache hits{batch}", price.from),
            );
            let cap = nanos(config.quota.spend_per_day);
            if cap > 0 && nanos(cost) > cap {
                line(
                    "days",
                    format!("{:.0}", (cost / config.quota.spend_per_day).ceil()),
                    format!("at {} {currency} per day", config.quota.spend_per_day),
                );
            }
        }
    }
    let (time, how) = duration(calls, input + output, experience, model);
    line("time", time, how);
    text.push_str(columns.to_string().trim_end());
    text
}

/// How long so many calls take at the quota, and by what that is known.
fn duration(calls: u64, tokens: u64, experience: &Experience, model: &Model) -> (String, String) {
    let [requests_limit, tokens_limit] = model.quota().limits();
    let minutes = |count: u64, limit: u64| if limit > 0 { count as f64 / limit as f64 } else { 0.0 };
    let slots = model.config().slots as f64;
    let latency = experience.latency.as_secs_f64() / experience.texts.max(1) as f64;
    let found = [
        (minutes(calls, requests_limit), format!("at {} requests/min", thousands(requests_limit))),
        (minutes(tokens, tokens_limit), format!("at {} tokens/min", thousands(tokens_limit))),
        (calls as f64 * latency / slots / 60.0, format!("with {slots} calls of {latency:.1} s in flight")),
    ];
    let longest = found.into_iter().max_by(|(left, _), (right, _)| left.total_cmp(right));
    match longest {
        Some((minutes, how)) if minutes > 0.0 => {
            let text = if minutes < 1.5 {
                format!("{:.0} s", (minutes * 60.0).max(1.0))
            } else if minutes < 90.0 {
                format!("{minutes:.0} min")
            } else {
                format!("{:.1} h", minutes / 60.0)
            };
            (text, how)
        }
        _ => (
            "not known".to_owned(),
            "no limit is written in the config, and nothing is stored yet".to_owned(),
        ),
    }
}
