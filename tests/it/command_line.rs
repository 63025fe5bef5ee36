//! The command line: what it prints, what it refuses, and with which words.

use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{amqp_url, run, unique};

#[test]
fn a_wrong_setting_names_its_origin_and_what_is_allowed() {
    let (ok, text) = run(&["topology"], &[("SKUSCRIBE_MODEL_SLOTS", "lots")]);
    assert!(!ok && text.contains("SKUSCRIBE_MODEL_SLOTS") && text.contains("model.slots"), "{text}");
    let (ok, text) = run(&["topology"], &[("SKUSCRIBE_MODEL_URL", "not an address")]);
    assert!(!ok && text.contains("model.url") && text.contains("https://"), "{text}");
    let (ok, text) = run(&["topology"], &[("SKUSCRIBE_WORKER_LANES", "urgent")]);
    assert!(!ok && text.contains("urgent") && text.contains("interactive, updates or backfill"), "{text}");
    let (ok, text) = run(&["topology", "--config", "/no/such/file.toml"], &[]);
    assert!(!ok && text.contains("/no/such/file.toml"), "{text}");
}

#[test]
fn a_broker_that_is_not_there_is_named_with_what_to_check() {
    let (ok, text) =
        run(&["dead", "list"], &[("SKUSCRIBE_BROKER_URL", "amqp://user:secret@127.0.0.1:1/%2f")]);
    assert!(!ok && text.contains("is it running") && text.contains("broker.url"), "{text}");
    assert!(!text.contains("secret") && text.matches("Connection refused").count() == 1, "{text}");
}

#[test]
fn schemas_are_printed_by_name_and_an_unknown_one_is_answered_with_the_names() {
    let (ok, text) = run(&["schema", "product_update.v1"], &[]);
    assert!(ok && text.contains("occurred_at"), "{text}");
    let (ok, text) = run(&["schema", "nope"], &[]);
    assert!(!ok && text.contains("content.v1"), "{text}");
}

#[test]
fn the_sandbox_s_quirks_are_listed_and_an_unknown_one_is_refused() {
    let (ok, text) = run(&["sandbox", "--quirk", "list"], &[]);
    assert!(ok && text.contains("think_noopen") && text.contains("usage_negative"), "{text}");
    let (ok, text) = run(&["sandbox", "--quirk", "nope"], &[]);
    assert!(!ok && text.contains("--quirk nope") && text.contains("--quirk list"), "{text}");
}

#[test]
fn an_empty_selection_does_not_regenerate_the_whole_catalog() {
    let (ok, text) = run(&["regenerate", "--select", "", "--dry-run"], &[]);
    assert!(!ok && text.contains("--select"), "{text}");
}

#[test]
fn the_topology_is_printed_without_a_broker() {
    let (ok, text) = run(&["topology"], &[]);
    assert!(
        ok && text.contains("skuscribe.work.interactive")
            && text.contains("x-dead-letter-strategy=at-least-once"),
        "{text}"
    );
}

#[test]
fn files_of_an_unknown_kind_and_missing_files_are_named() {
    let file = std::env::temp_dir().join(unique("catalog.csv"));
    std::fs::write(&file, b"%PDF-1.7 is no catalog").unwrap();
    let (ok, text) = run(&["publish", file.to_str().unwrap()], &[]);
    assert!(!ok && text.contains("catalog.csv") && text.contains("this is a PDF"), "{text}");
    std::fs::remove_file(file).unwrap();
    let (ok, text) = run(&["publish", "/no/such/catalog.jsonl"], &[]);
    assert!(!ok && text.contains("/no/such/catalog.jsonl"), "{text}");
}

#[test]
fn config_show_prints_what_is_in_force_as_toml_with_its_origin() {
    let password = [("SKUSCRIBE_BROKER_URL", "amqp://me:hidden@rabbit/%2f"), ("SKUSCRIBE_TIDES_MS", "3")];
    let (ok, text) = run(&["config", "show", "--changed", "--model", "mine", "--log", "error"], &password);
    assert!(ok && !text.contains("hidden"), "{text}");
    for line in [
        "[broker]\nurl = \"amqp://rabbit/%2f\"  # environment variable SKUSCRIBE_BROKER_URL",
        "name = \"mine\"  # flag --model",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let (ok, text) =
        run(&["config", "show", "modle"], &[("SKUSCRIBE_TIDES_MS", "3"), ("SKUSCRIBE_LOG_FILTER", "warn")]);
    assert!(!ok && text.contains("the sections are"), "{text}");
    assert!(text.contains("SKUSCRIBE_TIDES_MS: this version has no such setting"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_everything_in_order_or_says_what_to_do() {
    let sandbox = Sandbox::start(
        ([127, 0, 0, 1], 0).into(),
        Behaviour { key: Some("k".into()), ..Behaviour::default() },
    )
    .await
    .unwrap();
    let prefix = unique("skuscribe-doctor");
    let folder = std::env::temp_dir().join(&prefix);
    let (url, broker) = (sandbox.url(), amqp_url());
    let mut environment = [
        ("SKUSCRIBE_MODEL_URL", url.as_str()),
        ("SKUSCRIBE_BROKER_URL", broker.as_str()),
        ("SKUSCRIBE_BROKER_PREFIX", prefix.as_str()),
        ("SKUSCRIBE_STORE_URL", folder.to_str().unwrap()),
        ("OPENAI_API_KEY", "k"),
    ];
    let owned: Vec<(String, String)> =
        environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let doctor = move |environment: Vec<(String, String)>| {
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        run(&["doctor", "--log", "warn"], &environment)
    };
    let (ok, text) = tokio::task::spawn_blocking(move || doctor(owned)).await.unwrap();
    assert!(ok && text.contains("json_schema") && text.contains("key accepted"), "{text}");
    assert!(text.contains("are not there yet"), "the doctor declares nothing: {text}");
    environment[4].1 = "wrong";
    environment[1].1 = "amqp://127.0.0.1:1/%2f";
    let owned: Vec<(String, String)> =
        environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let (ok, text) = tokio::task::spawn_blocking(move || doctor(owned)).await.unwrap();
    assert!(
        !ok && text.contains("FAIL  broker") && text.contains("FAIL  model") && text.contains("what to do"),
        "{text}"
    );
    assert!(text.contains("401") && !text.contains("wrong"), "the key is not shown: {text}");
    assert!(!folder.exists(), "the doctor changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_published_to_a_lane_confirmed_and_bad_lines_are_named() {
    let prefix = unique("skuscribe-publish");
    let folder = std::env::temp_dir().join(&prefix);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("shop.jsonl");
    let lines = "{\"sku\":\"A1\",\"title\":\"Mug\"}\nnot json\n{\"sku\":\"A2\",\"title\":\"Cup\",\"locale\":\"de-DE\"}\n";
    std::fs::write(&file, lines).unwrap();
    let (path, broker, names) = (file.display().to_string(), amqp_url(), prefix.clone());
    let (ok, text) = tokio::task::spawn_blocking(move || {
        let environment =
            [("SKUSCRIBE_BROKER_URL", broker.as_str()), ("SKUSCRIBE_BROKER_PREFIX", names.as_str())];
        run(&["publish", &path, "--lane", "backfill", "--log", "warn"], &environment)
    })
    .await
    .unwrap();
    assert!(!ok && text.contains("2 messages confirmed") && text.contains("line 2"), "{text}");
    let mut config = skuscribe::config::Config::defaults().unwrap();
    config.broker.url = amqp_url().into();
    config.broker.prefix = prefix;
    let link = skuscribe::broker::Link::from_config(&config.broker);
    let connection = link.connect("test").await.unwrap();
    let channel = link.channel(&connection).await.unwrap();
    let topology = skuscribe::broker::Topology::new(&config.broker.prefix);
    let queue = topology.lane(skuscribe::lane::Lane::Backfill);
    let got = channel
        .basic_get(queue.into(), lapin::options::BasicGetOptions { no_ack: true })
        .await
        .unwrap()
        .unwrap();
    let update =
        skuscribe::intake::decode(&got.delivery.data, &skuscribe::intake::Origin::default()).unwrap();
    // Channels publish side by side: versions order the messages, not their arrival.
    assert!(["A1", "A2"].contains(&update.sku().as_str()));
    assert_eq!(got.message_count, 1);
    topology.remove(&channel).await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_demo_works_the_whole_catalog_with_nothing_but_the_binary() {
    let folder = std::env::temp_dir().join(unique("skuscribe-demo"));
    // A shop's own store and broker are left alone; these would refuse every connection.
    let own = [("SKUSCRIBE_STORE_URL", "/proc/shop"), ("SKUSCRIBE_BROKER_URL", "amqp://127.0.0.1:9/%2f")];
    let (ok, text) = run(&["demo", "--log", "warn", "--out", folder.to_str().unwrap()], &own);
    assert!(ok && text.contains("it is no model") && text.contains("0 to a model"), "{text}");
    // A product, its text, what a sentence rests on.
    assert!(
        text.contains("Material: Nylon, Polyester") && text.contains("made of nylon and polyester."),
        "{text}"
    );
    assert!(text.contains("← material"), "{text}");
    // What no attribute states is left out, what cannot be mended is held, both with the reason.
    assert!(text.contains("left out ") && text.contains("no attribute states \"4711"), "{text}");
    assert!(
        text.contains("held     ") && text.contains("language.sentence: the sentence reads as de"),
        "{text}"
    );
    assert!(text.contains("again    66 texts as they were, 0 model calls"), "{text}");
    // One screen, and at its end what to do next.
    let shown: Vec<&str> = text.lines().filter(|line| !line.starts_with("writing ")).collect();
    assert!(
        shown.len() <= 30 && shown.iter().all(|line| line.chars().count() <= 100 || line.contains("--store")),
        "{text}"
    );
    let next = text.lines().find(|line| line.contains("review list")).unwrap();
    let arguments: Vec<&str> = next.split('#').next().unwrap().split_whitespace().skip(1).collect();
    let (ok, listed) = run(&arguments, &[]);
    assert!(ok && listed.contains("language.sentence"), "{listed}");
    // A folder that no demo wrote is left alone.
    let other = folder.join("content");
    let (ok, text) = run(&["demo", "--log", "warn", "--out", other.to_str().unwrap()], &[]);
    assert!(!ok && text.contains("no demo wrote"), "{text}");
    std::fs::remove_dir_all(folder).unwrap();
}
