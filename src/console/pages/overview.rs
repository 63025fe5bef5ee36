//! The overview: whether the night went well, on one screen; its figures renew themselves.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Html;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use super::Page;
use super::chart::outcomes_chart;
use super::text::{ago, money, number};
use crate::broker::QueueDepth;
use crate::console::error::ConsoleError;
use crate::console::read_model::{BucketWidth, StateTotal};
use crate::console::state::Console;
use crate::limits::ledger::read_day;
use crate::store::SetAside;
use crate::store::workers::{WorkerReport, living};

/// How often the figures renew themselves.
const EVERY: Duration = Duration::from_secs(5);
/// The hours that the chart shows.
const HOURS_SHOWN: i64 = 24;

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
) -> Result<Html<String>, ConsoleError> {
    let figures = figures(&console, &page).await?;
    let content = html! {
        h1 { (page.t("Overview")) }
        div hx-ext="sse" sse-connect="/live" { div sse-swap="figures" { (figures) } }
    };
    Ok(Html(page.render(page.t("Overview"), "/", &content).into_string()))
}

/// The figures as events, for as long as the page is open.
pub(in crate::console) async fn stream(
    State(console): State<Arc<Console>>,
    page: Page,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stream::unfold((console, page), |(console, page)| async move {
        tokio::time::sleep(EVERY).await;
        let event = match figures(&console, &page).await {
            Ok(figures) => Event::default().event("figures").data(figures.into_string().replace('\n', " ")),
            // The page keeps the figures that it has.
            Err(error) => Event::default().comment(error.message().replace('\n', " ")),
        };
        Some((Ok(event), (console, page)))
    });
    Sse::new(events).keep_alive(KeepAlive::new())
}

async fn figures(console: &Console, page: &Page) -> Result<Markup, ConsoleError> {
    let now = console.clock.now();
    let from = now.checked_sub(SignedDuration::from_hours(HOURS_SHOWN)).unwrap_or(Timestamp::MIN);
    let person = &page.visitor.person;
    let totals = console.model.totals().await?;
    let hours = console.model.timeline(from, now, BucketWidth::Hour).await?;
    let aside = SetAside::default();
    let today = read_day(&*console.store, crate::clock::today(now), &aside).await?;
    let lanes = console.lanes().await;
    let workers = living(&*console.store, now, &aside).await?;
    let theirs = |total: &&StateTotal| total.locale.parse().is_ok_and(|locale| person.sees_locale(&locale));
    let count = |keep: &dyn Fn(&&StateTotal) -> bool| {
        let documents: i64 = totals.iter().filter(theirs).filter(keep).map(|total| total.documents).sum();
        documents.max(0).unsigned_abs()
    };
    let published = count(&|total| total.state == "published");
    let waiting = if person.categories.is_empty() {
        count(&|total| total.waiting)
    } else {
        console.model.review_counts(&page.filter("")?).await?.drafts
    };
    let quota = &console.config.quota;
    let spent = money(today.total.nanos);
    Ok(html! {
        div.cards {
            div.card { div.quiet.small { (page.t("Published")) } div.figure { (number(published)) } }
            div.card { div.quiet.small { (page.t("Wait for a person")) } div.figure { a href="/review" { (number(waiting)) } } }
            div.card { div.quiet.small { (page.t("Model calls today")) } div.figure { (number(today.total.calls)) } }
            div.card { div.quiet.small { (page.t("Tokens today")) } div.figure { (number(today.total.usage.total())) } }
            div.card {
                div.quiet.small { (page.t("Spent today")) }
                div.figure { (spent) " " span.small { (quota.currency) } }
                @if quota.spend_per_day > 0.0 {
                    div.small.quiet { (page.tf("of {} a day", &[&format!("{:.2}", quota.spend_per_day)])) }
                    progress max="100" value=(share(today.total.nanos, quota.spend_per_day)) aria-label=(page.t("Share of the day's budget")) {}
                }
            }
        }
        (alarms(page, lanes.as_ref(), today.total.nanos, quota.spend_per_day))
        section.card {
            h2 { (page.t("The last 24 hours")) }
            (outcomes_chart(page, &hours))
        }
        (lane_table(page, lanes.as_ref()))
        (worker_table(page, &workers, now))
    })
}

fn share(nanos: i64, most: f64) -> String {
    format!("{:.0}", (nanos as f64 / 1e9 / most * 100.0).clamp(0.0, 100.0))
}

/// What is not as it should be, each with what to do.
fn alarms(page: &Page, lanes: Option<&Vec<QueueDepth>>, nanos: i64, most: f64) -> Markup {
    let without_consumer = |lane: &&QueueDepth| lane.is_work && lane.consumers == 0 && lane.messages > 0;
    let stuck: Vec<&QueueDepth> = lanes.into_iter().flatten().filter(without_consumer).collect();
    let dead: u64 =
        lanes.into_iter().flatten().filter(|lane| !lane.is_work).map(|lane| u64::from(lane.messages)).sum();
    html! {
        @if lanes.is_none() { p.notice.warn role="status" { (page.t("The broker does not answer: nothing can be asked for again, and no figure of lanes is known. Start it, or see `skuscribe doctor`.")) } }
        @for lane in stuck { p.notice.bad role="status" { (page.tf("{} messages wait on the lane {} and no worker consumes it: start `skuscribe worker`.", &[&number(u64::from(lane.messages)), &lane.queue])) } }
        @if dead > 0 { p.notice.warn role="status" { a href="/dead" { (page.tf("{} dead letters wait for a look.", &[&number(dead)])) } } }
        @if most > 0.0 && nanos as f64 / 1e9 >= most { p.notice.bad role="status" { (page.t("The day's budget is spent: texts wait until 00:00 UTC, or until quota.spend_per_day is raised.")) } }
    }
}

fn lane_table(page: &Page, lanes: Option<&Vec<QueueDepth>>) -> Markup {
    html! {
        @if let Some(lanes) = lanes {
            h2 { (page.t("Lanes")) }
            div.scroll tabindex="0" role="region" aria-label=(page.t("Lanes")) { table {
                thead { tr { th { (page.t("Queue")) } th.number { (page.t("Messages")) } th.number { (page.t("Workers")) } } }
                tbody { @for lane in lanes { tr { td { (lane.queue) } td.number { (number(u64::from(lane.messages))) } td.number { @if lane.is_work { (lane.consumers) } } } } }
            } }
        }
    }
}

/// What workers say of themselves.
fn worker_table(page: &Page, workers: &[WorkerReport], now: Timestamp) -> Markup {
    html! {
        h2 { (page.t("Workers")) }
        @if workers.is_empty() { p.card { (page.t("No worker has said anything in the last minute.")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(page.t("Workers")) { table {
                thead { tr { th { (page.t("Worker")) } th { (page.t("Lanes")) } th.number { (page.t("In progress")) } th { (page.t("Paused")) } th { (page.t("Last sign of life")) } } }
                tbody { @for worker in workers { tr {
                    td { (worker.process) }
                    td { (worker.lanes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) }
                    td.number { (number(worker.in_flight)) }
                    td { @for (lane, why) in &worker.paused { div { (lane) ": " (why) } } }
                    td { (ago(page, worker.at, now)) }
                } } }
            } }
        }
    }
}
