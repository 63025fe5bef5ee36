use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::client::ClientNetworks;
use super::{HttpLimits, serve};

/// Far longer than any deadline of the tests.
const LONG: Duration = Duration::from_secs(20);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const HALF: &[u8] = b"POST / HTTP/1.1\r\nhost: x\r\nx-half: ";

fn limits() -> HttpLimits {
    HttpLimits {
        header: Duration::from_millis(300),
        idle: Duration::from_millis(900),
        request: Duration::from_millis(600),
        connections_max: 64,
        client_connections_max: 64,
    }
}

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<()>,
    /// Told when `/until-stopped` is asked for.
    asked: Arc<Notify>,
}

impl Server {
    async fn start(limits: HttpLimits, networks: ClientNetworks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let asked = Arc::new(Notify::new());
        let (noted, stopping) = (Arc::clone(&asked), stop.clone());
        let until_stopped = move || async move {
            noted.notify_one();
            stopping.cancelled().await;
            "here\n"
        };
        let router = Router::new()
            .route("/until-stopped", get(until_stopped))
            .route("/", get(|| async { "here\n" }))
            .route("/read", post(|_: axum::body::Bytes| async { "here\n" }))
            .route("/refused", post(|| async { (StatusCode::PAYLOAD_TOO_LARGE, "too large\n") }))
            .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
            .route("/slow", get(|| async { std::future::pending::<()>().await }));
        let token = stop.clone();
        let served = tokio::spawn(async move { serve(listener, router, limits, &networks, &token).await });
        Self { address, stop, served, asked }
    }

    /// A connection from an address of this machine: 127.0.0.`from`.
    async fn connect(&self, from: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::new(127, 0, 0, from), 0).into()).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn half_sent(&self, from: u8) -> TcpStream {
        let mut stream = self.connect(from).await;
        stream.write_all(HALF).await.unwrap();
        stream
    }

    async fn stopped(self) {
        self.stop.cancel();
        timeout(LONG, self.served).await.expect("the server ends").unwrap();
    }
}

/// Sends a request, and reads the response of a connection that stays open.
async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"here\n") {
        let count = timeout(LONG, stream.read_buf(&mut read)).await.expect("an answer").unwrap();
        assert_ne!(count, 0, "{}", String::from_utf8_lossy(&read));
    }
    String::from_utf8(read).unwrap()
}

/// Reads until the server closes; how long that took, and what it said.
async fn closed(stream: &mut TcpStream) -> (Duration, String) {
    let (started, mut said) = (Instant::now(), Vec::new());
    let read = timeout(LONG, stream.read_to_end(&mut said)).await.expect("the server closes");
    // A reset is an end, too.
    drop(read);
    (started.elapsed(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn a_half_sent_request_a_silent_connection_and_headers_that_drip_end_at_the_deadline() {
    let server = Server::start(limits(), ClientNetworks::direct()).await;
    let (mut half, mut silent, drips) =
        (server.half_sent(1).await, server.connect(1).await, server.half_sent(1).await);
    assert!(closed(&mut half).await.0 < Duration::from_secs(5));
    assert!(closed(&mut silent).await.0 < Duration::from_secs(5));
    let (mut reads, mut writes) = drips.into_split();
    let dripping = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        loop {
            tick.tick().await;
            if writes.write_all(b"x").await.is_err() {
                return;
            }
        }
    });
    let mut said = Vec::new();
    drop(timeout(LONG, reads.read_to_end(&mut said)).await.expect("the server closes"));
    dripping.await.unwrap();
    server.stopped().await;
}

#[tokio::test]
async fn a_connection_between_two_requests_waits_longer_than_headers_may_take_and_not_for_ever() {
    let server = Server::start(limits(), ClientNetworks::direct()).await;
    let mut stream = server.connect(1).await;
    ask(&mut stream).await;
    ask(&mut stream).await;
    let (after, _) = closed(&mut stream).await;
    assert!(after >= Duration::from_millis(600), "{after:?}");
    server.stopped().await;
    // The second request's headers have the deadline of headers.
    let server = Server::start(HttpLimits { idle: LONG, ..limits() }, ClientNetworks::direct()).await;
    let mut stream = server.connect(1).await;
    ask(&mut stream).await;
    stream.write_all(HALF).await.unwrap();
    let (after, _) = closed(&mut stream).await;
    assert!(after < LONG / 2, "{after:?}");
    server.stopped().await;
}

#[tokio::test]
async fn thousands_of_half_sent_requests_of_one_client_or_of_many_silence_nobody() {
    let few =
        HttpLimits { header: LONG, idle: LONG, connections_max: 16, client_connections_max: 8, ..limits() };
    let server = Server::start(few, ClientNetworks::direct()).await;
    let mut quiet = server.connect(9).await;
    ask(&mut quiet).await;
    let mut flood = Vec::new();
    for round in 0..300_u16 {
        // First one client, then many.
        let from = if round < 150 { 2 } else { u8::try_from(round % 5).unwrap() + 2 };
        flood.push(server.half_sent(from).await);
        if round % 50 == 0 {
            ask(&mut server.connect(1).await).await;
            ask(&mut quiet).await;
        }
    }
    drop(flood);
    server.stopped().await;
}

#[tokio::test]
async fn half_sent_bodies_of_many_clients_make_room_as_half_sent_headers_do() {
    let few = HttpLimits { request: LONG, connections_max: 16, client_connections_max: 8, ..limits() };
    let server = Server::start(few, ClientNetworks::direct()).await;
    let mut flood = Vec::new();
    for round in 0..100_u8 {
        let mut stream = server.connect(round % 5 + 2).await;
        let sent = stream.write_all(b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf").await;
        sent.unwrap();
        flood.push(stream);
        if round % 20 == 19 {
            ask(&mut server.connect(1).await).await;
        }
    }
    drop(flood);
    server.stopped().await;
}

#[tokio::test]
async fn a_client_whose_connections_are_all_being_answered_gets_no_further_one_and_a_proxy_does() {
    let few = HttpLimits { request: LONG, client_connections_max: 2, ..limits() };
    let networks = ClientNetworks::new("x-forwarded-for", &["127.0.0.3".to_owned()], 1, 64).unwrap();
    let server = Server::start(few, networks).await;
    let mut open = Vec::new();
    for from in [2, 2, 3, 3] {
        let mut stream = server.connect(from).await;
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        open.push(stream);
    }
    // Until both are being answered, one that waits would make room.
    let deadline = Instant::now() + LONG;
    loop {
        let mut refused = server.connect(2).await;
        let sent = refused.write_all(REQUEST).await;
        let mut said = Vec::new();
        drop(timeout(LONG, refused.read_buf(&mut said)).await.expect("an answer or the end"));
        if sent.is_err() || said.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "a third connection is still served");
        for stream in open.iter_mut().take(2) {
            *stream = server.connect(2).await;
            stream.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        }
    }
    ask(&mut server.connect(3).await).await;
    ask(&mut server.connect(1).await).await;
    server.served.abort();
}

#[tokio::test]
async fn headers_that_are_too_large_or_too_many_are_refused() {
    let server = Server::start(limits(), ClientNetworks::direct()).await;
    let large = format!("GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "x".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: x\r\n".repeat(500));
    for request in [large, many] {
        let mut stream = server.connect(1).await;
        // The server may close before all is sent.
        drop(stream.write_all(request.as_bytes()).await);
        let (_, said) = closed(&mut stream).await;
        assert!(said.starts_with("HTTP/1.1 431"), "{said}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn who_is_refused_before_the_body_was_read_reads_the_refusal() {
    let server = Server::start(limits(), ClientNetworks::direct()).await;
    for _ in 0..20 {
        let mut stream = server.connect(1).await;
        stream
            .write_all(b"POST /refused HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            .await
            .unwrap();
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        for _ in 0..8 {
            drop(stream.write_all(chunk.as_bytes()).await);
        }
        stream.shutdown().await.unwrap();
        let (_, said) = closed(&mut stream).await;
        assert!(said.starts_with("HTTP/1.1 413") && said.ends_with("too large\n"), "{said}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn who_does_not_read_the_answer_or_gets_none_is_given_up() {
    let server = Server::start(limits(), ClientNetworks::direct()).await;
    let (mut unread, mut slow) = (server.connect(1).await, server.connect(1).await);
    unread.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    slow.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let (_, said) = closed(&mut slow).await;
    assert_eq!(said, "");
    // It ends only when no connection is left.
    server.stopped().await;
    drop(unread);
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_those_who_do_not_read_their_answers() {
    let server = Server::start(HttpLimits { idle: LONG, ..limits() }, ClientNetworks::direct()).await;
    let mut unread = server.connect(1).await;
    unread.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut begun = [0];
    timeout(LONG, unread.read_exact(&mut begun)).await.expect("an answer begins").unwrap();
    server.stop.cancel();
    timeout(LONG / 2, server.served).await.expect("the server ends").unwrap();
}

#[tokio::test]
async fn a_server_that_stops_answers_what_is_in_flight() {
    let server = Server::start(HttpLimits { idle: LONG, ..limits() }, ClientNetworks::direct()).await;
    let mut idle = server.connect(1).await;
    ask(&mut idle).await;
    let (half, mut busy) = (server.half_sent(1).await, server.connect(1).await);
    busy.write_all(b"GET /until-stopped HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    timeout(LONG, server.asked.notified()).await.expect("the request is worked");
    server.stop.cancel();
    let (_, said) = closed(&mut busy).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("here\n"), "{said}");
    let (after, _) = closed(&mut idle).await;
    assert!(after < LONG / 2, "{after:?}");
    timeout(LONG, server.served).await.expect("the server ends").unwrap();
    drop(half);
}
