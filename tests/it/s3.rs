//! An S3 server in process: s3s-fs over HTTP, with the lock per object that it lacks.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use http_body_util::BodyExt as _;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio_util::sync::CancellationToken;

/// The keys of the server; no secrets.
pub(crate) const KEY_ID: &str = "test";
/// As [`KEY_ID`].
pub(crate) const SECRET: &str = "testtest";
/// The bucket that is there from the start.
pub(crate) const BUCKET: &str = "catalog";

/// Faults, drawn for each request; shares of a thousand.
#[derive(Default)]
pub(crate) struct Faults {
    /// Answers with 503 or 500 before anything is done.
    pub(crate) fails: AtomicU64,
    /// Does what is asked, then drops the connection without an answer.
    pub(crate) loses: AtomicU64,
    /// Does what is asked and never answers.
    pub(crate) hangs: AtomicU64,
    /// So many requests are answered with 409: another conditional write is under way.
    pub(crate) conflicts: AtomicU64,
    /// Every request is answered with 403: the key lost its rights.
    pub(crate) refuses: AtomicBool,
    /// How many there were.
    pub(crate) injected: AtomicU64,
}

impl Faults {
    pub(crate) fn set(&self, fails: u64, loses: u64, hangs: u64) {
        self.fails.store(fails, Ordering::Relaxed);
        self.loses.store(loses, Ordering::Relaxed);
        self.hangs.store(hangs, Ordering::Relaxed);
    }

    fn hits(&self, share: &AtomicU64) -> bool {
        let hit = fastrand::u64(0..1_000) < share.load(Ordering::Relaxed);
        self.injected.fetch_add(u64::from(hit), Ordering::Relaxed);
        hit
    }
}

/// Requests by method, so that tests and benches can count them.
#[derive(Default)]
pub(crate) struct Traffic {
    pub(crate) gets: AtomicU64,
    pub(crate) puts: AtomicU64,
}

/// A running server; it ends, and its folder goes, when it is dropped.
pub(crate) struct S3Server {
    pub(crate) address: SocketAddr,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) faults: Arc<Faults>,
    folder: PathBuf,
    stop: CancellationToken,
}

/// Why a connection is closed without an answer.
type Unanswered = Box<dyn std::error::Error + Send + Sync>;

/// One lock per object.
type Locks = Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>;

impl S3Server {
    /// Starts a server on a free port with an empty bucket.
    pub(crate) async fn start() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("skuscribe-s3-{}-{number}", std::process::id()));
        std::fs::create_dir_all(folder.join(BUCKET)).unwrap();
        let files = s3s_fs::FileSystem::new(&folder).unwrap();
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let service = builder.build();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let traffic = Arc::new(Traffic::default());
        let locks = Locks::default();
        let faults = Arc::new(Faults::default());
        let (stopped, counted, injecting) = (stop.clone(), Arc::clone(&traffic), Arc::clone(&faults));
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stopped.cancelled() => break,
                };
                let Ok((socket, _)) = accepted else { continue };
                let _ = socket.set_nodelay(true);
                let (service, locks, traffic, faults, stopped) = (
                    service.clone(),
                    Arc::clone(&locks),
                    Arc::clone(&counted),
                    Arc::clone(&injecting),
                    stopped.clone(),
                );
                tokio::spawn(async move {
                    let answer = service_fn(move |request| {
                        let answered =
                            answer(service.clone(), Arc::clone(&locks), Arc::clone(&traffic), request);
                        with_faults(Arc::clone(&faults), answered)
                    });
                    let connection = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), answer);
                    tokio::select! {
                        _ = connection => {}
                        () = stopped.cancelled() => {}
                    }
                });
            }
        });
        Self { address, traffic, faults, folder, stop }
    }

    /// Puts a file into the bucket that is there, as another program would.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        let path = self.folder.join(BUCKET).join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Its address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.stop.cancel();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Answers, unless a fault is drawn. An error has the connection closed without an answer.
async fn with_faults(
    faults: Arc<Faults>,
    answered: impl Future<Output = Result<s3s::HttpResponse, Unanswered>>,
) -> Result<s3s::HttpResponse, Unanswered> {
    let left = |left: u64| left.checked_sub(1);
    if faults.conflicts.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok() {
        let body = "<Error><Code>ConditionalRequestConflict</Code></Error>".to_owned();
        return Ok(hyper::Response::builder().status(409).body(s3s::Body::from(body))?);
    }
    if faults.refuses.load(Ordering::Relaxed) {
        let body = "<Error><Code>AccessDenied</Code></Error>".to_owned();
        return Ok(hyper::Response::builder().status(403).body(s3s::Body::from(body))?);
    }
    if faults.hits(&faults.fails) {
        let status = if fastrand::bool() { 503 } else { 500 };
        let body = s3s::Body::from(String::new());
        return Ok(hyper::Response::builder().status(status).body(body)?);
    }
    let answer = answered.await?;
    if faults.hits(&faults.loses) {
        return Err("the answer is lost".into());
    }
    if faults.hits(&faults.hangs) {
        std::future::pending::<()>().await;
    }
    Ok(answer)
}

async fn answer(
    service: S3Service,
    locks: Locks,
    traffic: Arc<Traffic>,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<s3s::HttpResponse, Unanswered> {
    match request.method().as_str() {
        "GET" => traffic.gets.fetch_add(1, Ordering::Relaxed),
        "PUT" => traffic.puts.fetch_add(1, Ordering::Relaxed),
        _ => 0,
    };
    let (head, body) = request.into_parts();
    // A client that dies in the middle of its body wrote nothing.
    let body = body.collect().await?.to_bytes();
    let request = hyper::Request::from_parts(head, s3s::Body::from(body));
    let lock = {
        let mut locks = locks.lock().unwrap();
        if locks.len() > 10_000 {
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        Arc::clone(locks.entry(request.uri().path().to_owned()).or_default())
    };
    // To its end, also when the client goes away: s3s-fs writes an object and its ETag one after the other, and
    // checks a condition before both. Reads take the lock as well, or they could see one without the other.
    let served = tokio::spawn(async move {
        let _held = lock.lock().await;
        service.call(request).await
    });
    Ok(served.await??)
}
