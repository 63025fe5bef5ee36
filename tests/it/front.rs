//! A model server that says what a test wants it to, and else answers as the sandbox behind it.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use skuscribe_sandbox::{Behaviour, Sandbox};
use tokio::task::JoinHandle;

/// What is said to a request by its body and headers; `None` hands it on to the sandbox.
type Says = Box<dyn Fn(&str, &HeaderMap) -> Option<Response> + Send + Sync>;

/// A running server; it ends when it is dropped.
pub(crate) struct Front {
    pub(crate) sandbox: Sandbox,
    shared: Arc<FrontShared>,
    address: std::net::SocketAddr,
    serving: JoinHandle<()>,
}

struct FrontShared {
    behind: String,
    says: Mutex<Says>,
    /// When each completion was asked for.
    asked: Mutex<Vec<Instant>>,
    http: reqwest::Client,
}

impl Front {
    pub(crate) async fn start(
        says: impl Fn(&str, &HeaderMap) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        skuscribe::cli::install_tls();
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
        let behind = sandbox.url().trim_end_matches("/v1").to_owned();
        let http = reqwest::Client::new();
        let says: Mutex<Says> = Mutex::new(Box::new(says));
        let shared = Arc::new(FrontShared { behind, says, asked: Mutex::default(), http });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { sandbox, shared, address, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Changes what is said from now on.
    pub(crate) fn say(&self, says: impl Fn(&str, &HeaderMap) -> Option<Response> + Send + Sync + 'static) {
        *self.shared.says.lock().unwrap() = Box::new(says);
    }

    /// When each completion was asked for.
    pub(crate) fn asked(&self) -> Vec<Instant> {
        self.shared.asked.lock().unwrap().clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An answer with a JSON body.
pub(crate) fn says(status: u16, body: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/json")], body.to_owned()).into_response()
}

async fn answer(
    State(shared): State<Arc<FrontShared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if uri.path() == "/v1/chat/completions" {
        shared.asked.lock().unwrap().push(Instant::now());
        let text = String::from_utf8_lossy(&body);
        if let Some(response) = shared.says.lock().unwrap()(&text, &headers) {
            return response;
        }
    }
    let url = format!("{}{}", shared.behind, uri.path());
    let request = if body.is_empty() { shared.http.get(url) } else { shared.http.post(url).body(body) };
    let got = request.header("content-type", "application/json").send().await.unwrap();
    (got.status(), got.bytes().await.unwrap()).into_response()
}
