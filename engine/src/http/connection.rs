//! One connection from its first byte: HTTP/1.1 or HTTP/2, by what it begins with.
//!
//! hyper keeps two buffers of 8 KiB for a connection, which an event stream would hold on to for hours without a use for
//! them. So on HTTP/1.1 such an answer takes the connection over: hyper is dropped, and [`super::streaming`] writes
//! frames to the bare socket. On HTTP/2 one connection carries many streams, and hyper keeps it.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncReadExt as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Limits;
use super::handover::{App, Handover};
use super::peers::PeerSlot;
use super::socket::Socket;
use super::streaming;

/// How long a new connection of a draining server may take to begin its first request. Its client, often a proxy, could not know
/// when it connected; a connection that is closed under a message that is being sent is an error that players see.
const FIRST_REQUEST: Duration = Duration::from_secs(1);
/// What an HTTP/2 client begins with (RFC 9113, 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How often a silent HTTP/2 connection is asked whether it is still there, and how long it may take to answer.
const HTTP2_PING: Duration = Duration::from_secs(30);
/// How many requests and streams an HTTP/2 connection may have at once: it may be a proxy's, for all its clients.
const HTTP2_STREAMS: u32 = 1000;
/// How much of an answer hyper may hold for one HTTP/2 stream whose reader is slow.
const HTTP2_SEND_BUFFER: usize = 16 * 1024;

/// A connection that counts. Dropping it makes room for another one.
pub(super) struct Slot {
    pub(super) _of_all: OwnedSemaphorePermit,
    pub(super) _of_peer: PeerSlot,
}

/// What a connection needs to be served.
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    pub(super) router: Router,
    pub(super) limits: Limits,
    pub(super) drain: CancellationToken,
    pub(super) slot: Slot,
}

impl Connection {
    /// Serves the connection to its end, which is the peer's, the drain's, or the last frame of an event stream.
    pub(super) async fn serve(self, mut socket: Socket, connections: TaskTracker) {
        let speaks = tokio::select! {
            speaks = timeout(self.limits.header_timeout, speaks_http2(&mut socket)) => speaks,
            () = late(&self.drain) => return,
        };
        match speaks {
            Ok(Ok(true)) => self.http2(socket).await,
            Ok(Ok(false)) => {
                let (peer, slot) = (self.peer, self.http1(socket).await);
                if let Some((socket, response, slot)) = slot {
                    // A task of its own, for this one's memory is as large as hyper's part of it.
                    connections.spawn(async move {
                        if let Err(error) = streaming::write(socket, response).await {
                            tracing::debug!(%peer, %error, "an event stream was cut off");
                        }
                        drop(slot);
                    });
                }
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }

    /// Answers requests; comes back with the socket once an answer is an event stream.
    async fn http1(self, socket: Socket) -> Option<(Socket, Response<Body>, Slot)> {
        let (flushed, handover) = (socket.flushed(), Handover::default());
        let app = self.app(Some(handover.clone()));
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(self.limits.header_timeout);
        let mut connection = builder.serve_connection(TokioIo::new(socket), app);
        let mut drained = pin!(self.drain.cancelled());
        let mut draining = false;
        poll_fn(|context| {
            // That a peer hangs up, or sends what is not HTTP, is nothing to note: hyper has answered what it could.
            let mut ended = Pin::new(&mut connection).poll(context).map(drop);
            // Behind the poll: a request that has come before the drain is begun, and hyper ends a connection that has none.
            if ended.is_pending() && !draining && drained.as_mut().poll(context).is_ready() {
                draining = true;
                Pin::new(&mut connection).graceful_shutdown();
                ended = Pin::new(&mut connection).poll(context).map(drop);
            }
            // Answers to requests before this one may still be on their way to the system.
            if handover.is_wanted() && flushed.get() { Poll::Ready(()) } else { ended }
        })
        .await;
        let response = handover.take()?;
        Some((connection.into_parts().io.into_inner(), response, self.slot))
    }

    async fn http2(self, socket: Socket) {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(HTTP2_PING)
            .keep_alive_timeout(HTTP2_PING)
            .max_concurrent_streams(HTTP2_STREAMS)
            .max_send_buf_size(HTTP2_SEND_BUFFER);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(socket), self.app(None)));
        tokio::select! {
            _ = connection.as_mut() => return,
            () = self.drain.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        // As above: a peer that is gone is no event.
        let _ = connection.await;
    }

    fn app(&self, handover: Option<Handover>) -> App {
        App {
            router: TowerToHyperService::new(self.router.clone()),
            peer: self.peer,
            body_timeout: self.limits.body_timeout,
            handover,
        }
    }
}

/// Returns when a connection of a draining server has had its time to begin its first request.
async fn late(drain: &CancellationToken) {
    drain.cancelled().await;
    sleep(FIRST_REQUEST).await;
}

/// Whether the connection begins with the preface of HTTP/2; what was read for it is put back.
async fn speaks_http2(socket: &mut Socket) -> io::Result<bool> {
    let mut head = [0; HTTP2_PREFACE.len()];
    let mut length = 0;
    while length < head.len() && head[..length] == HTTP2_PREFACE[..length] {
        match socket.read(&mut head[length..]).await? {
            0 => break,
            read => length += read,
        }
    }
    socket.unread(Bytes::copy_from_slice(&head[..length]));
    Ok(head[..length] == *HTTP2_PREFACE)
}
