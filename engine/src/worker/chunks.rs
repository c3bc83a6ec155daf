//! Gathers what a model streams into chunks: an event costs the store and every subscriber more than a token is worth.

use std::time::Duration;

use tokio::time::Instant;

/// Text that waits to become a chunk.
#[derive(Debug)]
pub(super) struct Chunks {
    every: Duration,
    pending: String,
    due: Option<Instant>,
    number: u64,
}

impl Chunks {
    /// Chunks at most once `every` so often; the first text goes out at once.
    pub(super) fn new(every: Duration) -> Self {
        Self { every, pending: String::new(), due: None, number: 0 }
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
        self.due = Some(Instant::now() + self.every);
        (self.number, std::mem::take(&mut self.pending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_text_goes_out_at_once_and_the_rest_is_gathered() {
        let mut chunks = Chunks::new(Duration::from_millis(30));
        let start = Instant::now();
        chunks.push("a");
        chunks.due().await;
        assert_eq!((chunks.take(), start.elapsed()), ((1, "a".to_owned()), Duration::ZERO));
        chunks.push("b");
        chunks.push("c");
        chunks.due().await;
        assert_eq!(chunks.take(), (2, "bc".to_owned()));
        assert!(start.elapsed() >= Duration::from_millis(30));
    }
}
