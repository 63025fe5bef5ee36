//! The review queue for programs. Each decision names the draft that was looked at: another one is refused, and the same
//! decision sent twice is made once.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiBody, ApiPath, ApiQuery, ApiResult, ListAnswer, ListQuery, problem};
use crate::console::access::Role;
use crate::console::error::ConsoleError;
use crate::console::pages::Page;
use crate::console::pages::item::order_of;
use crate::console::read_model::DocumentRow;
use crate::console::state::Console;
use crate::review::{Act, ReviewDecision, ask_again};
use skuscribe_check::product::{Locale, Sku};

type Target = ApiPath<(Locale, Sku)>;

pub(super) async fn list(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> ApiResult<ListAnswer<DocumentRow>> {
    let filter = page.filter(&query.filter).map_err(problem)?;
    let found =
        console.model.review_queue(&filter, order_of(&query.order), &query.page()).await.map_err(problem)?;
    Ok(Json(found.into()))
}

pub(super) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
) -> ApiResult<Value> {
    console.must_see(&page, &sku, &locale).await.map_err(problem)?;
    let waiting = console.pipeline.waiting(&sku, &locale).await.map_err(problem)?;
    Ok(Json(json!({
        "sku": sku, "locale": locale, "draft": waiting.history.operation, "drafts": waiting.history.drafts,
        "findings": waiting.history.findings, "quality": waiting.history.quality, "published": waiting.document.content,
        "locks": waiting.document.locks, "revision": waiting.document.revision,
        "product": waiting.snapshot.map(|snapshot| console.pipeline.internal().public(&snapshot.product).into_owned()),
    })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    draft: String,
    #[serde(default)]
    why: Option<String>,
    /// Of a rejection: have it written again, with the reason.
    #[serde(default)]
    regenerate: bool,
}

/// Fails where the person may not decide on this.
async fn allowed(console: &Console, page: &Page, sku: &Sku, locale: &Locale) -> Result<(), ConsoleError> {
    page.must(Role::Reviewer).map_err(problem)?;
    console.must_see(page, sku, locale).await.map_err(problem)
}

pub(super) async fn approve(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
    ApiBody(body): ApiBody<DecisionBody>,
) -> ApiResult<Value> {
    allowed(&console, &page, &sku, &locale).await?;
    let by = &page.visitor.person.name;
    let decision =
        ReviewDecision { sku: &sku, locale: &locale, draft: &body.draft, by, why: body.why.as_deref() };
    let stored = console.pipeline.approve(decision).await.map_err(problem)?;
    console.model.refresh(&*console.store, &sku, &locale).await.map_err(problem)?;
    Ok(Json(json!({ "outcome": stored.outcome(), "revision": stored.revision() })))
}

pub(super) async fn reject(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
    ApiBody(body): ApiBody<DecisionBody>,
) -> ApiResult<Value> {
    allowed(&console, &page, &sku, &locale).await?;
    let why = body.why.as_deref().map(str::trim).filter(|why| !why.is_empty());
    let why = why.ok_or_else(|| {
        problem(ConsoleError::invalid("/why: say what is wrong; the next text is written with it"))
    })?;
    let publisher = if body.regenerate { Some(console.publisher().map_err(problem)?) } else { None };
    let by = &page.visitor.person.name;
    let decision = ReviewDecision { sku: &sku, locale: &locale, draft: &body.draft, by, why: Some(why) };
    let recipes = console.pipeline.reject(decision, why).await.map_err(problem)?;
    if let Some(publisher) = publisher {
        let asked = ask_again(publisher, &decision, &recipes, console.clock.now()).await;
        asked.map_err(|error| problem(ConsoleError::broker(&error)))?;
    }
    console.model.refresh(&*console.store, &sku, &locale).await.map_err(problem)?;
    Ok(Json(json!({ "rejected": recipes })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditBody {
    draft: String,
    /// By recipe, whole.
    content: BTreeMap<String, Value>,
    #[serde(default)]
    approve: bool,
    #[serde(default)]
    why: Option<String>,
}

pub(super) async fn edit(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
    ApiBody(body): ApiBody<EditBody>,
) -> ApiResult<Value> {
    allowed(&console, &page, &sku, &locale).await?;
    let by = &page.visitor.person.name;
    let decision =
        ReviewDecision { sku: &sku, locale: &locale, draft: &body.draft, by, why: body.why.as_deref() };
    let edited = console.pipeline.edit(decision, body.content, body.approve).await.map_err(problem)?;
    console.model.refresh(&*console.store, &sku, &locale).await.map_err(problem)?;
    Ok(Json(
        json!({ "outcome": edited.outcome, "draft": edited.draft, "changes": edited.changes, "findings": edited.findings }),
    ))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockBody {
    /// Empty for all of the document.
    #[serde(default)]
    recipes: Vec<String>,
    locked: bool,
    #[serde(default)]
    why: Option<String>,
}

pub(super) async fn lock(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
    ApiBody(body): ApiBody<LockBody>,
) -> ApiResult<Value> {
    allowed(&console, &page, &sku, &locale).await?;
    let act = Act { sku: &sku, locale: &locale, by: &page.visitor.person.name, why: body.why.as_deref() };
    let locks = console.pipeline.lock(act, &body.recipes, body.locked).await.map_err(problem)?;
    Ok(Json(json!({ "locks": locks })))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UndoBody {
    /// The decision that is taken back; the last one where none is named.
    #[serde(default)]
    decision: Option<skuscribe_check::content::DecisionId>,
    #[serde(default)]
    why: Option<String>,
}

pub(super) async fn undo(
    State(console): State<Arc<Console>>,
    page: Page,
    ApiPath((locale, sku)): Target,
    ApiBody(body): ApiBody<UndoBody>,
) -> ApiResult<Value> {
    allowed(&console, &page, &sku, &locale).await?;
    let act = Act { sku: &sku, locale: &locale, by: &page.visitor.person.name, why: body.why.as_deref() };
    console.pipeline.undo(act, body.decision.as_ref()).await.map_err(problem)?;
    console.model.refresh(&*console.store, &sku, &locale).await.map_err(problem)?;
    let row = console.model.document(sku.as_str(), &locale.to_string()).await.map_err(problem)?;
    Ok(Json(json!({ "document": row })))
}
