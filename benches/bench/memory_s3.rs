//! An S3 server that costs next to nothing: objects in memory, conditional writes, no signatures checked.
//!
//! The tests run against s3s-fs, a whole implementation; on two cores it would be what a bench measures.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

type Objects = Arc<Mutex<HashMap<String, (u64, Bytes)>>>;

/// Serves on a free port for ever; prints the endpoint first.
pub async fn serve() -> ! {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let objects = Objects::default();
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let _ = socket.set_nodelay(true);
        let objects = Arc::clone(&objects);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&objects), request));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn answer(objects: Objects, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let (absent, matches) = (header("if-none-match").is_some(), header("if-match"));
    let etag = |version: u64| format!("\"{version:016x}\"");
    Ok(match *request.method() {
        Method::GET => match objects.lock().unwrap().get(&path) {
            Some((version, body)) => {
                Response::builder().header("etag", etag(*version)).body(Full::new(body.clone())).unwrap()
            }
            None => error(StatusCode::NOT_FOUND, "NoSuchKey"),
        },
        Method::PUT => {
            let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let mut objects = objects.lock().unwrap();
            let current = objects.get(&path).map(|(version, _)| *version);
            let holds =
                if absent { current.is_none() } else { matches.is_none() || current.map(etag) == matches };
            if holds {
                let version = current.unwrap_or(0) + 1;
                objects.insert(path, (version, body));
                Response::builder().header("etag", etag(version)).body(Full::default()).unwrap()
            } else {
                error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed")
            }
        }
        Method::DELETE => {
            objects.lock().unwrap().remove(&path);
            Response::builder().status(StatusCode::NO_CONTENT).body(Full::default()).unwrap()
        }
        _ => error(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
    })
}

fn error(status: StatusCode, code: &str) -> Response<Full<Bytes>> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
    );
    Response::builder()
        .status(status)
        .header("content-type", "application/xml")
        .body(Full::new(body.into()))
        .unwrap()
}
