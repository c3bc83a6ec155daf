//! `harness bench`: starts what is measured, measures, reports.

mod accept;
mod fanout;
mod own;
mod pace;
mod scale;
mod storage;
mod stream;
mod turns;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use harness_bench::{self as bench, BenchEnvironment, BenchError};
use harness_runner::services::{Durability, ExternalUrls, Programs, Services};
use serde::Serialize;

use self::pace::PaceArgs;
use super::Exit;
use super::interrupt::asked_to_end;
use super::setup::in_a_directory;
use super::shared::{Wanted, wanted_mode};

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// How many turns there are a second from end to end, and how long each takes.
    ///
    /// Exit code 1: a turn was lost, done twice, or out of order within its game.
    Turns(turns::TurnsArgs),
    /// How fast messages are accepted while nothing is worked off.
    Accept(accept::AcceptArgs),
    /// What is added between a model's words and a subscriber.
    Stream(stream::StreamArgs),
    /// How fast events reach many subscribers, and what a subscriber costs.
    Fanout(fanout::FanoutArgs),
    /// How much the store holds for a game and for a turn.
    ///
    /// Exit code 1: a turn was not played to its end.
    Storage(storage::StorageArgs),
    /// What workers that come and go with the load save, and what their players wait.
    ///
    /// Exit code 1: a turn was not played to its end.
    Scale(scale::ScaleArgs),
    /// What the harness itself costs.
    #[command(name = "self")]
    Own(own::OwnArgs),
}

/// The flags of every measurement.
#[derive(Debug, Args)]
struct Common {
    /// Where the engine keeps its games: local (Redis), docker, embedded, or auto.
    #[arg(long, value_parser = wanted_mode, default_value = "auto")]
    services: Wanted,
    /// Write the numbers here, too.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// The engine; next to this program when left out.
    #[arg(long, value_name = "PATH")]
    engine: Option<PathBuf>,
    /// The scripted model; next to this program when left out.
    #[arg(long, value_name = "PATH")]
    mock_llm: Option<PathBuf>,
}

/// A report that can be printed and judged.
trait Printable: Serialize {
    fn passed(&self) -> bool;
    fn render(&self) -> String;
}

macro_rules! printed {
    ($($report:ty),*) => {
        $(impl Printable for $report {
            fn passed(&self) -> bool {
                self.passed()
            }

            fn render(&self) -> String {
                self.render()
            }
        })*
    };
}

printed!(
    bench::turns::Report,
    bench::turns::Comparison,
    bench::accept::Report,
    bench::stream::Report,
    bench::fanout::Report,
    bench::storage::Report,
    bench::scale::Report,
    bench::own::Report
);

/// Measures what is asked for.
pub(super) async fn run(args: BenchArgs) -> Exit {
    let measured = match &args.measurement {
        Measurement::Turns(args) => args.run().await,
        Measurement::Accept(args) => args.run().await,
        Measurement::Stream(args) => args.run().await,
        Measurement::Fanout(args) => args.run().await,
        Measurement::Storage(args) => args.run().await,
        Measurement::Scale(args) => args.run().await,
        Measurement::Own(args) => args.run().await,
    };
    measured.unwrap_or_else(|reason| {
        note!("{reason}");
        Exit::Usage
    })
}

/// Starts services, measures, and reports what came of it.
async fn measure<R: Printable>(
    common: &Common,
    measurement: impl AsyncFnOnce(&BenchEnvironment<'_>) -> Result<R, BenchError>,
) -> Exit {
    let end = asked_to_end();
    in_a_directory(false, async |dir| {
        let measured = tokio::select! {
            measured = on_services(common, measurement, dir) => measured,
            () = end => return Exit::Interrupted,
        };
        match measured {
            Ok(true) => Exit::Ok,
            Ok(false) => Exit::Failed,
            Err(error) => {
                note!("{error}");
                Exit::Services
            }
        }
    })
    .await
}

async fn on_services<R: Printable>(
    common: &Common,
    measurement: impl AsyncFnOnce(&BenchEnvironment<'_>) -> Result<R, BenchError>,
    dir: &Path,
) -> Result<bool, BenchError> {
    let programs = Programs {
        supervisor: std::env::current_exe().ok(),
        kept: None,
        engine: common.engine.clone(),
        mock_llm: common.mock_llm.clone(),
    };
    let external = ExternalUrls::default();
    let services = Services::start(common.services.mode(), &programs, &external, Durability::None, dir).await?;
    let http = harness_runner::http::client().map_err(|error| BenchError::Server {
        server: "the harness",
        what: "make calls",
        reason: error.to_string(),
    })?;
    let report = measurement(&BenchEnvironment { services: &services, programs: &programs, dir, http }).await?;
    services.stop().await;
    show!("{}", report.render().trim_end());
    if let Some(path) = &common.json {
        let json = serde_json::to_string_pretty(&report).unwrap_or_default();
        std::fs::write(path, json + "\n").map_err(|source| BenchError::File { path: path.clone(), source })?;
    }
    Ok(report.passed())
}

/// Whether a number of seconds, or of things a second, can be meant.
fn sensible(rate: f64, seconds: f64) -> Result<(), String> {
    if (0.01..=100_000.0).contains(&rate) && (0.1..=86_400.0).contains(&seconds) {
        return Ok(());
    }
    Err("--rate is 0.01 to 100000 a second, --seconds 0.1 to 86400".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::{Cli, Command};
    use super::*;

    /// What is said to a command line before anything is started.
    fn refused(args: &[&str]) -> String {
        let parsed = Cli::try_parse_from(["harness", "bench"].iter().chain(args)).unwrap();
        let Command::Bench(args) = parsed.command else { unreachable!() };
        let options = match args.measurement {
            Measurement::Turns(args) => args.options().map(drop),
            Measurement::Accept(args) => args.options().map(drop),
            Measurement::Stream(args) => args.options().map(drop),
            Measurement::Fanout(args) => args.options().map(drop),
            Measurement::Storage(args) => args.options().map(drop),
            Measurement::Scale(args) => args.options().map(drop),
            Measurement::Own(args) => args.options().map(drop),
        };
        options.unwrap_err()
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        for (args, advice) in [
            (["turns", "--games", "0"].as_slice(), "at least 1"),
            (&["turns", "--rate", "0"], "a second"),
            (&["turns", "--against", "apalis", "--services", "embedded"], "--services local"),
            (&["turns", "--against", "saq", "--services", "embedded"], "--services local"),
            (&["turns", "--against", "dbos", "--services", "docker"], "--services local"),
            (&["turns", "--against", "langgraph", "--repeats", "0"], "at least 1"),
            (&["scale", "--services", "embedded"], "--services local"),
            (&["scale", "--max-workers", "1", "--min-workers", "2"], "not less"),
            (&["scale", "--most", "0.1"], "not the smaller"),
            (&["scale", "--window-seconds", "0"], "seconds"),
            (&["accept", "--connections", "0"], "at least 1"),
            (&["stream", "--streams", "1000"], "journal"),
            (&["stream", "--words", "10001"], "10000"),
            (&["storage", "--turns", "0"], "at least 1"),
            (&["turns", "--pace", "--words", "0"], "10000"),
            (&["fanout", "--games", "2", "--subscribers", "1"], "nobody listens"),
            (&["self", "--steps", "0"], "at least 1"),
            (&["self", "--services", "external"], "started"),
        ] {
            let error = refused(args);
            assert!(error.contains(advice), "{args:?}: {error}");
        }
    }
}
