//! (j) Planning a night's backfill: 10,000, 100,000 and 1,000,000 products, 1 % changed, 0.5 % new, 0.5 % removed, held
//! against the index. `BENCH_PRODUCTS` names one size.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "a bench may fail loudly")]

mod bench;

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use bench::{BINARY, CATALOG, Process, folder, number};
use serde_json::{Value, json};
use skuscribe::catalog::index::{IndexRow, short, write};
use skuscribe::config::Config;
use skuscribe_check::content::State;
use skuscribe_check::product::{Locale, Product};
use skuscribe_check::recipe::Recipes;

fn main() {
    let sizes = match number("BENCH_PRODUCTS", 0) {
        0 => vec![10_000, 100_000, 1_000_000],
        one => vec![one],
    };
    println!(
        "{:>10} {:>9} {:>10} {:>12} {:>10}   what it found",
        "products", "time s", "CPU s", "products/s", "peak MB"
    );
    for products in sizes {
        one(products);
    }
}

/// A product of the sample catalog under a SKU of its own, with a number among its facts.
fn product(samples: &[Value], number: usize, state: usize) -> Value {
    let mut product = samples[number % samples.len()].clone();
    product["sku"] = json!(format!("SKU-{number:07}"));
    product["attributes"]["lot_number"] = json!(format!("{number}-{state}"));
    product
}

fn one(products: usize) {
    let samples: Vec<Value> = CATALOG.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let root = folder("backfill");
    let (source, store) = (root.join("shop.jsonl"), root.join("store"));
    std::fs::create_dir_all(store.join("index/en-US")).unwrap();
    let locale: Locale = "en-US".parse().unwrap();
    let recipes =
        Recipes::load(&Config::defaults().unwrap().recipes).unwrap().requested(&[], &locale).unwrap();
    let mut file = std::io::BufWriter::new(std::fs::File::create(&source).unwrap());
    let mut rows = Vec::with_capacity(products);
    for number in 0..products {
        let value = product(&samples, number, 0);
        let known: Product = serde_json::from_value(value.clone()).unwrap();
        let facts = short(recipes[0].facts(&known).digest());
        rows.push(IndexRow {
            sku: known.sku.clone(),
            revision: 1,
            product_version: 1,
            state: State::Published,
            updated_at_us: 1_790_000_000_000_000,
            input_tokens: 1_200,
            output_tokens: 340,
            cost: 0.001,
            recipes: recipes.iter().map(|recipe| (recipe.name.clone(), number as u64, facts)).collect(),
        });
        match number % 200 {
            // 1 % changed, 0.5 % removed, the rest as it was.
            0 | 1 => writeln!(file, "{}", product(&samples, number, 1)).unwrap(),
            2 => {}
            _ => writeln!(file, "{value}").unwrap(),
        }
    }
    for number in products..products + products / 200 {
        writeln!(file, "{}", product(&samples, number, 0)).unwrap();
    }
    file.flush().unwrap();
    let table = write(&rows, |row| format!("content/en-US/{}.json", row.sku)).unwrap();
    std::fs::write(store.join("index/en-US/products.parquet"), table).unwrap();
    drop(rows);
    let mut command = Command::new(BINARY);
    command
        .args(["backfill", "--dry-run", "--source"])
        .arg(&source)
        .env("SKUSCRIBE_STORE_URL", &store)
        .env("SKUSCRIBE_LOG_FILTER", "warn");
    let started = Instant::now();
    let mut process = Process::start("backfill", &mut command);
    let (mut peak, mut cpu) = (0.0_f64, 0.0_f64);
    while process.is_running() {
        peak = peak.max(process.peak_mb());
        cpu = cpu.max(process.cpu_ms());
        std::thread::sleep(Duration::from_millis(5));
    }
    let elapsed = started.elapsed().as_secs_f64();
    let found: Vec<String> = process
        .output()
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    println!(
        "{products:>10} {elapsed:>9.2} {:>10.2} {:>12.0} {peak:>10.0}   {}",
        cpu / 1_000.0,
        products as f64 / elapsed,
        found.join(", ")
    );
    std::fs::remove_dir_all(root).unwrap();
}
