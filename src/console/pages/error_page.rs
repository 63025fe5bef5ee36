//! What people see where a request was not served.

use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::layout::head;

pub(in crate::console) fn error_page(status: StatusCode, message: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(status.canonical_reason().unwrap_or("Error")))
            body { main #main {
                h1 { (status.canonical_reason().unwrap_or("Error")) }
                p.notice.bad role="alert" { (message) }
                p { a.button href="/" { "Overview" } }
            } }
        }
    }
}
