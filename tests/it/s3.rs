//! An S3 server in process: s3s-fs over HTTP, with the lock around conditional writes that it lacks.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

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
    folder: PathBuf,
    stop: CancellationToken,
}

/// One lock per object under a conditional write.
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
        let (stopped, counted) = (stop.clone(), Arc::clone(&traffic));
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stopped.cancelled() => break,
                };
                let Ok((socket, _)) = accepted else { continue };
                let _ = socket.set_nodelay(true);
                let (service, locks, traffic, stopped) =
                    (service.clone(), Arc::clone(&locks), Arc::clone(&counted), stopped.clone());
                tokio::spawn(async move {
                    let answer = service_fn(move |request| {
                        answer(service.clone(), Arc::clone(&locks), Arc::clone(&traffic), request)
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
        Self { address, traffic, folder, stop }
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

async fn answer(
    service: S3Service,
    locks: Locks,
    traffic: Arc<Traffic>,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<s3s::HttpResponse, s3s::HttpError> {
    match request.method().as_str() {
        "GET" => traffic.gets.fetch_add(1, Ordering::Relaxed),
        "PUT" => traffic.puts.fetch_add(1, Ordering::Relaxed),
        _ => 0,
    };
    let conditional =
        request.headers().contains_key("if-match") || request.headers().contains_key("if-none-match");
    if !conditional {
        return service.call(request.map(s3s::Body::from)).await;
    }
    let lock = {
        let mut locks = locks.lock().unwrap();
        if locks.len() > 10_000 {
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        Arc::clone(locks.entry(request.uri().path().to_owned()).or_default())
    };
    let _held = lock.lock().await;
    service.call(request.map(s3s::Body::from)).await
}
