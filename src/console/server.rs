//! The routes of the console: pages and forms, each behind the guard; what needs no log-in stands apart.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use super::access::{Role, Visitor, guard};
use super::api;
use super::assets::asset;
use super::error::ConsoleError;
use super::headers::secured;
use super::language::Language;
use super::pages::{
    Page, ask, bulk, catalog, costs, dead_letters, decisions, gaps, item, job, jobs, login, overview,
    product, queue, settings,
};
use super::state::Console;

/// Every route, with what each request passes.
pub(super) fn router(console: &Arc<Console>) -> Router {
    let pages = Router::new()
        .route("/", get(overview::show))
        .route("/live", get(overview::stream))
        .route("/review", get(queue::show))
        .route("/review/bulk", get(bulk::show).post(bulk::decide))
        .route("/review/runs/{id}", get(bulk::run))
        .route("/review/runs/{id}/undo", post(bulk::undo))
        .route("/review/{locale}/{sku}", get(item::show))
        .route("/review/{locale}/{sku}/approve", post(decisions::approve))
        .route("/review/{locale}/{sku}/reject", post(decisions::reject))
        .route("/review/{locale}/{sku}/regenerate", post(decisions::regenerate))
        .route("/review/{locale}/{sku}/lock", post(decisions::lock))
        .route("/review/{locale}/{sku}/drop", post(decisions::drop_sentence))
        .route("/review/{locale}/{sku}/edit", post(decisions::edit))
        .route("/review/{locale}/{sku}/check", post(decisions::check))
        .route("/review/{locale}/{sku}/undo", post(decisions::undo))
        .route("/review/{locale}/{sku}/lease/{act}", post(decisions::lease))
        .route("/catalog", get(catalog::show))
        .route("/catalog/{sku}", get(product::show))
        .route("/catalog/{sku}/{locale}/changes", get(product::changes))
        .route("/catalog/{sku}/{locale}/revert", post(product::revert))
        .route("/jobs", get(jobs::list).post(jobs::start))
        .route("/jobs/new", get(jobs::new))
        .route("/jobs/estimate", post(jobs::estimate))
        .route("/jobs/{id}", get(job::show))
        .route("/jobs/{id}/{act}", post(job::act))
        .route("/gaps", get(gaps::show))
        .route("/ask", get(ask::form).post(ask::ask))
        .route("/costs", get(costs::show))
        .route("/dead", get(dead_letters::show))
        .route("/dead/replay", post(dead_letters::replay))
        .route("/settings", get(settings::show))
        .route("/language", post(login::choose_language))
        .route("/logout", post(login::log_out))
        .merge(api::routes())
        .route_layer(from_fn_with_state(Arc::clone(console), guard));
    let open = Router::new()
        .route("/login", get(login::form).post(login::log_in))
        .route("/assets/{name}", get(asset))
        .route("/healthz", get(|| async { "ok" }));
    pages
        .merge(open)
        .fallback(|| async { ConsoleError::not_found("there is nothing here") })
        .layer(from_fn(secured))
        .with_state(Arc::clone(console))
}

impl FromRequestParts<Arc<Console>> for Page {
    type Rejection = ConsoleError;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, ConsoleError> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        let visitor = visitor.ok_or_else(|| ConsoleError::forbidden("log in first"))?;
        let (language, keys) = (Language::of(&parts.headers), console.config.console.keys);
        Ok(Self { visitor, language, keys })
    }
}

impl Page {
    /// Fails where the person may not do what a role may.
    pub(super) fn must(&self, role: Role) -> Result<(), ConsoleError> {
        if self.visitor.person.may(role) {
            return Ok(());
        }
        let message =
            format!("this needs the role {}; yours is {}", role.as_str(), self.visitor.person.role.as_str());
        Err(ConsoleError::forbidden(message))
    }
}
