//! What people do on the page of an item: approve, edit, drop a sentence, reject, have it written again, lock, undo.
//!
//! Each is one function of the library that the command line calls as well; the read model hears of it at once, so that the
//! queue is right before the event comes around.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Page, checked, item, strip};
use crate::console::access::Role;
use crate::console::error::ConsoleError;
use crate::console::recent::RecentDecision;
use crate::console::state::Console;
use crate::review::{Act, ReviewDecision, ReviewError, ask_again, without_sentence};
use crate::store::{Key, load};
use skuscribe_check::content::{DecisionId, DecisionKind, Document};
use skuscribe_check::product::{Locale, Sku};

/// What the forms of an item carry.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct DecisionForm {
    #[serde(default)]
    draft: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    finding: Option<usize>,
    /// Of an undo: the decision that is taken back.
    #[serde(default)]
    decision: String,
    #[serde(default)]
    then: String,
    #[serde(default)]
    back: String,
}

type Target = Path<(Locale, Sku)>;

/// What is decided on, by whom, and where it goes on.
struct Decided<'a> {
    console: &'a Console,
    page: &'a Page,
    sku: &'a Sku,
    locale: &'a Locale,
    headers: &'a HeaderMap,
    form: &'a DecisionForm,
}

impl Decided<'_> {
    fn decision(&self) -> ReviewDecision<'_> {
        let Self { sku, locale, form, page, .. } = self;
        let why = Some(form.note.trim()).filter(|note| !note.is_empty());
        ReviewDecision { sku, locale, draft: &form.draft, by: &page.visitor.person.name, why }
    }

    /// The person may decide on this product in this locale.
    async fn allowed(&self) -> Result<(), ConsoleError> {
        self.page.must(Role::Reviewer)?;
        self.console.must_see(self.page, self.sku, self.locale).await
    }

    /// Takes note of a decision, and goes on.
    async fn done(self, kind: DecisionKind, stays: bool) -> Result<Response, ConsoleError> {
        let Self { console, page, sku, locale, headers, form } = self;
        console.model.refresh(&*console.store, sku, locale).await?;
        // The document names its last decision: what is taken back later is this one and no other.
        let key = Key::Content { locale: (*locale).clone(), sku: (*sku).clone() };
        let decided =
            load::<Document>(&*console.store, &key).await?.and_then(|(document, _)| document.decided);
        if let Some(decided) = decided {
            let decision =
                RecentDecision { sku: (*sku).clone(), locale: (*locale).clone(), kind, id: decided.id };
            console.recent.note(&page.visitor.person.name, decision);
        }
        let then = if stays { &form.back } else { &form.then };
        // Only a path of ours: the form may have been written by somebody else.
        let then = if then.starts_with("/review") { then.as_str() } else { "/review" };
        if headers.contains_key("x-fragment") {
            let strip = strip::view(console, page).into_string();
            let body = json!({ "strip": strip, "then": if stays { then } else { "" } });
            return Ok(axum::Json(body).into_response());
        }
        Ok(Redirect::to(then).into_response())
    }
}

pub(in crate::console) async fn approve(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku)): Target,
    headers: HeaderMap,
    Form(form): Form<DecisionForm>,
) -> Result<Response, ConsoleError> {
    let decided = Decided {
        console: &console,
        page: &page,
        sku: &sku,
        locale: &locale,
        headers: &headers,
        form: &form,
    };
    decided.allowed().await?;
    console.pipeline.approve(decided.decision()).await?;
    decided.done(DecisionKind::Approve, false).await
}

pub(in crate::console) async fn reject(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku)): Target,
    headers: HeaderMap,
    Form(form): Form<DecisionForm>,
) -> Result<Response, ConsoleError> {
    let decided = Decided {
        console: &console,
        page: &page,
        sku: &sku,
        locale: &locale,
        headers: &headers,
        form: &form,
    };
    decided.allowed().await?;
    must_say_why(&form)?;
    console.pipeline.reject(decided.decision(), form.note.trim()).await?;
    decided.done(DecisionKind::Reject, false).await
}

/// Rejects a draft with a note, and asks for another one.
pub(in crate::console) async fn regenerate(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku)): Target,
    headers: HeaderMap,
    Form(form): Form<DecisionForm>,
) -> Result<Response, ConsoleError> {
    let decided = Decided {
        console: &console,
        page: &page,
        sku: &sku,
        locale: &locale,
        headers: &headers,
        form: &form,
    };
    decided.allowed().await?;
    must_say_why(&form)?;
    let publisher = console.publisher()?;
    let recipes = console.pipeline.reject(decided.decision(), form.note.trim()).await?;
    let asked = ask_again(publisher, &decided.decision(), &recipes, console.clock.now()).await;
    asked.map_err(|error| ConsoleError::broker(&error))?;
    decided.done(DecisionKind::Reject, false).await
}

pub(in crate::console) async fn lock(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku)): Target,
    headers: HeaderMap,
    Form(form): Form<DecisionForm>,
) -> Result<Response, ConsoleError> {
    let decided = Decided {
        console: &console,
        page: &page,
        sku: &sku,
        locale: &locale,
        headers: &headers,
        form: &form,
    };
    decided.allowed().await?;
    console.pipeline.lock(decided.decision().act(), &[], true).await?;
    decided.done(DecisionKind::Lock, true).await
}

/// Publishes the draft without the sentence of one finding, where nothing else is wrong with it; else it goes on waiting.
pub(in crate::console) async fn drop_sentence(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku)): Target,
    headers: HeaderMap,
    Form(form): Form<DecisionForm>,
) -> Result<Response, ConsoleError> {
    let decided = Decided {
        console: &console,
        page: &page,
        sku: &sku,
        locale: &locale,
        headers: &headers,
        form: &form,
    };
    decided.allowed().await?;
    let waiting = console.pipeline.waiting(&sku, &locale).await?;
    let findings = &waiting.history.findings;
    let finding = form.finding.and_then(|place| findings.get(place));
    let finding =
        finding.ok_or_else(|| ConsoleError::invalid("this draft has no such finding; look again"))?;
    let content = without_sentence(&waiting.history.drafts, finding).ok_or_else(|| {
        ConsoleError::invalid("the sentence cannot be left out, nothing would be left of the text; edit it")
    })?;
    let content = BTreeMap::from([content]);
    console.pipeline.edit(decided.decision(), content, false).await?;
    decided.done(DecisionKind::Edit, true).await
}

/// The texts of an edit: `text:<recipe>:<pointer>` for each field.
fn edited(
    console_drafts: &[skuscribe_check::content::Draft],
    fields: &[(String, String)],
) -> BTreeMap<String, Value> {
    let mut content: BTreeMap<String, Value> =
        console_drafts.iter().map(|draft| (draft.recipe.clone(), draft.content.clone())).collect();
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

fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

pub(in crate::console) async fn edit(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku)): Target,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ConsoleError> {
    let own = |name: &str| field(&fields, name).to_owned();
    let form = DecisionForm {
        draft: own("draft"),
        note: own("note"),
        finding: None,
        decision: String::new(),
        then: own("then"),
        back: own("back"),
    };
    let decided = Decided {
        console: &console,
        page: &page,
        sku: &sku,
        locale: &locale,
        headers: &headers,
        form: &form,
    };
    decided.allowed().await?;
    let waiting = console.pipeline.waiting(&sku, &locale).await?;
    let content = edited(&waiting.history.drafts, &fields);
    match console.pipeline.edit(decided.decision(), content, true).await {
        // Nothing was changed: then it is approved as it is.
        Err(ReviewError::Unchanged) => {
            console.pipeline.approve(decided.decision()).await?;
            decided.done(DecisionKind::Approve, false).await
        }
        Err(error) => Err(error.into()),
        Ok(_) => decided.done(DecisionKind::Edit, false).await,
    }
}

/// What the checks say of an edit that is not saved.
pub(in crate::console) async fn check(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku)): Target,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Html<String>, ConsoleError> {
    page.must(Role::Reviewer)?;
    console.must_see(&page, &sku, &locale).await?;
    let waiting = console.pipeline.waiting(&sku, &locale).await?;
    let content = edited(&waiting.history.drafts, &fields);
    let draft = field(&fields, "draft").to_owned();
    let by = page.visitor.person.name.clone();
    let decision = ReviewDecision { sku: &sku, locale: &locale, draft: &draft, by: &by, why: None };
    let findings = console.pipeline.findings_of_edit(decision, &content).await?;
    Ok(Html(checked::view(&page, &findings).into_string()))
}

/// Takes the last decision on a text back.
pub(in crate::console) async fn undo(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku)): Target,
    headers: HeaderMap,
    Form(form): Form<DecisionForm>,
) -> Result<Response, ConsoleError> {
    let decided = Decided {
        console: &console,
        page: &page,
        sku: &sku,
        locale: &locale,
        headers: &headers,
        form: &form,
    };
    decided.allowed().await?;
    let by = page.visitor.person.name.as_str();
    let named = Some(form.decision.as_str()).filter(|id| !id.is_empty());
    let named = named.map(str::parse::<DecisionId>).transpose().map_err(ConsoleError::invalid)?;
    console.pipeline.undo(Act { sku: &sku, locale: &locale, by, why: None }, named.as_ref()).await?;
    let waits = console
        .model
        .document(sku.as_str(), &locale.to_string())
        .await?
        .is_some_and(|row| row.waiting.is_some());
    let back = if waits { item::address_without_queue(&locale, &sku) } else { String::new() };
    let back = DecisionForm {
        draft: String::new(),
        note: String::new(),
        finding: None,
        decision: String::new(),
        then: String::new(),
        back,
    };
    Decided { form: &back, ..decided }.done(DecisionKind::Undo, true).await
}

/// Keeps, or gives back, the lease of an item.
pub(in crate::console) async fn lease(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((locale, sku, act)): Path<(Locale, Sku, String)>,
) -> Result<Response, ConsoleError> {
    page.must(Role::Reviewer)?;
    let by = &page.visitor.person.name;
    console.must_see(&page, &sku, &locale).await?;
    let lease = Act { sku: &sku, locale: &locale, by, why: None };
    match act.as_str() {
        "take" => drop(console.pipeline.take(lease, false).await?),
        "steal" => drop(console.pipeline.take(lease, true).await?),
        "release" => console.pipeline.release(lease).await?,
        _ => return Err(ConsoleError::not_found("a lease is taken, stolen or released")),
    }
    Ok(axum::http::StatusCode::NO_CONTENT.into_response())
}

fn must_say_why(form: &DecisionForm) -> Result<(), ConsoleError> {
    if form.note.trim().is_empty() {
        return Err(ConsoleError::invalid(
            "the note is empty; say what is wrong, the next text is written with it",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use skuscribe_check::content::Draft;

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
