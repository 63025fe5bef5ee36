//! What people do on the page of an item: approve, edit, drop a sentence, reject, have it written again, lock, undo.
//!
//! Each is one function of the library that the command line calls as well; the read model hears of it at once, so that the
//! queue is right before the event comes around.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use serde_json::{Value, json};

use super::{Page, checked, item, strip};
use crate::console::access::Role;
use crate::console::error::ConsoleError;
use crate::console::recent::RecentDecision;
use crate::console::state::Console;
use crate::review::{Act, ReviewDecision, ReviewError, ask_again, without_sentence};
use crate::store::{Key, load};
use skuscribe_check::content::{DecisionId, DecisionKind, Document, Draft};
use skuscribe_check::product::{Locale, Sku};

/// What the forms of an item carry; what is not there is empty.
#[derive(Debug)]
struct DecisionForm {
    draft: String,
    note: String,
    finding: Option<usize>,
    /// Of an undo: the decision that is taken back.
    decision: String,
    then: String,
    back: String,
}

impl DecisionForm {
    fn of(fields: &[(String, String)]) -> Self {
        let field =
            |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value).to_owned();
        Self {
            draft: field("draft"),
            note: field("note"),
            finding: field("finding").parse().ok(),
            decision: field("decision"),
            then: field("then"),
            back: field("back"),
        }
    }
}

/// A request to decide: on what, by whom, and where it goes on. Only of people who may.
pub(in crate::console) struct Decided {
    console: Arc<Console>,
    page: Page,
    sku: Sku,
    locale: Locale,
    /// Whether a script sent it, and shows what comes of it by itself.
    is_fragment: bool,
    form: DecisionForm,
    /// All fields of the form, an edit's texts among them.
    fields: Vec<(String, String)>,
}

impl FromRequest<Arc<Console>> for Decided {
    type Rejection = ConsoleError;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, ConsoleError> {
        let is_fragment = request.headers().contains_key("x-fragment");
        Self::read(request, console, is_fragment).await.map_err(|error| error.for_api(is_fragment))
    }
}

impl Decided {
    async fn read(request: Request, console: &Arc<Console>, is_fragment: bool) -> Result<Self, ConsoleError> {
        let (mut parts, body) = request.into_parts();
        let page = Page::from_request_parts(&mut parts, console).await?;
        let target = Path::<(Locale, Sku)>::from_request_parts(&mut parts, console).await;
        let Path((locale, sku)) = target.map_err(|error| ConsoleError::not_found(error.body_text()))?;
        page.must(Role::Reviewer)?;
        console.must_see(&page, &sku, &locale).await?;
        let body = Bytes::from_request(Request::from_parts(parts, body), console).await;
        let body = body.map_err(|error| ConsoleError::invalid(error.body_text()))?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
        let form = DecisionForm::of(&fields);
        Ok(Self { console: Arc::clone(console), page, sku, locale, is_fragment, form, fields })
    }

    fn decision(&self) -> ReviewDecision<'_> {
        let Self { sku, locale, form, page, .. } = self;
        let why = Some(form.note.trim()).filter(|note| !note.is_empty());
        ReviewDecision { sku, locale, draft: &form.draft, by: &page.visitor.person.name, why }
    }

    /// The note of a rejection, which the next text is written with.
    fn note(&self) -> Result<&str, ConsoleError> {
        match self.form.note.trim() {
            "" => Err(ConsoleError::invalid(
                "the note is empty; say what is wrong, the next text is written with it",
            )),
            note => Ok(note),
        }
    }

    /// Carries a decision out, takes note of it, and goes on.
    async fn done(
        self,
        kind: DecisionKind,
        stays: bool,
        carried_out: Result<(), ConsoleError>,
    ) -> Result<Response, ConsoleError> {
        let is_fragment = self.is_fragment;
        let gone_on = async {
            carried_out?;
            self.go_on(kind, stays).await
        };
        gone_on.await.map_err(|error: ConsoleError| error.for_api(is_fragment))
    }

    async fn go_on(&self, kind: DecisionKind, stays: bool) -> Result<Response, ConsoleError> {
        let Self { console, page, sku, locale, form, .. } = self;
        console.model.refresh(&*console.store, sku, locale).await?;
        // The document names its last decision: what is taken back later is this one and no other.
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let document = load::<Document>(&*console.store, &key).await?.map(|(document, _)| document);
        let waits = document.as_ref().is_some_and(|document| document.held.is_some());
        if let Some(decided) = document.and_then(|document| document.decided) {
            let decision = RecentDecision { sku: sku.clone(), locale: locale.clone(), kind, id: decided.id };
            console.recent.note(&page.visitor.person.name, decision);
        }
        // It goes on where nothing is left to be looked at.
        let then = match stays && waits {
            true if form.back.is_empty() => item::address_without_queue(locale, sku),
            true => form.back.clone(),
            false => form.then.clone(),
        };
        // Only a path of ours: the form may have been written by somebody else.
        let then = if then.starts_with("/review") { then.as_str() } else { "/review" };
        if self.is_fragment {
            let strip = strip::view(console, page).into_string();
            return Ok(
                axum::Json(json!({ "strip": strip, "then": if stays { then } else { "" } })).into_response()
            );
        }
        Ok(Redirect::to(then).into_response())
    }
}

pub(in crate::console) async fn approve(decided: Decided) -> Result<Response, ConsoleError> {
    let approved = decided.console.pipeline.approve(decided.decision()).await;
    decided.done(DecisionKind::Approve, false, approved.map(drop).map_err(Into::into)).await
}

pub(in crate::console) async fn reject(decided: Decided) -> Result<Response, ConsoleError> {
    let rejected = async {
        decided.console.pipeline.reject(decided.decision(), decided.note()?).await?;
        Ok(())
    };
    let rejected = rejected.await;
    decided.done(DecisionKind::Reject, false, rejected).await
}

/// Rejects a draft with a note, and asks for another one.
pub(in crate::console) async fn regenerate(decided: Decided) -> Result<Response, ConsoleError> {
    let asked = async {
        let (console, decision) = (&decided.console, decided.decision());
        let publisher = console.publisher()?;
        let recipes = console.pipeline.reject(decision, decided.note()?).await?;
        let asked = ask_again(publisher, &decision, &recipes, console.clock.now()).await;
        asked.map_err(|error| ConsoleError::broker(&error))
    };
    let asked = asked.await;
    decided.done(DecisionKind::Reject, false, asked).await
}

pub(in crate::console) async fn lock(decided: Decided) -> Result<Response, ConsoleError> {
    let locked = decided.console.pipeline.lock(decided.decision().act(), &[], true).await;
    decided.done(DecisionKind::Lock, true, locked.map(drop).map_err(Into::into)).await
}

/// Publishes the draft without the sentence of one finding, where nothing else is wrong with it; else it goes on waiting.
pub(in crate::console) async fn drop_sentence(decided: Decided) -> Result<Response, ConsoleError> {
    let dropped = async {
        let pipeline = &decided.console.pipeline;
        let waiting = pipeline.waiting(&decided.sku, &decided.locale).await?;
        let finding = decided.form.finding.and_then(|place| waiting.history.findings.get(place));
        let finding =
            finding.ok_or_else(|| ConsoleError::invalid("this draft has no such finding; look again"))?;
        let content = without_sentence(&waiting.history.drafts, finding).ok_or_else(|| {
            ConsoleError::invalid(
                "the sentence cannot be left out, nothing would be left of the text; edit it",
            )
        })?;
        pipeline.edit(decided.decision(), BTreeMap::from([content]), false).await?;
        Ok(())
    };
    let dropped = dropped.await;
    decided.done(DecisionKind::Edit, true, dropped).await
}

/// The texts of an edit: `text:<recipe>:<pointer>` for each field.
fn edited(drafts: &[Draft], fields: &[(String, String)]) -> BTreeMap<String, Value> {
    let mut content: BTreeMap<String, Value> =
        drafts.iter().map(|draft| (draft.recipe.clone(), draft.content.clone())).collect();
    for (name, text) in fields {
        let Some((recipe, at)) = name.strip_prefix("text:").and_then(|rest| rest.split_once(':')) else {
            continue;
        };
        let place = content.get_mut(recipe).and_then(|content| content.pointer_mut(at));
        if let Some(place @ Value::String(_)) = place {
            // Browsers send lines as two characters.
            *place = Value::String(text.replace("\r\n", "\n"));
        }
    }
    content
}

pub(in crate::console) async fn edit(decided: Decided) -> Result<Response, ConsoleError> {
    let published = async {
        let pipeline = &decided.console.pipeline;
        let waiting = pipeline.waiting(&decided.sku, &decided.locale).await?;
        let content = edited(&waiting.history.drafts, &decided.fields);
        match pipeline.edit(decided.decision(), content, true).await {
            // Nothing was changed: then it is approved as it is.
            Err(ReviewError::Unchanged) => {
                pipeline.approve(decided.decision()).await?;
                Ok(DecisionKind::Approve)
            }
            edited => edited.map(|_| DecisionKind::Edit).map_err(ConsoleError::from),
        }
    };
    match published.await {
        Ok(kind) => decided.done(kind, false, Ok(())).await,
        Err(error) => decided.done(DecisionKind::Edit, false, Err(error)).await,
    }
}

/// What the checks say of an edit that is not saved.
pub(in crate::console) async fn check(decided: Decided) -> Result<Html<String>, ConsoleError> {
    let pipeline = &decided.console.pipeline;
    let waiting = pipeline.waiting(&decided.sku, &decided.locale).await?;
    let content = edited(&waiting.history.drafts, &decided.fields);
    let findings = pipeline.findings_of_edit(decided.decision(), &content).await?;
    Ok(Html(checked::view(&decided.page, &findings).into_string()))
}

/// Takes a decision on a text back: the one that the form names, else the last.
pub(in crate::console) async fn undo(decided: Decided) -> Result<Response, ConsoleError> {
    let undone = async {
        let named = Some(decided.form.decision.as_str()).filter(|id| !id.is_empty());
        let named = named.map(str::parse::<DecisionId>).transpose().map_err(ConsoleError::invalid)?;
        decided.console.pipeline.undo(decided.decision().act(), named.as_ref()).await?;
        Ok(())
    };
    let undone = undone.await;
    decided.done(DecisionKind::Undo, true, undone).await
}

/// Keeps, takes over, or gives back the lease of an item.
pub(in crate::console) async fn lease(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku, act)): Path<(Locale, Sku, String)>,
) -> Result<StatusCode, ConsoleError> {
    page.must(Role::Reviewer)?;
    console.must_see(&page, &sku, &locale).await?;
    let lease = Act { sku: &sku, locale: &locale, by: &page.visitor.person.name, why: None };
    match act.as_str() {
        "take" => drop(console.pipeline.take(lease, false).await?),
        "steal" => drop(console.pipeline.take(lease, true).await?),
        "release" => console.pipeline.release(lease).await?,
        _ => return Err(ConsoleError::not_found("a lease is taken, stolen or released")),
    }
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_that_a_draft_has_can_be_edited() {
        let drafts = [Draft {
            recipe: "seo".to_owned(),
            content: json!({ "a": [{ "text": "old", "evidence": ["x"] }], "n": 1 }),
        }];
        let fields = [
            ("text:seo:/a/0/text", "new\r\nline"),
            ("text:seo:/n", "2"),
            ("text:seo:/b", "added"),
            ("text:faq:/a", "other"),
            ("draft", "d"),
        ];
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let content = edited(&drafts, &fields);
        let expected = json!({ "a": [{ "text": "new\nline", "evidence": ["x"] }], "n": 1 });
        assert_eq!(content, BTreeMap::from([("seo".to_owned(), expected)]));
    }
}
