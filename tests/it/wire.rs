//! How answers come over the wire: packed though nobody asked for it, and on connections that break or never end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use skuscribe::announce::Announcer;
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::intake::inbox::Inbox;
use skuscribe::intake::{Origin, decode};
use skuscribe::pipeline::Pipeline;
use skuscribe_check::content::Outcome;
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::mug;
use crate::memory::MemoryStore;

/// How a server sends its answers: the header lines, and the body in chunks or not.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Gzip,
    GzipUnsaid,
    Deflate,
    /// More bytes are announced than come, and the connection ends.
    EndsEarly,
    /// The last chunk never comes.
    NeverEnds,
    /// The same, of a stream.
    NeverEndingStream,
}

/// What a server writes for an answer.
fn written(manner: Manner, answer: &[u8]) -> Vec<u8> {
    let whole = |headers: &str, announced: usize, body: &[u8]| {
        [format!("HTTP/1.1 200 OK\r\n{headers}content-length: {announced}\r\n\r\n").as_bytes(), body].concat()
    };
    let open = |kind: &str, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n",
            body.len()
        );
        [head.as_bytes(), body, b"\r\n"].concat()
    };
    let gzip = || {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(answer).unwrap();
        packer.finish().unwrap()
    };
    match manner {
        Manner::Gzip => whole("content-encoding: gzip\r\n", gzip().len(), &gzip()),
        Manner::GzipUnsaid => whole("", gzip().len(), &gzip()),
        Manner::Deflate => {
            let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
            packer.write_all(answer).unwrap();
            let body = packer.finish().unwrap();
            whole("content-encoding: deflate\r\n", body.len(), &body)
        }
        Manner::EndsEarly => whole("", answer.len() + 20, answer),
        Manner::NeverEnds => open("application/json", answer),
        Manner::NeverEndingStream => {
            open("text/event-stream", &[b"data: ", answer, b"\n\ndata: [DONE]\n\n"].concat())
        }
    }
}

/// Answers one connection with what the sandbox says.
fn serve(mut stream: TcpStream, manner: Manner, sandbox: &str) {
    let mut request = Vec::new();
    let mut piece = [0; 8192];
    let body_at = loop {
        let count = stream.read(&mut piece).unwrap_or(0);
        if count == 0 {
            return;
        }
        request.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length = length.map_or(0, |length| length.trim().parse::<usize>().unwrap());
            if request.len() >= head.len() + 4 + length {
                break head.len() + 4;
            }
        }
    };
    let mut upstream = TcpStream::connect(sandbox).unwrap();
    let body = &request[body_at..];
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    upstream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).unwrap();
    let at = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    stream.write_all(&written(manner, &answer[at..])).unwrap();
    if matches!(manner, Manner::NeverEnds | Manner::NeverEndingStream) {
        // Until the client has enough of it.
        let _ = stream.read(&mut piece);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_whole_is_paid_for_once_however_it_comes_over_the_wire() {
    skuscribe::cli::install_tls();
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let address = sandbox.url().trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    for manner in [
        Manner::Gzip,
        Manner::GzipUnsaid,
        Manner::Deflate,
        Manner::EndsEarly,
        Manner::NeverEnds,
        Manner::NeverEndingStream,
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut config = Config::defaults().unwrap();
        config.model.url = format!("http://{}/v1", listener.local_addr().unwrap());
        let served = Arc::new(AtomicUsize::new(0));
        let (address, count) = (address.clone(), Arc::clone(&served));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::Relaxed);
                let address = address.clone();
                std::thread::spawn(move || serve(stream, manner, &address));
            }
        });
        let store = Arc::new(MemoryStore::new(0));
        let pipeline = Pipeline::new(&config, store, Announcer::Nowhere, Clock::System).unwrap();
        let message = mug("m1", "A1", 1, "clay").to_string();
        let update = decode(message.as_bytes(), &Origin::default()).unwrap();
        let began = Instant::now();
        let reports = pipeline.run(&Inbox::default().enter(Arc::new(update))).await.unwrap();
        let result = reports.into_iter().next().unwrap().result;
        assert_eq!(result.unwrap().outcome, Outcome::Published, "{manner:?}");
        assert_eq!(served.load(Ordering::Relaxed), 2, "{manner:?}: one probe and one call");
        assert!(began.elapsed() < Duration::from_secs(30), "{manner:?}: {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_slower_than_the_deadline_is_not_asked_more_than_twice_in_place() {
    skuscribe::cli::install_tls();
    let slow = Behaviour { latency_ms: 5_000, ..Behaviour::default() };
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), slow).await.unwrap();
    let mut config = Config::defaults().unwrap();
    config.model.url = sandbox.url();
    "json_schema".clone_into(&mut config.model.structured);
    (config.model.timeout_ms, config.model.attempts_max) = (200, 4);
    let pipeline =
        Pipeline::new(&config, Arc::new(MemoryStore::new(0)), Announcer::Nowhere, Clock::System).unwrap();
    let message = mug("m1", "A1", 1, "clay").to_string();
    let update = decode(message.as_bytes(), &Origin::default()).unwrap();
    let reports = pipeline.run(&Inbox::default().enter(Arc::new(update))).await.unwrap();
    let failure = reports[0].result.as_ref().unwrap_err();
    assert!(failure.message.contains("time-out"), "{failure}");
    assert_eq!(sandbox.counters().requests.load(Ordering::Relaxed), 2, "each may cost what an answer costs");
}
