//! Servers that refuse a part of the usual request: the client adapts after the first refusal, remembers it, and every message
//! is published; a refusal that is about one message changes nothing for the others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use skuscribe::announce::Announcer;
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::generate::Models;
use skuscribe::intake::inbox::Inbox;
use skuscribe::intake::{Origin, decode};
use skuscribe::pipeline::Pipeline;
use skuscribe::store::ContentStore;
use skuscribe::worker::health::HealthEndpoints;
use skuscribe_check::content::Outcome;
use skuscribe_sandbox::{Behaviour, Sandbox};
use tokio_util::sync::CancellationToken;

use crate::harness::{World, mug, until};
use crate::memory::MemoryStore;

/// What a server refuses: status and body of the refusal, or nothing.
type Rule = fn(&Value) -> Option<(u16, Value)>;

/// A server in front of the sandbox that refuses what its rule says.
struct Picky {
    url: String,
    seen: Arc<Mutex<Vec<Value>>>,
    _sandbox: Sandbox,
}

struct Shared {
    rule: Rule,
    answers_at: String,
    client: reqwest::Client,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Picky {
    async fn start(rule: Rule) -> Self {
        skuscribe::cli::install_tls();
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
        let seen = Arc::new(Mutex::default());
        let client = reqwest::Client::new();
        let shared = Shared { rule, answers_at: sandbox.url(), client, seen: Arc::clone(&seen) };
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/v1/models", get(|| async { axum::Json(json!({ "data": [{ "id": "m" }] })) }))
            .with_state(Arc::new(shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, _sandbox: sandbox }
    }

    /// Requests since the last look.
    fn requests(&self) -> usize {
        std::mem::take(&mut *self.seen.lock().unwrap()).len()
    }
}

async fn complete(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let refused = (shared.rule)(&request);
    shared.seen.lock().unwrap().push(request);
    if let Some((status, said)) = refused {
        return (StatusCode::from_u16(status).unwrap(), axum::Json(said)).into_response();
    }
    let url = format!("{}/chat/completions", shared.answers_at);
    let answer = shared.client.post(url).body(body).send().await.unwrap();
    let status = answer.status().as_u16();
    (StatusCode::from_u16(status).unwrap(), answer.bytes().await.unwrap()).into_response()
}

/// What works over a store that stays.
struct Shop {
    config: Config,
    store: Arc<dyn ContentStore>,
}

impl Shop {
    fn new(url: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::defaults().unwrap();
        url.clone_into(&mut config.model.url);
        change(&mut config);
        Self { config, store: Arc::new(MemoryStore::new(0)) }
    }

    /// A process of its own.
    fn process(&self) -> Pipeline {
        let store = Arc::clone(&self.store);
        Pipeline::new(&self.config, store, Announcer::Nowhere, Clock::System).unwrap()
    }
}

/// Works a product; its outcome, or the error.
async fn work(pipeline: &Pipeline, sku: &str, material: &str) -> Result<Outcome, String> {
    let message = mug(&format!("m-{sku}"), sku, 1, material).to_string();
    let update = decode(message.as_bytes(), &Origin::default()).unwrap();
    let reports = pipeline.run(&Inbox::default().enter(Arc::new(update))).await.unwrap();
    let result = reports.into_iter().next().unwrap().result;
    result.map(|done| done.outcome).map_err(|failure| failure.message)
}

fn error(message: &str) -> Value {
    json!({ "error": { "message": message, "type": "invalid_request_error" } })
}

fn has(request: &Value, name: &str) -> bool {
    request.get(name).is_some()
}

fn format_of(request: &Value) -> &str {
    request["response_format"]["type"].as_str().unwrap_or_default()
}

/// The first message adapts, the next ones need one request each, and so does the first one of the next process.
async fn adapts(rule: Rule, change: impl FnOnce(&mut Config), says: &str) {
    let picky = Picky::start(rule).await;
    let shop = Shop::new(&picky.url, change);
    let process = shop.process();
    assert_eq!(work(&process, "A1", "clay").await, Ok(Outcome::Published), "{says}");
    assert!(picky.requests() > 1, "{says}: nothing was refused");
    let adapted = process.models().all()[0].adapted().join("; ");
    assert!(adapted.contains(says), "{says}: {adapted}");
    for sku in ["A2", "A3"] {
        assert_eq!(work(&process, sku, "clay").await, Ok(Outcome::Published), "{says}");
        assert_eq!(picky.requests(), 1, "{says}: the second message needs one request");
    }
    let next = shop.process();
    assert_eq!(work(&next, "A4", "clay").await, Ok(Outcome::Published), "{says}");
    assert_eq!(picky.requests(), 1, "{says}: the next process knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_under_another_name_or_none_or_too_large_is_adapted() {
    adapts(
        |request| {
            has(request, "max_completion_tokens").then(|| {
                (400, json!({ "object": "error", "code": 400, "type": "BadRequestError", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs are not permitted', 'input': 512}]" }))
            })
        },
        |_| {},
        "max_completion_tokens is not sent",
    )
    .await;
    adapts(
        |request| {
            let named = ["max_completion_tokens", "max_tokens"].into_iter().find(|name| has(request, name))?;
            Some((422, json!({ "detail": [{ "type": "extra_forbidden", "loc": ["body", named], "msg": "Extra inputs are not permitted", "input": 9 }] })))
        },
        |_| {},
        "max_tokens is not sent",
    )
    .await;
    adapts(
        |request| {
            let cap = request["max_completion_tokens"].as_u64()?;
            let said = format!(
                "max_tokens is too large: {cap}. This model supports at most 4096 completion tokens."
            );
            (cap > 4096).then(|| (400, error(&said)))
        },
        |_| {},
        "at most 4096 tokens",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_that_the_cap_does_not_fit_into_is_learnt() {
    adapts(
        |request| {
            let cap = request["max_completion_tokens"].as_u64()?;
            let prompt = request["messages"].to_string().len() as u64 / 4;
            let said = format!(
                "This model's maximum context length is 4096 tokens. However, you requested {} tokens ({prompt} in the messages, {cap} in the completion).",
                prompt + cap
            );
            (prompt + cap > 4096).then(|| (400, error(&said)))
        },
        |_| {},
        "4096 tokens together",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_are_refused_are_left_out_or_changed() {
    adapts(
        |request| {
            has(request, "temperature").then(|| {
                (400, json!({ "error": { "message": "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.", "param": "temperature", "code": "unsupported_value" } }))
            })
        },
        |config| config.model.temperature = 0.2,
        "temperature is not sent",
    )
    .await;
    adapts(
        |request| {
            (request["reasoning_effort"] == "minimal").then(|| {
                (400, error("Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'low', 'medium', and 'high'."))
            })
        },
        |config| config.model.reasoning_effort = "minimal".to_owned(),
        "reasoning_effort is sent as \"low\"",
    )
    .await;
    adapts(
        |request| {
            let named = ["prompt_cache_key", "seed"].into_iter().find(|name| has(request, name))?;
            Some((400, Value::String(format!("json: unknown field \"{named}\""))))
        },
        |config| {
            config.model.prompt_cache_key = "shop".to_owned();
            config.model.parameters.insert("seed".to_owned(), json!(7));
            config.model.parameters.insert("top_p".to_owned(), json!(0.9));
        },
        "seed is not sent",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn structured_output_is_asked_for_as_the_server_takes_it() {
    adapts(
        |request| has(request, "response_format").then(|| (400, error("response_format is not supported"))),
        |_| {},
        "not asked for by json_object",
    )
    .await;
    adapts(
        |request| {
            (format_of(request) == "json_schema" && request.to_string().contains("meta_title")).then(|| {
                (400, json!([{ "error": { "code": 400, "message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT" } }]))
            })
        },
        |_| {},
        "not asked for by json_schema",
    )
    .await;
    adapts(
        |request| {
            request["response_format"].to_string().contains("additionalProperties").then(|| {
                (400, json!([{ "error": { "code": 400, "message": "Invalid JSON payload received. Unknown name \"additionalProperties\" at 'generation_config.response_schema': Cannot find field.", "status": "INVALID_ARGUMENT" } }]))
            })
        },
        |_| {},
        "schemas go without additionalProperties",
    )
    .await;
    adapts(
        |request| {
            let format = format_of(request);
            (format == "json_schema" || request["response_format"].get("schema").is_some()).then(|| {
                (500, json!({ "error": { "message": "Internal Server Error", "type": "server_error" } }))
            })
        },
        |_| {},
        "not asked for by json_object_schema",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instructions_move_to_a_role_that_the_server_takes() {
    adapts(
        |request| {
            (request["messages"][0]["role"] == "system")
                .then(|| (400, json!({ "error": { "message": "System role not supported", "type": "BadRequestError", "code": 400 } })))
        },
        |_| {},
        "the instructions begin the user's message",
    )
    .await;
    adapts(
        |request| {
            (request["messages"][0]["role"] != "developer").then(|| {
                (500, error("Invalid value for the role: 'system'. Supported values are: 'developer', 'assistant'."))
            })
        },
        |_| {},
        "the role developer",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_server_could_not_use_itself_is_asked_for_again_and_changes_nothing() {
    static FAILED: Mutex<u32> = Mutex::new(0);
    let picky = Picky::start(|request| {
        let mut failed = FAILED.lock().unwrap();
        (request.to_string().contains("Stoneware") && *failed < 2).then(|| {
            *failed += 1;
            (400, json!({ "error": { "message": "Failed to generate JSON. Please adjust your prompt.", "code": "json_validate_failed", "failed_generation": "{" } }))
        })
    })
    .await;
    let process = Shop::new(&picky.url, |_| {}).process();
    assert_eq!(work(&process, "A1", "clay").await, Ok(Outcome::Published));
    assert_eq!(picky.requests(), 4, "a probe, and three times the request");
    assert!(process.models().all()[0].adapted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_one_message_changes_nothing_for_the_others() {
    let picky = Picky::start(|request| {
        request.to_string().contains("uranium").then(|| (400, error("bad request for this one")))
    })
    .await;
    let shop = Shop::new(&picky.url, |_| {});
    let process = shop.process();
    // The very first one, when nothing is proven yet.
    let refused = work(&process, "B1", "uranium").await.unwrap_err();
    assert!(refused.contains("bad request for this one"), "the first refusal is told: {refused}");
    assert_eq!(work(&process, "A1", "clay").await, Ok(Outcome::Published));
    picky.requests();
    // Once a request like it was accepted it is refused at once.
    assert!(work(&process, "B2", "uranium").await.is_err());
    assert_eq!(picky.requests(), 1);
    assert_eq!(work(&process, "A2", "clay").await, Ok(Outcome::Published));
    let last = picky.seen.lock().unwrap().pop().unwrap();
    assert_eq!((format_of(&last), has(&last, "max_completion_tokens")), ("json_schema", true));
    assert!(process.models().all()[0].adapted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_flight_that_are_refused_at_the_same_time_are_all_published() {
    let picky = Picky::start(|request| {
        has(request, "max_completion_tokens")
            .then(|| (400, error("Unknown parameter: 'max_completion_tokens'.")))
    })
    .await;
    // Without a probe all of them are refused.
    let shop = Shop::new(&picky.url, |config| "json_schema".clone_into(&mut config.model.structured));
    let process = shop.process();
    let skus: Vec<String> = (0..16).map(|number| format!("A{number}")).collect();
    let worked = futures_util::future::join_all(skus.iter().map(|sku| work(&process, sku, "clay"))).await;
    assert!(worked.iter().all(|outcome| *outcome == Ok(Outcome::Published)), "{worked:?}");
    assert!(picky.requests() <= 32);
    assert_eq!(process.models().all()[0].adapted(), ["max_completion_tokens is not sent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_flight_that_are_refused_without_a_name_learn_no_more_than_what_helped() {
    let picky = Picky::start(|request| {
        (format_of(request) == "json_schema").then(|| (400, error("Request contains an invalid argument.")))
    })
    .await;
    let shop = Shop::new(&picky.url, |config| "json_schema".clone_into(&mut config.model.structured));
    let process = shop.process();
    let skus: Vec<String> = (0..16).map(|number| format!("A{number}")).collect();
    let worked = futures_util::future::join_all(skus.iter().map(|sku| work(&process, sku, "clay"))).await;
    assert!(worked.iter().all(|outcome| *outcome == Ok(Outcome::Published)), "{worked:?}");
    let adapted = process.models().all()[0].adapted();
    assert_eq!(adapted, ["structured output is not asked for by json_schema"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn readyz_says_what_is_adapted() {
    let picky = Picky::start(|request| {
        has(request, "max_completion_tokens")
            .then(|| (400, error("Unknown parameter: 'max_completion_tokens'.")))
    })
    .await;
    let url = picky.url.clone();
    let mut world = World::start_with(Behaviour::default(), move |config| config.model.url = url).await;
    world.work(&mug("m1", "A1", 1, "clay")).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let health =
        HealthEndpoints::new(Arc::clone(&world.worker), Arc::clone(&world.store), &world.config, None);
    let stop = CancellationToken::new();
    let serving = tokio::spawn({
        let stop = stop.clone();
        async move { health.serve(listener, &stop).await }
    });
    until("/readyz says it", || async {
        let body = reqwest::get(format!("http://{address}/readyz")).await.unwrap().text().await.unwrap();
        body.contains("is adapted to: max_completion_tokens is not sent")
    })
    .await;
    stop.cancel();
    serving.await.unwrap();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_s_examination_says_what_is_adapted_and_which_settings_make_it_last() {
    let picky = Picky::start(|request| {
        has(request, "max_completion_tokens")
            .then(|| (400, error("Unknown parameter: 'max_completion_tokens'.")))
    })
    .await;
    let shop = Shop::new(&picky.url, |_| {});
    let models = || {
        let models = Models::from_config(&shop.config, None, None, &Clock::System).unwrap();
        models.remembering(&shop.store, true)
    };
    for _ in 0..2 {
        let report = models().all()[0].examine().await.unwrap();
        assert_eq!(report.adapted, ["max_completion_tokens is not sent"]);
        assert_eq!(report.settings, ["model.output_tokens_field = \"max_tokens\""]);
        assert_eq!(picky.requests(), 2, "it changes nothing in the store");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_streams_is_asked_to_stream() {
    let rule = |request: &Value| {
        (request["stream"] != json!(true))
            .then(|| (400, error("This model only support stream mode, please enable the stream parameter.")))
    };
    adapts(rule, |_| {}, "stream is sent as true").await;
    let rule = |request: &Value| {
        (request["enable_thinking"] != json!(false))
            .then(|| (400, error("parameter.enable_thinking must be set to false for non-streaming calls")))
    };
    adapts(rule, |_| {}, "enable_thinking is sent as false").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_cap_under_any_name_is_sent_none() {
    let rule = |request: &Value| {
        (has(request, "max_completion_tokens") || has(request, "max_tokens"))
            .then(|| (400, error("Unsupported parameter: max output length cannot be set")))
    };
    adapts(rule, |_| {}, "max_tokens is not sent").await;
}

/// Whether a failure is a state of the server, and of every message alike.
fn is_state(result: &Result<Outcome, String>) -> bool {
    result
        .as_ref()
        .is_err_and(|error| error.contains("every request is refused") || error.contains("is open"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_the_smallest_request_too_is_in_a_state_and_no_message_is_to_blame() {
    let verify = "Your organization must be verified to use the model.";
    for way in ["auto", "json_schema"] {
        let picky =
            Picky::start(|_| Some((400, error("Your organization must be verified to use the model."))))
                .await;
        let shop = Shop::new(&picky.url, |config| way.clone_into(&mut config.model.structured));
        let process = shop.process();
        let result = work(&process, "A1", "clay").await;
        assert!(is_state(&result), "{way}: {result:?}");
        assert!(result.unwrap_err().contains(verify.trim_end_matches('.')), "{way}: in the server's words");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_begins_to_refuse_everything_stops_after_three_messages_and_one_that_refuses_some_does_not()
 {
    static REFUSES: AtomicBool = AtomicBool::new(false);
    let picky = Picky::start(|request| {
        let is_probe = request["messages"].to_string().contains("Are you ready");
        let all = REFUSES.load(Ordering::Relaxed) && (!is_probe || ALL.load(Ordering::Relaxed));
        all.then(|| (400, error("The terms of this model were changed.")))
    })
    .await;
    let shop = Shop::new(&picky.url, |_| {});
    let process = shop.process();
    assert_eq!(work(&process, "A0", "clay").await, Ok(Outcome::Published));
    REFUSES.store(true, Ordering::Relaxed);
    for sku in ["A1", "A2", "A3", "A4", "A5"] {
        let result = work(&process, sku, "clay").await;
        assert!(result.is_err() && !is_state(&result), "{sku} alone is refused: {result:?}");
    }
    ALL.store(true, Ordering::Relaxed);
    let mut results = Vec::new();
    for sku in ["A6", "A7", "A8"] {
        results.push(work(&process, sku, "clay").await);
    }
    assert!(results.iter().any(is_state), "{results:?}");
}

/// Whether the smallest request is refused as well.
static ALL: AtomicBool = AtomicBool::new(false);
