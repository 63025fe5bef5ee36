//! What one process spent on one day: sums by lane, job and model.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lane::Lane;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;
use skuscribe_check::product::Locale;

/// Most jobs whose sums are kept for a day; those beyond it are summed under [`OTHER_JOBS`].
pub(super) const JOBS_KEPT: usize = 10_000;
/// The name under which jobs beyond [`JOBS_KEPT`] are summed, and categories, locales and recipes beyond [`NAMES_KEPT`].
pub(super) const OTHER_JOBS: &str = "(others)";
/// Most categories whose sums are kept for a day; likewise locales and recipes.
const NAMES_KEPT: usize = 2_000;
/// What a call is for that writes no recipe, such as reading facts out of prose.
pub(super) const NO_RECIPE: &str = "(no recipe)";
/// The category of products without one.
pub(super) const NO_CATEGORY: &str = "(none)";
/// Longest name of a category, in characters.
const CATEGORY_CHARS_MAX: usize = 300;

/// A sum of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sum {
    /// Calls made.
    pub calls: u64,
    /// Their tokens.
    pub usage: Usage,
    /// What they cost, in billionths of the currency.
    pub nanos: Nanos,
    /// Calls of them whose usage no server told: they timed out, were cut off, or were answered without a count.
    #[serde(default)]
    pub estimated_calls: u64,
    /// What those were booked at, in billionths of the currency.
    #[serde(default)]
    pub estimated_nanos: Nanos,
}

impl Sum {
    pub(super) fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.usage += other.usage;
        self.nanos = self.nanos.saturating_add(other.nanos);
        self.estimated_calls = self.estimated_calls.saturating_add(other.estimated_calls);
        self.estimated_nanos = self.estimated_nanos.saturating_add(other.estimated_nanos);
    }

    /// What is left of it without another one.
    pub(super) fn less(&self, other: &Self) -> Self {
        let (all, part) = (&self.usage, &other.usage);
        Self {
            calls: self.calls.saturating_sub(other.calls),
            usage: Usage {
                input_tokens: all.input_tokens.saturating_sub(part.input_tokens),
                cached_tokens: all.cached_tokens.saturating_sub(part.cached_tokens),
                output_tokens: all.output_tokens.saturating_sub(part.output_tokens),
                reasoning_tokens: all.reasoning_tokens.saturating_sub(part.reasoning_tokens),
                estimated_tokens: all.estimated_tokens.saturating_sub(part.estimated_tokens),
            },
            nanos: self.nanos.saturating_sub(other.nanos).max(0),
            estimated_calls: self.estimated_calls.saturating_sub(other.estimated_calls),
            estimated_nanos: self.estimated_nanos.saturating_sub(other.estimated_nanos).max(0),
        }
    }

    /// One of so many even shares of its tokens and its cost; the first ones take the rest. Its calls count with each.
    fn share(&self, of: usize, place: usize) -> Self {
        let (parts, first) = (of.max(1) as u64, place as u64);
        let tokens = |count: u64| count / parts + u64::from(first < count % parts);
        let cost = |nanos: Nanos| {
            let nanos = u64::try_from(nanos).unwrap_or(0);
            Nanos::try_from(tokens(nanos)).unwrap_or(Nanos::MAX)
        };
        let Usage { input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated_tokens } =
            self.usage;
        Self {
            calls: self.calls,
            usage: Usage {
                input_tokens: tokens(input_tokens),
                cached_tokens: tokens(cached_tokens),
                output_tokens: tokens(output_tokens),
                reasoning_tokens: tokens(reasoning_tokens),
                estimated_tokens: tokens(estimated_tokens),
            },
            nanos: cost(self.nanos),
            estimated_calls: self.estimated_calls,
            estimated_nanos: cost(self.estimated_nanos),
        }
    }
}

/// `spend.v1`: what one process spent on one day (UTC).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DaySpend {
    /// Everything.
    pub total: Sum,
    /// By lane.
    pub lanes: BTreeMap<Lane, Sum>,
    /// By job; calls without one are left out.
    pub jobs: BTreeMap<String, Sum>,
    /// By the model that answered.
    pub models: BTreeMap<String, Sum>,
    /// By the locale of the text; days of earlier releases, and calls for no text, are left out.
    #[serde(default)]
    pub locales: BTreeMap<String, Sum>,
    /// By the category path of the product, joined by ` > `, likewise.
    #[serde(default)]
    pub categories: BTreeMap<String, Sum>,
    /// By recipe, likewise. A call that writes several counts with each; its tokens and its cost are shared out evenly.
    #[serde(default)]
    pub recipes: BTreeMap<String, Sum>,
}

impl DaySpend {
    /// Adds sums: of another process, or of another day.
    pub fn add(&mut self, other: &Self) {
        self.total.add(&other.total);
        for (lane, sum) in &other.lanes {
            self.lanes.entry(*lane).or_default().add(sum);
        }
        let Self { jobs, models, locales, categories, recipes, .. } = self;
        for (sums, others) in [
            (jobs, &other.jobs),
            (models, &other.models),
            (locales, &other.locales),
            (categories, &other.categories),
            (recipes, &other.recipes),
        ] {
            for (name, sum) in others {
                sums.entry(name.clone()).or_default().add(sum);
            }
        }
    }

    pub(super) fn note(&mut self, billing: &Billing, model: &str, sum: &Sum) {
        self.total.add(sum);
        self.lanes.entry(billing.lane).or_default().add(sum);
        if let Some(job) = &billing.job {
            kept(&mut self.jobs, job, JOBS_KEPT).add(sum);
        }
        kept(&mut self.models, model, NAMES_KEPT).add(sum);
        let Some(text) = &billing.text else { return };
        kept(&mut self.locales, &text.locale, NAMES_KEPT).add(sum);
        kept(&mut self.categories, &text.category, NAMES_KEPT).add(sum);
        for (place, recipe) in text.recipes.iter().enumerate() {
            kept(&mut self.recipes, recipe, NAMES_KEPT).add(&sum.share(text.recipes.len(), place));
        }
    }
}

/// The sum of a name, or of all names beyond those that are kept.
fn kept<'a>(sums: &'a mut BTreeMap<String, Sum>, name: &str, most: usize) -> &'a mut Sum {
    let known = sums.contains_key(name) || sums.len() < most;
    sums.entry(if known { name } else { OTHER_JOBS }.to_owned()).or_default()
}

/// Who pays for a call.
#[derive(Clone, Debug)]
pub struct Billing {
    /// The lane of the message.
    pub lane: Lane,
    /// The job that it belongs to.
    pub job: Option<Arc<str>>,
    /// The text that it is for, where it is for one.
    text: Option<Arc<BilledText>>,
}

/// What text a call is for, as the ledger sums it.
#[derive(Debug)]
struct BilledText {
    locale: String,
    category: String,
    recipes: Vec<String>,
}

impl Billing {
    /// A call of a lane, and of a job where there is one.
    #[must_use]
    pub fn new(lane: Lane, job: Option<Arc<str>>) -> Self {
        Self { lane, job, text: None }
    }

    /// The same for a text.
    #[must_use]
    pub fn for_text<'a>(
        self,
        locale: &Locale,
        category: &[String],
        recipes: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut recipes: Vec<String> = recipes.map(str::to_owned).collect();
        if recipes.is_empty() {
            recipes.push(NO_RECIPE.to_owned());
        }
        let path: String = category.join(" > ").chars().take(CATEGORY_CHARS_MAX).collect();
        let category = if path.is_empty() { NO_CATEGORY.to_owned() } else { path };
        let text = BilledText { locale: locale.to_string(), category, recipes };
        Self { text: Some(Arc::new(text)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(tokens: u64, nanos: Nanos) -> Sum {
        let usage = Usage { input_tokens: tokens, output_tokens: 7, ..Usage::default() };
        Sum { calls: 1, usage, nanos, ..Sum::default() }
    }

    #[test]
    fn a_call_for_several_recipes_is_shared_out_without_a_rest() {
        let mut day = DaySpend::default();
        let billing = Billing::new(Lane::Updates, None);
        let category = ["Home".to_owned(), "Mugs".to_owned()];
        let text = billing.for_text(&"de-DE".parse().unwrap(), &category, ["faq", "seo", "ad"].into_iter());
        day.note(&text, "m", &sum(100, 1_000));
        day.note(&Billing::new(Lane::Updates, None), "m", &sum(1, 1));
        assert_eq!((day.total.nanos, day.locales["de-DE"].nanos), (1_001, 1_000));
        assert_eq!(day.categories["Home > Mugs"].usage.input_tokens, 100);
        let shares = |of: fn(&Sum) -> u64| day.recipes.values().map(of).sum::<u64>();
        assert_eq!(shares(|sum| sum.usage.input_tokens), 100);
        assert_eq!(shares(|sum| sum.usage.output_tokens), 7);
        assert_eq!(day.recipes.values().map(|sum| sum.nanos).sum::<Nanos>(), 1_000);
        assert!(day.recipes.values().all(|sum| sum.calls == 1));
    }

    #[test]
    fn names_without_end_share_one_sum() {
        let mut day = DaySpend::default();
        for number in 0..NAMES_KEPT + 5 {
            let category = [format!("c{number}")];
            let billing = Billing::new(Lane::Updates, None);
            let locale = "de-DE".parse().unwrap();
            day.note(&billing.for_text(&locale, &category, std::iter::empty()), "m", &sum(1, 1));
        }
        assert_eq!((day.categories.len(), day.categories[OTHER_JOBS].calls), (NAMES_KEPT + 1, 5));
        assert_eq!(day.recipes[NO_RECIPE].calls, NAMES_KEPT as u64 + 5);
    }
}
