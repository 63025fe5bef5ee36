//! A decision on everything that a filter lets through: the count, what is excluded and why, a sample, then one word.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::Page;
use super::text::number;
use crate::console::access::Role;
use crate::console::address;
use crate::console::bulk::{BulkAct, BulkRun, RUN_MAX, Target};
use crate::console::error::ConsoleError;
use crate::console::filter::Filter;
use crate::console::read_model::{DocumentRow, PAGE_MAX, PageRequest, ReviewOrder};
use crate::console::state::Console;
use skuscribe_check::content::Severity;

/// Drafts that are shown before anybody decides on all.
const SAMPLE: usize = 8;

#[derive(Debug, Default, Deserialize)]
pub(in crate::console) struct BulkQuery {
    #[serde(default)]
    q: String,
}

/// What a filter lets through, frozen: what can be approved, and what a finding blocks.
struct FrozenSet {
    open: Vec<DocumentRow>,
    blocked: Vec<DocumentRow>,
    /// Whether there is more than one run takes.
    more: bool,
}

async fn frozen(console: &Console, filter: &Filter) -> Result<FrozenSet, ConsoleError> {
    let (mut set, mut after) = (FrozenSet { open: Vec::new(), blocked: Vec::new(), more: false }, None);
    loop {
        let request = PageRequest { size: PAGE_MAX, after };
        let page = console.model.review_queue(filter, ReviewOrder::Oldest, &request).await?;
        for row in page.rows {
            let severity = row.waiting.as_ref().and_then(|waiting| waiting.severity);
            if severity == Some(Severity::Block) { set.blocked.push(row) } else { set.open.push(row) }
        }
        if set.open.len() + set.blocked.len() > RUN_MAX {
            set.open.truncate(RUN_MAX);
            set.more = true;
            return Ok(set);
        }
        let Some(next) = page.next else { return Ok(set) };
        after = Some(next);
    }
}

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    Query(query): Query<BulkQuery>,
) -> Result<Html<String>, ConsoleError> {
    page.must(Role::Reviewer)?;
    let filter = page.filter(&query.q)?;
    let set = frozen(&console, &filter).await?;
    let count = set.open.len();
    let content = html! {
        h1 { (page.t("Decide on many drafts")) }
        p { (page.t("Filter")) ": " code { (if query.q.is_empty() { page.t("everything that waits") } else { &query.q }) } }
        div.cards {
            div.card { div.quiet.small { (page.t("can be decided on")) } div.figure { (number(count as u64)) } }
            div.card { div.quiet.small { (page.t("excluded: a finding blocks them")) } div.figure { (number(set.blocked.len() as u64)) } }
        }
        @if set.more { p.notice.warn { (page.tf("There are more: one run takes {}; do it again afterwards.", &[&number(RUN_MAX as u64)])) } }
        @if let Some(example) = set.blocked.iter().find_map(|row| row.waiting.as_ref()?.rules.first()) {
            p.small.quiet { (page.tf("Blocked for instance by {}.", &[example])) " " a href=(address::query("/review", &[("q", &format!("{} severity:block", query.q))])) { (page.t("Look at them")) } }
        }
        @if count > 0 {
            h2 { (page.t("A sample: look at it first")) }
            (sample(&page, &set.open, &query.q))
            form.card method="post" action="/review/bulk" {
                (page.csrf())
                input type="hidden" name="q" value=(query.q);
                p { label for="count" { (page.tf("Type the number {} to say that you mean all of them", &[&count])) } input #count type="text" inputmode="numeric" name="count" required size="8" autocomplete="off"; }
                p { label for="why" { (page.t("Why")) } input #why type="text" name="why" required maxlength="500" size="50"; }
                p.row {
                    button.primary type="submit" name="act" value="approve" { (page.tf("Approve {}", &[&number(count as u64)])) }
                    button.danger type="submit" name="act" value="reject" { (page.tf("Reject {}", &[&number(count as u64)])) }
                    a.button href=(address::query("/review", &[("q", &query.q)])) { (page.t("Leave it")) }
                }
            }
        } @else { p.card { (page.t("Nothing of it can be decided on at once.")) } }
    };
    Ok(Html(page.render(page.t("Decide on many drafts"), "/review", &content).into_string()))
}

/// Some of the set, from all over it.
fn sample(page: &Page, rows: &[DocumentRow], q: &str) -> Markup {
    let step = (rows.len() / SAMPLE).max(1);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(page.t("A sample: look at it first")) { table {
            thead { tr { th { (page.t("Product")) } th { (page.t("First sentence")) } th { (page.t("Why it waits")) } } }
            tbody { @for row in rows.iter().step_by(step).take(SAMPLE) { tr {
                td { a href=(address::query(&address::item(&row.locale, &row.sku), &[("q", q)])) { (if row.title.is_empty() { &row.sku } else { &row.title }) } " " span.small.quiet { (row.locale) } }
                td { (row.sentence) }
                td { @if let Some(waiting) = &row.waiting { (waiting.rules.join(", ")) } }
            } } }
        } }
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::console) struct BulkForm {
    #[serde(default)]
    q: String,
    #[serde(default)]
    count: String,
    #[serde(default)]
    why: String,
    act: String,
}

pub(in crate::console) async fn decide(
    State(console): State<Arc<Console>>,
    page: Page,
    Form(form): Form<BulkForm>,
) -> Result<Response, ConsoleError> {
    page.must(Role::Reviewer)?;
    let act = match form.act.as_str() {
        "approve" => BulkAct::Approve,
        "reject" => BulkAct::Reject,
        _ => return Err(ConsoleError::invalid("many drafts can be approved or rejected")),
    };
    if form.why.trim().is_empty() {
        return Err(ConsoleError::invalid("say why; it stands with each of the decisions"));
    }
    let set = frozen(&console, &page.filter(&form.q)?).await?;
    if form.count.trim() != set.open.len().to_string() {
        let message = format!(
            "{} drafts can be decided on now, and you typed {:?}; look again",
            set.open.len(),
            form.count
        );
        return Err(ConsoleError::conflict(message));
    }
    let targets = set.open.iter().filter_map(target).collect();
    let id = begin(&console, &page, act, targets, form.why.trim(), &form.q);
    Ok(Redirect::to(&format!("/review/runs/{id}")).into_response())
}

fn target(row: &DocumentRow) -> Option<Target> {
    let draft = row.waiting.as_ref()?.draft.clone();
    Some(Target { sku: row.sku.parse().ok()?, locale: row.locale.parse().ok()?, draft })
}

fn begin(
    console: &Arc<Console>,
    page: &Page,
    act: BulkAct,
    targets: Vec<Target>,
    why: &str,
    filter: &str,
) -> String {
    let now = console.clock.now();
    let run = BulkRun {
        id: format!("{}-{:06x}", now.strftime("%Y%m%d-%H%M%S"), fastrand::u32(..1 << 24)),
        act,
        by: page.visitor.person.name.clone(),
        why: why.to_owned(),
        filter: filter.to_owned(),
        begun_at: now,
        total: targets.len(),
        done: Vec::new(),
        failed: Vec::new(),
        failures: 0,
        is_over: false,
    };
    console.bulk.begin(console, run, targets)
}

pub(in crate::console) async fn run(
    State(console): State<Arc<Console>>,
    page: Page,
    Path(id): Path<String>,
) -> Result<Html<String>, ConsoleError> {
    let run = console.bulk.of(&id).ok_or_else(|| {
        ConsoleError::not_found(
            "this run is not known any more; the history of each product has its decisions",
        )
    })?;
    let over = run.done.len() + run.failures;
    let title = match run.act {
        BulkAct::Approve => page.t("Approving"),
        BulkAct::Reject => page.t("Rejecting"),
        BulkAct::Undo => page.t("Undoing"),
    };
    let figures = html! {
        div #run hx-get=[(!run.is_over).then_some(format!("/review/runs/{id}"))] hx-trigger="every 1s" hx-select="#run" hx-swap="outerHTML" {
            progress max=(run.total.max(1)) value=(over) aria-label=(page.tf("{} of {}", &[&over, &run.total])) {}
            p { (page.tf("{} of {}", &[&number(over as u64), &number(run.total as u64)])) " · " (page.tf("{} could not be decided on", &[&number(run.failures as u64)])) }
            @if !run.failed.is_empty() {
                ul { @for (target, why) in &run.failed { li { a href=(address::item(&target.locale, &target.sku)) { (target.sku) } " " (target.locale) ": " (why) } } }
            }
            @if run.is_over && run.act != BulkAct::Undo && !run.done.is_empty() && page.visitor.person.may(Role::Reviewer) {
                form method="post" action={ "/review/runs/" (id) "/undo" } { (page.csrf()) button type="submit" { (page.tf("Take all {} back", &[&number(run.done.len() as u64)])) } }
            }
        }
    };
    let content = html! {
        h1 { (title) }
        p.small.quiet { (run.by) " · " (super::text::ago(&page, run.begun_at, console.clock.now())) " · " code { (run.filter) } " · “" (run.why) "”" }
        div.card aria-live="polite" { (figures) }
        p { a.button href="/review" { (page.t("Review")) } }
    };
    Ok(Html(page.render(title, "/review", &content).into_string()))
}

/// Takes back everything that a run decided; what was decided on again since then stays.
pub(in crate::console) async fn undo(
    State(console): State<Arc<Console>>,
    page: Page,
    Path(id): Path<String>,
) -> Result<Response, ConsoleError> {
    page.must(Role::Reviewer)?;
    let run =
        console.bulk.of(&id).ok_or_else(|| ConsoleError::not_found("this run is not known any more"))?;
    if run.by != page.visitor.person.name && !page.visitor.person.may(Role::Operator) {
        return Err(ConsoleError::forbidden("another person's run is taken back by an operator"));
    }
    let why = format!("undo of run {id}");
    let id = begin(&console, &page, BulkAct::Undo, run.done, &why, &run.filter);
    Ok(Redirect::to(&format!("/review/runs/{id}")).into_response())
}
