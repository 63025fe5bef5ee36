//! One product: every locale with its texts, revisions with what each changed, evidence, and how others would show it.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::Page;
use super::text::ago;
use crate::console::access::Role;
use crate::console::address;
use crate::console::error::ConsoleError;
use crate::console::state::Console;
use crate::review::{Act, Revision, RevisionOutcome, WhichRevision, WordsKind, Writer};
use crate::store::snapshots::stored;
use crate::store::{Key, load};
use skuscribe_check::content::{Document, State as DocumentState, texts};
use skuscribe_check::product::{Locale, Sku, Snapshot};

/// Revisions that are shown at once.
const REVISIONS_SHOWN: usize = 20;

/// A locale of the product.
struct InLocale {
    document: Document,
    revisions: Vec<Revision>,
}

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
    Path(sku): Path<Sku>,
) -> Result<Html<String>, ConsoleError> {
    let snapshot = stored(&*console.store, &sku).await?;
    let category = snapshot.as_ref().map(|snapshot| snapshot.product.category.clone()).unwrap_or_default();
    if !page.visitor.person.sees_category(&category) {
        return Err(ConsoleError::forbidden("this product is not among those that your token is for"));
    }
    let rows = console.model.product(sku.as_str()).await?;
    let mut locales: Vec<Locale> = rows.iter().filter_map(|row| row.locale.parse().ok()).collect();
    locales.retain(|locale| page.visitor.person.sees_locale(locale));
    let mut all = Vec::new();
    for locale in &locales {
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let Some((document, _)) = load::<Document>(&*console.store, &key).await? else { continue };
        let revisions = console.pipeline.revisions(&sku, locale).await?;
        all.push(InLocale { document, revisions });
    }
    if all.is_empty() && snapshot.is_none() {
        return Err(ConsoleError::not_found(format!("the store holds no product {sku}")));
    }
    let title = snapshot
        .as_ref()
        .and_then(|snapshot| snapshot.product.title.clone())
        .unwrap_or_else(|| sku.to_string());
    let content = html! {
        h1 { (title) }
        p.row.small.quiet { span { (sku) } @if !category.is_empty() { span { (category.join(" > ")) } } }
        @for in_locale in &all { (locale_card(&console, &page, in_locale)) }
        (facts(&page, snapshot.as_ref()))
    };
    Ok(Html(page.render(&title, "/catalog", &content).into_string()))
}

/// A state as a chip.
pub(super) fn state(page: &Page, state: DocumentState) -> Markup {
    match state {
        DocumentState::Published => html! { span.chip.published { (page.t("published")) } },
        DocumentState::Held => html! { span.chip.hold { (page.t("held")) } },
        DocumentState::Deleted => html! { span.chip { (page.t("deleted")) } },
    }
}

fn locale_card(console: &Console, page: &Page, of: &InLocale) -> Markup {
    let document = &of.document;
    html! {
        section.card {
            h2 { (document.locale) " " (state(page, document.state)) " "
                span.small.quiet { (page.tf("revision {}", &[&document.revision])) " · " (ago(page, document.updated_at, console.clock.now())) } }
            @if document.held.is_some() { p { a.button href=(address::item(&document.locale, &document.sku)) { (page.t("A draft waits: review it")) } } }
            @if !document.locks.is_empty() { p.small { (page.t("locked")) ": " (document.locks.join(", ")) } }
            @for (recipe, content) in &document.content {
                h3 { (recipe) }
                @for text in texts(content) {
                    p.text lang=(document.locale) { span.at { (text.at) } (text.text) }
                }
            }
            (previews(page, document))
            (evidence(page, document))
            (history(console, page, of))
        }
    }
}

/// How a search engine would show it.
fn previews(page: &Page, document: &Document) -> Markup {
    let of = |recipe: &str, at: &str| {
        let content = document.content.get(recipe)?;
        content.pointer(at)?.as_str().map(str::to_owned)
    };
    let title = of("seo", "/meta_title").or_else(|| of("description", "/title"));
    let description = of("seo", "/meta_description/text").or_else(|| of("seo", "/meta_description"));
    let (Some(title), Some(description)) = (title, description) else { return html! {} };
    let cut = |text: &str, most: usize| {
        let mut cut: String = text.chars().take(most).collect();
        if text.chars().count() > most {
            cut.push_str(" …");
        }
        cut
    };
    html! {
        details { summary { (page.t("As a search engine shows it")) }
            div.preview { div.url { "shop.example › " (document.sku) } div.link { (cut(&title, 60)) } p.small { (cut(&description, 160)) } }
        }
    }
}

fn evidence(page: &Page, document: &Document) -> Markup {
    html! {
        @if !document.evidence.is_empty() {
            details { summary { (page.t("What each sentence rests on")) }
                div.scroll tabindex="0" role="region" aria-label=(page.t("Evidence")) { table {
                    thead { tr { th { (page.t("Sentence")) } th { (page.t("Attributes")) } } }
                    tbody { @for evidence in &document.evidence { tr {
                        td { (evidence.text) }
                        td { (evidence.attributes.iter().map(|support| support.name.as_str()).collect::<Vec<_>>().join(", ")) }
                    } } }
                } }
            }
        }
    }
}

fn history(console: &Console, page: &Page, of: &InLocale) -> Markup {
    html! {
        details open { summary { (page.t("History")) }
            ol.timeline {
                @for revision in of.revisions.iter().rev().take(REVISIONS_SHOWN) { li { (entry(console, page, &of.document, revision)) } }
            }
        }
    }
}

/// One revision: who, when, why, and the way back to it.
fn entry(console: &Console, page: &Page, document: &Document, revision: &Revision) -> Markup {
    let place = address::product(&document.sku);
    let name = revision.revision.map_or_else(|| revision.operation.to_string(), |number| number.to_string());
    let is_now = revision.revision == Some(document.revision);
    html! {
        strong { (page.tf("revision {}", &[&name])) } " " (outcome(page, revision)) " "
        span.small.quiet {
            @match &revision.writer {
                Some(Writer::Model(model)) => (model),
                Some(Writer::Person(person)) => (person),
                Some(Writer::Facts) => (page.t("from the facts alone")),
                None => {},
            }
            @if let Some(at) = revision.at { " · " (ago(page, at, console.clock.now())) }
            " · " (revision.recipes.join(", "))
            @if let Some(job) = &revision.job { " · " a href=(address::job(job)) { (job) } }
        }
        @if let Some(decision) = &revision.decision {
            p.small { (decision.by.id) ": " (decision.kind) @if let Some(why) = &decision.why { " – “" (why) "”" } }
        }
        @if revision.has_texts {
            p.row.small {
                a href=(address::query(&format!("{place}/{}/changes", document.locale), &[("to", &name)])) { (page.t("what it changed")) }
                @if !is_now && page.visitor.person.may(Role::Reviewer) && revision.outcome == RevisionOutcome::Published {
                    form.row method="post" action={ (place) "/" (document.locale) "/revert" } {
                        (page.csrf())
                        input type="hidden" name="revision" value=(name);
                        label.visually-hidden for={ "why-" (document.locale) "-" (name) } { (page.t("Why")) }
                        input id={ "why-" (document.locale) "-" (name) } type="text" name="why" placeholder=(page.t("Why")) required maxlength="500";
                        button type="submit" { (page.t("Bring it back")) }
                    }
                }
            }
        }
    }
}

fn outcome(page: &Page, revision: &Revision) -> Markup {
    match revision.outcome {
        RevisionOutcome::Published => state(page, DocumentState::Published),
        RevisionOutcome::Held => state(page, DocumentState::Held),
        RevisionOutcome::Decided | RevisionOutcome::Other => html! {},
    }
}

fn facts(page: &Page, snapshot: Option<&Snapshot>) -> Markup {
    let Some(snapshot) = snapshot else { return html! {} };
    html! {
        section.card { details { summary { (page.t("Facts")) }
            div.scroll tabindex="0" role="region" aria-label=(page.t("Facts")) { table { tbody {
                @for (name, value) in snapshot.product.attributes.iter() { tr { th scope="row" { (name) } td { (value) } } }
            } } }
        } }
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::console) struct RevertForm {
    revision: String,
    #[serde(default)]
    why: String,
}

pub(in crate::console) async fn revert(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((sku, locale)): Path<(Sku, Locale)>,
    Form(form): Form<RevertForm>,
) -> Result<Response, ConsoleError> {
    page.must(Role::Reviewer)?;
    console.must_see(&page, &sku, &locale).await?;
    let why = form.why.trim();
    if why.is_empty() {
        return Err(ConsoleError::invalid("say why the earlier text comes back"));
    }
    let act = Act { sku: &sku, locale: &locale, by: &page.visitor.person.name, why: Some(why) };
    let revision: WhichRevision = form.revision.parse().map_err(ConsoleError::invalid)?;
    console.pipeline.revert(act, &revision, &[]).await?;
    console.model.refresh(&*console.store, &sku, &locale).await?;
    Ok(Redirect::to(&address::product(&sku)).into_response())
}

#[derive(Debug, Deserialize)]
pub(in crate::console) struct ChangesQuery {
    to: String,
}

/// What a revision changed, word by word.
pub(in crate::console) async fn changes(
    State(console): State<Arc<Console>>,
    page: Page,
    Path((sku, locale)): Path<(Sku, Locale)>,
    Query(query): Query<ChangesQuery>,
) -> Result<Html<String>, ConsoleError> {
    console.must_see(&page, &sku, &locale).await?;
    let to: WhichRevision = query.to.parse().map_err(ConsoleError::invalid)?;
    let difference = console.pipeline.difference(&sku, &locale, (None, Some(&to))).await?;
    let title = page.tf("What revision {} changed", &[&query.to]);
    let content = html! {
        h1 { (title) }
        p { a href=(address::product(&sku)) { (sku) } " · " (locale) }
        @if difference.texts.is_empty() { p.card { (page.t("No text is other.")) } }
        @for text in &difference.texts {
            section.card {
                h2 { (text.recipe) " " span.small.quiet { (text.at) } }
                p.text lang=(locale) {
                    @for word in &text.words {
                        @match word.kind {
                            WordsKind::Same => (word.text),
                            WordsKind::Added => ins { (word.text) },
                            WordsKind::Removed => del { (word.text) },
                        }
                    }
                }
            }
        }
    };
    Ok(Html(page.render(&title, "/catalog", &content).into_string()))
}
