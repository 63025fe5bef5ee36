//! One draft that waits: the product's facts on the left, the text with each statement marked on the right, one bar to decide.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::item_parts::{decision_bar, dialogs, edit_form, facts, findings, published, texts_of};
use super::text::ago;
use super::{Page, strip};
use crate::console::access::Role;
use crate::console::address;
use crate::console::error::ConsoleError;
use crate::console::filter::Filter;
use crate::console::read_model::{DocumentRow, PageRequest, ReviewOrder};
use crate::console::state::Console;
use crate::review::HeldDraft;
use skuscribe_check::content::Severity;
use skuscribe_check::product::{Locale, Product, Sku};

/// Drafts that are fetched ahead.
const AHEAD: u16 = 3;

/// Where in which queue an item is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::console) struct ItemQuery {
    /// The queue's filter.
    #[serde(default)]
    pub q: String,
    /// The queue's order.
    #[serde(default)]
    pub order: String,
    /// The cursor of this very item.
    #[serde(default)]
    pub at: String,
    /// Whether the texts are to be edited.
    #[serde(default)]
    pub edit: String,
}

/// What the page of an item shows.
pub(in crate::console) struct Item {
    pub waiting: HeldDraft,
    /// The product as texts of the locale speak of it.
    pub product: Option<Product>,
    /// The items after it, the next one first.
    pub ahead: Vec<String>,
    pub query: ItemQuery,
    /// Somebody else who is on it.
    pub other: Option<String>,
}

impl Item {
    pub(in crate::console) fn sku(&self) -> &Sku {
        &self.waiting.document.sku
    }

    pub(in crate::console) fn locale(&self) -> &Locale {
        &self.waiting.document.locale
    }

    /// Its own address, without the queue.
    pub(in crate::console) fn path(&self) -> String {
        address::item(self.locale(), self.sku())
    }

    /// The same in its queue.
    pub(in crate::console) fn address(&self, edit: bool) -> String {
        let ItemQuery { q, order, at, .. } = &self.query;
        let edit = if edit { "1" } else { "" };
        address::query(&self.path(), &[("q", q), ("order", order), ("at", at), ("edit", edit)])
    }

    /// As many digits of the draft's name as tell it apart.
    pub(in crate::console) fn draft(&self) -> String {
        self.waiting.history.operation.to_string()
    }

    pub(in crate::console) fn title(&self) -> String {
        let title = self.product.as_ref().and_then(|product| product.title.clone());
        title.unwrap_or_else(|| self.sku().to_string())
    }

    pub(in crate::console) fn is_blocked(&self) -> bool {
        self.waiting.history.findings.iter().any(|finding| finding.severity >= Severity::Block)
    }

    /// Where it goes on after this one.
    pub(in crate::console) fn next(&self) -> String {
        let ItemQuery { q, order, .. } = &self.query;
        let list = || address::query("/review", &[("q", q), ("order", order)]);
        self.ahead.first().cloned().unwrap_or_else(list)
    }
}

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku)): Path<(Locale, Sku)>,
    Query(query): Query<ItemQuery>,
    headers: HeaderMap,
) -> Result<Response, ConsoleError> {
    let item = load(&console, &page, &sku, &locale, query).await?;
    let shown = view(&console, &page, &item);
    if headers.contains_key("x-fragment") {
        return Ok(Html(shown.into_string()).into_response());
    }
    let content = html! {
        div.row.between {
            (strip::view(&console, &page))
            span.small.quiet #failures {}
        }
        (shown)
    };
    Ok(Html(page.render(&item.title(), "/review", &content).into_string()).into_response())
}

/// Loads an item that a person may see.
pub(in crate::console) async fn load(
    console: &Console,
    page: &Page,
    sku: &Sku,
    locale: &Locale,
    query: ItemQuery,
) -> Result<Item, ConsoleError> {
    let waiting = console.pipeline.waiting(sku, locale).await?;
    let product = waiting.snapshot.as_ref();
    let category = product.map(|snapshot| snapshot.product.category.clone()).unwrap_or_default();
    if !page.visitor.person.sees(&category, locale) {
        return Err(ConsoleError::forbidden(
            "this product or locale is not among those that your token is for",
        ));
    }
    let product =
        product.map(|snapshot| console.config.labels.product(&snapshot.product, locale).into_owned());
    let ahead = ahead(console, page, &query, sku, locale).await?;
    let lease = console.pipeline.assignment(sku, locale).await?.and_then(|assignment| assignment.lease);
    let now = console.clock.now();
    let other =
        lease.filter(|lease| lease.by != page.visitor.person.name && lease.until > now).map(|lease| lease.by);
    Ok(Item { waiting, product, ahead, query, other })
}

/// The addresses of the items after this one.
async fn ahead(
    console: &Console,
    page: &Page,
    query: &ItemQuery,
    sku: &Sku,
    locale: &Locale,
) -> Result<Vec<String>, ConsoleError> {
    let filter = page.filter(&query.q)?;
    let after = (!query.at.is_empty()).then(|| query.at.clone());
    let request = PageRequest { size: AHEAD + 1, after };
    let order = order_of(&query.order);
    let following = console.model.review_queue(&filter, order, &request).await?;
    let (sku, locale) = (sku.to_string(), locale.to_string());
    let others = following.rows.iter().filter(|row| row.sku != sku || row.locale != locale);
    Ok(others.take(usize::from(AHEAD)).map(|row| address_of(row, order, query)).collect())
}

/// The address of a row of the queue.
pub(in crate::console) fn address_of(row: &DocumentRow, order: ReviewOrder, query: &ItemQuery) -> String {
    let path = address::item(&row.locale, &row.sku);
    address::query(&path, &[("q", &query.q), ("order", &query.order), ("at", &row.cursor(order))])
}

pub(in crate::console) fn order_of(text: &str) -> ReviewOrder {
    match text {
        "newest" => ReviewOrder::Newest,
        "oldest" => ReviewOrder::Oldest,
        _ => ReviewOrder::Severity,
    }
}

/// The item, as a part of a page.
pub(in crate::console) fn view(console: &Console, page: &Page, item: &Item) -> Markup {
    let (history, document) = (&item.waiting.history, &item.waiting.document);
    let is_edited = !item.query.edit.is_empty();
    let may_decide = page.visitor.person.may(Role::Reviewer);
    let made = history.recipes.values().next().map(|state| &state.provenance);
    html! {
        article #item data-next=(item.next()) data-ahead=(item.ahead.join("\n")) data-address=(item.address(is_edited))
            data-title={ (item.title()) " · Skuscribe" } data-lease=(item.path()) {
            h1 tabindex="-1" { (item.title()) }
            p.row.small.quiet {
                a href=(address::product(item.sku())) { (item.sku()) }
                span { (item.locale()) }
                @if let Some(made) = made {
                    span { (made.model) } (ago(page, made.generated_at, console.clock.now()))
                }
                @if let Some(other) = &item.other { span.chip.hold { (page.tf("{} is on it", &[other])) } }
                @if document.locks.iter().any(|lock| history.recipes.contains_key(lock)) { span.chip { (page.t("locked")) } }
            }
            div.item {
                (facts(console, page, item))
                section.card {
                    @if is_edited && may_decide {
                        (edit_form(page, item))
                    } @else {
                        p #why .why aria-live="polite" { (page.t("Point at a marked part to see what decided it.")) }
                        (texts_of(console, page, item))
                        (findings(page, item, may_decide))
                        (published(page, item))
                    }
                }
            }
            @if may_decide && !is_edited { (decision_bar(page, item)) (dialogs(page, item)) }
        }
    }
}

impl Page {
    /// A filter as it was typed, narrowed to what the person may see.
    pub(in crate::console) fn filter(&self, typed: &str) -> Result<Filter, ConsoleError> {
        let mut filter: Filter = typed.parse().map_err(ConsoleError::invalid)?;
        let person = &self.visitor.person;
        filter.scope.locales.clone_from(&person.locales);
        filter.scope.categories.clone_from(&person.categories);
        Ok(filter)
    }
}

/// Where an item is, in no queue.
pub(in crate::console) fn address_without_queue(locale: &Locale, sku: &Sku) -> String {
    address::item(locale, sku)
}
