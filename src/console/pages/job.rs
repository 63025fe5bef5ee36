//! One job: how far it is by outcome, what it cost, who asked and why; pause, resume, cancel.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;

use super::Page;
use super::jobs::state as state_chip;
use super::text::{ago, number};
use crate::console::access::Role;
use crate::console::address;
use crate::console::error::ConsoleError;
use crate::console::state::Console;
use crate::jobs::{JobState, Steering, finished, read, steer, tally};
use crate::store::SetAside;
use skuscribe_check::content::Outcome;

/// Failed tasks that are named.
const FAILED_SHOWN: usize = 50;

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    Path(id): Path<String>,
) -> Result<Html<String>, ConsoleError> {
    let aside = SetAside::default();
    let store = &*console.store;
    let job =
        read(store, &id).await?.ok_or_else(|| ConsoleError::not_found(format!("there is no job {id:?}")))?.0;
    let tally = tally(store, &job, &aside).await?;
    let job = finished(store, job, &tally).await?;
    let waits = job.tasks.saturating_sub(tally.done());
    let place = address::job(&job.id);
    let act = |name: &'static str, word: &'static str, class: &'static str| {
        html! { form method="post" action={ (place) "/" (name) } { (page.csrf()) button class=(class) type="submit" { (word) } } }
    };
    let content = html! {
        h1 { (job.id) " " (state_chip(&page, job.state)) }
        p.small.quiet { (job.by) " · " (ago(&page, job.created_at, console.clock.now())) " · " (job.selection) @if !job.recipes.is_empty() { " · " (job.recipes.join(", ")) } }
        div.card {
            progress max=(job.tasks.max(1)) value=(tally.done()) aria-label=(page.tf("{} of {}", &[&tally.done(), &job.tasks])) {}
            p { (page.tf("{} of {}", &[&number(tally.done()), &number(job.tasks)])) }
            div.cards {
                @for (outcome, count) in &tally.outcomes { div.card { div.quiet.small { (outcome) } div.figure { (number(*count)) } } }
                div.card { div.quiet.small { (page.t("wait")) } div.figure { (number(waits)) } }
            }
            @if tally.outcomes.contains_key(&Outcome::Held) {
                p { a href=(address::query("/review", &[("q", &format!("job:{}", job.id))])) { (page.t("Review what it held")) } }
            }
        }
        @if page.visitor.person.may(Role::Operator) {
            div.row {
                @match job.state {
                    JobState::Running => { (act("pause", page.t("Pause"), "")) (act("cancel", page.t("Cancel"), "danger")) }
                    JobState::Paused => { (act("resume", page.t("Resume"), "primary")) (act("cancel", page.t("Cancel"), "danger")) }
                    JobState::Cancelled | JobState::Done => {}
                }
            }
        }
        @if !tally.failed.is_empty() {
            h2 { (page.t("Failed")) }
            ul { @for (sku, locale) in tally.failed.iter().take(FAILED_SHOWN) { li { a href=(address::product(sku)) { (sku) } " " (locale) } } }
            p.small { a href="/dead" { (page.t("Dead letters say why")) } }
        }
    };
    Ok(Html(page.render(&job.id, "/jobs", &content).into_string()))
}

/// Pauses, resumes or cancels a job.
pub(in crate::console) async fn act(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((id, act)): Path<(String, String)>,
) -> Result<Response, ConsoleError> {
    page.must(Role::Operator)?;
    let steering = match act.as_str() {
        "pause" => Steering::Pause,
        "resume" => Steering::Resume,
        "cancel" => Steering::Cancel,
        _ => return Err(ConsoleError::not_found("a job can be paused, resumed or cancelled")),
    };
    let by = &page.visitor.person.name;
    let job = steer(&*console.store, &id, steering, by, console.clock.now()).await?;
    tracing::info!(job.id = %id, job.state = job.state.as_str(), person.name = %by, "a job was steered");
    Ok(Redirect::to(&address::job(&id)).into_response())
}
