//! A TCP relay in front of a server, which passes, stalls, slows, cuts, and swallows frames of the broker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the relay does with the connections there are, and with new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything goes through.
    Pass,
    /// Connections are accepted, nothing goes through: a frozen peer, a black hole.
    Stall,
    /// At most so many bytes go through at once, then a pause of 10 ms.
    Slow(usize),
    /// Connections are turned away; those there are go on.
    Refuse,
    /// Method frames of the broker with this class and method never arrive.
    Swallow(u16, u16),
}

/// A running relay; it ends when it is dropped.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    mode: watch::Sender<Mode>,
    cut: watch::Sender<u64>,
    stop: CancellationToken,
    swallowed: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

impl Relay {
    /// A relay on a free port in front of `target`.
    pub(crate) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, cut) = (watch::Sender::new(Mode::Pass), watch::Sender::new(0));
        let (stop, swallowed) = (CancellationToken::new(), Arc::new(AtomicU64::new(0)));
        let (modes, cuts, stopped, count) =
            (mode.subscribe(), cut.subscribe(), stop.clone(), Arc::clone(&swallowed));
        let refused = Arc::new(AtomicU64::new(0));
        let turned_away = Arc::clone(&refused);
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stopped.cancelled() => break,
                };
                let Ok((client, _)) = accepted else { continue };
                if *modes.borrow() == Mode::Refuse {
                    turned_away.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                let (modes, mut cuts, stopped, count) =
                    (modes.clone(), cuts.clone(), stopped.clone(), Arc::clone(&count));
                cuts.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(target).await else { return };
                    let _ = client.set_nodelay(true);
                    let _ = server.set_nodelay(true);
                    let (client_in, client_out) = client.into_split();
                    let (server_in, server_out) = server.into_split();
                    tokio::select! {
                        () = pump(client_in, server_out, modes.clone(), None) => {}
                        () = pump(server_in, client_out, modes, Some(count)) => {}
                        _ = cuts.changed() => {}
                        () = stopped.cancelled() => {}
                    }
                });
            }
        });
        Self { address, mode, cut, stop, swallowed, refused }
    }

    /// Changes what it does, also with the connections there are.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Cuts the connections there are.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    /// How many connections were turned away.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Frames swallowed so far.
    pub(crate) fn swallowed(&self) -> u64 {
        self.swallowed.load(Ordering::Relaxed)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Passes bytes on; with `swallowed`, whole frames of the broker, so that single ones can be left out.
async fn pump(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut modes: watch::Receiver<Mode>,
    swallowed: Option<Arc<AtomicU64>>,
) {
    let mut buffer = vec![0; 64 << 10];
    let mut pending: Vec<u8> = Vec::new();
    loop {
        let Ok(read) = from.read(&mut buffer).await else { return };
        if read == 0 {
            return;
        }
        if modes.wait_for(|mode| *mode != Mode::Stall).await.is_err() {
            return;
        }
        let mode = *modes.borrow();
        pending.extend_from_slice(buffer.get(..read).unwrap());
        let passed = match &swallowed {
            Some(count) => frames(&mut pending, mode, count),
            None => std::mem::take(&mut pending),
        };
        let step = if let Mode::Slow(bytes) = mode { bytes } else { usize::MAX };
        for part in passed.chunks(step.min(passed.len().max(1))) {
            if to.write_all(part).await.is_err() {
                return;
            }
            if matches!(mode, Mode::Slow(_)) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Takes the whole frames off the front (type, channel, size, payload, end; AMQP 0-9-1, 4.2.3).
fn frames(pending: &mut Vec<u8>, mode: Mode, swallowed: &AtomicU64) -> Vec<u8> {
    // Not AMQP: HTTP, Redis and the like go through as they are, however short they are.
    if pending.first().is_some_and(|kind| !matches!(kind, 1 | 2 | 3 | 8)) {
        return std::mem::take(pending);
    }
    let mut passed = Vec::with_capacity(pending.len());
    while let Some([_, _, _, size @ ..]) = pending.first_chunk::<7>() {
        let size = u32::from_be_bytes(*size) as usize + 8;
        if pending.len() < size {
            break;
        }
        let frame: Vec<u8> = pending.drain(..size).collect();
        let method = match frame.first_chunk::<11>() {
            Some([1, _, _, _, _, _, _, a, b, c, d]) => {
                Some((u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])))
            }
            _ => None,
        };
        if let Mode::Swallow(class, id) = mode
            && method == Some((class, id))
        {
            swallowed.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        passed.extend(frame);
    }
    passed
}
