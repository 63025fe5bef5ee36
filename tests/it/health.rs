//! `/healthz`, `/readyz` and `/metrics`, and a worker that gives up.

use std::time::Duration;

use serde_json::Value;
use skuscribe::broker::OutgoingMessage;
use skuscribe::lane::Lane;
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{config, mug, unique, until};
use crate::process::WorkerProcess;
use crate::relay::{Mode, Relay};

async fn get(port: u16, path: &str) -> Option<(u16, String)> {
    let answer = reqwest::get(format!("http://127.0.0.1:{port}{path}")).await.ok()?;
    Some((answer.status().as_u16(), answer.text().await.ok()?))
}

async fn failing(port: u16) -> Option<Vec<String>> {
    let (_, body) = get(port, "/readyz").await?;
    let body: Value = serde_json::from_str(&body).unwrap();
    let checks = body.get("checks").and_then(Value::as_array).unwrap();
    let failing = checks.iter().filter(|check| check.get("ok") == Some(&Value::Bool(false)));
    Some(failing.filter_map(|check| Some(check.get("name")?.as_str()?.to_owned())).collect())
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_ready_while_it_consumes_and_store_and_model_answer_and_ends_when_it_is_lost() {
    skuscribe::cli::install_tls();
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let mut config = config(&sandbox, None);
    let folder = std::env::temp_dir().join(unique("skuscribe-health"));
    config.store.url = folder.to_str().unwrap().to_owned();
    let broker = Relay::start(([127, 0, 0, 1], 5672).into()).await;
    let model = Relay::start(sandbox_address(&sandbox)).await;
    config.broker.url = format!("amqp://guest:guest@{}/%2f", broker.address).into();
    config.model.url = format!("http://{}/v1", model.address);
    let port = free_port();
    let mut worker = WorkerProcess::start(
        &config,
        &[
            ("SKUSCRIBE_HEALTH_LISTEN", format!("127.0.0.1:{port}")),
            ("SKUSCRIBE_HEALTH_CHECK_MS", "100".to_owned()),
            ("SKUSCRIBE_HEALTH_EXIT_AFTER_MS", "6000".to_owned()),
            ("SKUSCRIBE_BROKER_TIMEOUT_MS", "1000".to_owned()),
            ("SKUSCRIBE_MODEL_CONNECT_TIMEOUT_MS", "200".to_owned()),
        ],
    );
    until("it is ready", || async { get(port, "/readyz").await.is_some_and(|(status, _)| status == 200) })
        .await;
    assert_eq!(get(port, "/healthz").await.unwrap(), (200, "alive\n".to_owned()));
    model.set(Mode::Stall);
    model.cut();
    until("the model is missed", || async { failing(port).await == Some(vec!["model".to_owned()]) }).await;
    model.set(Mode::Pass);
    until("it is ready again", || async { failing(port).await == Some(Vec::new()) }).await;
    broker.set(Mode::Refuse);
    broker.cut();
    until("every consumer is missed", || async {
        failing(port)
            .await
            .is_some_and(|failing| failing.iter().filter(|name| name.starts_with("consumer.")).count() == 3)
    })
    .await;
    assert_eq!(get(port, "/healthz").await.unwrap().0, 200, "the process is fine");
    let code = tokio::time::timeout(Duration::from_secs(30), worker.exit_code()).await;
    assert_ne!(code.expect("it ends"), 0);
    let direct = crate::harness::amqp_url();
    config.broker.url = direct.into();
    let publisher =
        skuscribe::broker::Publisher::new(skuscribe::broker::Link::from_config(&config.broker), "test");
    publisher.remove().await.unwrap();
    let _ = std::fs::remove_dir_all(&folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_account_has_run_out_of_money_says_so_and_counts_what_it_did() {
    skuscribe::cli::install_tls();
    let behaviour = Behaviour { out_of_money: true, ..Behaviour::default() };
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap();
    let mut config = config(&sandbox, None);
    let folder = std::env::temp_dir().join(unique("skuscribe-health"));
    config.store.url = folder.to_str().unwrap().to_owned();
    let publisher =
        skuscribe::broker::Publisher::new(skuscribe::broker::Link::from_config(&config.broker), "test");
    publisher.declare().await.unwrap();
    let body = mug("m1", "A1", 1, "clay").to_string();
    let message = OutgoingMessage { body: body.as_bytes(), id: Some("m1"), ..OutgoingMessage::default() };
    publisher.work(Lane::Updates, message).await.unwrap();
    let port = free_port();
    let mut worker =
        WorkerProcess::start(&config, &[("SKUSCRIBE_HEALTH_LISTEN", format!("127.0.0.1:{port}"))]);
    until("it says why it stopped", || async {
        get(port, "/readyz").await.is_some_and(|(status, body)| {
            status == 503 && body.contains("paused for") && body.contains("exceeded your current quota")
        })
    })
    .await;
    for line in [
        "# HELP skuscribe_tasks_total Tasks that ended",
        "skuscribe_model_attempts_total{",
        "skuscribe_model_calls_total{",
        "skuscribe_model_call_seconds_bucket{",
        "skuscribe_tasks_total{lane=\"updates\",outcome=\"snooze\"} 1",
    ] {
        until(line, || async { get(port, "/metrics").await.is_some_and(|(_, body)| body.contains(line)) })
            .await;
    }
    worker.signal("-TERM");
    assert_eq!(worker.exit_code().await, 0);
    publisher.remove().await.unwrap();
    publisher.close().await;
    let _ = std::fs::remove_dir_all(&folder);
}

fn sandbox_address(sandbox: &Sandbox) -> std::net::SocketAddr {
    let url = sandbox.url();
    url.trim_start_matches("http://").split('/').next().unwrap().parse().unwrap()
}
