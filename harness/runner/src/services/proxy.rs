//! A way to Redis that can be disturbed: a TCP proxy inside the harness, between the engine and the real server.
//!
//! What it does to the way is what networks do: stand still, be slow, break, swallow answers. It knows nothing of what
//! is said over it.

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
    /// The server that a URL names; `None` if it is a kind of URL that nobody here writes.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        if let Some(path) = url.strip_prefix("redis+unix://").or_else(|| url.strip_prefix("unix://")) {
            return Some(Self::Unix(PathBuf::from(path)));
        }
        let address = url.strip_prefix("redis://")?.split('/').next()?;
        Some(Self::Tcp(address.to_owned()))
    }
}

/// How the way is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    /// Nothing comes through, in neither direction.
    pub still: bool,
    /// Answers are swallowed, and the connection is reset in their place.
    pub deaf: bool,
    /// How much longer everything takes in each direction.
    pub latency: Duration,
    /// Counts how often every connection was reset.
    cuts: u64,
}

/// A running proxy. Dropping it ends it and all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy in front of a server.
    pub async fn start(upstream: Upstream) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let weather = watch::Sender::new(Weather::default());
        let task = tokio::spawn(accept(listener, upstream, weather.clone()));
        Ok(Self { address, weather, task })
    }

    /// Where the engine finds it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Changes how the way is.
    pub fn change(&self, change: impl FnOnce(&mut Weather)) {
        self.weather.send_modify(change);
    }

    /// Resets every connection.
    pub fn cut(&self) {
        self.weather.send_modify(|weather| weather.cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, upstream: Upstream, weather: watch::Sender<Weather>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((near, _)) = accepted else { continue };
                connections.spawn(connect(near, upstream.clone(), weather.subscribe()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, from its beginning to its end, whoever ends it.
async fn connect(mut near: TcpStream, upstream: Upstream, weather: watch::Receiver<Weather>) {
    // What is sent by piece must not wait for more.
    let _ = near.set_nodelay(true);
    let carried = match upstream {
        Upstream::Tcp(address) => match TcpStream::connect(address).await {
            Ok(far) => {
                let _ = far.set_nodelay(true);
                carry(&mut near, far, weather).await
            }
            Err(_) => Carried::Broken,
        },
        Upstream::Unix(path) => match UnixStream::connect(path).await {
            Ok(far) => carry(&mut near, far, weather).await,
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

async fn carry<F: AsyncRead + AsyncWrite>(near: &mut TcpStream, far: F, weather: watch::Receiver<Weather>) -> Carried {
    let (near_read, near_write) = near.split();
    let (far_read, far_write) = tokio::io::split(far);
    let mut cut = weather.clone();
    let cuts = cut.borrow_and_update().cuts;
    tokio::select! {
        there = pump(near_read, far_write, weather.clone(), false) => there,
        back = pump(far_read, near_write, weather, true) => back,
        _ = cut.wait_for(|weather| weather.cuts != cuts) => Carried::Broken,
    }
}

/// Carries one direction. `answers`: it is the one that comes from the server.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut weather: watch::Receiver<Weather>,
    answers: bool,
) -> Carried {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return Carried::Closed,
            Ok(read) => read,
        };
        if answers && weather.borrow().deaf {
            return Carried::Broken;
        }
        let latency = weather.borrow().latency;
        if !latency.is_zero() {
            sleep(latency).await;
        }
        // The proxy lasts as long as its sender.
        if weather.wait_for(|weather| !weather.still).await.is_err() {
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
    async fn what_stands_still_comes_through_afterwards() {
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
        proxy.change(|weather| weather.still = true);
        assert!(timeout(Duration::from_millis(50), ask(&mut stream, 5)).await.is_err());
        proxy.change(|weather| weather.still = false);
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
    async fn an_answer_that_is_swallowed_ends_its_connection() {
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
        proxy.change(|weather| weather.deaf = true);
        assert_eq!(ask(&mut stream, 1).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn latency_counts_in_each_direction() {
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        proxy.change(|weather| weather.latency = Duration::from_millis(20));
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
