//! A link to Redis that can be disturbed: a TCP proxy inside the harness, between the engine and the real server.
//!
//! It does what networks do: pause, delay, reset connections, drop responses. It knows nothing of the protocol
//! that is spoken over it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

/// How much is taken from a connection at once.
const BUFFER: usize = 64 * 1024;

/// Where the real server is.
#[derive(Debug, Clone)]
pub enum Upstream {
    /// At a TCP address.
    Tcp(String),
    /// At a Unix socket.
    Unix(PathBuf),
}

impl Upstream {
    /// The server that a URL names; `None` for a scheme that the harness does not use.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        if let Some(path) = url.strip_prefix("redis+unix://").or_else(|| url.strip_prefix("unix://")) {
            return Some(Self::Unix(PathBuf::from(path)));
        }
        let address = url.strip_prefix("redis://")?.split('/').next()?;
        Some(Self::Tcp(address.to_owned()))
    }
}

/// The faults of a link. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkFaults {
    /// Bytes are held back in both directions; no connection breaks.
    pub paused: bool,
    /// Responses are dropped, and the connection is reset in place of each.
    pub drop_responses: bool,
    /// Extra latency in each direction.
    pub latency: Duration,
    /// Counts how often every connection was reset.
    cuts: u64,
}

/// A running proxy. Dropping it ends it and all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    faults: watch::Sender<LinkFaults>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy in front of a server.
    pub async fn start(upstream: Upstream) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let faults = watch::Sender::new(LinkFaults::default());
        let task = tokio::spawn(accept(listener, upstream, faults.clone()));
        Ok(Self { address, faults, task })
    }

    /// Where the engine finds it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Changes the faults of the link.
    pub fn change(&self, change: impl FnOnce(&mut LinkFaults)) {
        self.faults.send_modify(change);
    }

    /// Resets every connection.
    pub fn cut(&self) {
        self.faults.send_modify(|faults| faults.cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, upstream: Upstream, faults: watch::Sender<LinkFaults>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((near, _)) = accepted else { continue };
                connections.spawn(connect(near, upstream.clone(), faults.subscribe()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, until either side ends it.
async fn connect(mut near: TcpStream, upstream: Upstream, faults: watch::Receiver<LinkFaults>) {
    // What is sent by piece must not wait for more.
    let _ = near.set_nodelay(true);
    let carried = match upstream {
        Upstream::Tcp(address) => match TcpStream::connect(address).await {
            Ok(far) => {
                let _ = far.set_nodelay(true);
                carry(&mut near, far, faults).await
            }
            Err(_) => Carried::Broken,
        },
        Upstream::Unix(path) => match UnixStream::connect(path).await {
            Ok(far) => carry(&mut near, far, faults).await,
            Err(_) => Carried::Broken,
        },
    };
    if matches!(carried, Carried::Broken) {
        // With nothing lingering the kernel sends RST in place of FIN.
        let _ = socket2::SockRef::from(&near).set_linger(Some(Duration::ZERO));
    }
}

/// How a connection ended.
enum Carried {
    /// One side has closed it.
    Closed,
    /// It is to be reset.
    Broken,
}

async fn carry<F: AsyncRead + AsyncWrite>(
    near: &mut TcpStream,
    far: F,
    faults: watch::Receiver<LinkFaults>,
) -> Carried {
    let (near_read, near_write) = near.split();
    let (far_read, far_write) = tokio::io::split(far);
    let mut cut = faults.clone();
    let cuts = cut.borrow_and_update().cuts;
    tokio::select! {
        there = pump(near_read, far_write, faults.clone(), false) => there,
        back = pump(far_read, near_write, faults, true) => back,
        _ = cut.wait_for(|faults| faults.cuts != cuts) => Carried::Broken,
    }
}

/// Carries one direction. `answers`: it is the one that comes from the server.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut faults: watch::Receiver<LinkFaults>,
    answers: bool,
) -> Carried {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return Carried::Closed,
            Ok(read) => read,
        };
        if answers && faults.borrow().drop_responses {
            return Carried::Broken;
        }
        let latency = faults.borrow().latency;
        if !latency.is_zero() {
            sleep(latency).await;
        }
        // The proxy lasts as long as its sender.
        if faults.wait_for(|faults| !faults.paused).await.is_err() {
            return Carried::Closed;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return Carried::Closed;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    /// A server that answers every byte with the next one.
    async fn server() -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut byte = [0];
                    while stream.read_exact(&mut byte).await.is_ok() {
                        if stream.write_all(&[byte[0] + 1]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Upstream::Tcp(address.to_string())
    }

    async fn ask(stream: &mut TcpStream, byte: u8) -> io::Result<u8> {
        stream.write_all(&[byte]).await?;
        let mut answer = [0];
        stream.read_exact(&mut answer).await?;
        Ok(answer[0])
    }

    #[tokio::test]
    async fn what_a_paused_link_holds_back_comes_through_afterwards() {
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
        proxy.change(|faults| faults.paused = true);
        assert!(timeout(Duration::from_millis(50), ask(&mut stream, 5)).await.is_err());
        proxy.change(|faults| faults.paused = false);
        let mut answer = [0];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, [6]);
    }

    #[tokio::test]
    async fn a_cut_resets_every_connection_and_new_ones_work() {
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
        proxy.cut();
        let error = stream.read_exact(&mut [0]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(ask(&mut stream, 3).await.unwrap(), 4);
    }

    #[tokio::test]
    async fn a_dropped_response_ends_its_connection() {
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
        proxy.change(|faults| faults.drop_responses = true);
        assert_eq!(ask(&mut stream, 1).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn latency_counts_in_each_direction() {
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        proxy.change(|faults| faults.latency = Duration::from_millis(20));
        let began = Instant::now();
        assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
        assert!(began.elapsed() >= Duration::from_millis(40));
    }

    #[test]
    fn a_url_says_where_the_server_is() {
        assert!(
            matches!(Upstream::of("redis+unix:///a/b.sock"), Some(Upstream::Unix(path)) if path.ends_with("b.sock"))
        );
        assert!(matches!(Upstream::of("redis://h:1/0"), Some(Upstream::Tcp(address)) if address == "h:1"));
        assert!(Upstream::of("http://h").is_none());
    }
}
