//! `harness bench storage`.

use clap::Args;
use harness_bench::storage::{self, Options};

use super::{Common, PaceArgs, measure};
use crate::Exit;

#[derive(Debug, Args)]
pub(super) struct StorageArgs {
    /// How many games there are, played at the same time.
    #[arg(long, value_name = "N", default_value_t = 50)]
    games: usize,
    /// How many turns each has.
    #[arg(long, value_name = "N", default_value_t = 10)]
    turns: usize,
    /// Also lets the games rest until their events have gone, and measures what is left
    #[arg(long)]
    rest: bool,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    common: Common,
}

impl StorageArgs {
    pub(super) fn options(&self) -> Result<Options, String> {
        if self.games == 0 || self.turns == 0 {
            return Err("--games and --turns are at least 1".to_owned());
        }
        Ok(Options { games: self.games, turns: self.turns, pace: self.pace.pace()?, rest: self.rest })
    }

    /// Measures it; an error says what is wrong with the command line.
    pub(super) async fn run(&self) -> Result<Exit, String> {
        let options = self.options()?;
        Ok(measure(&self.common, async |env| storage::run(&options, env).await).await)
    }
}
