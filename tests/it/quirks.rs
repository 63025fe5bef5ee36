//! Every quirk of the sandbox, through the real client and the real pipeline: what is published, and after how many calls.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use skuscribe::announce::Announcer;
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::failure::{Failure, FailureKind};
use skuscribe::intake::inbox::Inbox;
use skuscribe::intake::{Origin, decode};
use skuscribe::lane::Lane;
use skuscribe::pipeline::Pipeline;
use skuscribe::store::{ContentStore, Key, load};
use skuscribe_check::content::{Document, State};
use skuscribe_sandbox::{Behaviour, Expected, QUIRKS, Quirk, Sandbox};

use crate::harness::mug;
use crate::memory::MemoryStore;

/// Quirks after which a text is not word for word as without: half a character, a line break.
const CHANGED: &[&str] = &["lone_surrogate", "invalid_utf8", "bare_control"];

/// Messages after which a lane must have stopped.
const MESSAGES_MAX: usize = 5;

/// A pipeline whose model server has quirks.
struct Shop {
    sandbox: Sandbox,
    pipeline: Pipeline,
    store: Arc<MemoryStore>,
}

impl Shop {
    async fn with(quirks: Vec<&'static Quirk>, change: impl FnOnce(&mut Config)) -> Self {
        skuscribe::cli::install_tls();
        let behaviour = Behaviour { quirks, ..Behaviour::default() };
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap();
        let mut config = Config::defaults().unwrap();
        config.model.url = sandbox.url();
        change(&mut config);
        let store = Arc::new(MemoryStore::new(0));
        let shared: Arc<dyn ContentStore> = Arc::<MemoryStore>::clone(&store);
        let pipeline = Pipeline::new(&config, shared, Announcer::Nowhere, Clock::System).unwrap();
        Self { sandbox, pipeline, store }
    }

    async fn work(&self, sku: &str) -> Result<Document, Failure> {
        let mut message = mug(&format!("m-{sku}"), sku, 1, "clay");
        message["recipes"] = json!(["description"]);
        let update = decode(message.to_string().as_bytes(), &Origin::default()).unwrap();
        for report in self.pipeline.run(&Inbox::default().enter(Arc::new(update))).await? {
            report.result?;
        }
        let key = Key::Content { locale: "en-US".parse().unwrap(), sku: sku.parse().unwrap() };
        Ok(load::<Document>(&*self.store, &key).await.unwrap().unwrap().0)
    }

    /// Requests that were no probes, and probes.
    fn requests(&self) -> (u64, u64) {
        let counters = self.sandbox.counters();
        let probes = counters.probes.load(Ordering::Relaxed);
        (counters.requests.load(Ordering::Relaxed) - probes, probes)
    }
}

/// What is wrong with what became of a quirk; `None` where all is as the table says.
async fn fault(quirk: &'static Quirk, good: &Value) -> Option<String> {
    let shop = Shop::with(vec![quirk], |_| {}).await;
    let result = shop.work("A1").await;
    let (requests, probes) = shop.requests();
    let calls = match quirk.expected {
        Expected::Published | Expected::Estimated | Expected::Refused | Expected::Stopped => 1..=1,
        Expected::Repaired | Expected::GivenUp | Expected::Cut | Expected::Wild | Expected::Retried => 2..=2,
        Expected::Adapted => 1..=3,
        Expected::Unavailable => 2..=6,
    };
    let said = match &result {
        Ok(document) => as_expected(quirk, document, good).err(),
        Err(failure) => given_up(quirk, failure).err(),
    };
    let adapts = quirk.expected == Expected::Adapted;
    let counted = calls.contains(&requests) && (probes == 1 || adapts);
    let counts = (!counted).then(|| format!("{requests} requests and {probes} probes"));
    let stopped = if quirk.expected == Expected::Stopped { not_stopped(&shop).await } else { None };
    let faults: Vec<String> = said.into_iter().chain(counts).chain(stopped).collect();
    (!faults.is_empty()).then(|| format!("{}: {}", quirk.name, faults.join("; ")))
}

fn as_expected(quirk: &Quirk, document: &Document, good: &Value) -> Result<(), String> {
    use Expected::{Adapted, Estimated, Published, Repaired, Retried};
    if !matches!(quirk.expected, Adapted | Estimated | Published | Repaired | Retried) {
        return Err("it is published".to_owned());
    }
    if document.state != State::Published {
        return Err(format!("it is {:?}: {:?}", document.state, document.held));
    }
    let estimated = document.recipes["description"].provenance.usage.estimated_tokens > 0;
    if estimated != (quirk.expected == Estimated) {
        return Err(format!("estimated: {estimated}"));
    }
    if json!(document.content) != *good && !CHANGED.contains(&quirk.name) {
        return Err(format!("another text is published: {}", json!(document.content)));
    }
    Ok(())
}

fn given_up(quirk: &Quirk, failure: &Failure) -> Result<(), String> {
    let (is_kind, part) = match quirk.expected {
        Expected::GivenUp => (failure.kind == FailureKind::Permanent, "unusable: it is"),
        Expected::Cut => (failure.kind == FailureKind::Permanent, "cut before its end"),
        Expected::Wild => (failure.kind == FailureKind::Permanent, "ran wild: it"),
        Expected::Refused => (failure.kind == FailureKind::Permanent, "the model refused: "),
        Expected::Unavailable => (matches!(failure.kind, FailureKind::Retry { .. }), "502"),
        Expected::Stopped => (failure.kind != FailureKind::Permanent, ""),
        Expected::Published
        | Expected::Estimated
        | Expected::Repaired
        | Expected::Adapted
        | Expected::Retried => return Err(failure.to_string()),
    };
    let is_said = failure.message.contains(part);
    if is_kind && is_said { Ok(()) } else { Err(format!("{:?}: {}", failure.kind, failure.message)) }
}

/// Whether the lane goes on after several messages, though the account or the address is at fault.
async fn not_stopped(shop: &Shop) -> Option<String> {
    for number in 0..MESSAGES_MAX {
        if shop.pipeline.models().paused(Lane::Updates).is_some_and(|pause| pause.alarm) {
            return None;
        }
        match shop.work(&format!("B{number}")).await {
            Ok(_) => return Some("a message is published".to_owned()),
            Err(failure) if failure.kind == FailureKind::Permanent => return Some(failure.to_string()),
            Err(_) => {}
        }
    }
    let stopped = shop.pipeline.models().paused(Lane::Updates).is_some_and(|pause| pause.alarm);
    (!stopped).then(|| "the lane goes on".to_owned())
}

/// The quirks of the groups, each with what is wrong.
async fn faults(titles: &[&str]) -> Vec<String> {
    let shop = Shop::with(Vec::new(), |_| {}).await;
    let good = json!(shop.work("A1").await.unwrap().content);
    let groups = QUIRKS.iter().filter(|group| titles.contains(&group.title));
    let quirks: Vec<&'static Quirk> = groups.flat_map(|group| group.quirks).collect();
    assert!(quirks.len() > 5, "{titles:?}");
    let all = stream::iter(quirks).map(|quirk| fault(quirk, &good)).buffer_unordered(8);
    all.filter_map(|fault| async { fault }).collect().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_a_real_server_is_read_whatever_stands_around_it() {
    let faults = faults(&["What stands around the answer", "Usage"]).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_quite_json_is_read_repaired_once_or_given_up_for_its_reason() {
    let faults = faults(&["Answers that are not quite JSON, or not quite in the schema"]).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_other_interfaces_and_errors_inside_a_200_are_what_they_are() {
    let faults = faults(&["Choices, bodies and reasons to finish"]).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_in_a_request_is_left_out_from_then_on() {
    let faults = faults(&["Requests that are refused"]).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_or_an_address_at_fault_stops_the_lane_and_no_message() {
    let faults = faults(&["The account and the address"]).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_that_pass_are_waited_out() {
    let faults = faults(&["Failures that pass"]).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_context_has_no_room_for_a_larger_cap_a_cut_answer_is_asked_for_again_in_brief() {
    let cut = Quirk::named("cut_max_tokens").unwrap();
    let shop = Shop::with(vec![cut], |config| config.model.context_tokens = 8_100).await;
    let failure = shop.work("A1").await.unwrap_err();
    assert!(failure.message.contains("cut before its end"), "{failure}");
    assert_eq!(shop.requests().0, 2);
    assert!(shop.sandbox.counters().last_prompt.lock().unwrap().contains("answer more briefly"));
}

/// The sentences in a content.
fn sentences(content: &Value) -> Vec<String> {
    match content {
        Value::String(text) => {
            let parts = text.split(['.', '\n']).map(str::trim);
            parts.filter(|part| part.len() >= 20).map(str::to_owned).collect()
        }
        Value::Array(items) => items.iter().flat_map(sentences).collect(),
        Value::Object(fields) => fields.values().flat_map(sentences).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Everything that is logged in this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_word_of_an_answer_is_logged_at_any_level() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let shop = Shop::with(Vec::new(), |_| {}).await;
    let good = json!(shop.work("A1").await.unwrap().content);
    let mut words = BTreeSet::from(["I cannot write this text.".to_owned()]);
    words.extend(sentences(&good));
    assert!(words.len() > 2, "{words:?}");
    for name in [
        "refusal_text",
        "cut_stop",
        "no_content_key",
        "sse_cut_once",
        "short_body_once",
        "choices_null_once",
        "html200_once",
        "dupkeys",
    ] {
        let shop = Shop::with(vec![Quirk::named(name).unwrap()], |_| {}).await;
        let _whatever = shop.work("A1").await;
    }
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("the answer is unusable"), "something is logged");
    for word in words {
        assert!(!logged.contains(&word), "{word}");
    }
}
