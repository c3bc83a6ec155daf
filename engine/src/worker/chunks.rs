//! Gathers what a model streams into chunks: an event costs the store and every subscriber more than a token is worth.
//!
//! All narrations of a process publish at the same moments: their chunks then share a call of the store, and reach the subscribers
//! together. A word waits no longer for that, because a chunk is not due before its moment either way. Only the first text of
//! a narration goes out at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// With more narrations than this at once, text is gathered twice as long. The newest word of a chunk waits no longer for it, because
/// words come more often than moments; the oldest one does.
const MANY: usize = 16;

/// The moments at which the narrations of a process publish.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    every: Duration,
    start: Instant,
    narrations: Arc<AtomicUsize>,
}

impl Moments {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, start: Instant::now(), narrations: Arc::default() }
    }

    /// The next one.
    fn after(&self, now: Instant) -> Instant {
        let many = self.narrations.load(Ordering::Relaxed) > MANY;
        let every = if many { self.every * 2 } else { self.every };
        if every.is_zero() {
            return now;
        }
        let passed = now.duration_since(self.start).as_nanos() / every.as_nanos() + 1;
        self.start + every.saturating_mul(u32::try_from(passed).unwrap_or(u32::MAX))
    }
}

/// Text that waits to become a chunk.
#[derive(Debug)]
pub(super) struct Chunks {
    moments: Moments,
    pending: String,
    due: Option<Instant>,
    number: u64,
}

impl Chunks {
    /// The chunks of a narration that begins.
    pub(super) fn new(moments: &Moments) -> Self {
        moments.narrations.fetch_add(1, Ordering::Relaxed);
        Self { moments: moments.clone(), pending: String::new(), due: None, number: 0 }
    }

    /// Adds text.
    pub(super) fn push(&mut self, text: &str) {
        self.pending.push_str(text);
    }

    /// Returns when the pending text is due; never while there is none.
    pub(super) async fn due(&self) {
        match self.due {
            _ if self.pending.is_empty() => std::future::pending().await,
            Some(due) => tokio::time::sleep_until(due).await,
            None => {}
        }
    }

    /// Takes back all text; answers whether that is possible, because none has become a chunk.
    pub(super) fn withdraw(&mut self) -> bool {
        self.pending.clear();
        self.number == 0
    }

    /// The pending text as the next chunk, with its number from 1.
    pub(super) fn take(&mut self) -> (u64, String) {
        self.number += 1;
        self.due = Some(self.moments.after(Instant::now()));
        (self.number, std::mem::take(&mut self.pending))
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        self.moments.narrations.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_millis(30);

    #[tokio::test(start_paused = true)]
    async fn the_first_text_goes_out_at_once_and_the_rest_is_gathered() {
        let moments = Moments::new(EVERY);
        tokio::time::advance(EVERY / 3).await;
        let mut chunks = Chunks::new(&moments);
        let start = Instant::now();
        chunks.push("a");
        chunks.due().await;
        assert_eq!((chunks.take(), start.elapsed()), ((1, "a".to_owned()), Duration::ZERO));
        chunks.push("b");
        chunks.push("c");
        chunks.due().await;
        assert_eq!(chunks.take(), (2, "bc".to_owned()));
        chunks.push("d");
        let second = Instant::now();
        chunks.due().await;
        assert!(second.elapsed() + Duration::from_millis(1) >= EVERY, "{:?}", second.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn narrations_that_began_apart_publish_together() {
        let moments = Moments::new(EVERY);
        let mut published = Vec::new();
        for _ in 0..3 {
            let mut chunks = Chunks::new(&moments);
            chunks.push("a");
            chunks.take();
            chunks.push("b");
            published.push(chunks.due);
            tokio::time::advance(EVERY / 5).await;
        }
        assert!(published.iter().all(|due| *due == published[0]), "{published:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn many_narrations_gather_twice_as_long_until_they_end() {
        let moments = Moments::new(EVERY);
        let now = Instant::now();
        let many: Vec<Chunks> = (0..=MANY).map(|_| Chunks::new(&moments)).collect();
        assert_eq!(moments.after(now), now + 2 * EVERY);
        drop(many);
        assert_eq!(moments.after(now), now + EVERY);
        assert_eq!(Moments::new(Duration::ZERO).after(now), now);
    }
}
