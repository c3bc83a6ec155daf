//! The connection on which a model answers, which can rest: what comes meanwhile stays with the system, and wakes nobody.
//!
//! A socket that the runtime watches wakes the process for each piece that arrives, whether anybody waits for it or not. While a socket rests, the
//! runtime does not watch it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;

/// A connection. Its owner reads and writes; others can let it rest through its [`Handle`].
#[derive(Debug)]
pub(super) struct Socket {
    shared: Arc<Mutex<Shared>>,
    /// Whether the other end is a proxy that makes the calls itself.
    is_to_proxy: bool,
}

#[derive(Debug)]
struct Shared {
    stream: Stream,
    /// Who waits for something to read. The runtime forgets it when it stops watching.
    reader: Option<Waker>,
}

#[derive(Debug)]
enum Stream {
    Watched(TcpStream),
    Resting(std::net::TcpStream),
    /// The system did not let it go on.
    Lost,
}

/// Lets a connection rest. It does not keep it open.
#[derive(Debug, Clone)]
pub(super) struct Handle(Weak<Mutex<Shared>>);

/// A connection that rests, until this is dropped.
#[derive(Debug)]
pub(super) struct Rest(Handle);

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        let shared = Shared { stream: Stream::Watched(stream), reader: None };
        Self { shared: Arc::new(Mutex::new(shared)), is_to_proxy: false }
    }

    /// The other end is a proxy that makes the calls itself, and not the server at the end of a tunnel: it has to be given whole addresses.
    pub(super) const fn leads_to_proxy(&mut self) {
        self.is_to_proxy = true;
    }
}

impl Shared {
    /// The stream, watched again if it rested: a write expects an answer.
    fn watched(&mut self) -> io::Result<&mut TcpStream> {
        self.watch();
        match &mut self.stream {
            Stream::Watched(stream) => Ok(stream),
            Stream::Resting(_) | Stream::Lost => Err(lost()),
        }
    }

    fn watch(&mut self) {
        match std::mem::replace(&mut self.stream, Stream::Lost) {
            Stream::Resting(stream) => {
                self.stream = TcpStream::from_std(stream).map_or(Stream::Lost, Stream::Watched);
                if let Some(reader) = self.reader.take() {
                    reader.wake();
                }
            }
            other => self.stream = other,
        }
    }

    fn rest(&mut self) {
        self.stream = match std::mem::replace(&mut self.stream, Stream::Lost) {
            Stream::Watched(stream) => stream.into_std().map_or(Stream::Lost, Stream::Resting),
            other => other,
        };
    }
}

impl Handle {
    pub(super) fn rest(&self) -> Rest {
        if let Some(shared) = self.0.upgrade() {
            shared.lock().rest();
        }
        Rest(self.clone())
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if let Some(shared) = self.0.0.upgrade() {
            shared.lock().watch();
        }
    }
}

fn lost() -> io::Error {
    io::Error::other("the connection could not be watched any more")
}

impl Read for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let shared = &mut *self.shared.lock();
        let read = match &mut shared.stream {
            Stream::Watched(stream) => Pin::new(&mut TokioIo::new(stream)).poll_read(context, buffer),
            Stream::Resting(_) => Poll::Pending,
            Stream::Lost => Poll::Ready(Err(lost())),
        };
        if read.is_pending() && !shared.reader.as_ref().is_some_and(|reader| reader.will_wake(context.waker())) {
            shared.reader = Some(context.waker().clone());
        }
        read
    }
}

impl Write for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut TokioIo::new(self.shared.lock().watched()?)).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut TokioIo::new(self.shared.lock().watched()?)).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is held back in this process.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut TokioIo::new(self.shared.lock().watched()?)).poll_shutdown(context)
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        // The responses that come over it carry its handle.
        Connected::new().proxy(self.is_to_proxy).extra(Handle(Arc::downgrade(&self.shared)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;

    async fn pair() -> (TokioIo<Socket>, Handle, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let socket = Socket::new(near);
        let handle = Handle(Arc::downgrade(&socket.shared));
        (TokioIo::new(socket), handle, far)
    }

    #[tokio::test]
    async fn what_comes_while_a_connection_rests_is_read_afterwards_in_one_piece() {
        let (mut socket, handle, mut far) = pair().await;
        let mut buffer = [0; 64];
        for round in 0..3 {
            let rest = handle.rest();
            let reading = socket.read(&mut buffer);
            tokio::pin!(reading);
            for piece in [&b"one "[..], b"two "] {
                far.write_all(piece).await.unwrap();
                let read = timeout(Duration::from_millis(20), &mut reading).await;
                assert!(read.is_err(), "it was read in round {round}: {read:?}");
            }
            drop(rest);
            // The task that began to read before the end of the rest is woken by it.
            let read = timeout(Duration::from_secs(5), reading).await.unwrap().unwrap();
            assert_eq!(&buffer[..read], b"one two ");
        }
    }

    #[tokio::test]
    async fn a_connection_that_ends_while_it_rests_is_at_its_end_afterwards() {
        let (mut socket, handle, mut far) = pair().await;
        let rest = handle.rest();
        far.write_all(b"last").await.unwrap();
        drop(far);
        drop(rest);
        let mut all = Vec::new();
        timeout(Duration::from_secs(5), socket.read_to_end(&mut all)).await.unwrap().unwrap();
        assert_eq!(all, b"last");
    }

    #[tokio::test]
    async fn a_connection_that_rests_is_closed_with_its_owner() {
        let (socket, handle, mut far) = pair().await;
        let rest = handle.rest();
        drop(socket);
        let mut byte = [0];
        assert_eq!(timeout(Duration::from_secs(5), far.read(&mut byte)).await.unwrap().unwrap(), 0);
        drop(rest);
    }

    #[tokio::test]
    async fn who_writes_on_a_connection_that_rests_is_answered() {
        let (mut socket, handle, mut far) = pair().await;
        let _rest = handle.rest();
        socket.write_all(b"?").await.unwrap();
        let mut byte = [0];
        far.read_exact(&mut byte).await.unwrap();
        far.write_all(b"!").await.unwrap();
        timeout(Duration::from_secs(5), socket.read_exact(&mut byte)).await.unwrap().unwrap();
        assert_eq!(&byte, b"!");
    }
}
