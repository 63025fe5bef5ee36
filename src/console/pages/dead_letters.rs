//! Dead letters, grouped by what went wrong: looked at, put back, or removed, a group at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;
use serde::Deserialize;

use super::Page;
use super::text::{ago, number};
use crate::broker::{DeadLetters, LetterInfo, Link};
use crate::console::access::Role;
use crate::console::error::ConsoleError;
use crate::console::state::Console;
use crate::lane::Lane;

/// Most letters that are looked at in one queue.
const LOOKED_AT_MAX: usize = 1_000;
/// Letters of a group that are shown.
const SHOWN: usize = 5;

/// What letters have in common: the stage that failed and how its error begins.
fn group(letter: &LetterInfo) -> (String, String) {
    // Numbers and names differ from letter to letter; what stands before the first colon mostly does not.
    let begins: String = letter.error.split(':').next().unwrap_or_default().chars().take(120).collect();
    (letter.stage.clone(), begins.chars().filter(|character| !character.is_ascii_digit()).collect())
}

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
) -> Result<Html<String>, ConsoleError> {
    page.must(Role::Operator)?;
    let letters = DeadLetters::open(Link::from_config(&console.config.broker))
        .await
        .map_err(|error| ConsoleError::broker(&error))?;
    let mut groups: BTreeMap<(String, String), Vec<LetterInfo>> = BTreeMap::new();
    for queue in console.topology().dead_lanes() {
        let mut looked = 0;
        while looked < LOOKED_AT_MAX
            && let Some(letter) = letters.next(&queue).await.map_err(|error| ConsoleError::broker(&error))?
        {
            looked += 1;
            groups.entry(group(&letter.about)).or_default().push(letter.about.clone());
        }
    }
    letters.close().await;
    let now = console.clock.now();
    let content = html! {
        h1 { (page.t("Dead letters")) }
        @if groups.is_empty() { p.card { (page.t("No message was given up.")) } }
        @for ((stage, error), letters) in &groups {
            section.card {
                h2 { (stage) ": " (error) " " span.badge { (number(letters.len() as u64)) } }
                div.scroll tabindex="0" role="region" aria-label=(error) { table {
                    thead { tr { th { (page.t("Message")) } th { "SKU" } th { (page.t("Lane")) } th { (page.t("Why")) } th { (page.t("Last attempt")) } } }
                    tbody { @for letter in letters.iter().take(SHOWN) { tr {
                        td { (letter.id) } td { (letter.sku) } td { (letter.lane) } td { (letter.error) }
                        td { @if let Some(at) = letter.last_at { (ago(&page, at, now)) } }
                    } } }
                } }
                form.row method="post" action="/dead/replay" {
                    (page.csrf())
                    input type="hidden" name="stage" value=(stage); input type="hidden" name="error" value=(error);
                    input type="hidden" name="count" value=(letters.len());
                    button.primary type="submit" { (page.tf("Put these {} back into their lanes", &[&number(letters.len() as u64)])) }
                }
            }
        }
    };
    Ok(Html(page.render(page.t("Dead letters"), "/dead", &content).into_string()))
}

#[derive(Debug, Deserialize)]
pub(in crate::console) struct GroupForm {
    stage: String,
    error: String,
    /// As many as were shown: those that came later were not looked at.
    count: usize,
}

/// Puts the letters of a group back into their lanes.
pub(in crate::console) async fn replay(
    State(console): State<Arc<Console>>,
    page: Page,
    Form(form): Form<GroupForm>,
) -> Result<Response, ConsoleError> {
    page.must(Role::Operator)?;
    let publisher = console.publisher()?;
    let link = Link::from_config(&console.config.broker);
    let letters = DeadLetters::open(link.clone()).await.map_err(|error| ConsoleError::broker(&error))?;
    let (mut replayed, mut failed) = (0, None);
    'queues: for queue in console.topology().dead_lanes() {
        let mut looked = 0;
        while looked < LOOKED_AT_MAX && replayed < form.count {
            let Some(letter) = letters.next(&queue).await.map_err(|error| ConsoleError::broker(&error))?
            else {
                break;
            };
            looked += 1;
            let (stage, error) = group(&letter.about);
            if stage != form.stage || error != form.error {
                continue;
            }
            let lane: Lane = letter.about.lane.parse().unwrap_or(Lane::Updates);
            if let Err(error) = letter.replay(&link, publisher, lane).await {
                failed = Some(crate::failure::chain(&error));
                break 'queues;
            }
            replayed += 1;
        }
    }
    letters.close().await;
    tracing::info!(letters.replayed = replayed, person.name = %page.visitor.person.name, "dead letters were put back");
    match failed {
        Some(error) => {
            Err(ConsoleError::invalid(format!("{replayed} letters were put back, then it failed: {error}")))
        }
        None => Ok(Redirect::to("/dead").into_response()),
    }
}
