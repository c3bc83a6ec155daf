//! A link that can be disturbed: a TCP proxy inside the harness, between a client and the real server.
//!
//! It does what networks do: pause, delay, slice, swallow, reset connections, drop responses. It knows nothing of the protocol
//! that is spoken over it.

mod faults;
mod pump;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub(crate) use faults::Effect;
pub use faults::LinkFaults;
use pump::{Carried, carry};

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
        let rest = url.strip_prefix("redis://").or_else(|| url.strip_prefix("http://"))?;
        Some(Self::Tcp(rest.split('/').next()?.to_owned()))
    }
}

/// A running proxy. Dropping it ends it and all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    upstream: Arc<Mutex<Upstream>>,
    faults: watch::Sender<LinkFaults>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy in front of a server. What it does by chance is drawn from the seed.
    pub async fn start(upstream: Upstream, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let faults = watch::Sender::new(LinkFaults::default());
        let upstream = Arc::new(Mutex::new(upstream));
        let task = tokio::spawn(accept(listener, Arc::clone(&upstream), faults.clone(), seed));
        Ok(Self { address, upstream, faults, task })
    }

    /// Where clients find it: host and port.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// New connections lead to another server: the one behind the link was started again.
    pub fn redirect(&self, upstream: Upstream) {
        *self.upstream.lock().unwrap_or_else(PoisonError::into_inner) = upstream;
    }

    /// Changes the faults of the link.
    pub fn change(&self, change: impl FnOnce(&mut LinkFaults)) {
        self.faults.send_modify(change);
    }

    /// What its faults have met.
    pub(crate) fn effect(&self) -> Effect {
        self.faults.borrow().effect()
    }

    /// Resets every connection, as a fault of the link.
    pub fn cut(&self) {
        self.change(LinkFaults::cut);
    }

    /// Resets every connection that there may still be: the server is gone.
    pub(crate) fn reset(&self) {
        self.change(|faults| faults.cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, upstream: Arc<Mutex<Upstream>>, faults: watch::Sender<LinkFaults>, seed: u64) {
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((near, _)) = accepted else { continue };
                let upstream = upstream.lock().unwrap_or_else(PoisonError::into_inner).clone();
                number += 1;
                connections.spawn(connect(near, upstream, faults.clone(), seed.wrapping_add(number)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, until either side ends it.
async fn connect(mut near: TcpStream, upstream: Upstream, faults: watch::Sender<LinkFaults>, seed: u64) {
    // What is sent by piece must not wait for more.
    let _ = near.set_nodelay(true);
    let carried = match upstream {
        Upstream::Tcp(address) => match TcpStream::connect(address).await {
            Ok(far) => {
                let _ = far.set_nodelay(true);
                carry(&mut near, far, &faults, seed).await
            }
            Err(_) => Carried::Broken,
        },
        Upstream::Unix(path) => match UnixStream::connect(path).await {
            Ok(far) => carry(&mut near, far, &faults, seed).await,
            Err(_) => Carried::Broken,
        },
    };
    if matches!(carried, Carried::Broken) {
        // With nothing lingering the kernel sends RST in place of FIN.
        let _ = socket2::SockRef::from(&near).set_linger(Some(Duration::ZERO));
    }
}
