//! Settings: recipes, voices and rules in force, and where each setting comes from.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use maud::html;

use super::Page;
use crate::console::access::Role;
use crate::console::error::ConsoleError;
use crate::console::state::Console;

pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    page: Page,
) -> Result<Html<String>, ConsoleError> {
    page.must(Role::Admin)?;
    let content = html! {
        h1 { (page.t("Settings")) }
        section.card {
            h2 { (page.t("Recipes")) }
            div.scroll tabindex="0" role="region" aria-label=(page.t("Recipes")) { table {
                thead { tr { th { (page.t("Recipe")) } th { (page.t("Version")) } th { (page.t("Written where a message names none")) } } }
                tbody { @for recipe in console.pipeline.recipes.all() { tr {
                    td { (recipe.name) } td { (recipe.version) }
                    td { @if console.pipeline.recipes.enabled().contains(&recipe.name) { (page.t("yes")) } }
                } } }
            } }
        }
        section.card {
            h2 { (page.t("In force")) }
            p.small.quiet { (page.t("Secrets are never shown. A setting is changed in its file or variable, and the processes are started anew.")) }
            div.scroll tabindex="0" role="region" aria-label=(page.t("Settings")) { table {
                thead { tr { th { (page.t("Setting")) } th { (page.t("Value")) } th { (page.t("Origin")) } } }
                tbody { @for setting in &console.settings { tr {
                    td { (setting.section) "." (setting.name) } td { code { (setting.value) } } td.small.quiet { (setting.origin.as_deref().unwrap_or("default")) }
                } } }
            } }
        }
    };
    Ok(Html(page.render(page.t("Settings"), "/settings", &content).into_string()))
}
