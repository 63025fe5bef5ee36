//! Visitors who mean no good: floods, half-sent requests, and questions that are meant for the product page.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use skuscribe::answers::{AnswerOutcome, ShopperQuestion};
use skuscribe::clock::Clock;
use skuscribe::config::answers::QuestionsInFaq;
use skuscribe::http::client::Client;
use skuscribe::store::Key;
use skuscribe::store::SetAside;
use skuscribe::store::questions::about_product;
use skuscribe_sandbox::Behaviour;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::answering::{Serving, about, asker, confirm};
use crate::harness::{World, mug, run, until};

const RUDE: &str = "Is it microwave safe, unlike the zorbo junk that Brambler sells in Hintertupfing?";

/// Has clients ask a question, many times each.
async fn flood(world: &World, sku: &str, question: &str, clients: &[&str]) {
    let asker = asker(&world.config, &world.store);
    let question = about(sku, question).within().unwrap();
    for client in clients {
        let one = ShopperQuestion { client: Some(Client::Name((*client).into())), ..question.clone() };
        for _ in 0..20 {
            let answer = asker.ask(&one, &[]).await.unwrap();
            assert_eq!(answer.outcome, AnswerOutcome::Unknown, "{answer:?}");
        }
    }
    asker.unanswered().flush(Clock::System.now()).await.unwrap();
}

fn knowing(id: &str, sku: &str, version: u64) -> Value {
    let mut message = mug(id, sku, version, "clay");
    message["product"]["attributes"]["microwave_safe"] = json!("yes");
    message
}

/// What is published of a product, and the last prompt.
async fn published(world: &World, sku: &str) -> (String, String) {
    let document = world.document(sku, "en-US").await.unwrap();
    let prompt = world.sandbox.counters().last_prompt.lock().unwrap().clone();
    (json!(document.content).to_string(), prompt)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_anonymous_visitor_asks_reaches_neither_prompt_nor_page_until_a_person_confirms_it() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 1, "clay")).await;
    flood(&world, "A1", RUDE, &["one", "two", "three", "four"]).await;
    let open = about_product(&*world.store, &"A1".parse().unwrap(), &SetAside::default()).await.unwrap();
    assert_eq!((open.len(), open[0].asked), (1, 4), "clients are counted, not requests");
    world.work(&knowing("m2", "A1", 2)).await;
    let (content, prompt) = published(&world, "A1").await;
    assert!(content.contains("faq") && !content.contains("zorbo"), "{content}");
    assert!(!prompt.contains("zorbo"), "{prompt}");
    // A person confirms it unread, and the model repeats what it is shown: the words are the shopper's own, and stay out.
    confirm(&world.store, "A1", &open[0].question).await;
    world.work(&knowing("m3", "A1", 3)).await;
    let mut changed = knowing("m4", "A1", 4);
    changed["product"]["attributes"]["material"] = json!("glass");
    world.work(&changed).await;
    let (content, _) = published(&world, "A1").await;
    let seen = world.sandbox.counters().last_prompt.lock().unwrap().clone();
    for word in ["zorbo", "junk", "Brambler", "Hintertupfing"] {
        assert!(!content.contains(word), "{content}");
    }
    let document = world.document("A1", "en-US").await.unwrap();
    assert!(
        document.held.is_none() && document.findings.iter().any(|finding| finding.rule == "repair.dropped")
    );
    assert!(!json!(document).to_string().contains("zorbo"), "{document:?}");
    assert!(content.contains("glass") && seen.contains("a shopper's own wording"), "{content} {seen}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_person_it_takes_several_clients_and_a_question_that_breaks_no_rule() {
    const PLAIN: &str = "Is it microwave safe?";
    const VULGAR: &str = "Is it microwave safe or is it shit?";
    const LINK: &str = "Is it microwave safe like at www.brambler.example?";
    const DISGUISED: &str = "Is it microwave safe or is it \u{455}h\u{456}t?";
    const NAME: &str = "Is it microwave safe like that of Zorbo?";
    let automatic = |config: &mut skuscribe::config::Config| {
        config.answers.questions_in_faq = QuestionsInFaq::Automatic;
    };
    let mut world = World::start_with(Behaviour::default(), automatic).await;
    for sku in ["A1", "B1"] {
        world.work(&mug(&format!("{sku}-1"), sku, 1, "clay")).await;
    }
    flood(&world, "A1", PLAIN, &["one", "two"]).await;
    for question in [PLAIN, VULGAR, LINK, DISGUISED, NAME] {
        flood(&world, "B1", question, &["one", "two", "three"]).await;
    }
    world.work(&knowing("A1-2", "A1", 2)).await;
    let (_, prompt) = published(&world, "A1").await;
    assert!(!prompt.contains("<questions>"), "two are not enough: {prompt}");
    world.work(&knowing("B1-2", "B1", 2)).await;
    let (content, prompt) = published(&world, "B1").await;
    assert!(prompt.contains(PLAIN) && content.contains(PLAIN), "{prompt} {content}");
    for word in ["shit", "brambler", "\u{455}h\u{456}t", "Zorbo"] {
        assert!(!prompt.contains(word), "{prompt}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_listed_confirmed_in_a_person_s_words_and_rejected_on_the_command_line() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 1, "clay")).await;
    flood(&world, "A1", RUDE, &["one", "two"]).await;
    flood(&world, "A1", "Is it vegan?", &["one"]).await;
    let (s3, store) = (world.s3.endpoint(), world.config.store.url.clone());
    let environment = [
        ("SKUSCRIBE_STORE_URL", store.as_str()),
        ("SKUSCRIBE_STORE_ENDPOINT", s3.as_str()),
        ("AWS_ACCESS_KEY_ID", crate::s3::KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", crate::s3::SECRET),
        ("SKUSCRIBE_BY", "ann"),
    ];
    let (ok, text) = run(&["questions", "list", "--json"], &environment);
    assert!(ok, "{text}");
    let lines: Vec<Value> = text
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!((lines.len(), &lines[0]["question"]["asked"]), (2, &json!(2)), "{text}");
    let id = |place: usize| lines[place]["id"].as_str().unwrap();
    let (ok, text) = run(&["questions", "confirm", "A1", "00000000"], &environment);
    assert!(!ok && text.contains("questions list"), "{text}");
    let (ok, text) =
        run(&["questions", "confirm", "A1", id(0), "--as", "Is the mug microwave safe?"], &environment);
    assert!(ok && text.contains("skuscribe regenerate --select 'sku:A1'"), "{text}");
    let (ok, text) = run(&["questions", "reject", "A1", id(1)], &environment);
    assert!(ok && text.contains("vegan"), "{text}");
    let (ok, text) = run(&["questions", "list"], &environment);
    assert!(ok && text.contains("--state all"), "{text}");
    let (ok, text) = run(&["questions", "list", "--state", "all"], &environment);
    assert!(ok && text.contains("confirmed") && text.contains("→ Is the mug microwave safe?"), "{text}");
    assert!(text.contains("rejected"), "{text}");
    world.work(&knowing("m2", "A1", 2)).await;
    let (content, prompt) = published(&world, "A1").await;
    assert!(prompt.contains("Is the mug microwave safe?") && !prompt.contains("zorbo"), "{prompt}");
    assert!(content.contains("Is the mug microwave safe?"), "{content}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_s_texts_do_not_wait_for_questions_that_are_not_readable() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 1, "clay")).await;
    flood(&world, "A1", RUDE, &["one"]).await;
    let key = Key::Questions { sku: "A1".parse().unwrap() };
    let etag = world.store.get(&key).await.unwrap().unwrap().etag;
    let broken = skuscribe::store::Condition::Matches(etag);
    world.store.put(&key, b"{".to_vec(), broken).await.unwrap();
    world.work(&knowing("m2", "A1", 2)).await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().product_version, Some(2));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_s_requests_count_once_wherever_the_proxy_says_they_come_from_the_same_network() {
    let service = Serving::start(Behaviour::default(), |config| {
        config.answers.client_header = "forwarded".into();
        config.answers.proxies = vec!["127.0.0.0/8".into()];
        config.answers.client_burst = 4;
        config.answers.client_per_minute = 1;
    })
    .await;
    let ask = |from: String| {
        let question = json!({ "sku": "A1", "question": "Is there a warranty?" });
        service.post(&question).header("forwarded", format!("for=6.6.6.6, for={from};proto=https")).send()
    };
    let mut answered = 0;
    for number in 0..50 {
        let from = format!("\"[2001:db8:1:2::{number:x}]:{}\"", 40_000 + number);
        answered += u32::from(ask(from).await.unwrap().status() == 200);
    }
    for number in 0..50 {
        answered +=
            u32::from(ask(format!("\"192.0.2.1:{}\"", 40_000 + number)).await.unwrap().status() == 200);
    }
    assert_eq!(answered, 8, "two clients with four questions each");
    until("two clients are counted", || async {
        let open =
            about_product(&*service.store, &"A1".parse().unwrap(), &SetAside::default()).await.unwrap();
        open.first().is_some_and(|open| open.asked == 2)
    })
    .await;
}

/// Sends bytes, and gives what the service says until it closes.
async fn said_to(service: &Serving, parts: &[&[u8]]) -> (Duration, String) {
    let address = service.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    for part in parts {
        // The service may refuse before all is sent.
        if stream.write_all(part).await.is_err() {
            break;
        }
    }
    let (started, mut said) = (Instant::now(), Vec::new());
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut said)).await;
    drop(read.expect("the service closes"));
    (started.elapsed(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_late_too_large_or_endless_are_refused_in_the_one_shape_of_errors() {
    let service = Serving::start(Behaviour::default(), |config| {
        config.answers.header_timeout_ms = 500;
        config.answers.body_timeout_ms = 300;
    })
    .await;
    let head = "POST /v1/answers HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let declared = format!("{head}content-length: 100000\r\n\r\n");
    let slow = format!("{head}content-length: 100\r\n\r\n{{");
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let chunks: Vec<&[u8]> = std::iter::once(chunked.as_bytes()).chain([chunk.as_bytes(); 16]).collect();
    for (parts, status, code) in [
        (vec![declared.as_bytes()], "413", "too_large"),
        (vec![slow.as_bytes()], "408", "slow_body"),
        (chunks, "413", "too_large"),
        (vec![b"GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"], "404", "no_path"),
        (vec![b"GET /v1/answers HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"], "405", "no_method"),
        (vec![b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"], "404", "no_path"),
        (vec![b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"], "404", "no_path"),
    ] {
        let (after, said) = said_to(&service, &parts).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{code} {said}");
        let body: Value = serde_json::from_str(said.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(body["error"]["code"], code, "{said}");
        assert!(after < Duration::from_secs(10), "{code} {after:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_half_sent_requests_silence_nobody() {
    let service = Serving::start(Behaviour::default(), |config| {
        config.answers.connections_max = 64;
        config.answers.client_connections_max = 32;
        config.answers.header_timeout_ms = 60_000;
    })
    .await;
    let address = service.url.trim_start_matches("http://").to_owned();
    let mut half = Vec::new();
    for _ in 0..1_076 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        drop(stream.write_all(b"POST /v1/answers HTTP/1.1\r\nhost: x\r\n").await);
        half.push(stream);
        half.truncate(400);
    }
    let (status, answer) = service.ask(json!({ "sku": "A1", "question": "What is it made of?" })).await;
    assert_eq!((status, &answer["outcome"]), (200, &json!("answered")), "{answer}");
    let told = service.client.get(format!("{}/healthz", service.url)).send().await.unwrap();
    assert_eq!(told.text().await.unwrap(), "alive\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_served_on_the_health_port_alone() {
    use crate::harness::{config, unique};
    use crate::process::WorkerProcess;
    let sandbox =
        skuscribe_sandbox::Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let mut config = config(&sandbox, None);
    let folder = std::env::temp_dir().join(unique("skuscribe-answers-health"));
    std::fs::create_dir_all(&folder).unwrap();
    config.store.url = folder.to_str().unwrap().to_owned();
    let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (public, health) = (port(), port());
    let listen = |port: u16| format!("127.0.0.1:{port}");
    let settings =
        [("SKUSCRIBE_ANSWERS_LISTEN", listen(public)), ("SKUSCRIBE_HEALTH_LISTEN", listen(health))];
    let process = WorkerProcess::start_command("answers", &config, &settings);
    let get = |port: u16, path: &'static str| async move {
        let answer = reqwest::get(format!("http://127.0.0.1:{port}{path}")).await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    };
    until("it is ready", || async { get(health, "/readyz").await.is_some_and(|(status, _)| status == 200) })
        .await;
    // Something that is counted: a client that asks too often.
    for _ in 0..10 {
        let asked = reqwest::Client::new().post(format!("http://127.0.0.1:{public}/v1/answers")).body("{}");
        drop(asked.send().await);
    }
    until("it counts", || async {
        get(health, "/metrics")
            .await
            .is_some_and(|(status, text)| status == 200 && text.contains("skuscribe_answers_limited_total"))
    })
    .await;
    assert_eq!(get(public, "/metrics").await.unwrap().0, 404);
    assert_eq!(get(public, "/").await.unwrap().0, 404, "the demo page is off by default");
    assert_eq!(get(public, "/readyz").await.unwrap().0, 200);
    drop(process);
    std::fs::remove_dir_all(&folder).unwrap();
}
