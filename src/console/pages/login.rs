//! Logging in by a token, logging out, and the language.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, Html, IntoResponse as _, Redirect, Response};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::layout::head;
use crate::console::access::{COOKIE, cookie};
use crate::console::error::ConsoleError;
use crate::console::language::{self, Language};
use crate::console::state::Console;

#[derive(Debug, Default, Deserialize)]
pub(in crate::console) struct LoginForm {
    #[serde(default)]
    then: String,
    #[serde(default)]
    token: String,
}

/// Only a path of ours: an address of somebody else's would be opened in our name.
fn then_of(then: &str) -> &str {
    let is_path = then.starts_with('/') && !then.starts_with("//") && !then.starts_with("/\\");
    if is_path && !then.contains(char::is_control) { then } else { "/" }
}

pub(in crate::console) async fn form(headers: HeaderMap, Query(asked): Query<LoginForm>) -> Html<String> {
    Html(view(Language::of(&headers), then_of(&asked.then), None).into_string())
}

fn view(language: Language, then: &str, error: Option<&ConsoleError>) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            (head(language.text("Log in")))
            body { main #main {
                h1 { "Skuscribe" }
                form.card method="post" action="/login" {
                    @if let Some(error) = error { p.notice.bad role="alert" { (error.message()) } }
                    input type="hidden" name="then" value=(then);
                    p { label for="token" { (language.text("Token")) } input #token type="password" name="token" autocomplete="current-password" required maxlength="200" autofocus; }
                    button.primary type="submit" { (language.text("Log in")) }
                }
            } }
        }
    }
}

pub(in crate::console) async fn log_in(
    State(console): State<Arc<Console>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(asked): Form<LoginForm>,
) -> Result<Response, ConsoleError> {
    let then = then_of(&asked.then);
    let now = Instant::now();
    match console.access.log_in(asked.token.trim(), address.ip(), now) {
        Ok(person) => {
            tracing::info!(person.name = %person.name, "logged in to the console");
            let (id, _) = console.access.sessions.open(person, now).map_err(ConsoleError::internal)?;
            let cookie = AppendHeaders([(header::SET_COOKIE, console.access.cookie_of(&id))]);
            Ok((cookie, Redirect::to(then)).into_response())
        }
        Err(error) => {
            let body = view(Language::of(&headers), then, Some(&error)).into_string();
            Ok((error.status(), Html(body)).into_response())
        }
    }
}

pub(in crate::console) async fn log_out(State(console): State<Arc<Console>>, headers: HeaderMap) -> Response {
    if let Some(id) = cookie(&headers, COOKIE) {
        console.access.sessions.close(id);
    }
    let ended = AppendHeaders([(header::SET_COOKIE, console.access.ended_cookie())]);
    (ended, Redirect::to("/")).into_response()
}

#[derive(Debug, Deserialize)]
pub(in crate::console) struct LanguageForm {
    #[serde(default)]
    language: String,
}

pub(in crate::console) async fn choose_language(
    headers: HeaderMap,
    Form(chosen): Form<LanguageForm>,
) -> Response {
    let known = Language::ALL.into_iter().find(|language| language.tag() == chosen.language);
    let tag = known.unwrap_or(Language::English).tag();
    let cookie = format!("{}={tag}; Path=/; Max-Age=31536000; SameSite=Lax", language::COOKIE);
    // Back to where the form was, if that is a page of ours.
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = referer.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    (AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(then_of(path.unwrap_or("/"))))
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site_after_logging_in() {
        for elsewhere in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "",
            "/a\r\nX: y",
        ] {
            assert_eq!(then_of(elsewhere), "/", "{elsewhere}");
        }
        assert_eq!(then_of("/review?q=a%20b"), "/review?q=a%20b");
    }
}
