//! `harness bench stream`.

use clap::Args;
use harness_bench::stream::{self, Options, STREAMS_MAX};

use super::{Common, PaceArgs, measure};
use crate::Exit;

#[derive(Debug, Args)]
pub(super) struct StreamArgs {
    /// How many streams at once, each of a game of its own.
    #[arg(long, value_name = "N", default_value_t = 100)]
    streams: usize,
    /// How many turns each has, one after the other.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    #[command(flatten)]
    pace: PaceArgs,
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
        Ok(Options { streams: self.streams, rounds: self.rounds, pace: self.pace.pace()?, workers: self.workers })
    }

    /// Measures it; an error says what is wrong with the command line.
    pub(super) async fn run(&self) -> Result<Exit, String> {
        let options = self.options()?;
        Ok(measure(&self.common, async |env| stream::run(&options, env).await).await)
    }
}
