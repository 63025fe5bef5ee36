//! The index and the backfill that is planned against it: read back by others' readers, and only what changed is asked for.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use skuscribe::broker::Link;
use skuscribe::catalog::index::update_index;
use skuscribe::feed::{Feed, append, head, segment_after};
use skuscribe::store::{FolderStore, Key, SetAside};
use skuscribe_check::content::State;
use skuscribe_sandbox::Behaviour;

use crate::harness::{World, mug, unique, until};
use crate::process::command;

/// What `DuckDB` and pyarrow say of a table, as JSON.
fn read_by_others(table: &std::path::Path) -> Value {
    const SCRIPT: &str = r#"
import duckdb, json, sys
import pyarrow.parquet
path = sys.argv[1]
rows = duckdb.sql(f"""select sku, revision, state, key, fingerprints['faq'] as faq, input_tokens > 0 as paid
                      from '{path}' order by sku""").fetchall()
arrow = pyarrow.parquet.read_table(path)
print(json.dumps({
    'rows': [[row[0], row[1], row[2], row[3], len(row[4] or ''), bool(row[5])] for row in rows],
    'arrow_rows': arrow.num_rows, 'columns': arrow.column_names
}))"#;
    let python = std::env::var("SKUSCRIBE_TEST_PYTHON").unwrap_or_else(|_| {
        let installed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
        if installed.exists() { installed.display().to_string() } else { "python3".to_owned() }
    });
    let output = Command::new(&python).args(["-c", SCRIPT]).arg(table).output().unwrap();
    assert!(
        output.status.success(),
        "{python} with duckdb and pyarrow (PyPI) is needed, scripts/services.sh installs it: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn product(sku: &str, material: &str) -> Value {
    mug("-", sku, 1, material)["product"].clone()
}

/// A file of products that say no version: the file's time orders them.
fn file_of(products: &[Value]) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("{}.jsonl", unique("skuscribe-backfill")));
    let mut file = std::fs::File::create(&path).unwrap();
    for product in products {
        let mut product = product.clone();
        product.as_object_mut().unwrap().remove("version");
        writeln!(file, "{product}").unwrap();
    }
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_file_is_compared_with_the_index_and_only_what_changed_is_asked_for() {
    let mut world = World::start(Behaviour::default()).await;
    let feed = Arc::new(Feed::new(Link::from_config(&world.config.broker), Arc::clone(&world.store)));
    feed.subscribe().await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let feeding = tokio::spawn({
        let (feed, stop) = (Arc::clone(&feed), stop.clone());
        async move { feed.run(&stop).await }
    });
    for number in 0..6 {
        world
            .publish(
                mug(&format!("m{number}"), &format!("S{number}"), 1, "clay").to_string().as_bytes(),
                lapin::types::FieldTable::default(),
            )
            .await;
    }
    world.settled().await;
    let reached = |events| {
        let feed = Arc::clone(&feed);
        move || {
            let feed = Arc::clone(&feed);
            async move { feed.counts().0 >= events }
        }
    };
    until("the feed has every event", reached(6)).await;
    let brought = update_index(&*world.store, &SetAside::default()).await.unwrap();
    assert_eq!((brought.documents, brought.segments), (6, 0), "the first index is built from the store");
    assert_eq!(update_index(&*world.store, &SetAside::default()).await.unwrap().segments, 0);

    let table = std::env::temp_dir().join(format!("{}.parquet", unique("skuscribe-index")));
    let key = Key::Index { locale: "en-US".parse().unwrap() };
    std::fs::write(&table, world.store.get(&key).await.unwrap().unwrap().body).unwrap();
    let others = read_by_others(&table);
    std::fs::remove_file(table).unwrap();
    assert_eq!((others["rows"].as_array().unwrap().len(), &others["arrow_rows"]), (6, &json!(6)));
    assert_eq!(others["rows"][2], json!(["S2", 1, "published", "content/en-US/S2.json", 16, true]));

    // One changed, one new, one gone; and a price, which is no fact.
    let mut priced = product("S3", "clay");
    priced["attributes"]["price"] = json!(5);
    let night = [
        product("S0", "glass"),
        product("S1", "clay"),
        product("S2", "clay"),
        priced,
        product("S4", "clay"),
        product("S9", "clay"),
    ];
    let file = file_of(&night);
    let path = file.to_str().unwrap();
    let config = world.config.clone();
    let run = |arguments: &[&str]| {
        let mut all = vec!["backfill", "--source", path];
        all.extend(arguments);
        let output = command(&config).args(all).stdin(Stdio::null()).output().unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    };
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let (ok, text) = run(&["--dry-run"]);
    let printed = lines(&text);
    for expected in ["unchanged 4", "new 1 tasks", "changed 1 tasks", "not in the file 1", "2 messages"] {
        assert!(ok && printed.iter().any(|line| line == expected), "{expected}: {text}");
    }
    let (ok, text) = run(&["--remove-up-to", "0.1"]);
    assert!(!ok && text.contains("was it cut off"), "{text}");
    let answers = world.sandbox.counters().answers();
    let (ok, text) = run(&["--remove-up-to", "0.5"]);
    assert!(ok && text.contains("3 messages on the lane backfill"), "{text}");
    let job = text.lines().find_map(|line| line.strip_prefix("job ")).unwrap().to_owned();
    world.expect(3);
    world.settled().await;
    assert_eq!(world.sandbox.counters().answers(), answers + 2);
    assert!(
        world.document("S0", "en-US").await.unwrap().content["description"].to_string().contains("glass")
    );
    assert_eq!(world.document("S5", "en-US").await.unwrap().state, State::Deleted);
    until("the feed has every event", reached(9)).await;
    let (ok, text) = run(&["--dry-run"]);
    assert!(ok && lines(&text).contains(&"unchanged 6".to_owned()) && text.contains("0 messages"), "{text}");
    let shown = command(&world.config).args(["jobs", "show", &job]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("3 of 3 tasks") && shown.contains("done"), "{shown}");
    // A recipe more is missing everywhere.
    let (ok, text) = run(&["--dry-run", "--recipes", "description,faq,seo,email"]);
    assert!(ok && lines(&text).contains(&"missing recipe 6 tasks".to_owned()), "{text}");
    let (ok, text) = run(&["--dry-run", "--locales", "en-US,de-DE"]);
    assert!(ok && lines(&text).contains(&"missing locale 6 tasks".to_owned()), "{text}");
    std::fs::remove_file(&file).unwrap();
    stop.cancel();
    feeding.await.unwrap();
    world.delete_queue(&world.topology.feed()).await;
    world.finish().await;
}

#[test]
fn a_file_of_something_else_ends_a_backfill_after_ten_lines_with_an_error() {
    let folder = std::env::temp_dir().join(unique("skuscribe-wrong-file"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("wrong.jsonl");
    std::fs::write(&file, "{\"order\":1}\n".repeat(500)).unwrap();
    let mut config = skuscribe::config::Config::defaults().unwrap();
    config.store.url = folder.join("store").display().to_string();
    let output = command(&config).args(["backfill", "--source"]).arg(&file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("is this the right file"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("line ")).count(), 10, "{text}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_filled_while_no_feed_ran_is_noticed_and_nothing_of_it_is_asked_for_again() {
    let mut world = World::start(Behaviour::default()).await;
    for number in 0..3 {
        world.work(&mug(&format!("m{number}"), &format!("S{number}"), 1, "clay")).await;
    }
    assert_eq!(
        update_index(&*world.store, &SetAside::default()).await.unwrap().documents,
        3,
        "the first index is built from the store"
    );
    // No feed's queue is there: no segment will ever name these.
    for number in 3..6 {
        world.work(&mug(&format!("m{number}"), &format!("S{number}"), 1, "clay")).await;
    }
    let file = file_of(&["S0", "S1", "S2", "S3", "S4", "S9"].map(|sku| product(sku, "clay")));
    let run = |arguments: &[&str]| {
        let output = command(&world.config).args(arguments).stdin(Stdio::null()).output().unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{text}");
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    let text = run(&["backfill", "--dry-run", "--source", file.to_str().unwrap()]);
    let noticed = text.iter().any(|line| line.starts_with("2 documents of the store were unknown"));
    assert!(noticed, "{text:#?}");
    for expected in ["unchanged 5", "new 1 tasks", "1 messages"] {
        assert!(text.iter().any(|line| line == expected), "{expected}: {text:#?}");
    }
    // A line counts for the locales that it names, and for no other.
    let lines = [("S7", "de-DE"), ("S8", "en-US")].map(|(sku, locale)| {
        let mut line = product(sku, "clay");
        line["locale"] = json!(locale);
        line
    });
    let named = file_of(&lines);
    let text = run(&["backfill", "--dry-run", "--source", named.to_str().unwrap()]);
    std::fs::remove_file(named).unwrap();
    for expected in ["new 1 tasks", "for other locales 1 lines", "1 messages"] {
        assert!(text.iter().any(|line| line == expected), "{expected}: {text:#?}");
    }
    // `index` finds what no file asks for, and drops what is not there any more.
    world
        .store
        .delete(&Key::Content { locale: "en-US".parse().unwrap(), sku: "S0".parse().unwrap() })
        .await
        .unwrap();
    let text = run(&["index"]).join("\n");
    assert!(text.contains("1 documents of the store were unknown") && text.contains("1 rows"), "{text}");
    assert!(text.contains("products.parquet 5 rows"), "{text}");
    let text = run(&["index", "--rebuild"]).join("\n");
    assert!(text.contains("5 documents read") && text.contains("products.parquet 5 rows"), "{text}");
    std::fs::remove_file(file).unwrap();
    world.finish().await;
}

#[tokio::test]
async fn a_number_that_no_feed_wrote_neither_stops_readers_nor_hides_what_is_fed_after_it() {
    let folder = std::env::temp_dir().join(unique("skuscribe-feed"));
    let store = FolderStore::open(&folder).unwrap();
    let aside = SetAside::default();
    append(&store, 0, &[]).await.unwrap();
    for beyond in ["1000000000000", "18446744073709551615"] {
        std::fs::write(folder.join(format!("changes/{beyond}.jsonl")), "").unwrap();
    }
    assert_eq!(head(&store, 0).await.unwrap(), 1);
    assert!(segment_after(&store, 1, &aside).await.unwrap().is_none());
    // Within the numbers of a feed it is read like any other, and the feed names it.
    let highest = folder.join("changes/999999999999.jsonl");
    std::fs::write(&highest, "").unwrap();
    update_index(&store, &aside).await.unwrap();
    let error = append(&store, head(&store, 0).await.unwrap(), &[]).await.unwrap_err().to_string();
    assert!(error.contains("999999999999") && error.contains("segment of the change feed"), "{error}");
    // Moved away, the index begins anew where the feed is.
    std::fs::remove_file(highest).unwrap();
    update_index(&store, &aside).await.unwrap();
    append(&store, 1, &[]).await.unwrap();
    assert_eq!(update_index(&store, &aside).await.unwrap().segments, 1);
    std::fs::remove_dir_all(folder).unwrap();
}
