//! The store's contract: one suite, run on the folder, on s3s-fs and on moto.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use skuscribe::config::Config;
use skuscribe::store::{BoxFuture, Condition, ContentStore, ETag, Key, Object, Put, StoreError, open, probe};
use skuscribe_check::product::{Digest, Sku};

use crate::harness::{unique, until};
use crate::s3::{BUCKET, KEY_ID, S3Server, SECRET};

fn product(sku: &str) -> Key {
    Key::Product { sku: sku.parse::<Sku>().unwrap() }
}

/// What every store must do.
async fn contract(store: &Arc<dyn ContentStore>, long_keys: bool) {
    let key = product("A 1/ü");
    assert!(store.get(&key).await.unwrap().is_none());
    let missing =
        store.put(&key, b"x".to_vec(), Condition::Matches(etag_of_nothing(store).await)).await.unwrap();
    assert_eq!(missing, Put::Conflict, "If-Match on nothing is a lost race");
    let Put::Stored(first) = store.put(&key, b"one".to_vec(), Condition::Absent).await.unwrap() else {
        panic!()
    };
    assert_eq!(store.put(&key, b"two".to_vec(), Condition::Absent).await.unwrap(), Put::Conflict);
    let read = store.get(&key).await.unwrap().unwrap();
    assert_eq!((read.body.as_slice(), &read.etag), (b"one".as_slice(), &first));
    let Put::Stored(second) =
        store.put(&key, b"two".to_vec(), Condition::Matches(first.clone())).await.unwrap()
    else {
        panic!()
    };
    assert_ne!(first, second);
    assert_eq!(store.put(&key, b"three".to_vec(), Condition::Matches(first)).await.unwrap(), Put::Conflict);
    for round in 0..10 {
        let raced = product(&format!("raced-{round}"));
        let racers = (0..16u8).map(|racer| store.put(&raced, vec![racer], Condition::Absent));
        let outcomes = futures_util::future::join_all(racers).await;
        let winners =
            outcomes.into_iter().filter(|put| matches!(put.as_ref().unwrap(), Put::Stored(_))).count();
        assert_eq!(winners, 1, "round {round}");
    }
    let paths = store.list("products/raced", 100).await.unwrap();
    assert_eq!(paths.len(), 10);
    assert!(paths.is_sorted());
    assert_eq!(store.list("products/raced", 3).await.unwrap().len(), 3);
    assert_eq!(store.list_after("products/raced", &paths[6], 100).await.unwrap(), paths[7..]);
    assert_eq!(store.list_after("products/raced", &paths[6], 2).await.unwrap(), paths[7..9]);
    if long_keys {
        let long = Key::History {
            locale: "zh-Hant-TW".parse().unwrap(),
            sku: "ü".repeat(128).parse().unwrap(),
            operation: Digest::of(&[b"x"]),
        };
        store.put(&long, b"long".to_vec(), Condition::Absent).await.unwrap();
        assert_eq!(store.get(&long).await.unwrap().unwrap().body, b"long");
    }
    store.delete(&key).await.unwrap();
    store.delete(&key).await.unwrap();
    assert!(store.get(&key).await.unwrap().is_none());
    probe(&**store, &unique("probe")).await.unwrap();
    assert!(store.list("probe", 10).await.unwrap().is_empty(), "the probe leaves nothing behind");
}

/// The version of an object that is gone again.
async fn etag_of_nothing(store: &Arc<dyn ContentStore>) -> skuscribe::store::ETag {
    let key = product("gone");
    let Put::Stored(etag) = store.put(&key, b"gone".to_vec(), Condition::Absent).await.unwrap() else {
        panic!()
    };
    store.delete(&key).await.unwrap();
    etag
}

fn s3_config(endpoint: String) -> Config {
    let mut config = Config::defaults().unwrap();
    config.store.url = format!("s3://{BUCKET}/{}", unique("prefix"));
    config.store.endpoint = endpoint;
    config.store.access_key_id = Some(KEY_ID.to_owned());
    config.store.secret_access_key = Some(SECRET.to_owned().into());
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_the_contract() {
    let folder = std::env::temp_dir().join(unique("skuscribe-folder"));
    let mut config = Config::defaults().unwrap();
    config.store.url = folder.display().to_string();
    contract(&open(&config.store).await.unwrap(), true).await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_folder_keep_the_contract_between_them() {
    let folder = std::env::temp_dir().join(unique("skuscribe-folder"));
    let mut config = Config::defaults().unwrap();
    config.store.url = folder.display().to_string();
    let (one, two) = (open(&config.store).await.unwrap(), open(&config.store).await.unwrap());
    for round in 0..20 {
        let key = product(&format!("raced-{round}"));
        let (left, right) = tokio::join!(
            one.put(&key, b"one".to_vec(), Condition::Absent),
            two.put(&key, b"two".to_vec(), Condition::Absent)
        );
        let winners =
            [left.unwrap(), right.unwrap()].iter().filter(|put| matches!(put, Put::Stored(_))).count();
        assert_eq!(winners, 1);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_s3_server_keeps_the_contract() {
    let server = S3Server::start().await;
    skuscribe::cli::install_tls();
    // s3s-fs fails on keys above about 150 bytes; moto has the long ones.
    contract(&open(&s3_config(server.endpoint()).store).await.unwrap(), false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_with_a_write_under_way_is_tried_again_and_no_lost_race() {
    let server = S3Server::start().await;
    let store = open(&s3_config(server.endpoint()).store).await.unwrap();
    server.faults.conflicts.store(3, Ordering::Relaxed);
    let put = store.put(&product("A1"), b"one".to_vec(), Condition::Absent).await.unwrap();
    assert!(matches!(put, Put::Stored(_)));
    server.faults.conflicts.store(50, Ordering::Relaxed);
    let error = store.put(&product("A2"), b"one".to_vec(), Condition::Absent).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_whose_answer_got_lost_sees_a_conflict_with_itself() {
    let server = S3Server::start().await;
    let store = open(&s3_config(server.endpoint()).store).await.unwrap();
    server.faults.set(0, 1_000, 0);
    let put = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.put(&product("A1"), b"mine".to_vec(), Condition::Absent).await }
    });
    // The first try wrote; from then on answers arrive.
    until("an answer is lost", || async { server.faults.injected.load(Ordering::Relaxed) >= 1 }).await;
    server.faults.set(0, 0, 0);
    assert_eq!(put.await.unwrap().unwrap(), Put::Conflict);
    assert_eq!(store.get(&product("A1")).await.unwrap().unwrap().body, b"mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_ignores_conditions_is_refused_at_the_start() {
    let error = probe(&Careless::default(), &unique("probe")).await.unwrap_err();
    assert!(error.to_string().contains("does not honour conditional writes"), "{error}");
}

/// A store that takes every write, as servers do that do not know the conditions.
#[derive(Debug, Default)]
struct Careless(std::sync::Mutex<std::collections::HashMap<String, Vec<u8>>>);

impl ContentStore for Careless {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Object>, StoreError>> {
        let body = self.0.lock().unwrap().get(&key.path()).cloned();
        Box::pin(async move { Ok(body.map(|body| Object { body, etag: ETag::new("same") })) })
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        body: Vec<u8>,
        _: Condition,
    ) -> BoxFuture<'a, Result<Put, StoreError>> {
        self.0.lock().unwrap().insert(key.path(), body);
        Box::pin(async { Ok(Put::Stored(ETag::new("same"))) })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.lock().unwrap().remove(&key.path());
        Box::pin(async { Ok(()) })
    }

    fn list_after<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn location(&self) -> String {
        "careless".to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_a_refusal_that_says_what_to_check() {
    let server = S3Server::start().await;
    skuscribe::cli::install_tls();
    let mut config = s3_config(server.endpoint());
    config.store.secret_access_key = Some("wrong".to_owned().into());
    let denied = open(&config.store).await.unwrap().get(&product("a")).await.unwrap_err();
    assert!(denied.to_string().contains("correct AWS_SECRET_ACCESS_KEY"), "{denied}");
}

/// moto's S3 server as a process of the test's own.
struct Moto(Child, u16);

impl Moto {
    fn start() -> Option<Self> {
        let program = std::env::var("SKUSCRIBE_TEST_MOTO").unwrap_or_else(|_| "moto_server".to_owned());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.ok().map(|child| Self(child, port))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_keeps_the_contract() {
    let moto = Moto::start().expect("moto_server is missing; `make services` installs it");
    let endpoint = format!("http://127.0.0.1:{}", moto.1);
    let client = reqwest_client();
    until("moto answers", || async { client.get(&endpoint).send().await.is_ok() }).await;
    let made = client.put(format!("{endpoint}/{BUCKET}")).send().await.unwrap();
    assert!(made.status().is_success());
    contract(&open(&s3_config(endpoint.clone()).store).await.unwrap(), true).await;
    let mut config = s3_config(endpoint);
    config.store.url = "s3://no-such-bucket/x".to_owned();
    let missing = open(&config.store).await.unwrap().get(&product("a")).await.unwrap_err();
    assert!(missing.to_string().contains("there is no bucket \"no-such-bucket\""), "{missing}");
}

fn reqwest_client() -> reqwest::Client {
    skuscribe::cli::install_tls();
    reqwest::Client::new()
}
