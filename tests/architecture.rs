//! What the crate boundaries promise: the checks know no runtime, no network, no broker and no store.
#![expect(clippy::unwrap_used, reason = "test harness")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates that `package` is built with, tests aside.
fn dependencies(package: &str, features: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    command.args(["--package", package]).args(features).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn is_outside(name: &str) -> bool {
    ["aws-", "hyper", "rustls", "socket2", "mio"].iter().any(|prefix| name.starts_with(prefix))
        || ["tokio", "reqwest", "lapin", "async-openai", "redis", "axum", "skuscribe"].contains(&name)
}

#[test]
fn the_checks_are_built_without_runtime_network_broker_and_store() {
    let outside: Vec<String> =
        dependencies("skuscribe-check", &[]).into_iter().filter(|name| is_outside(name)).collect();
    assert!(outside.is_empty(), "crates/check depends on {outside:?}");
    assert!(
        dependencies("skuscribe", &[]).iter().any(|name| name == "lapin"),
        "the listing sees dependencies"
    );
}

#[test]
fn catalog_files_are_read_and_written_without_runtime_network_broker_and_store() {
    let dependencies = dependencies("skuscribe-catalog", &[]);
    let outside: Vec<&String> =
        dependencies.iter().filter(|name| is_outside(name) && *name != "skuscribe-catalog").collect();
    assert!(outside.is_empty(), "crates/catalog depends on {outside:?}");
}

#[test]
fn a_binary_without_sandbox_and_eval_is_built_without_them() {
    let dependencies = dependencies("skuscribe", &["--no-default-features"]);
    assert!(!dependencies.iter().any(|name| name == "skuscribe-sandbox" || name == "skuscribe-eval"));
}

#[test]
fn a_frozen_broker_is_noticed_within_twenty_seconds_by_the_default_settings() {
    // Measured: a frozen broker is noticed by the heartbeat after two of them. The patrol is quicker.
    let broker = skuscribe::config::Config::defaults().unwrap().broker;
    assert!(broker.patrol_ms + broker.timeout_ms < 20_000);
    assert!(u64::from(broker.heartbeat_s) * 2_000 <= 20_000);
    assert!(broker.reconnect_max_ms < 3_000, "working again within 3 s after the port accepts");
    assert!(broker.patrol_ms * 4 < 5_000, "a consumer that gets nothing is replaced within 5 s");
}

/// Every Rust file of a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn data_that_decides_is_compiled_into_the_checks_by_the_rulebook_alone_so_that_the_policy_digest_covers_it() {
    // Packs, recipes, settings and names of internal attributes have digests of their own; what is accepted out of prose is a
    // fact, and no check.
    const ELSEWHERE: &[&str] =
        &["policies/", "recipes/", "voices/", "default.toml", "internal.toml", "prose/"];
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/check/src");
    for path in sources(&checks).into_iter().filter(|path| !path.ends_with("rulebook.rs")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let production = text.split("#[cfg(test)]").next().unwrap();
        let stray = production.lines().find(|line| {
            line.contains("include_")
                && line.contains("/config/")
                && !ELSEWHERE.iter().any(|elsewhere| line.contains(elsewhere))
        });
        assert!(stray.is_none(), "{}: {stray:?}", path.display());
    }
}
