//! One connection: read, served and given up when it is overdue.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::extract::ConnectInfo;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use super::HttpLimits;
use super::connections::{PhaseKind, PhaseSender, Place, enter};

/// Most bytes of a request's line and headers together, and most headers: browsers and proxies send a few kilobytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
/// Most bytes that are read and dropped of a request that was refused, so that its sender reads the refusal.
const DROPPED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Serves the requests of a connection until it ends, is overdue, or has to make room.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: HttpLimits,
    place: Place,
    stop: CancellationToken,
) {
    let phase = Arc::clone(&place.phase);
    let refused = Arc::new(AtomicBool::new(false));
    let io = TokioIo::new(PhasedStream {
        stream,
        phase: Arc::clone(&phase),
        refused: Arc::clone(&refused),
        left_to_drop: DROPPED_BYTES_MAX,
    });
    let requests = Arc::clone(&phase);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        enter(&requests, PhaseKind::Body, None);
        request.extensions_mut().insert(ConnectInfo(peer));
        // The body is dropped once it is read, or is not wanted.
        let read = BodyEnd(Arc::clone(&requests));
        let request = request.map(|body| {
            body.map_err(move |error| {
                let _body = &read;
                error
            })
        });
        let (answering, over) = (router.clone().call(request), RequestEnd(Arc::clone(&requests)));
        let refused = Arc::clone(&refused);
        async move {
            let response = answering.await?;
            refused.fetch_or(response.status().is_client_error(), Ordering::Relaxed);
            // The body is dropped once it is written.
            Ok::<_, Infallible>(response.map(|body| {
                body.map_err(move |error| {
                    let _request = &over;
                    error
                })
            }))
        }
    });
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX);
    let mut connection = std::pin::pin!(builder.serve_connection(io, service));
    let mut overdue = std::pin::pin!(overdue(&phase, limits));
    let mut stopping = false;
    loop {
        tokio::select! {
            served = connection.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(error = %error, "a connection broke");
                }
                return;
            }
            () = overdue.as_mut() => {
                metrics::counter!("skuscribe_http_connections_closed_total", "reason" => "late").increment(1);
                return;
            }
            () = place.close.cancelled() => return,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                // Whoever has not read an answer yet has as long as headers may take.
                overdue.set(self::overdue(&phase, HttpLimits { idle: limits.header, ..limits }));
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Marks a request as one that is worked when its body is read, or not wanted.
struct BodyEnd(PhaseSender);

impl Drop for BodyEnd {
    fn drop(&mut self) {
        enter(&self.0, PhaseKind::Request, Some(PhaseKind::Body));
    }
}

/// Marks a request as answered when its response is written, or given up.
struct RequestEnd(PhaseSender);

impl Drop for RequestEnd {
    fn drop(&mut self) {
        enter(&self.0, PhaseKind::Idle, Some(PhaseKind::Request));
    }
}

/// Waits until a connection has been in one phase for too long.
async fn overdue(phase: &PhaseSender, limits: HttpLimits) {
    let mut phase = phase.subscribe();
    loop {
        let longest = match phase.borrow_and_update().kind {
            PhaseKind::Headers => limits.header,
            PhaseKind::Idle => limits.idle,
            PhaseKind::Body | PhaseKind::Request => limits.request,
        };
        if !matches!(tokio::time::timeout(longest, phase.changed()).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// A stream that notes when a request begins, and that ends without cutting off what it said last.
struct PhasedStream {
    stream: TcpStream,
    phase: PhaseSender,
    /// Whether a request was refused, perhaps before its body was read.
    refused: Arc<AtomicBool>,
    left_to_drop: usize,
}

impl AsyncRead for PhasedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            enter(&self.phase, PhaseKind::Headers, Some(PhaseKind::Idle));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PhasedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Ends the response, and after a refusal reads on for a while: a connection that is closed with unread bytes is reset,
    /// and the peer may lose what it was told.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        if !self.refused.load(Ordering::Relaxed) && self.phase.borrow().kind == PhaseKind::Idle {
            return Poll::Ready(Ok(()));
        }
        // The deadline of headers holds for this as well.
        enter(&self.phase, PhaseKind::Headers, Some(PhaseKind::Idle));
        let mut space = [0_u8; 4096];
        while self.left_to_drop > 0 {
            let mut buffer = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    self.left_to_drop = self.left_to_drop.saturating_sub(buffer.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
