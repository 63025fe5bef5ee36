//! What every request passes: whose it is, whether a browser was tricked into it, and how large it may be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::{COOKIE, Visitor, cookie};
use crate::console::error::ConsoleError;
use crate::console::state::Console;

/// Largest body of a request, in bytes: an edited text.
const BODY_BYTES_MAX: usize = 512 * 1024;
/// The header that carries what a form carries as `csrf`.
const CSRF_HEADER: &str = "x-csrf-token";

/// Lets a request through to its page with its [`Visitor`], or says why not.
pub(in crate::console) async fn guard(
    State(console): State<Arc<Console>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    match admitted(&console, address, request).await {
        Ok(Admission::Request { request, cookie }) => {
            let mut response = next.run(*request).await;
            if let Some(value) = cookie.and_then(|cookie| cookie.parse().ok()) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            response
        }
        Ok(Admission::LogIn { then }) => Redirect::to(&format!("/login?then={then}")).into_response(),
        Err(error) => error.into_response(),
    }
}

enum Admission {
    Request { request: Box<Request>, cookie: Option<String> },
    LogIn { then: String },
}

async fn admitted(
    console: &Console,
    address: SocketAddr,
    request: Request,
) -> Result<Admission, ConsoleError> {
    let (mut parts, body) = request.into_parts();
    let is_api = parts.uri.path().starts_with("/v1/");
    let unsafe_method = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let now = Instant::now();
    console.access.check_host(&parts.headers).map_err(|error| error.for_api(is_api))?;
    let mut set_cookie = None;
    let visitor = if let Some(token) = bearer(&parts.headers) {
        let person = console.access.log_in(token, address.ip(), now).map_err(|error| error.for_api(true))?;
        Visitor { person, csrf: String::new() }
    } else if let Some(session) =
        cookie(&parts.headers, COOKIE).and_then(|id| console.access.sessions.of(id, now))
    {
        Visitor { person: session.person, csrf: session.csrf }
    } else if let Some(person) = console.access.local_person() {
        if unsafe_method && is_api {
            // A page of another site could send it: without a session nothing proves that it is ours.
            return Err(ConsoleError::new(
                StatusCode::FORBIDDEN,
                "csrf",
                "open the console in this browser first, or send a token: `Authorization: Bearer …`",
            )
            .for_api(true));
        }
        let (id, session) = console.access.sessions.open(person, now).map_err(ConsoleError::internal)?;
        set_cookie = Some(console.access.cookie_of(&id));
        Visitor { person: session.person, csrf: session.csrf }
    } else if is_api {
        return Err(ConsoleError::new(
            StatusCode::UNAUTHORIZED,
            "no_token",
            "send a token: `Authorization: Bearer …`",
        )
        .for_api(true));
    } else if unsafe_method {
        return Err(ConsoleError::new(
            StatusCode::UNAUTHORIZED,
            "session_over",
            "your session is over; log in again, and do it once more",
        ));
    } else {
        return Ok(Admission::LogIn { then: then_of(&parts.uri) });
    };
    let body = if unsafe_method {
        let bytes = read(body).await.map_err(|error| error.for_api(is_api))?;
        if !visitor.csrf.is_empty() && !carries(&parts.headers, &bytes, &visitor.csrf) {
            let message = "the form is not of this session; load the page again, and do it once more";
            return Err(ConsoleError::new(StatusCode::FORBIDDEN, "csrf", message).for_api(is_api));
        }
        Body::from(bytes)
    } else {
        body
    };
    parts.extensions.insert(visitor);
    let request = Box::new(Request::from_parts(parts, body));
    Ok(Admission::Request { request, cookie: set_cookie })
}

/// Where to go after logging in: a path of ours, encoded.
fn then_of(uri: &Uri) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn read(body: Body) -> Result<Bytes, ConsoleError> {
    let too_large = || {
        let message = format!("the request has more than {BODY_BYTES_MAX} bytes");
        ConsoleError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    };
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    // How long it may take is the server's deadline for requests.
    axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| {
        let source = std::error::Error::source(&error);
        match source.and_then(|source| source.downcast_ref::<http_body_util::LengthLimitError>()) {
            Some(_) => too_large(),
            None => ConsoleError::new(StatusCode::BAD_REQUEST, "broken_body", "the request broke off"),
        }
    })
}

/// Whether a request carries the session's secret, in its header or in its form.
fn carries(headers: &HeaderMap, body: &[u8], csrf: &str) -> bool {
    // Hashes are compared in constant time.
    let is_it = |sent: &[u8]| blake3::hash(sent) == blake3::hash(csrf.as_bytes());
    if let Some(sent) = headers.get(CSRF_HEADER) {
        return is_it(sent.as_bytes());
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.starts_with("application/x-www-form-urlencoded")
        && form_urlencoded::parse(body).any(|(name, value)| name == "csrf" && is_it(value.as_bytes()))
}
