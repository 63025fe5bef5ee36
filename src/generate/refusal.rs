//! What an answer that is no completion means: a state of the server, a failure that passes, or a refusal of this request.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::refusal_words as words;
use crate::limits::server_state::ServerState;

/// Largest error body that is read as JSON.
const JSON_BYTES_MAX: usize = 256 << 10;
/// So much of a body is searched for words.
const SEARCHED_BYTES_MAX: usize = 8 << 10;

/// An answer that is no completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) kind: RefusalKind,
    /// The status that counts: that of the response, or the one that an error inside a 200 names.
    pub(super) status: u16,
    /// What the server said; not fit to be shown before it is cleaned.
    pub(super) message: String,
    /// The start of the body, where it may name a wait.
    pub(super) said: String,
}

/// What it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusalKind {
    /// No message can change it.
    State {
        state: ServerState,
        /// Whether the words leave it open that this one message is meant.
        doubtful: bool,
    },
    /// The same request may succeed later.
    Passing,
    /// An answer of something else than the API: it may pass, else the address is wrong.
    Foreign,
    /// This very request is refused.
    Request {
        /// Whether the same request may still succeed: the model was to blame, not the request.
        again: bool,
    },
}

/// The parts of an error body.
#[derive(Debug, Default)]
pub(super) struct ErrorBody {
    /// Its code, type and status, in lower case.
    pub(super) codes: Vec<String>,
    /// What it says to people.
    pub(super) message: String,
}

impl Refusal {
    /// Reads a response whose status is no success.
    pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let said = start(body);
        let described = ErrorBody::read(body);
        let status = status.as_u16();
        let page = is_page(headers, &said);
        let kind = if (300..400).contains(&status) {
            RefusalKind::State { state: ServerState::Redirected, doubtful: false }
        } else {
            kind(status, &described, &said, page)
        };
        let message = match headers.get("location").and_then(|location| location.to_str().ok()) {
            Some(location) if (300..400).contains(&status) => {
                format!("to {}", crate::config::broker::shown(location))
            }
            _ => described.message,
        };
        Self { kind, status, message, said }
    }

    /// Reads an error inside a 200, which belongs to this status.
    pub(super) fn inside(status: StatusCode, headers: &HeaderMap, error: &[u8]) -> Self {
        let read = Self::read(status, headers, error);
        Self { message: format!("an error inside a 200: {}", read.message), ..read }
    }

    /// A 200 that cannot be read: a web page is of something else than the API.
    pub(super) fn unreadable(page: bool, reason: String) -> Self {
        let kind = if page { RefusalKind::Foreign } else { RefusalKind::Passing };
        Self { kind, status: 200, message: reason, said: String::new() }
    }
}

impl ErrorBody {
    /// Reads `OpenAI`'s object, a list of it, a string, FastAPI's `detail`, a web page, or plain text.
    pub(super) fn read(body: &[u8]) -> Self {
        let parsed =
            (body.len() <= JSON_BYTES_MAX).then(|| serde_json::from_slice::<Value>(body).ok()).flatten();
        let Some(parsed) = parsed else {
            let text = start(body);
            let message = title(&text).unwrap_or(text);
            return Self { codes: Vec::new(), message };
        };
        let whole = parsed.get(0).unwrap_or(&parsed);
        let listed = whole.get("errors").and_then(|errors| errors.get(0));
        Self::of(whole.get("error").or(listed).unwrap_or(whole))
    }

    /// Reads an error's object or text.
    pub(super) fn of(error: &Value) -> Self {
        let shown = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let field = |name: &str| error.get(name).and_then(shown);
        let codes = ["code", "type", "status", "reason"]
            .into_iter()
            .filter_map(field)
            .map(|code| code.to_lowercase());
        let message =
            ["message", "Message", "msg", "detail", "error_description", "error"].into_iter().find_map(field);
        let message = message.or_else(|| shown(error)).unwrap_or_default();
        Self { codes: codes.collect(), message }
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.contains(&code.as_str()))
    }
}

/// What a status with an error body means.
fn kind(status: u16, body: &ErrorBody, said: &str, page: bool) -> RefusalKind {
    let text = format!("{} {}", body.codes.join(" "), body.message.to_lowercase());
    let state = |state, doubtful| RefusalKind::State { state, doubtful };
    let request = RefusalKind::Request { again: false };
    if status == 402 || body.has_code(words::MONEY_CODES) {
        return state(ServerState::NoMoney, false);
    }
    if body.has_code(words::KEY_CODES) {
        return state(ServerState::KeyRefused, false);
    }
    if body.has_code(words::MODEL_CODES) {
        return state(ServerState::ModelMissing, false);
    }
    if status >= 500 {
        // A server of files that does not know POST.
        return if status == 501 && page {
            state(ServerState::AddressWrong, true)
        } else {
            RefusalKind::Passing
        };
    }
    if status == 429 {
        return limited(&text, said);
    }
    let broad = matches!(status, 401 | 403);
    if broad && words::any(&text, words::ACCOUNT) && !words::any(&text, words::MONEY_BROAD) {
        return state(ServerState::KeyRefused, false);
    }
    if words::any(&text, words::CONTENT) {
        return request;
    }
    if words::any(&text, words::REGION) {
        return state(ServerState::RegionRefused, false);
    }
    // A 400 may quote the product: its words prove less, and only long phrases count.
    if words::any(&text, words::MONEY) || (broad && words::any(&text, words::MONEY_BROAD)) {
        return state(ServerState::NoMoney, !broad);
    }
    match status {
        401 | 407 => state(ServerState::KeyRefused, false),
        403 if words::any(&text, words::PASSING) => RefusalKind::Passing,
        403 if words::names_missing_model(&text) => state(ServerState::ModelMissing, true),
        403 => state(ServerState::KeyRefused, page || !words::any(&text, words::KEY_BROAD)),
        404 | 410 if words::names_missing_model(&text) => state(ServerState::ModelMissing, false),
        404 | 405 | 410 => state(ServerState::AddressWrong, true),
        451 => state(ServerState::RegionRefused, true),
        408 | 409 | 423 | 424 | 425 | 498 | 499 => RefusalKind::Passing,
        _ if body.has_code(words::ANSWER_CODES) => RefusalKind::Request { again: true },
        _ if words::any(&text, words::KEY) => state(ServerState::KeyRefused, true),
        _ if words::any(&text, words::ADDRESS) || (page && status == 400) => {
            state(ServerState::AddressWrong, true)
        }
        _ if words::names_missing_model(&text) => state(ServerState::ModelMissing, true),
        _ if words::any(&text, words::PASSING) => RefusalKind::Passing,
        _ => request,
    }
}

/// A 429: too many calls for now, or a quota that is used up. Words of money do not decide alone: a limit per minute of a
/// free plan speaks of billing as well, and names how long it lasts.
fn limited(text: &str, said: &str) -> RefusalKind {
    let said = said.to_lowercase();
    let passes = words::any(text, words::PER_MINUTE) || words::any(&said, words::PER_MINUTE);
    let per_day = words::any(&said, words::PER_DAY);
    let names_wait = super::retry_after::wait_named_in(&said).is_some();
    let money = words::any(text, words::MONEY) || words::any(text, words::MONEY_BROAD);
    if !passes && (per_day || (money && !names_wait)) {
        return RefusalKind::State { state: ServerState::NoMoney, doubtful: false };
    }
    RefusalKind::Passing
}

/// The state that a failed connection speaks of; `None` where it may pass by itself.
pub(super) fn unreachable_state(cause: &str) -> Option<ServerState> {
    const UNKNOWN_HOST: &[&str] = &[
        "Name or service not known",
        "nodename nor servname provided",
        "No address associated with",
        "Name does not resolve",
        "no record found",
    ];
    if UNKNOWN_HOST.iter().any(|words| cause.contains(words)) {
        return Some(ServerState::HostUnknown);
    }
    if cause.contains("certificate") {
        return Some(ServerState::CertificateRefused);
    }
    // TLS was spoken to a server that speaks plain HTTP.
    cause.contains("InvalidContentType").then_some(ServerState::AddressWrong)
}

/// Whether a body is a web page.
pub(super) fn is_page(headers: &HeaderMap, said: &str) -> bool {
    let declared = headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.contains("html"));
    let begins = said.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    (declared && begins.starts_with('<')) || begins.starts_with("<!doctype") || begins.starts_with("<html")
}

/// The title of a web page.
fn title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let from = lower.find("<title")?;
    let from = from + lower.get(from..)?.find('>')? + 1;
    let to = from + lower.get(from..)?.find('<')?;
    let title = text.get(from..to)?.trim();
    (!title.is_empty()).then(|| title.to_owned())
}

/// The start of a body as text.
pub(super) fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..SEARCHED_BYTES_MAX).unwrap_or(body)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ServerState::{AddressWrong, KeyRefused, ModelMissing, NoMoney, Redirected, RegionRefused};

    fn read(status: u16, body: &str) -> Refusal {
        Refusal::read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    fn states(expected: ServerState, cases: &[(u16, &str)]) {
        for (status, body) in cases {
            let kind = read(*status, body).kind;
            assert!(
                matches!(kind, RefusalKind::State { state, .. } if state == expected),
                "{status} {body}: {kind:?}"
            );
        }
    }

    fn kinds(expected: RefusalKind, cases: &[(u16, &str)]) {
        for (status, body) in cases {
            assert_eq!(read(*status, body).kind, expected, "{status} {body}");
        }
    }

    #[test]
    fn no_money_is_told_in_every_dialect() {
        states(
            NoMoney,
            &[
                (
                    402,
                    r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#,
                ),
                (402, ""),
                (
                    429,
                    r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
                ),
                (
                    400,
                    r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
                ),
                (
                    400,
                    r#"{"error":{"message":"You have reached your specified API usage limits. You will regain access on 2026-02-01."}}"#,
                ),
                (403, r#"{"error":{"message":"This account has an overdue payment"}}"#),
                (
                    403,
                    r#"{"code":"AllocationQuota.FreeTierOnly","message":"The free tier of the model has been exhausted."}"#,
                ),
                (
                    400,
                    r#"{"error":{"code":"billing_hard_limit_reached","message":"Billing hard limit has been reached"}}"#,
                ),
                (
                    400,
                    r#"{"error":{"message":"ExceededBudget: Budget has been exceeded! Current cost: 1.0, Max budget: 1.0","type":"budget_exceeded"}}"#,
                ),
                (
                    429,
                    r#"{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429}}"#,
                ),
                (
                    429,
                    r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"},{"retryDelay":"34s"}]}}"#,
                ),
                (429, r#"{"error":{"message":"You have exceeded your monthly spending limit"}}"#),
            ],
        );
    }

    #[test]
    fn too_many_calls_for_a_minute_are_no_state_whatever_they_say_of_billing() {
        kinds(
            RefusalKind::Passing,
            &[
                (429, r#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#),
                (
                    429,
                    r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Please retry in 34.07s.","status":"RESOURCE_EXHAUSTED","details":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"},{"retryDelay":"34s"}]}}"#,
                ),
                (
                    429,
                    r#"{"error":{"message":"Rate limit reached for model `x` on tokens per minute (TPM): Limit 6000, Used 5990. Please try again in 4.2s. Need more tokens? Upgrade at https://x/settings/billing","code":"rate_limit_exceeded"}}"#,
                ),
                (
                    429,
                    r#"{"error":{"message":"Rate limit reached on tokens per day (TPD): Limit 100000. Please try again in 14m24s."}}"#,
                ),
                (429, ""),
            ],
        );
    }

    #[test]
    fn a_model_that_is_not_there_is_told_in_every_dialect() {
        states(
            ModelMissing,
            &[
                (
                    404,
                    r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
                ),
                (
                    404,
                    r#"{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error"}}"#,
                ),
                (
                    404,
                    r#"{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","code":"model_not_found"}}"#,
                ),
                (
                    404,
                    r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
                ),
                (404, r#"{"error":{"message":"No endpoints found for acme/x.","code":404}}"#),
                (
                    404,
                    r#"{"error":{"message":"No models loaded. Please load a model in the developer page"}}"#,
                ),
                (
                    404,
                    r#"{"error":{"message":"This is not a chat model and thus not supported in the v1/chat/completions endpoint."}}"#,
                ),
                (
                    404,
                    r#"[{"error":{"code":404,"message":"models/x is not found for API version v1main, or is not supported","status":"NOT_FOUND"}}]"#,
                ),
                (400, r#"{"error":{"message":"acme/x is not a valid model ID","code":400}}"#),
                (
                    400,
                    r#"{"error":{"message":"/chat/completions: Invalid model name passed in model=x. Call `/v1/models`"}}"#,
                ),
                (
                    400,
                    r#"{"code":20012,"message":"Model does not exist. Please check it carefully.","data":null}"#,
                ),
                (
                    400,
                    r#"{"error":{"message":"The model `x` has been decommissioned and is no longer supported.","code":"model_decommissioned"}}"#,
                ),
                (410, r#"{"detail":"The model x has reached its end of life"}"#),
            ],
        );
    }

    #[test]
    fn a_refused_key_account_or_region_is_told_in_every_dialect() {
        states(
            KeyRefused,
            &[
                (401, ""),
                (401, r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#),
                (403, r#"{"error":{"message":"Your account is not active","type":"permission_error"}}"#),
                (403, r#"{"error":{"message":"Forbidden"}}"#),
                (403, "<html><head><title>403 Forbidden</title></head></html>"),
                (
                    400,
                    r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
                ),
                (
                    400,
                    r#"{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}"#,
                ),
                (403, r#"{"error":{"message":"Your account was flagged for abuse and suspended."}}"#),
                (403, r#"{"error":{"message":"The account associated with this key has been deactivated"}}"#),
            ],
        );
        states(
            RegionRefused,
            &[
                (
                    403,
                    r#"{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}}"#,
                ),
                (
                    400,
                    r#"{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}"#,
                ),
                (403, r#"{"error":{"message":"This model is not available in your region."}}"#),
                (451, ""),
            ],
        );
    }

    #[test]
    fn a_wrong_address_is_told_from_web_servers_and_redirects() {
        states(
            AddressWrong,
            &[
                (404, "<html><head><title>404 Not Found</title></head></html>"),
                (404, r#"{"detail":"Not Found"}"#),
                (404, ""),
                (405, r#"{"detail":"Method Not Allowed"}"#),
                (501, "<!DOCTYPE HTML><html><title>Error response</title>"),
                (
                    400,
                    "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
                ),
                (400, "Client sent an HTTP request to an HTTPS server.\n"),
            ],
        );
        states(Redirected, &[(301, ""), (302, "<html>"), (307, ""), (308, "")]);
        let mut headers = HeaderMap::new();
        headers.insert("location", "https://user:secret@other/v1?key=1".parse().unwrap());
        assert_eq!(Refusal::read(StatusCode::FOUND, &headers, b"").message, "to https://other/v1");
    }

    #[test]
    fn what_is_said_of_one_message_is_no_state() {
        kinds(
            RefusalKind::Request { again: false },
            &[
                (
                    400,
                    r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter"}}"#,
                ),
                (
                    403,
                    r#"{"error":{"code":403,"message":"Your chosen model requires moderation and your input was flagged for \"violence\"."}}"#,
                ),
                (403, r#"{"error":{"message":"Input flagged","code":403}}"#),
                (400, r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}"#),
                (
                    400,
                    r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model.","code":"unsupported_parameter"}}"#,
                ),
                (
                    400,
                    r#"{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens')}]","code":400}"#,
                ),
                (400, r#"{"error":{"message":"System role not supported","code":400}}"#),
                (400, r#"{"error":{"message":"This model's maximum context length is 8192 tokens."}}"#),
                (
                    413,
                    r#"{"error":{"message":"Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 8000"}}"#,
                ),
                (422, r#"{"detail":[{"loc":["body","messages"],"msg":"field required"}]}"#),
            ],
        );
        kinds(
            RefusalKind::Request { again: true },
            &[(
                400,
                r#"{"error":{"message":"Failed to generate JSON.","type":"invalid_request_error","code":"json_validate_failed"}}"#,
            )],
        );
    }

    #[test]
    fn what_passes_is_tried_again() {
        let html = "<html><head><title>502 Bad Gateway</title></head></html>";
        for status in [408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529] {
            kinds(RefusalKind::Passing, &[(status, html)]);
        }
        kinds(
            RefusalKind::Passing,
            &[
                (503, r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#),
                (503, r#"{"error":"Model x is currently loading","estimated_time":20.0}"#),
                (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#),
                (
                    400,
                    r#"{"error":{"message":"The engine is currently overloaded, please try again later"}}"#,
                ),
            ],
        );
        assert_eq!(read(502, html).message, "502 Bad Gateway");
    }

    #[test]
    fn an_error_inside_a_200_is_that_error() {
        let money = RefusalKind::State { state: NoMoney, doubtful: false };
        let missing = RefusalKind::State { state: ModelMissing, doubtful: false };
        for (named, error, expected) in [
            (502, r#"{"message":"Upstream error: overloaded","code":502}"#, RefusalKind::Passing),
            (402, r#"{"message":"Insufficient credits","code":402}"#, money),
            (404, r#"{"object":"error","message":"The model `x` does not exist.","code":404}"#, missing),
        ] {
            let status = StatusCode::from_u16(named).unwrap();
            let read = Refusal::inside(status, &HeaderMap::new(), error.as_bytes());
            assert_eq!((read.kind, read.status), (expected, named), "{error}");
            assert!(read.message.starts_with("an error inside a 200: "), "{}", read.message);
        }
        assert_eq!(Refusal::unreadable(true, String::new()).kind, RefusalKind::Foreign);
        assert_eq!(Refusal::unreadable(false, String::new()).kind, RefusalKind::Passing);
    }

    #[test]
    fn every_shape_of_error_body_is_described() {
        for (body, codes, message) in [
            (r#"{"error":{"message":"slow down","code":"Rate_limit"}}"#, "rate_limit", "slow down"),
            (r#"{"error":{"message":"slow down","code":429,"type":"x"}}"#, "429 x", "slow down"),
            (r#"[{"error":{"message":"bad","status":"INVALID"}}]"#, "invalid", "bad"),
            (r#"{"success":false,"errors":[{"code":7003,"message":"no route"}]}"#, "7003", "no route"),
            (r#"{"error":"no such model"}"#, "", "no such model"),
            (r#"{"detail":"Not Found"}"#, "", "Not Found"),
            (r#"{"object":"error","message":"bad","code":40001}"#, "40001", "bad"),
            ("upstream timed out", "", "upstream timed out"),
            ("<HTML><Title>\nSign in\n</Title>", "", "Sign in"),
            ("", "", ""),
        ] {
            let described = ErrorBody::read(body.as_bytes());
            assert_eq!(
                (described.codes.join(" ").as_str(), described.message.as_str()),
                (codes, message),
                "{body}"
            );
        }
    }

    #[test]
    fn what_no_retry_mends_is_told_from_what_passes_by_the_cause() {
        for (cause, state) in [
            (
                "failed to lookup address information: Name or service not known",
                Some(ServerState::HostUnknown),
            ),
            ("failed to lookup address information: Temporary failure in name resolution", None),
            ("invalid peer certificate: UnknownIssuer", Some(ServerState::CertificateRefused)),
            ("received corrupt message of type InvalidContentType", Some(ServerState::AddressWrong)),
            ("Connection refused (os error 111)", None),
        ] {
            assert_eq!(unreachable_state(cause), state, "{cause}");
        }
    }
}
