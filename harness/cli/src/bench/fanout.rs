//! `harness bench fanout`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use harness_bench::fanout::{self, Options};

use super::{Common, measure, sensible};
use crate::Exit;

#[derive(Debug, Args)]
pub(super) struct FanoutArgs {
    /// How many subscribers.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    subscribers: usize,
    /// Events per second, over all games.
    #[arg(long, value_name = "M", default_value_t = 10.0)]
    rate: f64,
    /// For how long.
    #[arg(long, value_name = "S", default_value_t = 10.0)]
    seconds: f64,
    /// Over how many games subscribers and events are spread.
    #[arg(long, value_name = "N", default_value_t = 1)]
    games: usize,
    /// How long a log is to be read from its beginning at the end; 0 leaves this out.
    #[arg(long, value_name = "EVENTS", default_value_t = 10_000)]
    replay: usize,
    /// What else is measured in the same way, in the same run.
    #[arg(long, value_enum)]
    against: Option<Peer>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// nginx with the nchan module, from Debian's libnginx-mod-nchan.
    Nchan,
}

impl FanoutArgs {
    pub(super) fn options(&self) -> Result<Options, String> {
        if self.subscribers == 0 || self.games == 0 {
            return Err("--subscribers and --games are at least 1".to_owned());
        }
        if self.games > self.subscribers {
            return Err("--games above --subscribers leaves games that nobody listens to".to_owned());
        }
        sensible(self.rate, self.seconds)?;
        let length = Duration::from_secs_f64(self.seconds);
        Ok(Options { subscribers: self.subscribers, rate: self.rate, length, games: self.games, replay: self.replay })
    }

    /// Measures it; an error says what is wrong with the command line.
    pub(super) async fn run(&self) -> Result<Exit, String> {
        let (options, against_nchan) = (self.options()?, self.against == Some(Peer::Nchan));
        Ok(measure(&self.common, async |env| fanout::run(&options, env, against_nchan).await).await)
    }
}
