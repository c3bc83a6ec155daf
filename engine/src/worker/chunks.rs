//! Gathers what a model streams into chunks: an event costs the store and every subscriber more than a token is worth.
//!
//! All narrations of a process publish at the same moments: their chunks then share a call of the store, and reach the subscribers
//! together. A word waits no longer for that, because a chunk is not due before its moment either way. Only the first text of
//! a narration goes out at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Text is gathered once more as long for each so many narrations at once. The newest word of a chunk waits no longer for it, because
/// words come more often than moments; the oldest one does.
const SHARING: usize = 6;

/// How many times as long at most: words that come later than this are seen to come in jerks.
const MOST_TIMES: usize = 4;

/// How long before its moment a narration that was left alone is read again: time enough for what the system holds of it.
const READ_AHEAD: Duration = Duration::from_millis(5);

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

    /// How many times as long text is gathered as for a few narrations.
    fn times(&self) -> u32 {
        let times = self.narrations.load(Ordering::Relaxed) / SHARING;
        u32::try_from(times.clamp(1, MOST_TIMES)).unwrap_or(1)
    }

    /// The next one.
    fn after(&self, now: Instant) -> Instant {
        let every = self.every * self.times();
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

    /// Until when the model's stream may rest. Among many narrations each word would wake the process for text that is not
    /// due yet; what comes meanwhile waits with the system, and is read in one piece shortly before the moment. So the end of
    /// a narration may be seen one moment later. A stream that has not lasted for two chunks may be one that comes at once, and is read on.
    pub(super) fn rests_until(&self) -> Option<Instant> {
        let may_rest = self.number > 1 && self.pending.is_empty() && self.moments.times() > 1;
        self.due.filter(|_| may_rest).map(|due| due.checked_sub(READ_AHEAD).unwrap_or(due))
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
    async fn among_many_a_narration_is_read_shortly_before_its_moment() {
        let moments = Moments::new(EVERY);
        let few = Chunks::new(&moments);
        let mut chunks = vec![few];
        chunks.extend((0..2 * SHARING).map(|_| Chunks::new(&moments)));
        let mut waits = Vec::new();
        for _ in 0..2 {
            chunks[0].push("a");
            chunks[0].take();
            waits.push(chunks[0].rests_until().map(|until| until - Instant::now()));
        }
        assert_eq!(waits, [None, Some(Duration::from_millis(55))]);
        chunks.truncate(1);
        chunks[0].take();
        assert_eq!(chunks[0].rests_until(), None, "alone it is read word by word");
    }

    #[tokio::test(start_paused = true)]
    async fn many_narrations_gather_longer_until_they_end() {
        let moments = Moments::new(EVERY);
        let now = Instant::now();
        let times = |narrations: usize| {
            let _at_once: Vec<Chunks> = (0..narrations).map(|_| Chunks::new(&moments)).collect();
            (moments.after(now) - now).as_millis() / EVERY.as_millis()
        };
        assert_eq!([0, 1, 11, 12, 18, 24, 500, 1].map(times), [1, 1, 1, 2, 3, 4, 4, 1]);
        assert_eq!(Moments::new(Duration::ZERO).after(now), now);
    }
}
