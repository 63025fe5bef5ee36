//! (c) 100,000 unchanged products through `enrich` into a folder. `BENCH_PRODUCTS` changes the size.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "a bench may fail loudly")]

mod bench;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use bench::{BINARY, folder, messages, number, sandbox};

fn main() {
    let count = number("BENCH_PRODUCTS", 100_000);
    let root = folder("unchanged");
    std::fs::create_dir_all(&root).unwrap();
    let file = root.join("shop.jsonl");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    for (_, body) in messages(count) {
        out.write_all(&body).unwrap();
        out.write_all(b"\n").unwrap();
    }
    out.flush().unwrap();
    let (_model, url) = sandbox(&[], None);
    println!("(c) {count} products through enrich into a folder");
    for what in ["new", "unchanged", "unchanged"] {
        let started = Instant::now();
        let output = Command::new(BINARY)
            .env_clear()
            .env("SKUSCRIBE_MODEL_URL", &url)
            .arg("enrich")
            .arg(&file)
            .args(["--log", "error", "--slots", "128", "--out"])
            .arg(root.join("out"))
            .stderr(Stdio::null())
            .output()
            .unwrap();
        let elapsed = started.elapsed().as_secs_f64();
        let text = String::from_utf8_lossy(&output.stdout);
        let calls = text.lines().find(|line| line.contains("model calls")).unwrap_or_default().trim();
        println!("{what:<10} {elapsed:>8.1} s {:>10.0} products/s   {calls}", count as f64 / elapsed);
    }
    std::fs::remove_dir_all(&root).unwrap();
}
