//! Stores that answer otherwise than S3 does: what is a state ends the start with cause and remedy, and pauses a worker; what
//! passes is waited for; a listing that cannot be right ends.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lapin::types::FieldTable;
use skuscribe::config::Config;
use skuscribe::store::{Condition, ContentStore, Key, Put, StoreError, open, probe};
use skuscribe_check::content::State;
use skuscribe_sandbox::{Behaviour, Sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{World, config, mug, until};
use crate::process::command;

/// Answers every request with the next of its answers, the last one for ever.
struct ScriptedServer {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    /// The first line and the headers of each request.
    heads: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl ScriptedServer {
    async fn start(answers: impl IntoIterator<Item = String>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let (requests, heads) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (counted, noted) = (Arc::clone(&requests), Arc::clone(&heads));
        let task = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (script, counted, noted) =
                    (Arc::clone(&script), Arc::clone(&counted), Arc::clone(&noted));
                tokio::spawn(async move {
                    let Some(head) = request(&mut socket).await else { return };
                    counted.fetch_add(1, Ordering::Relaxed);
                    noted.lock().unwrap().push(head);
                    let answer = {
                        let mut script = script.lock().unwrap();
                        if script.len() > 1 { script.pop_front().unwrap() } else { script[0].clone() }
                    };
                    let _ = socket.write_all(answer.as_bytes()).await;
                    let _ = socket.shutdown().await;
                });
            }
        });
        Self { address, requests, heads, task }
    }

    /// The store as a user sets it up.
    fn config(&self) -> Config {
        let mut config = Config::defaults().unwrap();
        "s3://catalog/shop".clone_into(&mut config.store.url);
        config.store.endpoint = format!("http://{}", self.address);
        config.store.access_key_id = Some("key".to_owned());
        config.store.secret_access_key = Some("secret".to_owned().into());
        config
    }

    async fn store(&self) -> Arc<dyn ContentStore> {
        skuscribe::cli::install_tls();
        open(&self.config().store).await.unwrap()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads a request to its end; gives its head.
async fn request(socket: &mut tokio::net::TcpStream) -> Option<String> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = socket.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(head.to_owned());
        }
    }
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn refusal(status: u16, code: &str, message: &str) -> String {
    let body =
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
    answer(status, "Content-Type: application/xml\r\nDate: Thu, 26 Nov 2026 17:00:00 GMT\r\n", &body)
}

fn product(sku: &str) -> Key {
    Key::Product { sku: sku.parse().unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_the_store_ends_the_start_with_its_cause_and_what_to_do() {
    let region = |status, code| {
        let body = format!("<Error><Code>{code}</Code><Message>elsewhere</Message></Error>");
        answer(status, "x-amz-bucket-region: eu-west-2\r\n", &body)
    };
    for (sent, parts) in [
        (
            refusal(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
            ),
            ["conditional writes", "docs/setup/s3.md"],
        ),
        (answer(501, "", ""), ["conditional writes", "http://127.0.0.1"]),
        (region(301, "PermanentRedirect"), ["store.region = \"eu-west-2\"", "\"catalog\""]),
        (region(307, "TemporaryRedirect"), ["store.region = \"eu-west-2\"", "\"us-east-1\""]),
        (answer(302, "Location: https://login.example\r\n", "<html>"), ["store.endpoint", "302"]),
        (
            refusal(
                400,
                "AuthorizationHeaderMalformed",
                "the region 'us-east-1' is wrong; expecting 'eu-west-2'",
            ),
            ["store.region = \"eu-west-2\"", "\"catalog\""],
        ),
        (refusal(403, "AccessDenied", "Access Denied"), ["s3:PutObject", "catalog/shop/*"]),
        (refusal(403, "InvalidAccessKeyId", "unknown"), ["AWS_ACCESS_KEY_ID", "http://127.0.0.1"]),
        (refusal(403, "SignatureDoesNotMatch", "no"), ["AWS_SECRET_ACCESS_KEY", "http://127.0.0.1"]),
        (
            refusal(403, "RequestTimeTooSkewed", "The difference is too large"),
            ["there it is Thu, 26 Nov 2026 17:00:00 GMT", "NTP"],
        ),
        (refusal(400, "ExpiredToken", "expired"), ["AWS_SESSION_TOKEN", "renew"]),
        (
            refusal(404, "NoSuchBucket", "The bucket does not exist"),
            ["there is no bucket \"catalog\"", "store.url"],
        ),
        (answer(404, "Content-Type: text/html\r\n", "<html>no</html>"), ["store.endpoint", "404"]),
        (answer(405, "", ""), ["store.endpoint", "405"]),
        (answer(200, "", "<html>welcome</html>"), ["without an ETag", "store.endpoint"]),
    ] {
        let server = ScriptedServer::start([sent.clone()]).await;
        let error = probe(&*server.store().await, "start").await.unwrap_err();
        let refused = matches!(error.downcast_ref(), Some(StoreError::Refused { .. }));
        let text = format!("{error:#}");
        assert!(refused && parts.iter().all(|part| text.contains(part)), "{sent}\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_does_not_start_on_a_store_that_refuses() {
    let server = ScriptedServer::start([refusal(501, "NotImplemented", "no")]).await;
    let config = server.config();
    let output =
        tokio::task::spawn_blocking(move || command(&config).arg("worker").output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("does not implement conditional writes") && text.contains("docs/setup/s3.md"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_asks_to_slow_down_or_has_a_write_under_way_is_waited_for() {
    for (status, code) in [(409, "ConditionalRequestConflict"), (503, "SlowDown"), (400, "RequestTimeout")] {
        let stored = answer(200, "ETag: \"one\"\r\n", "");
        let server = ScriptedServer::start([refusal(status, code, ""), stored]).await;
        let put = server.store().await.put(&product("A1"), b"{}".to_vec(), Condition::Absent).await.unwrap();
        assert!(matches!(put, Put::Stored(_)), "{code}");
        assert_eq!(server.requests.load(Ordering::Relaxed), 2, "{code}");
        let heads = server.heads.lock().unwrap();
        assert!(heads.iter().all(|head| head.to_lowercase().contains("if-none-match: *")), "{heads:?}");
        assert!(
            !heads[0].to_lowercase().contains("x-amz-checksum"),
            "servers that are not AWS refuse it: {heads:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_cannot_be_right_ends_with_a_clear_error() {
    let page = |keys: &[&str], more: &str| {
        let key = |key: &&str| format!("<Contents><Key>shop/products/{key}.json</Key></Contents>");
        let keys = keys.iter().map(key).collect::<Vec<_>>().concat();
        let body = format!("<ListBucketResult><Name>catalog</Name>{keys}{more}</ListBucketResult>");
        answer(200, "Content-Type: application/xml\r\n", &body)
    };
    let token = |name: &str| {
        format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{name}</NextContinuationToken>")
    };
    let strange = page(&["A"], "").replace("shop/products/A", "else/products/A");
    for (pages, part) in [
        (vec![page(&["A", "B"], &token("same"))], "repeats itself"),
        (
            vec![page(&["A"], &token("1")), page(&["B"], &token("2")), page(&["A"], &token("1"))],
            "repeats itself",
        ),
        (vec![page(&[], &token("same"))], "repeats its continuation token"),
        (vec![page(&["B", "A"], "")], "goes back"),
        (vec![page(&["A"], "<IsTruncated>true</IsTruncated>")], "without a token"),
        (vec![strange], "holds \"else/products/A"),
    ] {
        let server = ScriptedServer::start(pages).await;
        let store = server.store().await;
        let listed = tokio::time::timeout(Duration::from_secs(30), store.list("products/", 1_000)).await;
        let error = listed.expect("it ends").unwrap_err();
        let text = format!("{:#}", anyhow::Error::from(error));
        assert!(text.contains(part) && text.contains("store.endpoint"), "{part}: {text}");
    }
    let server = ScriptedServer::start([page(&["A"], &token("1")), page(&["B"], "")]).await;
    assert_eq!(
        server.store().await.list("products/", 9).await.unwrap(),
        ["products/A.json", "products/B.json"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_store_refuses_pauses_and_goes_on_and_no_message_uses_up_an_attempt() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m0", "A0", 1, "clay")).await;
    world.s3.faults.refuses.store(true, Ordering::Relaxed);
    for number in 1..=20 {
        let message = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay");
        world.publish(message.to_string().as_bytes(), FieldTable::default()).await;
    }
    let lane = skuscribe::lane::Lane::Updates;
    until("the lane is paused", || async { world.worker.paused(lane).is_some() }).await;
    let pause = world.worker.paused(lane).unwrap();
    assert!(pause.alarm && pause.reason.contains("allow s3:GetObject"), "{pause:?}");
    world.s3.faults.refuses.store(false, Ordering::Relaxed);
    for number in 0..=20 {
        until("every product is published", || async {
            world
                .document(&format!("A{number}"), "en-US")
                .await
                .is_some_and(|document| document.state == State::Published)
        })
        .await;
    }
    let counts = world.worker.counts();
    assert_eq!((counts.dead.load(Ordering::Relaxed), counts.retried.load(Ordering::Relaxed)), (0, 0));
    world.settled().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_broken_document_costs_its_own_locale_and_no_other() {
    let mut world = World::start(Behaviour::default()).await;
    let mut message = mug("m1", "A1", 1, "clay");
    message["locales"] = serde_json::json!(["en-US", "de-DE"]);
    world.work(&message).await;
    let key = Key::Content { locale: "de-DE".parse().unwrap(), sku: "A1".parse().unwrap() };
    let whole = world.store.get(&key).await.unwrap().unwrap();
    let half = whole.body[..whole.body.len() / 2].to_vec();
    world.store.put(&key, half.clone(), Condition::Matches(whole.etag)).await.unwrap();
    let mut message = mug("m2", "A1", 2, "glass");
    message["locales"] = serde_json::json!(["en-US", "de-DE"]);
    world.work(&message).await;
    world.work(&mug("m3", "A2", 1, "clay")).await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().product_version, Some(2));
    assert_eq!(world.document("A2", "en-US").await.unwrap().state, State::Published);
    let (_, headers) = world.dead_letter().await.unwrap();
    assert_eq!(headers["x-skuscribe-locales"], "de-DE");
    let error = &headers["x-skuscribe-error"];
    assert!(
        error.contains("content/de-DE/A1.json") && error.contains("restore an earlier version"),
        "{error}"
    );
    assert_eq!(world.store.get(&key).await.unwrap().unwrap().body, half, "it stays as it is");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_cannot_be_had_are_named() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let mut config = config(&sandbox, None);
    "s3://catalog/shop".clone_into(&mut config.store.url);
    let output = tokio::task::spawn_blocking(move || {
        let mut command = command(&config);
        command.env_remove("AWS_ACCESS_KEY_ID").env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("SKUSCRIBE_STORE_ENDPOINT", "http://127.0.0.1:9").arg("worker").output().unwrap()
    });
    let text = String::from_utf8(output.await.unwrap().stderr).unwrap();
    assert!(text.contains("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_off_and_an_answer_that_is_no_http_are_waited_for_and_blame_no_key() {
    for answer in ["", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH_9.2\r\n"] {
        let server = ScriptedServer::start([answer.to_owned()]).await;
        let mut config = server.config();
        config.store.attempts_max = 1;
        skuscribe::cli::install_tls();
        let error = open(&config.store).await.unwrap().get(&product("A1")).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{answer:?}: {error:?}");
    }
}
