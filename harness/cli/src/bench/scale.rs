//! `harness bench scale`.

use std::time::Duration;

use clap::Args;
use harness_bench::scale::{self, Curve, Options, Rule};
use harness_runner::services::Mode;

use super::{Common, PaceArgs, measure};
use crate::Exit;

#[derive(Debug, Args)]
pub(super) struct ScaleArgs {
    /// How long the day is, from little load over much to little.
    #[arg(long, value_name = "S", default_value_t = 60.0)]
    seconds: f64,
    /// Messages per second at the beginning and at the end.
    #[arg(long, value_name = "R", default_value_t = 0.5)]
    least: f64,
    /// Messages per second in the middle.
    #[arg(long, value_name = "R", default_value_t = 8.0)]
    most: f64,
    /// Over how many games messages are dealt, one after the other.
    #[arg(long, value_name = "N", default_value_t = 200)]
    games: usize,
    /// How many workers the rule allows at least.
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_workers: usize,
    /// How many workers the rule allows at most.
    #[arg(long, value_name = "N", default_value_t = 12)]
    max_workers: usize,
    /// How many turns a worker runs at once.
    #[arg(long, value_name = "N", default_value_t = 5)]
    slots: usize,
    /// How many requests, waiting or running, a worker is to have. Three quarters of the slots when left out.
    #[arg(long, value_name = "N")]
    per_worker: Option<f64>,
    /// For how long fewer workers must have been enough before one goes. A twentieth of what deploy/kubernetes says, as a day is shorter.
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    window_seconds: f64,
    /// How long after one has gone the next one may go.
    #[arg(long, value_name = "S", default_value_t = 3.0)]
    step_seconds: f64,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    common: Common,
}

impl ScaleArgs {
    pub(super) fn options(&self) -> Result<Options, String> {
        if self.common.services.mode() == Some(Mode::Embedded) {
            return Err("the embedded store has one process for all work: --services local or docker".to_owned());
        }
        let seconds = |name: &str, seconds: f64| {
            let refused = || format!("--{name} is a number of seconds up to a day, and more than 0");
            (seconds > 0.0 && seconds <= 86_400.0).then(|| Duration::from_secs_f64(seconds)).ok_or_else(refused)
        };
        if self.games == 0 || self.slots == 0 || self.min_workers == 0 {
            return Err("--games, --slots and --min-workers are at least 1".to_owned());
        }
        if self.max_workers < self.min_workers {
            return Err("--max-workers is not less than --min-workers".to_owned());
        }
        if !(self.least >= 0.0 && self.most >= self.least && self.most <= 1000.0) {
            return Err(
                "--least and --most are messages a second, up to 1000, and --most is not the smaller one".to_owned()
            );
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of slots")]
        let per_worker = self.per_worker.unwrap_or(self.slots as f64 * 0.75);
        if !(per_worker > 0.0 && per_worker.is_finite()) {
            return Err("--per-worker is more than 0".to_owned());
        }
        Ok(Options {
            curve: Curve { least: self.least, most: self.most, length: seconds("seconds", self.seconds)? },
            rule: Rule {
                per_worker,
                min: self.min_workers,
                max: self.max_workers,
                window: seconds("window-seconds", self.window_seconds)?,
                step: seconds("step-seconds", self.step_seconds)?,
            },
            games: self.games,
            slots: self.slots,
            pace: self.pace.pace()?,
        })
    }

    /// Measures it; an error says what is wrong with the command line.
    pub(super) async fn run(&self) -> Result<Exit, String> {
        let options = self.options()?;
        Ok(measure(&self.common, async |env| scale::run(&options, env).await).await)
    }
}
