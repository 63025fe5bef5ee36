//! The catalog: every document, searched by words, state, locale, category, finding and quality.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Html;
use maud::html;

use super::Page;
use super::text::{ago, money, number};
use crate::console::address;
use crate::console::error::ConsoleError;
use crate::console::read_model::PageRequest;
use crate::console::state::Console;

/// Documents of a page.
const SHOWN: u16 = 50;

#[derive(Debug, serde::Deserialize)]
pub(in crate::console) struct CatalogQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    Query(query): Query<CatalogQuery>,
) -> Result<Html<String>, ConsoleError> {
    let found = match page.filter(&query.q) {
        Ok(filter) => {
            let after = (!query.after.is_empty()).then(|| query.after.clone());
            Ok(console.model.search(&filter, &PageRequest { size: SHOWN, after }).await?)
        }
        Err(error) => Err(error),
    };
    let now = console.clock.now();
    let content = html! {
        h1 { (page.t("Catalog")) }
        form.search method="get" action="/catalog" role="search" {
            input type="search" name="q" value=(query.q) aria-label=(page.t("Search")) placeholder="mug state:published quality:<0.6 brand:Acme" maxlength="2000";
            button type="submit" { (page.t("Search")) }
        }
        @match &found {
            Err(error) => p.notice.bad role="alert" { (error.message()) },
            Ok(found) if found.rows.is_empty() => p.card { (page.t("No document is like this.")) },
            Ok(found) => {
                div.scroll tabindex="0" role="region" aria-label=(page.t("Documents")) {
                    table {
                        thead { tr {
                            th { (page.t("Product")) } th { (page.t("First sentence")) } th { (page.t("State")) } th { (page.t("Locale")) }
                            th.number { (page.t("Quality")) } th.number { (page.t("Cost")) } th { (page.t("Changed")) }
                        } }
                        tbody {
                            @for row in &found.rows {
                                tr {
                                    td { a href=(address::product(&row.sku)) { (if row.title.is_empty() { &row.sku } else { &row.title }) } br;
                                        span.small.quiet { (row.sku) @if !row.brand.is_empty() { " · " (row.brand) } @if !row.category.is_empty() { " · " (row.category) } } }
                                    td { (row.sentence) }
                                    td { (super::product::state(&page, row.state)) @if row.waiting.is_some() { " " a.chip.hold href=(address::item(&row.locale, &row.sku)) { (page.t("waits")) } } }
                                    td { (row.locale) }
                                    td.number { @if let Some(quality) = row.quality { (format!("{quality:.2}")) } }
                                    td.number { (money(row.cost)) }
                                    td { (ago(&page, row.updated_at, now)) }
                                }
                            }
                        }
                    }
                }
                @if let Some(next) = &found.next {
                    p { a.button href=(address::query("/catalog", &[("q", &query.q), ("after", next)])) { (page.t("More")) } }
                }
                p.small.quiet { (page.tf("{} on this page", &[&number(found.rows.len() as u64)])) }
            }
        }
    };
    Ok(Html(page.render(page.t("Catalog"), "/catalog", &content).into_string()))
}
