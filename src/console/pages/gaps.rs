//! Gaps: the facts that shoppers and texts lack, by category.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Html;
use maud::html;
use serde::Deserialize;

use super::Page;
use super::text::number;
use crate::answers::gaps::{GapWords, gaps};
use crate::catalog::selection::Selection;
use crate::console::address;
use crate::console::error::ConsoleError;
use crate::console::state::Console;
use crate::store::SetAside;

/// Gaps that are shown.
const SHOWN: usize = 200;

#[derive(Debug, Default, Deserialize)]
pub(in crate::console) struct GapsQuery {
    #[serde(default)]
    q: String,
}

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    Query(query): Query<GapsQuery>,
) -> Result<Html<String>, ConsoleError> {
    let selection: Selection =
        query.q.parse().map_err(|error| ConsoleError::invalid(format!("selection: {error}")))?;
    if selection.needs_documents() {
        return Err(ConsoleError::invalid("gaps are of products: select by sku, brand, category or title"));
    }
    let locale = console.config.recipes.locales.first();
    let locale =
        locale.ok_or_else(|| ConsoleError::invalid("recipes.locales is empty; name a locale there"))?;
    let words = GapWords { internal: console.pipeline.internal(), labels: &console.config.labels, locale };
    let aside = SetAside::default();
    let found = gaps(&console.store, &selection, console.clock.now(), words, &aside).await?;
    let person = &page.visitor.person;
    let theirs: Vec<_> = found.iter().filter(|gap| person.sees_category(&gap.category)).take(SHOWN).collect();
    let content = html! {
        h1 { (page.t("Gaps")) }
        p.quiet { (page.t("What shoppers ask and texts need, and the catalog does not say.")) }
        form.search method="get" action="/gaps" role="search" {
            input type="search" name="q" value=(query.q) aria-label=(page.t("Products")) placeholder="category:\"Bags\" brand:Acme" maxlength="2000";
            button type="submit" { (page.t("Filter")) }
        }
        @if theirs.is_empty() { p.card { (page.t("Nothing is missed.")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(page.t("Gaps")) { table {
                thead { tr { th { (page.t("Category")) } th { (page.t("Attribute")) } th { (page.t("Why")) } th.number { (page.t("Products")) } th.number { (page.t("Asked")) } th { (page.t("Examples")) } } }
                tbody { @for gap in theirs { tr {
                    td { (gap.category.join(" > ")) }
                    td { (gap.label.as_ref().unwrap_or(&gap.attribute)) }
                    td { (gap.reason.as_str()) }
                    td.number { (number(gap.products)) " / " (number(gap.of_products)) }
                    td.number { (number(gap.asked)) }
                    td.small { @for example in gap.examples.iter().take(3) { div { @if let Some(sku) = &example.sku { a href=(address::product(sku)) { (sku) } " " } (example.text) } } }
                } } }
            } }
        }
    };
    Ok(Html(page.render(page.t("Gaps"), "/gaps", &content).into_string()))
}
