//! A TCP connection whose peer must read what it is sent.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How much the system may hold of what was not sent yet. What does not fit stays in the log, where it costs nothing.
const UNSENT_MAX: u32 = 16 * 1024;

/// A connection. Reading may begin with bytes that were looked at before; writing fails once the peer has taken nothing
/// for too long.
#[derive(Debug)]
pub(super) struct Socket<S = TcpStream> {
    stream: S,
    unread: Bytes,
    write_timeout: Duration,
    /// Runs while the peer reads nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    flushed: Flushed,
}

/// Whether everything that was written has been handed to the system.
#[derive(Debug, Clone)]
pub(super) struct Flushed(Arc<AtomicBool>);

impl Flushed {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, flushed: bool) {
        self.0.store(flushed, Ordering::Relaxed);
    }
}

impl Socket {
    pub(super) fn new(stream: TcpStream, write_timeout: Duration) -> Self {
        // Nagle's algorithm would hold back every short frame of a stream.
        let _ = stream.set_nodelay(true);
        let options = SockRef::from(&stream);
        #[cfg(target_os = "linux")]
        {
            // The bound that is ours to set on what a reader that has stopped costs; and the system notices one that is
            // gone without a word, whose socket never fills up. Where that is not known, writing times out all the same.
            let _ = options.set_tcp_notsent_lowat(UNSENT_MAX);
            let _ = options.set_tcp_user_timeout(Some(write_timeout));
        }
        Self::over(stream, write_timeout)
    }

    /// What is written from now on leaves with the close, in one packet: the peer wakes up once, not for the last bytes and again for the end.
    pub(super) fn hold_until_close(&self) {
        // Where the system cannot, it is two.
        #[cfg(target_os = "linux")]
        let _ = SockRef::from(&self.stream).set_tcp_cork(true);
    }
}

impl<S> Socket<S> {
    fn over(stream: S, write_timeout: Duration) -> Self {
        let flushed = Flushed(Arc::new(AtomicBool::new(true)));
        Self { stream, unread: Bytes::new(), write_timeout, stalled: None, flushed }
    }

    /// Puts bytes back that were read.
    pub(super) fn unread(&mut self, bytes: Bytes) {
        self.unread = bytes;
    }

    pub(super) fn flushed(&self) -> Flushed {
        self.flushed.clone()
    }

    /// Passes on how a write went, unless the peer has not taken anything for too long.
    fn within_time<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let wait = self.write_timeout;
        ready!(self.stalled.get_or_insert_with(|| Box::pin(sleep(wait))).as_mut().poll(context));
        let reason = format!("the peer has read nothing for {} s", wait.as_secs_f64());
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, reason)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unread.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let length = self.unread.len().min(buffer.remaining());
        buffer.put_slice(&self.unread[..length]);
        self.unread.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.flushed.set(false);
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within_time(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.flushed.set(false);
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.within_time(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.flushed.set(true);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::{Instant, advance};

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_nothing_is_given_up_after_its_time() {
        let (stream, _peer) = duplex(8);
        let mut socket = Socket::over(stream, TIMEOUT);
        let start = Instant::now();

        let error = socket.write_all(&[0; 9]).await.unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_slowly_is_kept() {
        let (stream, mut peer) = duplex(1);
        let mut socket = Socket::over(stream, TIMEOUT);
        let reader = tokio::spawn(async move {
            for _ in 0..10 {
                advance(TIMEOUT / 2).await;
                peer.read_u8().await.unwrap();
            }
        });

        socket.write_all(&[0; 10]).await.unwrap();
        reader.await.unwrap();
    }

    #[tokio::test]
    async fn bytes_that_were_put_back_come_first() {
        let (stream, mut peer) = duplex(8);
        let mut socket = Socket::over(stream, TIMEOUT);
        socket.unread(Bytes::from_static(b"ab"));
        peer.write_all(b"cd").await.unwrap();
        drop(peer);

        let mut read = String::new();
        socket.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "abcd");
    }
}
