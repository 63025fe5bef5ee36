//! `skuscribe cost`: the estimate before a run beside what the run takes.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::unique;

const PRICES: &str = "[{ from = \"2020-01-01\", input = 1.0, cached = 0.1, output = 4.0, batch = 0.5 }]";

fn skuscribe_process(sandbox: &Sandbox, out: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
    command
        .env_clear()
        .env("SKUSCRIBE_MODEL_URL", sandbox.url())
        .env("SKUSCRIBE_MODEL_STRUCTURED", "json_schema")
        .env("SKUSCRIBE_MODEL_PRICES", PRICES)
        .env("SKUSCRIBE_STORE_URL", out)
        .args(arguments);
    command
}

fn skuscribe(sandbox: &Sandbox, out: &Path, arguments: &[&str]) -> String {
    let output = skuscribe_process(sandbox, out, arguments).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

/// The number in the line that begins with a word.
fn number(text: &str, word: &str) -> u64 {
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(word))
        .unwrap_or_else(|| panic!("{word}: {text}"));
    let found = line.trim_start().trim_start_matches(word).split_whitespace().next().unwrap();
    found.replace(',', "").parse().unwrap_or_else(|_| panic!("{line}"))
}

fn catalog(folder: &Path, from: usize, count: usize) -> PathBuf {
    let lines: Vec<String> = (from..from + count)
        .map(|number| {
            json!({
                "sku": format!("C{number}"), "title": format!("Mug {number}"), "brand": if number % 2 == 0 { "Acme" } else { "Other" },
                "category": ["Kitchen", "Mugs"], "attributes": { "material": "stoneware", "capacity": "350 ml", "colour": "blue" }
            })
            .to_string()
        })
        .collect();
    let path = folder.join(format!("catalog-{from}.jsonl"));
    std::fs::write(&path, lines.join("\n")).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_comes_near_what_a_run_takes_and_nothing_due_costs_nothing() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let folder = std::env::temp_dir().join(unique("skuscribe-cost"));
    std::fs::create_dir_all(&folder).unwrap();
    let out = folder.join("out");
    let first = catalog(&folder, 0, 12);
    let blind = skuscribe(&sandbox, &out, &["cost", first.to_str().unwrap()]);
    assert!(blind.contains("a guess from the recipes' limits"), "{blind}");
    assert_eq!(sandbox.counters().answers(), 0, "an estimate calls nobody");
    let ran = skuscribe(&sandbox, &out, &["enrich", first.to_str().unwrap(), "--log", "error"]);
    assert!(ran.contains("estimated before the calls"), "{ran}");
    let again = skuscribe(&sandbox, &out, &["cost", first.to_str().unwrap()]);
    assert!(again.contains("no model call is due"), "{again}");

    let second = catalog(&folder, 100, 12);
    let estimate = skuscribe(&sandbox, &out, &["cost", second.to_str().unwrap()]);
    assert!(estimate.contains("stored texts") && estimate.contains("in a batch"), "{estimate}");
    let before = number(&skuscribe(&sandbox, &out, &["cost", "--day", "today"]), "all");
    skuscribe(&sandbox, &out, &["enrich", second.to_str().unwrap(), "--log", "error"]);
    let day = skuscribe(&sandbox, &out, &["cost", "--day", "today"]);
    assert_eq!(number(&day, "all") - before, 12, "{day}");
    let tokens_out = |text: &str| -> u64 {
        let line = text.lines().find(|line| line.trim_start().starts_with("all")).unwrap();
        // After calls, tokens in and cached.
        line.split_whitespace().nth(4).unwrap().replace(',', "").parse().unwrap()
    };
    // Twelve of twenty-four: half of what the day took.
    let (guessed, real) = (number(&estimate, "tokens out") as f64, tokens_out(&day) as f64 / 2.0);
    assert!((guessed / real - 1.0).abs() < 0.15, "{guessed} estimated, {real} taken");

    let broken = folder.join("broken.jsonl");
    let lines = std::fs::read_to_string(catalog(&folder, 200, 3)).unwrap();
    std::fs::write(&broken, format!("{lines}\n{{\"sku\":\"\"}}\nno line at all\n")).unwrap();
    let output = skuscribe_process(&sandbox, &out, &["cost", broken.to_str().unwrap()]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("3 products, 3 tasks") && text.contains("2 lines refused"), "{text}");

    let selected = skuscribe(&sandbox, &out, &["cost", "--selection", "brand:acme", "--force"]);
    assert_eq!(number(&selected, "calls"), 12, "{selected}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_from_a_file_ends_at_the_cap_and_goes_on_with_a_higher_one() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let folder = std::env::temp_dir().join(unique("skuscribe-cap"));
    std::fs::create_dir_all(&folder).unwrap();
    let (out, file) = (folder.join("out"), catalog(&folder, 0, 20));
    let run = |cap: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_skuscribe"))
            .env_clear()
            .env("SKUSCRIBE_MODEL_URL", sandbox.url())
            .env("SKUSCRIBE_MODEL_STRUCTURED", "json_schema")
            .env("SKUSCRIBE_MODEL_PRICES", PRICES)
            .env("SKUSCRIBE_QUOTA_SPEND_PER_DAY", cap)
            .env("SKUSCRIBE_STORE_URL", &out)
            .args(["enrich", file.to_str().unwrap(), "--log", "off", "--slots", "2"])
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (ok, text) = run("0.02");
    assert!(!ok && text.contains("quota.spend_per_day") && text.contains("nothing is lost"), "{text}");
    let paid = sandbox.counters().answers();
    assert!((1..20).contains(&paid), "{paid}");
    let (ok, text) = run("0.02");
    assert!(!ok, "the day's books are read by the next run: {text}");
    assert!(sandbox.counters().answers() <= paid + 1);
    let (ok, text) = run("5");
    assert!(ok, "{text}");
    assert_eq!(sandbox.counters().answers(), 20, "nothing is paid twice");
    std::fs::remove_dir_all(&folder).unwrap();
}
