//! AMQP as bytes: what lapin refuses to send, and a client that takes whatever the broker sends.

use lapin::uri::AMQPUri;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const CONFIRMED: (u16, u16) = (60, 80);

/// Bits of the property flags.
pub(crate) const CONTENT_TYPE: u8 = 15;
pub(crate) const HEADERS: u8 = 13;
pub(crate) const CORRELATION_ID: u8 = 10;
pub(crate) const REPLY_TO: u8 = 9;
pub(crate) const MESSAGE_ID: u8 = 7;
pub(crate) const KIND: u8 = 5;
pub(crate) const APP_ID: u8 = 3;
const DELIVERY_MODE: u8 = 12;

/// A connection with one channel in confirm mode.
pub(crate) struct RawClient {
    stream: TcpStream,
    frame_max: u32,
}

impl RawClient {
    pub(crate) async fn open(url: &str) -> Self {
        let uri: AMQPUri = url.parse().unwrap();
        let stream = TcpStream::connect((uri.authority.host.as_str(), uri.authority.port)).await.unwrap();
        let mut client = Self { stream, frame_max: 0 };
        client.stream.write_all(b"AMQP\0\0\x09\x01").await.unwrap();
        client.frame().await.unwrap();
        let userinfo = &uri.authority.userinfo;
        let login = format!("\0{}\0{}", userinfo.username, userinfo.password);
        let start = [long(b""), short(b"PLAIN"), long(login.as_bytes()), short(b"en_US")].concat();
        client.method(0, (10, 11), &start).await;
        let (_, tune) = client.frame().await.unwrap();
        client.frame_max = u32::from_be_bytes(tune[6..10].try_into().unwrap());
        let ok = [&tune[4..10], &[0, 0]].concat();
        client.method(0, (10, 31), &ok).await;
        client.call(0, (10, 40), &[short(uri.vhost.as_bytes()), vec![0, 0]].concat()).await;
        client.call(1, (20, 10), &[0]).await;
        client.call(1, (85, 10), &[0]).await;
        client
    }

    /// The largest frame that the broker takes.
    pub(crate) fn frame_max(&self) -> usize {
        usize::try_from(self.frame_max).unwrap()
    }

    /// Publishes a message; whether the broker confirmed it. Where it did not, it has closed the connection.
    pub(crate) async fn publish(
        &mut self,
        exchange: &str,
        key: &[u8],
        properties: &[u8],
        body: &[u8],
    ) -> bool {
        let to = [&[0, 0], &short(exchange.as_bytes())[..], &short(key), &[0]].concat();
        self.method(1, (60, 40), &to).await;
        let size = u64::try_from(body.len()).unwrap().to_be_bytes();
        self.send(HEADER, 1, &[&[0, 60, 0, 0][..], &size, properties].concat()).await;
        self.send(BODY, 1, body).await;
        self.frame().await.is_some_and(|(kind, payload)| kind == METHOD && method_of(&payload) == CONFIRMED)
    }

    /// Takes the first message of a queue without acknowledging it: it comes back once the client is dropped.
    pub(crate) async fn take(&mut self, queue: &str) -> bool {
        let get = [&[0, 0], &short(queue.as_bytes())[..], &[0]].concat();
        self.method(1, (60, 70), &get).await;
        let (_, answer) = self.frame().await.unwrap();
        if method_of(&answer) != (60, 71) {
            return false;
        }
        let (_, header) = self.frame().await.unwrap();
        let mut left = u64::from_be_bytes(header[4..12].try_into().unwrap());
        while left > 0 {
            let (_, body) = self.frame().await.unwrap();
            left -= u64::try_from(body.len()).unwrap();
        }
        true
    }

    async fn call(&mut self, channel: u16, method: (u16, u16), arguments: &[u8]) {
        self.method(channel, method, arguments).await;
        let (_, payload) = self.frame().await.unwrap();
        assert_eq!(method_of(&payload), (method.0, method.1 + 1), "the broker refuses");
    }

    async fn method(&mut self, channel: u16, (class, method): (u16, u16), arguments: &[u8]) {
        let payload = [&class.to_be_bytes()[..], &method.to_be_bytes(), arguments].concat();
        self.send(METHOD, channel, &payload).await;
    }

    async fn send(&mut self, kind: u8, channel: u16, payload: &[u8]) {
        let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let frame = [&[kind][..], &channel.to_be_bytes(), &size, payload, b"\xce"].concat();
        // A broker that has closed the connection is noticed by its answer.
        let _ = self.stream.write_all(&frame).await;
    }

    /// The next frame; `None` where the connection is closed.
    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let kind = self.stream.read_u8().await.ok()?;
        self.stream.read_u16().await.ok()?;
        let size = self.stream.read_u32().await.ok()?;
        let mut payload = vec![0; usize::try_from(size).unwrap() + 1];
        self.stream.read_exact(&mut payload).await.ok()?;
        payload.pop();
        Some((kind, payload))
    }
}

/// Properties of a persistent message: each a flag and its bytes.
pub(crate) fn properties(mut set: Vec<(u8, Vec<u8>)>) -> Vec<u8> {
    set.push((DELIVERY_MODE, vec![2]));
    set.sort_by_key(|(bit, _)| std::cmp::Reverse(*bit));
    let flags = set.iter().fold(0_u16, |flags, (bit, _)| flags | 1 << bit);
    let mut bytes = flags.to_be_bytes().to_vec();
    bytes.extend(set.into_iter().flat_map(|(_, bytes)| bytes));
    bytes
}

/// A table of one entry: its name, and its value with the type.
pub(crate) fn entry(name: &[u8], value: &[u8]) -> Vec<u8> {
    long(&[short(name), value.to_vec()].concat())
}

/// A value that nests in so many bytes as deep as can be: tables (`F`) or arrays (`A`).
pub(crate) fn nested(kind: u8, bytes: usize) -> Vec<u8> {
    let mut value = Vec::new();
    while value.len() + 6 <= bytes {
        let name: &[u8] = if kind == b'F' && !value.is_empty() { &[0] } else { &[] };
        value = [&[kind][..], &long(&[name, &value].concat())].concat();
    }
    value
}

pub(crate) fn short(text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()][..], text].concat()
}

pub(crate) fn long(text: &[u8]) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat()
}

fn method_of(payload: &[u8]) -> (u16, u16) {
    let number = |at: usize| u16::from_be_bytes([payload[at], payload[at + 1]]);
    (number(0), number(2))
}
