//! `harness bench stream`.

use std::time::Duration;

use clap::Args;
use harness_bench::stream::{self, Options, STREAMS_MAX};

use super::{Common, measure};
use crate::Exit;

/// Words are counted with four digits.
const WORDS_MAX: usize = 10_000;

#[derive(Debug, Args)]
pub(super) struct StreamArgs {
    /// How many streams at once, each of a game of its own.
    #[arg(long, value_name = "N", default_value_t = 100)]
    streams: usize,
    /// How many turns each has, one after the other.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// How many words the model tells in a turn.
    #[arg(long, value_name = "N", default_value_t = 150)]
    words: usize,
    /// How long the model takes to its first word.
    #[arg(long, value_name = "MS", default_value_t = 300)]
    first_token_ms: u64,
    /// How long it takes from one word to the next.
    #[arg(long, value_name = "MS", default_value_t = 20)]
    between_ms: u64,
    /// Worker processes; without Redis there is one process for all.
    #[arg(long, value_name = "M", default_value_t = 2)]
    workers: usize,
    #[command(flatten)]
    common: Common,
}

impl StreamArgs {
    pub(super) fn options(&self) -> Result<Options, String> {
        if self.streams == 0 || self.rounds == 0 || self.workers == 0 {
            return Err("--streams, --rounds and --workers are at least 1".to_owned());
        }
        if self.streams > STREAMS_MAX {
            return Err(format!(
                "--streams is at most {STREAMS_MAX}: the model's journal does not remember more calls"
            ));
        }
        if !(1..=WORDS_MAX).contains(&self.words) {
            return Err(format!("--words is 1 to {WORDS_MAX}"));
        }
        Ok(Options {
            streams: self.streams,
            rounds: self.rounds,
            words: self.words,
            first_token: Duration::from_millis(self.first_token_ms),
            between: Duration::from_millis(self.between_ms),
            workers: self.workers,
        })
    }

    /// Measures it; an error says what is wrong with the command line.
    pub(super) async fn run(&self) -> Result<Exit, String> {
        let options = self.options()?;
        Ok(measure(&self.common, async |env| stream::run(&options, env).await).await)
    }
}
