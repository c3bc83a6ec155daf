//! How fast the model of a measurement streams.

use std::time::Duration;

use clap::Args;
use harness_bench::Pace;

/// Words are counted with four digits.
const WORDS_MAX: usize = 10_000;

#[derive(Debug, Args)]
pub(super) struct PaceArgs {
    /// How many words the model writes in a turn.
    #[arg(long, value_name = "N", default_value_t = 150)]
    words: usize,
    /// How long the model takes to its first word.
    #[arg(long, value_name = "MS", default_value_t = 300)]
    first_token_ms: u64,
    /// How long it takes from one word to the next.
    #[arg(long, value_name = "MS", default_value_t = 20)]
    between_ms: u64,
}

impl PaceArgs {
    pub(super) fn pace(&self) -> Result<Pace, String> {
        if !(1..=WORDS_MAX).contains(&self.words) {
            return Err(format!("--words is 1 to {WORDS_MAX}"));
        }
        Ok(Pace {
            words: self.words,
            first_token: Duration::from_millis(self.first_token_ms),
            between: Duration::from_millis(self.between_ms),
        })
    }
}
