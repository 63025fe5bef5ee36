//! The chat widget, one script without dependencies, and a page that shows it.

use axum::http::header;
use axum::response::{Html, IntoResponse};

const WIDGET: &str = include_str!("widget.js");
const DEMO: &str = include_str!("demo.html");
const DEMO_SCRIPT: &str = include_str!("demo.js");

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What the demo page may do: run its script and style, and ask this service; nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(super) async fn demo_script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, SCRIPT), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], DEMO_SCRIPT)
}

pub(super) async fn widget() -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, SCRIPT),
            (header::CACHE_CONTROL, "public, max-age=3600"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        WIDGET,
    )
}

pub(super) async fn demo() -> impl IntoResponse {
    (
        [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ],
        Html(DEMO),
    )
}
