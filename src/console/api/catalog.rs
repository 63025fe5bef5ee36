//! Documents for programs: searched, looked at with their revisions and decisions, brought back to an earlier text.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiBody, ApiPath, ApiQuery, ApiResult, ListAnswer, ListQuery, problem};
use crate::console::access::Role;
use crate::console::error::ConsoleError;
use crate::console::pages::Page;
use crate::console::read_model::DocumentRow;
use crate::console::state::Console;
use crate::review::{Act, Revision, WhichRevision};
use crate::store::{Key, load};
use skuscribe_check::content::{Decision, Document};
use skuscribe_check::product::{Locale, Sku};

type Target = ApiPath<(Locale, Sku)>;

pub(super) async fn search(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> ApiResult<ListAnswer<DocumentRow>> {
    let filter = page.filter(&query.filter).map_err(problem)?;
    Ok(Json(console.model.search(&filter, &query.page()).await.map_err(problem)?.into()))
}

pub(super) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
) -> ApiResult<Document> {
    console.must_see(&page, &sku, &locale).await.map_err(problem)?;
    let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
    let found = load::<Document>(&*console.store, &key).await.map_err(problem)?;
    let missing =
        || problem(ConsoleError::not_found(format!("the store holds no document of {sku} in {locale}")));
    Ok(Json(found.ok_or_else(missing)?.0))
}

pub(super) async fn revisions(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
) -> ApiResult<Vec<Revision>> {
    console.must_see(&page, &sku, &locale).await.map_err(problem)?;
    Ok(Json(console.pipeline.revisions(&sku, &locale).await.map_err(problem)?))
}

pub(super) async fn decisions(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
) -> ApiResult<Vec<Decision>> {
    console.must_see(&page, &sku, &locale).await.map_err(problem)?;
    Ok(Json(console.pipeline.decisions(&sku, &locale).await.map_err(problem)?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RevertBody {
    /// Its number, or the operation that made it.
    revision: String,
    why: String,
    #[serde(default)]
    recipes: Vec<String>,
}

pub(super) async fn revert(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
    ApiBody(body): ApiBody<RevertBody>,
) -> ApiResult<Value> {
    page.must(Role::Reviewer).map_err(problem)?;
    console.must_see(&page, &sku, &locale).await.map_err(problem)?;
    let to: WhichRevision = body
        .revision
        .parse()
        .map_err(|error| problem(ConsoleError::invalid(format!("/revision: {error}"))))?;
    let act = Act { sku: &sku, locale: &locale, by: &page.visitor.person.name, why: Some(body.why.as_str()) };
    let stored = console.pipeline.revert(act, &to, &body.recipes).await.map_err(problem)?;
    console.model.refresh(&*console.store, &sku, &locale).await.map_err(problem)?;
    Ok(Json(json!({ "outcome": stored.outcome(), "revision": stored.revision() })))
}
