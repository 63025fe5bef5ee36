//! The structure that the compiler does not enforce: who may import whom, and who may touch what.
#![expect(clippy::unwrap_used, reason = "test harness")]

use std::path::{Path, PathBuf};

/// The stages in the order data flows.
const STAGES: &[&str] = &["intake", "plan", "generate", "check", "commit", "announce"];
/// What lies below all stages.
const BELOW: &[&str] =
    &["product", "recipe", "content", "config", "store", "quota", "broker", "policy", "privacy"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file without its tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

fn forbid(folder: &str, what: &[String], why: &str) {
    for path in files(&source().join(folder)) {
        let code = code(&path);
        for word in what {
            assert!(!code.contains(word.as_str()), "{}: {word} is not allowed here: {why}", path.display());
        }
    }
}

#[test]
fn a_stage_imports_only_from_stages_before_it() {
    for (index, stage) in STAGES.iter().enumerate() {
        let later: Vec<String> = STAGES[index + 1..]
            .iter()
            .chain(&["pipeline", "worker", "enrich", "cli", "answer", "gaps"])
            .map(|later| format!("crate::{later}"))
            .collect();
        forbid(stage, &later, "stages import upstream only");
    }
}

#[test]
fn what_lies_below_the_stages_imports_none_of_them() {
    for folder in BELOW {
        let stages: Vec<String> = STAGES
            .iter()
            .chain(&["pipeline", "worker", "cli", "answer", "gaps"])
            .map(|stage| format!("crate::{stage}"))
            .collect();
        forbid(folder, &stages, "what lies below the stages knows none of them");
    }
}

#[test]
fn plan_and_check_do_no_io_and_read_no_clock() {
    let touched = [
        "std::fs",
        "std::net",
        "tokio::",
        "async fn",
        "Timestamp::now",
        "Instant::now",
        "SystemTime",
        "crate::clock",
        "crate::store::load",
        "fastrand",
        "-> Result",
    ];
    for folder in ["plan", "check"] {
        forbid(folder, &touched.map(ToOwned::to_owned), "plan and check are pure and cannot fail");
    }
}

#[test]
fn the_backoff_crate_is_used_in_one_file() {
    for path in files(&source()) {
        if !path.ends_with("generate/delays.rs") {
            let code = code(&path);
            assert!(!code.contains("use backoff::"), "{}", path.display());
        }
    }
}

#[test]
fn what_the_client_library_was_measured_to_do_is_kept_away_from() {
    // lapin 4.12, measured: recovery after a channel error gives one error and then hangs for ever; with
    // pipelined publishes a returned message sat on the wrong confirm in 4 of 200 rounds; failures that go back
    // by nack come again at once, and count against the delivery limit.
    for path in files(&source()) {
        let code = code(&path);
        if !code.contains("lapin::") {
            continue;
        }
        for word in
            ["enable_auto_recover", ".nack(", ".reject(", "basic_nack", "basic_reject", "basic_recover"]
        {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
        if !path.ends_with("broker/publisher.rs") {
            assert!(!code.contains("basic_publish"), "{}: publishing has one place", path.display());
        }
    }
    let pool = code(&source().join("broker/pool.rs"));
    // A channel with a mandatory message in flight is out of the pool until its confirm is there.
    assert!(pool.contains("state.free.pop()") && !pool.contains("free.clone()"));
}

#[test]
fn every_call_to_the_broker_has_a_deadline() {
    // Measured: under a memory alarm publish, ack and close hang on a connection that publishes.
    for path in files(&source()) {
        let code = code(&path);
        let calls = [".basic_get(", ".basic_consume(", ".basic_cancel(", ".basic_qos(", ".create_channel("];
        if calls.iter().any(|call| code.contains(call)) {
            assert!(code.contains("within("), "{}: a broker call without a deadline", path.display());
        }
    }
}

#[test]
fn a_frozen_broker_is_noticed_within_twenty_seconds_by_the_default_settings() {
    // Measured: a frozen broker is noticed by the heartbeat after two of them. The patrol is quicker.
    let broker = skuscribe::config::Config::defaults().unwrap().broker;
    assert!(broker.patrol_ms + broker.timeout_ms < 20_000);
    assert!(u64::from(broker.heartbeat_s) * 2_000 <= 20_000);
    assert!(broker.reconnect_max_ms < 3_000, "working again within 3 s after the port accepts");
    assert!(broker.patrol_ms * 4 < 5_000, "a stuck consumer within 5 s");
}

#[test]
fn every_file_says_its_purpose_first_and_stays_short() {
    for path in files(&source()) {
        let text = code(&path);
        assert!(text.starts_with("//! "), "{}: the first line says what the file is for", path.display());
        let lines = text.lines().count();
        let tables = path.ends_with("product/unit.rs");
        assert!(lines <= 400 || tables, "{}: {lines} lines; it wants to be two files", path.display());
    }
}
