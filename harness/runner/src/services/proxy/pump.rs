//! Carries the bytes of one connection, with the faults of its link.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use super::LinkFaults;

/// How much is taken from a connection at once.
const BUFFER: usize = 64 * 1024;

/// The time between two slices, so that the other side reads them apart.
const BETWEEN_SLICES: Duration = Duration::from_millis(1);

/// How often a second a link with a limited rate carries something.
const PACES: u64 = 20;

/// How a connection ended.
pub(super) enum Carried {
    /// One side has closed it.
    Closed,
    /// It is to be reset.
    Broken,
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Requests,
    Responses,
}

/// One connection of a link.
struct Connection<'a> {
    link: &'a watch::Sender<LinkFaults>,
    /// How often connections had been left without an end when it was opened.
    born: u64,
    /// Whether something of it was swallowed: what comes after a gap makes no sense to either side.
    spoiled: AtomicBool,
}

/// Carries a connection until it ends.
pub(super) async fn carry<F: AsyncRead + AsyncWrite>(
    near: &mut TcpStream,
    far: F,
    link: &watch::Sender<LinkFaults>,
    seed: u64,
) -> Carried {
    let (near_read, near_write) = near.split();
    let (far_read, far_write) = tokio::io::split(far);
    let mut faults = link.subscribe();
    let LinkFaults { cuts, repaired, half_opened, .. } = *faults.borrow_and_update();
    let _open = Open::count(link);
    let connection = Connection { link, born: half_opened, spoiled: AtomicBool::new(false) };
    let ends = |faults: &LinkFaults| {
        let spoiled = connection.spoiled.load(Ordering::Relaxed) || connection.born < faults.half_opened;
        faults.cuts != cuts || (faults.repaired != repaired && spoiled)
    };
    tokio::select! {
        there = connection.pump(near_read, far_write, Direction::Requests, seed) => there,
        back = connection.pump(far_read, near_write, Direction::Responses, seed) => back,
        _ = faults.wait_for(ends) => Carried::Broken,
    }
}

/// Counts a connection as long as it is open.
struct Open<'a>(&'a watch::Sender<LinkFaults>);

impl<'a> Open<'a> {
    fn count(link: &'a watch::Sender<LinkFaults>) -> Self {
        link.send_if_modified(|faults| {
            faults.open += 1;
            false
        });
        Self(link)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send_if_modified(|faults| {
            faults.open -= 1;
            false
        });
    }
}

impl Connection<'_> {
    /// Carries one direction.
    async fn pump(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        direction: Direction,
        seed: u64,
    ) -> Carried {
        let mut faults = self.link.subscribe();
        let mut draw = StdRng::seed_from_u64(seed);
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = from.read(&mut buffer).await.unwrap_or(0);
            let now = *faults.borrow();
            if now.drop_responses && direction == Direction::Responses && read > 0 {
                // Nobody waits for the count.
                self.link.send_if_modified(|faults| {
                    faults.dropped += 1;
                    false
                });
                return Carried::Broken;
            }
            if now.lasts() && read > 0 {
                // Nobody waits for the count, here and where connections are counted.
                self.link.send_if_modified(|faults| {
                    faults.pieces += 1;
                    false
                });
            }
            let jitter = now.jitter.mul_f64(draw.random_range(0.0..=1.0));
            if !(now.latency + jitter).is_zero() {
                sleep(now.latency + jitter).await;
            }
            // The link lasts as long as its sender.
            if faults.wait_for(|faults| !faults.paused).await.is_err() {
                return Carried::Closed;
            }
            if faults.borrow().swallows(self.born) {
                self.spoiled.store(true, Ordering::Relaxed);
                if read == 0 {
                    // Not even the end of a connection comes through.
                    std::future::pending::<()>().await;
                }
                continue;
            }
            if read == 0 {
                return Carried::Closed;
            }
            if let Err(ended) = self.write(&mut to, &buffer[..read], direction).await {
                return ended;
            }
        }
    }

    /// Writes what has come, in the pieces and at the rate of the link.
    async fn write(
        &self,
        to: &mut (impl AsyncWrite + Unpin),
        bytes: &[u8],
        direction: Direction,
    ) -> Result<(), Carried> {
        let LinkFaults { slice, bytes_per_second, .. } = *self.link.borrow();
        let pace = bytes_per_second.map(|rate| usize::try_from(rate / PACES).unwrap_or(BUFFER));
        let size = slice.into_iter().chain(pace).min().unwrap_or(BUFFER).max(1);
        for piece in bytes.chunks(size) {
            let cut = if direction == Direction::Responses { self.count(piece.len()) } else { None };
            to.write_all(&piece[..cut.unwrap_or(piece.len())]).await.map_err(|_| Carried::Closed)?;
            if cut.is_some() {
                return Err(Carried::Broken);
            }
            if slice.is_some() {
                sleep(BETWEEN_SLICES).await;
            }
            if let Some(rate) = bytes_per_second.filter(|rate| *rate > 0) {
                #[expect(clippy::cast_precision_loss, reason = "a wait need not be exact")]
                sleep(Duration::from_secs_f64(piece.len() as f64 / rate as f64)).await;
            }
        }
        Ok(())
    }

    /// Counts bytes of responses; returns how many of them come through if the connection is to be reset.
    fn count(&self, bytes: usize) -> Option<usize> {
        let mut cut = None;
        self.link.send_if_modified(|faults| {
            let Some(left) = faults.cut_after else { return false };
            faults.cut_after = left.checked_sub(bytes as u64).filter(|left| *left > 0);
            if faults.cut_after.is_none() {
                cut = usize::try_from(left).ok();
                faults.broken = Some(faults.broken.unwrap_or(0) + 1);
            }
            // Nobody waits for the count.
            false
        });
        cut
    }
}
