//! The sandbox as an OpenAI-compatible server: what any client may expect of it.

use serde_json::{Value, json};
use skuscribe_sandbox::{Behaviour, Sandbox};

async fn start(behaviour: Behaviour) -> (Sandbox, reqwest::Client) {
    skuscribe::cli::install_tls();
    (Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap(), reqwest::Client::new())
}

fn request(format: &Value) -> Value {
    json!({
        "model": "any",
        "messages": [
            { "role": "system", "content": "Write." },
            { "role": "user", "content": "<facts>\n{\"locale\":\"de-DE\",\"facts\":{\"title\":\"Tasse\",\"material\":\"Ton\"}}\n</facts>" }
        ],
        "response_format": format
    })
}

async fn ask(sandbox: &Sandbox, client: &reqwest::Client, body: &Value) -> (u16, Value) {
    let response =
        client.post(format!("{}/chat/completions", sandbox.url())).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn schema() -> Value {
    json!({ "type": "object", "properties": { "text": { "type": "string" }, "count": { "type": "integer", "minimum": 2 } }, "required": ["text", "count"], "additionalProperties": false })
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_in_either_structured_way_from_the_facts_with_usage() {
    let (sandbox, client) = start(Behaviour::default()).await;
    for format in [
        json!({ "type": "json_schema", "json_schema": { "name": "x", "strict": true, "schema": schema() } }),
        json!({ "type": "json_object", "schema": schema() }),
    ] {
        let (status, answer) = ask(&sandbox, &client, &request(&format)).await;
        assert_eq!(status, 200);
        let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
        let content: Value = serde_json::from_str(text).unwrap();
        assert!(
            content["text"].as_str().unwrap().contains("Ton")
                || content["text"].as_str().unwrap().contains("Tasse"),
            "{content}"
        );
        assert_eq!(content["count"], 2);
        let usage = &answer["usage"];
        assert!(
            usage["prompt_tokens"].as_u64().unwrap() > 0 && usage["completion_tokens"].as_u64().unwrap() > 0
        );
    }
    let models: Value =
        client.get(format!("{}/models", sandbox.url())).send().await.unwrap().json().await.unwrap();
    assert!(models["data"][0]["id"].as_str().unwrap().contains("stand-in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_streams_what_it_would_have_answered_whole() {
    let (sandbox, client) = start(Behaviour::default()).await;
    let mut body = request(&json!({ "type": "json_object", "schema": schema() }));
    let (_, whole) = ask(&sandbox, &client, &body).await;
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    let response =
        client.post(format!("{}/chat/completions", sandbox.url())).json(&body).send().await.unwrap();
    let text = response.text().await.unwrap();
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let streamed: String =
        events.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(streamed, whole["choices"][0]["message"]["content"].as_str().unwrap());
    assert!(events.last().unwrap()["usage"]["completion_tokens"].as_u64().unwrap() > 0);
    assert!(text.trim_end().ends_with("data: [DONE]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_enforces_limits_with_the_headers_that_openai_sends() {
    let (sandbox, client) = start(Behaviour { requests_per_minute: 1, ..Behaviour::default() }).await;
    let body = request(&json!({ "type": "json_object" }));
    let (status, _) = ask(&sandbox, &client, &body).await;
    assert_eq!(status, 200);
    let response =
        client.post(format!("{}/chat/completions", sandbox.url())).json(&body).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 429);
    for header in [
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
        "retry-after",
    ] {
        assert!(response.headers().contains_key(header), "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_a_wrong_key_and_a_broken_request() {
    let (sandbox, client) = start(Behaviour { key: Some("right".to_owned()), ..Behaviour::default() }).await;
    let (status, answer) = ask(&sandbox, &client, &request(&json!({ "type": "json_object" }))).await;
    assert_eq!((status, answer["error"]["code"].as_str().unwrap()), (401, "invalid_api_key"));
    let (open, client) = start(Behaviour::default()).await;
    let (status, answer) = ask(&open, &client, &json!({ "messages": 3 })).await;
    assert_eq!(status, 400);
    assert!(answer["error"]["message"].as_str().unwrap().contains("invalid type"));
}
