//! Connections: who may connect, what a connection speaks, and when it ends.
//!
//! Own code around hyper, not `axum::serve`, for what thousands of event streams need: a bound on connections, a limit
//! on how long a peer may leave what it is sent unread, HTTP/2 without TLS and HTTP/1.1 on one port, a drain that
//! waits for no client without a limit, and streams that do not keep the 16 KiB of buffers that a request needs
//! ([`connection`]). What is served is not known here.

mod body;
mod connection;
mod handover;
mod peers;
mod socket;
mod streaming;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::body::BodyTimedOut;
use self::connection::{Connection, Slot};
use self::peers::Peers;
use self::socket::Socket;

/// The wait after a failed accept: the process is out of file descriptors, and only closed connections free some.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// How long a client that is refused may take to send its request and to read the response.
const REFUSAL_LIMIT: Duration = Duration::from_secs(1);

/// What a server asks of its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many connections may be open at once; more are answered 503 and closed.
    pub max_connections: usize,
    /// How many of them one address may have.
    pub max_connections_per_address: usize,
    /// How long a client may take to say what it wants, also between two requests.
    pub header_timeout: Duration,
    /// How long the body of a request may take to come.
    pub body_timeout: Duration,
    /// How long a peer may leave what it is sent unread, or unacknowledged, before its connection is dropped.
    pub write_timeout: Duration,
}

/// Serves a router until `drain` is cancelled; then no connection is accepted, idle ones are closed, and the rest end with
/// their answers. Returns when the last one has ended.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, drain: CancellationToken) {
    let slots = Arc::new(Semaphore::new(limits.max_connections.min(Semaphore::MAX_PERMITS)));
    let peers = Peers::new(limits.max_connections_per_address);
    let connections = TaskTracker::new();
    let take = |stream, peer: SocketAddr| {
        let of_all = Arc::clone(&slots).try_acquire_owned().ok();
        let Some((of_all, of_peer)) = of_all.and_then(|slot| Some((slot, peers.enter(peer.ip())?))) else {
            connections.spawn(refuse(stream));
            return;
        };
        let slot = Slot { _of_all: of_all, _of_peer: of_peer };
        let socket = Socket::new(stream, limits.write_timeout);
        let connection = Connection { peer, router: router.clone(), limits, drain: drain.clone(), slot };
        connections.spawn(connection.serve(socket, connections.clone()));
    };
    while let Some((stream, peer)) = accept(&listener, &drain).await {
        take(stream, peer);
    }
    // The system has accepted some already: to close the listener would reset them, with the requests that they have sent.
    for (stream, peer) in waiting(listener) {
        take(stream, peer);
    }
    // From here on the system refuses connections, and clients try another server.
    connections.close();
    connections.wait().await;
}

/// The connections that the system has accepted and this process has not. Closes the listener.
fn waiting(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let mut waiting = Vec::new();
    // It does not block: tokio has made it so.
    if let Ok(listener) = listener.into_std() {
        while let Ok((stream, peer)) = listener.accept() {
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                waiting.push((stream, peer));
            }
        }
    }
    waiting
}

/// Lets this process open as many files as the system allows it: every connection is one, and the usual limit is lower than
/// the number of connections that a server may have.
pub(crate) fn raise_file_limit() {
    let mut limits = getrlimit(Resource::Nofile);
    limits.current = limits.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limits) {
        tracing::debug!(%error, "the limit on open files stays as it is");
    }
}

/// The next connection; none once the server drains.
async fn accept(listener: &TcpListener, drain: &CancellationToken) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            biased;
            () = drain.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(connection) => return Some(connection),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

/// Whether the error says that the connection was gone before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Answers every request with 503.
async fn refuse(mut stream: TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
        content-type: text/plain\r\ncontent-length: 32\r\n\r\ntoo many connections, come back\n";
    let refusal = async {
        // A response before the request would look like a defect.
        if stream.read(&mut [0; 1024]).await? == 0 {
            return Ok(());
        }
        stream.write_all(ANSWER).await?;
        stream.shutdown().await?;
        // What is unread at the close would turn into a reset that takes the answer with it.
        while stream.read(&mut [0; 1024]).await? > 0 {}
        io::Result::Ok(())
    };
    // A client that does not read the response misses it.
    let _ = tokio::time::timeout(REFUSAL_LIMIT, refusal).await;
}
