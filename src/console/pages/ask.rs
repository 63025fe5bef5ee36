//! Ask: a shopper's question as the answer service answers it, with what the answer rests on.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::Html;
use maud::{Markup, html};
use serde::Deserialize;

use super::Page;
use crate::answers::{Answer, AnswerRequest};
use crate::console::address;
use crate::console::error::ConsoleError;
use crate::console::state::Console;

#[derive(Debug, Default, Deserialize)]
pub(in crate::console) struct AskForm {
    #[serde(default)]
    sku: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    locale: String,
    #[serde(default)]
    question: String,
}

pub(in crate::console) async fn form(page: Page) -> Html<String> {
    Html(view(&page, &AskForm::default(), &html! {}).into_string())
}

pub(in crate::console) async fn ask(
    State(console): State<Arc<Console>>,
    page: Page,
    Form(asked): Form<AskForm>,
) -> Result<Html<String>, ConsoleError> {
    let result = match answer(&console, &page, &asked).await {
        Ok(answer) => shown(&page, &answer),
        Err(error) => html! { p.notice.bad role="alert" { (error.message()) } },
    };
    Ok(Html(view(&page, &asked, &result).into_string()))
}

async fn answer(console: &Console, page: &Page, asked: &AskForm) -> Result<Answer, ConsoleError> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let sku = some(&asked.sku)
        .map(|sku| sku.parse())
        .transpose()
        .map_err(|error| ConsoleError::invalid(format!("SKU: {error}")))?;
    let locale = some(&asked.locale)
        .map(|locale| locale.parse())
        .transpose()
        .map_err(|error| ConsoleError::invalid(format!("locale: {error}")))?;
    if !page.visitor.person.sees_all() && sku.is_none() {
        return Err(ConsoleError::forbidden(
            "your token is for some categories or locales: ask about one product",
        ));
    }
    if let Some(sku) = &sku {
        console.must_see_product(page, sku).await?;
    }
    let request = AnswerRequest {
        question: asked.question.clone(),
        sku,
        skus: Vec::new(),
        category: some(&asked.category),
        locale,
        session: None,
    };
    let question = request.within().map_err(|error| ConsoleError::invalid(error.to_string()))?;
    let answered = console.asker.ask(&question, &[]).await;
    answered.map_err(|error| ConsoleError::invalid(crate::failure::chain(&error)))
}

fn shown(page: &Page, answer: &Answer) -> Markup {
    html! {
        section.card {
            h2 { (page.t("Answer")) " " span.chip { (answer.outcome.as_str()) } @if let Some(source) = &answer.source { " " span.chip { (source.as_str()) } } }
            p.text { (answer.text) }
            @if !answer.attributes.is_empty() {
                h3 { (page.t("It rests on")) }
                ul { @for attribute in &answer.attributes { li { a href=(address::product(&attribute.sku)) { (attribute.sku) } " " strong { (attribute.label.as_ref().unwrap_or(&attribute.name)) } ": " (attribute.value) } } }
            }
            @if let Some(reason) = &answer.reason { p.small.quiet { (reason) } }
        }
    }
}

fn view(page: &Page, asked: &AskForm, result: &Markup) -> Markup {
    let content = html! {
        h1 { (page.t("Ask")) }
        form.card method="post" action="/ask" {
            (page.csrf())
            div.row {
                div { label for="sku" { "SKU" } input #sku type="text" name="sku" value=(asked.sku) maxlength="256"; }
                div { label for="category" { (page.t("or a category")) } input #category type="text" name="category" value=(asked.category) maxlength="300"; }
                div { label for="locale" { (page.t("Locale")) } input #locale type="text" name="locale" value=(asked.locale) size="8" maxlength="35"; }
            }
            p { label for="question" { (page.t("Question")) } input #question type="text" name="question" value=(asked.question) size="60" maxlength="500" required; }
            button.primary type="submit" { (page.t("Ask")) }
        }
        (result)
    };
    page.render(page.t("Ask"), "/ask", &content)
}
