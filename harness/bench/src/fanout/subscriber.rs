//! A subscriber that costs little: a bare connection, and a scan for the one number that distinguishes events.
//!
//! Both servers send `"version":N` once in each event, N counting up by one.

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::publish::Schedule;
use crate::{Latency, Summary};

/// What all subscribers have received.
#[derive(Debug, Default)]
pub(super) struct Tally {
    latency: Mutex<Latency>,
    delivered: watch::Sender<Delivered>,
}

#[derive(Debug, Default)]
struct Delivered {
    events: u64,
    out_of_order: u64,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Tally {
    /// Returns once so many events have been received.
    pub(super) async fn until_all(&self, expected: u64) {
        let mut delivered = self.delivered.subscribe();
        // The sender lives as long as `self`.
        let _ = delivered.wait_for(|delivered| delivered.events >= expected).await;
    }

    pub(super) fn delivered(&self) -> u64 {
        self.delivered.borrow().events
    }

    pub(super) fn out_of_order(&self) -> u64 {
        self.delivered.borrow().out_of_order
    }

    /// Deliveries per second, from the first to the last.
    #[expect(clippy::cast_precision_loss, reason = "counts of deliveries are far below 2^53")]
    pub(super) fn per_second(&self) -> f64 {
        let delivered = self.delivered.borrow();
        let (Some(first), Some(last)) = (delivered.first, delivered.last) else { return 0.0 };
        delivered.events as f64 / (last - first).as_secs_f64().max(f64::EPSILON)
    }

    pub(super) fn latency(&self) -> Summary {
        self.lock().summary()
    }

    fn lock(&self) -> MutexGuard<'_, Latency> {
        self.latency.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that has been answered and waits for events.
pub(super) struct Subscriber {
    stream: TcpStream,
    game: usize,
    scanner: Scanner,
    /// The number of the last event.
    last: u64,
    schedule: Arc<Schedule>,
    tally: Arc<Tally>,
}

/// Subscribes; returns once the server has said yes.
pub(super) async fn connect(
    address: SocketAddr,
    path: String,
    game: usize,
    schedule: Arc<Schedule>,
    tally: Arc<Tally>,
) -> Result<Subscriber, String> {
    let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.map_err(|error| error.to_string())? == 0 {
            break;
        }
    }
    if !head.starts_with(b"HTTP/1.1 200") {
        let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
        return Err(format!("it answers `{}`", String::from_utf8_lossy(line)));
    }
    Ok(Subscriber { stream, game, scanner: Scanner::default(), last: 0, schedule, tally })
}

impl Subscriber {
    /// Counts what comes, until the server hangs up.
    pub(super) async fn listen(mut self) {
        poll_fn(|context| {
            loop {
                // On the stack of one poll, so that thousands of subscribers do not each hold one.
                let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
                let mut buffer = ReadBuf::uninit(&mut buffer);
                match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                    Ok(()) if !buffer.filled().is_empty() => self.take(buffer.filled()),
                    Ok(()) | Err(_) => return Poll::Ready(()),
                }
            }
        })
        .await;
    }

    fn take(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        let (mut events, mut out_of_order) = (0, 0);
        let mut latency = self.tally.lock();
        for byte in bytes {
            // A game's first version is that before the first event.
            let Some(number) = self.scanner.push(*byte).and_then(|version| version.checked_sub(1)) else { continue };
            out_of_order += u64::from(number != self.last + 1);
            self.last = number;
            events += 1;
            latency.record(self.schedule.since(self.game, number.max(1), now));
        }
        drop(latency);
        if events > 0 {
            self.tally.delivered.send_modify(|delivered| {
                delivered.events += events;
                delivered.out_of_order += out_of_order;
                delivered.first.get_or_insert(now);
                delivered.last = Some(now);
            });
        }
    }
}

/// Finds `"version":N` in bytes that come in pieces.
#[derive(Debug, Default)]
struct Scanner {
    matched: usize,
    number: Option<u64>,
}

impl Scanner {
    const NEEDLE: &'static [u8] = b"\"version\":";

    /// Takes the next byte; answers the number that ends before it.
    fn push(&mut self, byte: u8) -> Option<u64> {
        if self.matched == Self::NEEDLE.len() {
            if byte.is_ascii_digit() {
                let digit = u64::from(byte - b'0');
                self.number = Some(self.number.unwrap_or(0).saturating_mul(10).saturating_add(digit));
                return None;
            }
            self.matched = usize::from(byte == Self::NEEDLE[0]);
            return self.number.take();
        }
        // The needle's first byte comes again in it only at its end, before the colon.
        self.matched =
            if byte == Self::NEEDLE[self.matched] { self.matched + 1 } else { usize::from(byte == Self::NEEDLE[0]) };
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_wherever_they_stand() {
        let text = br#"id: 1:2 data: {"vers":1,"version":12,"x":"version","version":3}"version":"#;
        let mut scanner = Scanner::default();
        let found: Vec<u64> = text.iter().filter_map(|byte| scanner.push(*byte)).collect();
        assert_eq!(found, [12, 3]);
    }
}
