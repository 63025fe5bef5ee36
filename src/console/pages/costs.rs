//! Costs: what the texts of a span of days cost, by day, job, category, model or locale.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Html;
use jiff::ToSpan as _;
use jiff::civil::Date;
use maud::html;
use serde::Deserialize;

use super::Page;
use super::text::{money, number};
use crate::console::error::ConsoleError;
use crate::console::read_model::CostPart;
use crate::console::state::Console;

/// Days that are shown where none are named.
const DAYS_SHOWN: i64 = 30;

#[derive(Debug, Default, Deserialize)]
pub(in crate::console) struct CostsQuery {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    by: String,
}

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    Query(query): Query<CostsQuery>,
) -> Result<Html<String>, ConsoleError> {
    let today = crate::clock::today(console.clock.now());
    let to = day(&query.to, today)?;
    let from = day(&query.from, to.saturating_sub(DAYS_SHOWN.days()))?;
    let by = match query.by.as_str() {
        "job" => CostPart::Job,
        "category" => CostPart::Category,
        "model" => CostPart::Model,
        "locale" => CostPart::Locale,
        _ => CostPart::Day,
    };
    let costs = console.model.costs(by, from, to).await?;
    let total = costs.iter().map(|cost| cost.cost).sum();
    let content = html! {
        h1 { (page.t("Costs")) }
        form.search method="get" action="/costs" {
            div { label for="from" { (page.t("From")) } input #from type="date" name="from" value=(from); }
            div { label for="to" { (page.t("To")) } input #to type="date" name="to" value=(to); }
            div { label for="by" { (page.t("By")) } select #by name="by" {
                @for (value, name) in [("day", page.t("day")), ("job", page.t("job")), ("category", page.t("category")), ("model", page.t("model")), ("locale", page.t("locale"))] {
                    option value=(value) selected[query.by == value] { (name) }
                }
            } }
            button type="submit" { (page.t("Show")) }
        }
        p { strong { (money(total)) " " (console.config.quota.currency) } " " span.quiet.small { (page.t("for the texts that the store holds; what a day's calls cost in all stands on the overview")) } }
        div.scroll tabindex="0" role="region" aria-label=(page.t("Costs")) { table {
            thead { tr { th { (page.t("Of")) } th.number { (page.t("Cost")) } th.number { (page.t("Texts")) } th.number { (page.t("Tokens")) } } }
            tbody { @for cost in &costs { tr {
                td { (if cost.value.is_empty() { page.t("(none)") } else { &cost.value }) }
                td.number { (money(cost.cost)) }
                td.number { (number(cost.texts.max(0).unsigned_abs())) }
                td.number { (number((cost.input_tokens + cost.output_tokens).max(0).unsigned_abs())) }
            } } }
        } }
    };
    Ok(Html(page.render(page.t("Costs"), "/costs", &content).into_string()))
}

fn day(text: &str, otherwise: Date) -> Result<Date, ConsoleError> {
    if text.is_empty() {
        return Ok(otherwise);
    }
    text.parse().map_err(|_| ConsoleError::invalid(format!("{text:?} is no day; write 2026-11-27")))
}
