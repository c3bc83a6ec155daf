//! `harness bench accept`.

use std::time::Duration;

use clap::Args;
use harness_bench::accept::{self, Options};

use super::{Common, measure, sensible};
use crate::Exit;

#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    /// Messages per second; each counts from the moment that was planned for it.
    #[arg(long, value_name = "R", default_value_t = 1000.0)]
    rate: f64,
    /// For how long, after a second that does not count; once without keys, and once with them.
    #[arg(long, value_name = "S", default_value_t = 10.0)]
    seconds: f64,
    /// Over how many games messages are dealt, one after the other.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    games: usize,
    /// Over how many connections that are kept alive.
    #[arg(long, value_name = "N", default_value_t = 128)]
    connections: usize,
    #[command(flatten)]
    common: Common,
}

impl AcceptArgs {
    pub(super) fn options(&self) -> Result<Options, String> {
        if self.games == 0 || self.connections == 0 {
            return Err("--games and --connections are at least 1".to_owned());
        }
        sensible(self.rate, self.seconds)?;
        let length = Duration::from_secs_f64(self.seconds);
        Ok(Options { rate: self.rate, length, games: self.games, connections: self.connections })
    }

    /// Measures it; an error says what is wrong with the command line.
    pub(super) async fn run(&self) -> Result<Exit, String> {
        let options = self.options()?;
        Ok(measure(&self.common, async |env| accept::run(&options, env).await).await)
    }
}
