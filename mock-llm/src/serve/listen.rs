//! The listener. It sends without delay (Nagle's algorithm costs a stream 40 ms), and lets a handler decide how its
//! connection ends: an HTTP library can only close a connection politely, but real networks reset them.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// How long to wait when the system is out of connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A TCP listener whose connections end as the caller chooses.
#[derive(Debug)]
pub(crate) struct Listener(pub(crate) TcpListener);

/// What a handler knows of its connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peer {
    fate: Arc<AtomicU8>,
}

const ALIVE: u8 = 0;
const CLOSED: u8 = 1;
const RESET: u8 = 2;

impl Peer {
    /// The connection is closed (FIN). Nothing that is not yet written is written any more.
    pub(crate) fn close(&self) {
        self.fate.store(CLOSED, Ordering::Release);
    }

    /// The connection is reset (RST). Nothing that is not yet written is written any more.
    pub(crate) fn reset(&self) {
        self.fate.store(RESET, Ordering::Release);
    }
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        stream.remote_addr().clone()
    }
}

impl Listener {
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = Peer;

    async fn accept(&mut self) -> (Connection, Peer) {
        loop {
            match self.0.accept().await {
                Ok((stream, _)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "TCP_NODELAY could not be set");
                    }
                    let peer = Peer::default();
                    return (Connection { stream, peer: peer.clone() }, peer);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        self.0.local_addr().map(|_| Peer::default())
    }
}

/// A connection that writes nothing more once its fate is decided.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    peer: Peer,
}

impl Connection {
    fn fate(&self) -> u8 {
        self.peer.fate.load(Ordering::Acquire)
    }

    fn alive(&self) -> io::Result<()> {
        if self.fate() == ALIVE { Ok(()) } else { Err(io::ErrorKind::ConnectionAborted.into()) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // With a linger time of zero, closing sends RST instead of FIN.
        if self.fate() == RESET
            && let Err(error) = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
        {
            tracing::warn!(%error, "a connection could not be reset and is closed instead");
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.alive()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.alive()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A shutdown would send FIN before the reset.
        self.alive()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
