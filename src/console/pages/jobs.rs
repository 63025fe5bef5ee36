//! Jobs: what was asked for in bulk, how far it is, and the form that asks.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::Page;
use super::text::{ago, number};
use crate::catalog::selection::Selection;
use crate::console::access::Role;
use crate::console::address;
use crate::console::error::ConsoleError;
use crate::console::job_requests::Asked;
use crate::console::state::Console;
use crate::jobs::{Job, JobState, JobTally, finished, read, tallies};
use crate::store::{Key, SetAside, keys};

/// Jobs that are listed, the newest.
const LISTED: usize = 100;
/// Most jobs that are looked for.
const JOBS_MAX: usize = 100_000;

pub(in crate::console) async fn list(
    State(console): State<Arc<Console>>,
    page: Page,
) -> Result<Html<String>, ConsoleError> {
    let aside = SetAside::default();
    let store = &*console.store;
    let mut jobs: Vec<Job> = Vec::new();
    let all = keys(store, "jobs/", JOBS_MAX, &aside).await?;
    for key in all.into_iter().rev().take(LISTED) {
        let Key::Job { id } = key else { continue };
        jobs.extend(aside.skip(read(store, &id).await)?.map(|(job, _)| job));
    }
    let counted = tallies(store, &jobs, &aside).await?;
    let mut rows = Vec::new();
    for (job, tally) in jobs.into_iter().zip(counted) {
        rows.push((finished(store, job, &tally).await?, tally));
    }
    let content = html! {
        div.row.between { h1 { (page.t("Jobs")) }
            @if page.visitor.person.may(Role::Operator) { a.button.primary href="/jobs/new" { (page.t("New job")) } } }
        @if rows.is_empty() { p.card { (page.t("No job was asked for yet.")) } } @else { (table(&console, &page, &rows)) }
    };
    Ok(Html(page.render(page.t("Jobs"), "/jobs", &content).into_string()))
}

fn table(console: &Console, page: &Page, rows: &[(Job, JobTally)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(page.t("Jobs")) { table {
            thead { tr { th { (page.t("Job")) } th { (page.t("Selection")) } th { (page.t("State")) } th { (page.t("Progress")) } th { (page.t("By")) } th { (page.t("Begun")) } } }
            tbody { @for (job, tally) in rows { tr {
                td { a href=(address::job(&job.id)) { (job.id) } }
                td { (job.selection) }
                td { (state(page, job.state)) }
                td { progress max=(job.tasks.max(1)) value=(tally.done()) aria-label=(page.tf("{} of {}", &[&tally.done(), &job.tasks])) {} span.small { (page.tf("{} of {}", &[&number(tally.done()), &number(job.tasks)])) } }
                td { (job.by) }
                td { (ago(page, job.created_at, console.clock.now())) }
            } } }
        } }
    }
}

/// A job's state as a chip.
pub(super) fn state(page: &Page, state: JobState) -> Markup {
    let (class, word) = match state {
        JobState::Running => ("published", page.t("running")),
        JobState::Paused => ("hold", page.t("paused")),
        JobState::Cancelled => ("", page.t("cancelled")),
        JobState::Done => ("published", page.t("done")),
    };
    html! { span class={ "chip " (class) } { (word) } }
}

/// What the form of a job asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::console) struct JobForm {
    #[serde(default)]
    pub select: String,
    #[serde(default)]
    pub recipes: String,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub changed_only: Option<String>,
    /// The tasks that were shown when it was asked for: others were not agreed to.
    #[serde(default)]
    pub tasks: Option<u64>,
}

impl JobForm {
    fn recipes(&self) -> Vec<String> {
        self.recipes.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    fn asked(&self) -> Result<Asked, ConsoleError> {
        let note = Some(self.note.trim().to_owned()).filter(|note| !note.is_empty());
        let (recipes, changed_only) = (self.recipes(), self.changed_only.is_some());
        Ok(Asked { selection: self.selection()?, typed: self.select.clone(), recipes, changed_only, note })
    }

    fn selection(&self) -> Result<Selection, ConsoleError> {
        if self.select.trim().is_empty() {
            return Err(ConsoleError::invalid(
                "the selection is empty: that would be the whole catalog; write `sku:*` if it is meant",
            ));
        }
        self.select.parse().map_err(|error| ConsoleError::invalid(format!("selection: {error}")))
    }
}

pub(in crate::console) async fn new(page: Page) -> Result<Html<String>, ConsoleError> {
    page.must(Role::Operator)?;
    Ok(Html(form(&page, &JobForm::default(), &html! {}).into_string()))
}

fn form(page: &Page, asked: &JobForm, result: &Markup) -> Markup {
    let content = html! {
        h1 { (page.t("New job")) }
        form.card method="post" action="/jobs/estimate" {
            (page.csrf())
            p { label for="select" { (page.t("Products")) }
                input #select type="text" name="select" size="60" maxlength="2000" required value=(asked.select) placeholder="category:\"Shoes\" brand:Acme locale:de-DE"; }
            p { label for="recipes" { (page.t("Recipes, separated by commas; none for those that each document has")) }
                input #recipes type="text" name="recipes" size="40" maxlength="500" value=(asked.recipes); }
            p { label for="note" { (page.t("Note to the writer, for this job alone")) } textarea #note name="note" maxlength="1000" { (asked.note) } }
            p { label.inline { input type="checkbox" name="changed_only" value="1" checked[asked.changed_only.is_some()]; (page.t("only what is missing or was made from other facts")) } }
            button.primary type="submit" { (page.t("Count and estimate")) }
        }
        (result)
    };
    page.render(page.t("New job"), "/jobs", &content)
}

/// Counts what a job would be about, and what it would cost; nothing is asked for yet.
pub(in crate::console) async fn estimate(
    State(console): State<Arc<Console>>,
    page: Page,
    Form(asked): Form<JobForm>,
) -> Result<Html<String>, ConsoleError> {
    page.must(Role::Operator)?;
    let estimate = match asked.asked() {
        Ok(asked) => console.job_estimate(&page, asked).await,
        Err(error) => Err(error),
    };
    let result = match estimate {
        Err(error) => html! { p.notice.bad role="alert" { (error.message()) } },
        Ok(estimate) => html! {
            section.card {
                h2 { (page.tf("{} products, {} texts", &[&number(estimate.products), &number(estimate.tasks)])) }
                @match estimate.cost {
                    Some(cost) => p { (page.tf("{} model calls, about {} {}", &[&number(estimate.calls), &format!("{cost:.2}"), &console.config.quota.currency])) },
                    None => p { (page.tf("{} model calls; the model has no price in the settings", &[&number(estimate.calls)])) },
                }
                @if !estimate.examples.is_empty() { p.small.quiet { (page.t("Among them")) ": " (estimate.examples.join(" · ")) } }
                @if estimate.tasks > 0 {
                    form method="post" action="/jobs" {
                        (page.csrf())
                        input type="hidden" name="select" value=(asked.select);
                        input type="hidden" name="recipes" value=(asked.recipes);
                        input type="hidden" name="note" value=(asked.note);
                        input type="hidden" name="tasks" value=(estimate.tasks);
                        @if asked.changed_only.is_some() { input type="hidden" name="changed_only" value="1"; }
                        button.primary type="submit" { (page.tf("Ask for {} texts", &[&number(estimate.tasks)])) }
                    }
                }
            }
        },
    };
    Ok(Html(form(&page, &asked, &result).into_string()))
}

pub(in crate::console) async fn start(
    State(console): State<Arc<Console>>,
    page: Page,
    Form(asked): Form<JobForm>,
) -> Result<Response, ConsoleError> {
    page.must(Role::Operator)?;
    let job = console.start_job(&page, asked.asked()?, asked.tasks).await?;
    Ok(Redirect::to(&address::job(&job)).into_response())
}
