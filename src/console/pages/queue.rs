//! The review queue: what waits, by filter; the filter is the address, and so a queue that can be kept.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Html;
use maud::{Markup, html};

use super::item::{ItemQuery, address_of, order_of};
use super::text::{ago, number};
use super::{Page, strip};
use crate::console::access::Role;
use crate::console::address;
use crate::console::error::ConsoleError;
use crate::console::filter::Filter;
use crate::console::read_model::{Counts, DocumentRow, PageRequest};
use crate::console::state::Console;
use skuscribe_check::content::Severity;

/// Drafts of a page.
const SHOWN: u16 = 50;
/// Rules that are offered as filters.
const OFFERED: usize = 8;

/// What the address of the queue says.
#[derive(Debug, Default, serde::Deserialize)]
pub(in crate::console) struct QueueQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    order: String,
    #[serde(default)]
    after: String,
}

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    Query(query): Query<QueueQuery>,
) -> Result<Html<String>, ConsoleError> {
    let filter = match page.filter(&query.q) {
        Ok(filter) => filter,
        Err(error) => return Ok(Html(refused(&page, &query, &error).into_string())),
    };
    let order = order_of(&query.order);
    let after = (!query.after.is_empty()).then(|| query.after.clone());
    let request = PageRequest { size: SHOWN, after };
    let counted = console.model.review_counts(&filter);
    let (drafts, counts) = tokio::try_join!(console.model.review_queue(&filter, order, &request), counted)?;
    let items = ItemQuery { q: query.q.clone(), order: query.order.clone(), ..ItemQuery::default() };
    let addresses: Vec<String> = drafts.rows.iter().map(|row| address_of(row, order, &items)).collect();
    let content = html! {
        div.row.between {
            h1 { (page.t("Review")) " " span.badge { (number(counts.drafts)) @if counts.more { "+" } } }
            (strip::view(&console, &page))
        }
        (search(&page, &query))
        (offered(&page, &query, &filter, &counts))
        p.row {
            @if let Some(first) = addresses.first() {
                @if page.visitor.person.may(Role::Reviewer) { a.button.primary href=(first) { (page.t("Start reviewing")) } }
                a.button href=(address::query("/review/bulk", &[("q", &query.q)])) { (page.tf("Decide on all {}", &[&number(counts.drafts)])) }
            }
            @if counts.blocked > 0 { span.small.quiet { (page.tf("{} are blocked and can only be edited or rejected", &[&number(counts.blocked)])) } }
        }
        (table(&console, &page, &drafts.rows, &addresses))
        @if let Some(next) = &drafts.next {
            p { a.button href=(address::query("/review", &[("q", &query.q), ("order", &query.order), ("after", next)])) { (page.t("More")) } }
        }
    };
    Ok(Html(page.render(page.t("Review"), "/review", &content).into_string()))
}

fn refused(page: &Page, query: &QueueQuery, error: &ConsoleError) -> Markup {
    let content = html! {
        h1 { (page.t("Review")) }
        (search(page, query))
        p.notice.bad role="alert" { (error.message()) }
    };
    page.render(page.t("Review"), "/review", &content)
}

fn search(page: &Page, query: &QueueQuery) -> Markup {
    html! {
        form.search method="get" action="/review" role="search" {
            input type="search" name="q" value=(query.q) aria-label=(page.t("Filter")) placeholder="rule:facts category:\"Bags\" locale:de-DE age:>2d" maxlength="2000";
            select name="order" aria-label=(page.t("Order")) {
                @for (value, name) in [("", page.t("worst first")), ("oldest", page.t("oldest first")), ("newest", page.t("newest first"))] {
                    option value=(value) selected[query.order == value] { (name) }
                }
            }
            button type="submit" { (page.t("Filter")) }
        }
    }
}

/// Rules and categories with how many drafts they hold, as filters to choose.
fn offered(page: &Page, query: &QueueQuery, filter: &Filter, counts: &Counts) -> Markup {
    let with = |change: &dyn Fn(&mut Filter)| {
        let mut narrower = filter.clone();
        change(&mut narrower);
        address::query("/review", &[("q", &narrower.to_string()), ("order", &query.order)])
    };
    html! {
        @if !counts.by_rule.is_empty() {
            p.row.small aria-label=(page.t("Rules")) {
                @for (rule, drafts) in counts.by_rule.iter().take(OFFERED) {
                    a.chip.hold href=(with(&|narrower| narrower.rules = vec![rule.clone()])) { (rule) " " (number(*drafts)) }
                }
            }
        }
        @if counts.by_category.len() > 1 {
            p.row.small aria-label=(page.t("Categories")) {
                @for (category, drafts) in counts.by_category.iter().filter(|(category, _)| !category.is_empty()).take(OFFERED) {
                    a.chip href=(with(&|narrower| narrower.categories = vec![category.clone()])) { (category) " " (number(*drafts)) }
                }
            }
        }
    }
}

fn table(console: &Console, page: &Page, rows: &[DocumentRow], addresses: &[String]) -> Markup {
    if rows.is_empty() {
        return html! { p.card { (page.t("Nothing waits for a person.")) } };
    }
    let now = console.clock.now();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(page.t("What waits")) {
            table {
                thead { tr { th { (page.t("Product")) } th { (page.t("First sentence")) } th { (page.t("Why it waits")) } th { (page.t("Locale")) } th { (page.t("Waits")) } } }
                tbody {
                    @for (row, address) in rows.iter().zip(addresses) {
                        @if let Some(waiting) = &row.waiting {
                            tr {
                                td { a href=(address) { (if row.title.is_empty() { &row.sku } else { &row.title }) } br; span.small.quiet { (row.sku) @if !row.category.is_empty() { " · " (row.category) } } }
                                td { (row.sentence) }
                                td { div.row { @for rule in &waiting.rules { span class={ "chip " (class(waiting.severity)) } { (rule) } } } }
                                td { (row.locale) }
                                td { (ago(page, waiting.held_at, now)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn class(severity: Option<Severity>) -> &'static str {
    severity.map_or("note", super::item_parts::severity)
}
