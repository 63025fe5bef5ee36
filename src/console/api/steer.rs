//! Jobs and costs for programs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiPath, ApiQuery, ApiResult, problem};
use crate::console::access::Role;
use crate::console::error::ConsoleError;
use crate::console::pages::Page;
use crate::console::read_model::{Cost, CostPart};
use crate::console::state::Console;
use crate::jobs::{Job, Steering, finished, read, steer, tally};
use crate::store::{Key, SetAside, keys};

/// Jobs that are listed, the newest.
const LISTED: usize = 200;
/// Most jobs that are looked for.
const JOBS_MAX: usize = 100_000;

pub(super) async fn jobs(State(console): State<Arc<Console>>, _page: Page) -> ApiResult<Vec<Job>> {
    let aside = SetAside::default();
    let mut jobs = Vec::new();
    for key in keys(&*console.store, "jobs/", JOBS_MAX, &aside)
        .await
        .map_err(problem)?
        .into_iter()
        .rev()
        .take(LISTED)
    {
        let Key::Job { id } = key else { continue };
        let job = aside.skip(read(&*console.store, &id).await).map_err(problem)?;
        jobs.extend(job.map(|(job, _)| job));
    }
    Ok(Json(jobs))
}

pub(super) async fn job(
    State(console): State<Arc<Console>>,
    _page: Page,
    ApiPath(id): ApiPath<String>,
) -> ApiResult<Value> {
    let (store, aside) = (&*console.store, SetAside::default());
    let missing = || problem(ConsoleError::not_found(format!("there is no job {id:?}")));
    let job = read(store, &id).await.map_err(problem)?.ok_or_else(missing)?.0;
    let tally = tally(store, &job, &aside).await.map_err(problem)?;
    let job = finished(store, job, &tally).await.map_err(problem)?;
    let outcomes: serde_json::Map<String, Value> =
        tally.outcomes.iter().map(|(outcome, count)| (outcome.to_string(), json!(count))).collect();
    Ok(Json(json!({ "job": job, "outcomes": outcomes, "done": tally.done(), "failed": tally.failed })))
}

pub(super) async fn act(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((id, act)): ApiPath<(String, String)>,
) -> ApiResult<Job> {
    page.must(Role::Operator).map_err(problem)?;
    let steering = match act.as_str() {
        "pause" => Steering::Pause,
        "resume" => Steering::Resume,
        "cancel" => Steering::Cancel,
        _ => return Err(problem(ConsoleError::not_found("a job can be paused, resumed or cancelled"))),
    };
    let by = &page.visitor.person.name;
    Ok(Json(steer(&*console.store, &id, steering, by, console.clock.now()).await.map_err(problem)?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CostsQuery {
    from: Date,
    to: Date,
    #[serde(default = "by_day")]
    by: CostPart,
}

fn by_day() -> CostPart {
    CostPart::Day
}

pub(super) async fn costs(
    State(console): State<Arc<Console>>,
    _page: Page,
    ApiQuery(query): ApiQuery<CostsQuery>,
) -> ApiResult<Vec<Cost>> {
    Ok(Json(console.model.costs(query.by, query.from, query.to).await.map_err(problem)?))
}
