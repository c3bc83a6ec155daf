//! `harness bench`: starts what is measured, measures, reports.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::Exit;
use super::args::{Wanted, wanted_mode};
use super::interrupt::told_to_end;
use super::run::in_a_directory;
use crate::bench::BenchError;
use crate::bench::fanout::{self, Ground, Options};
use crate::services::{Durability, ExternalUrls, Mode, Programs, Services};

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// How fast events reach many subscribers, and what a subscriber costs.
    Fanout(FanoutArgs),
}

#[derive(Debug, Args)]
struct FanoutArgs {
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
    /// Where the engine keeps its log: local (Redis), docker, embedded, or auto.
    #[arg(long, value_parser = wanted_mode, default_value = "auto")]
    services: Wanted,
    /// Write the numbers here, too.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// The engine; beside this program when left out.
    #[arg(long, value_name = "PATH")]
    engine: Option<PathBuf>,
    /// The scripted model; beside this program when left out.
    #[arg(long, value_name = "PATH")]
    mock_llm: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// nginx with the nchan module, from Debian's libnginx-mod-nchan.
    Nchan,
}

impl FanoutArgs {
    fn options(&self) -> Result<Options, String> {
        if self.subscribers == 0 || self.games == 0 {
            return Err("--subscribers and --games are at least 1".to_owned());
        }
        if self.games > self.subscribers {
            return Err("--games above --subscribers leaves games that nobody listens to".to_owned());
        }
        if !(0.01..=100_000.0).contains(&self.rate) || !(0.1..=86_400.0).contains(&self.seconds) {
            return Err("--rate is 0.01 to 100000 events per second, --seconds 0.1 to 86400".to_owned());
        }
        let length = Duration::from_secs_f64(self.seconds);
        Ok(Options { subscribers: self.subscribers, rate: self.rate, length, games: self.games, replay: self.replay })
    }
}

/// Measures what is asked for.
pub(super) async fn run(args: BenchArgs) -> Exit {
    let Measurement::Fanout(args) = args.measurement;
    let options = match args.options() {
        Ok(options) => options,
        Err(reason) => {
            eprintln!("{reason}");
            return Exit::Usage;
        }
    };
    in_a_directory(false, async |dir| {
        let measured = tokio::select! {
            measured = measure(&args, &options, dir) => measured,
            () = told_to_end() => return Exit::Interrupted,
        };
        match measured {
            Ok(passed) => {
                if passed {
                    Exit::Ok
                } else {
                    Exit::Failed
                }
            }
            Err(error) => {
                eprintln!("{error}");
                Exit::Services
            }
        }
    })
    .await
}

async fn measure(args: &FanoutArgs, options: &Options, dir: &Path) -> Result<bool, BenchError> {
    let programs = Programs {
        supervisor: std::env::current_exe().ok(),
        kept: None,
        engine: args.engine.clone(),
        mock_llm: args.mock_llm.clone(),
    };
    let mode: Option<Mode> = match args.services {
        Wanted::Auto => None,
        Wanted::Mode(mode) => Some(mode),
    };
    let services = Services::start(mode, &programs, &ExternalUrls::default(), Durability::None, dir).await?;
    let http = crate::http::client().map_err(|error| BenchError::Server {
        server: "the harness",
        what: "make calls",
        reason: error.to_string(),
    })?;
    let ground = Ground { services: &services, programs: &programs, dir, http };
    let report = fanout::run(options, &ground, args.against == Some(Peer::Nchan)).await?;
    services.stop().await;
    print!("{}", report.render());
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&report).unwrap_or_default();
        std::fs::write(path, json + "\n").map_err(|source| BenchError::File { path: path.clone(), source })?;
    }
    Ok(report.passed())
}
