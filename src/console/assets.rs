//! The console's style and scripts, from the binary; htmx and its extension for server-sent events as their makers built them.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Each file's name, type and text.
const ASSETS: [(&str, &str, &str); 5] = [
    ("console.css", CSS, include_str!("assets/console.css")),
    ("console.js", SCRIPT, include_str!("assets/console.js")),
    // htmx 2.0 and htmx-ext-sse 2.2, zero-clause BSD, htmx.org.
    ("htmx.min.js", SCRIPT, include_str!("assets/htmx.min.js")),
    ("sse.js", SCRIPT, include_str!("assets/sse.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

pub(super) async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|(known, ..)| *known == name) {
        // Asked for again after an hour: a new release is there soon.
        Some((_, kind, text)) => {
            ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "private, max-age=3600")], *text)
                .into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
