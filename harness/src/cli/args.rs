//! Commands and flags.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::bench::BenchArgs;
use super::chaos::ChaosArgs;
use super::crash::CrashArgs;
use super::record::RecordArgs;
use crate::model::Wire;
use crate::services::Mode;

/// Runs JSON cases against the real story engine and breaks it on purpose.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run cases.
    ///
    /// Exit codes: 0 all passed, 1 failed, 2 usage, 3 a file is not a case, 4 no services, 5 only snapshots wait, 130 Ctrl-C.
    /// `HARNESS_PATIENCE=3` stretches all time limits; `HARNESS_REQUIRE_SERVICES=1` makes services that are not there a
    /// failure.
    Run(Box<RunArgs>),
    /// Play many games while processes are killed, frozen and restarted at random; then check that nothing was lost, applied
    /// twice, reordered or narrated twice.
    ///
    /// Exit codes: 0 every promise was kept, 1 one was broken, 2 usage, 4 no services, 130 Ctrl-C. A seed reproduces what is
    /// sent and what is broken, not the moment at which it meets whom.
    Chaos(ChaosArgs),
    /// Play cases again and again, with something killed at another moment each time, and demand the same end.
    ///
    /// The workers, the API, Redis or the event streams, before and after every piece of every answer of the model, before
    /// an answer is written down, and after every end. What counts attempts, calls, events and time is not looked at.
    ///
    /// Exit codes: as those of `run`.
    Crash(Box<CrashArgs>),
    /// Let somebody play, through the page, the console or another client, and write the case.
    Record(Box<RecordArgs>),
    /// Measure the engine under load, beside a peer if asked for, or this program itself. Build with `--release` first.
    ///
    /// Exit codes: 0 nothing was wrong, 1 something was (lost, doubled, out of order), 2 usage, 4 no services, 130 Ctrl-C.
    /// Whether the numbers are good is for who reads them.
    Bench(BenchArgs),
    /// Read cases and say what is wrong with them; run nothing.
    Check(Paths),
    /// List the cases that would be run.
    List(Paths),
    /// Print the JSON Schema of case files.
    Schema,
    /// Become a program that dies with its parent.
    #[command(hide = true)]
    Supervise {
        /// The parent's process id.
        parent: i32,
        /// The program and its arguments.
        #[arg(last = true, required = true)]
        program: Vec<OsString>,
    },
    /// Remove containers when stdin ends.
    #[command(hide = true)]
    Reap {
        /// Their ids.
        #[arg(required = true)]
        containers: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Paths {
    /// Case files, or directories with them.
    #[arg(default_value = "cases/")]
    pub(super) paths: Vec<PathBuf>,
    /// What they are for; the first `harness.toml` beside or above them when left out, and the story engine without one.
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Case files, or directories with them.
    #[arg(default_value = "cases/")]
    pub(super) paths: Vec<PathBuf>,
    /// How Redis and the model are come by; the first that works of local, docker and embedded when left out.
    #[arg(long, value_parser = wanted_mode, default_value = "auto")]
    pub(super) services: Wanted,
    /// What is tested; the first `harness.toml` beside or above the cases when left out, and the story engine without one.
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
    /// The wire format in which the engine speaks to the model.
    #[arg(long, value_enum, default_value_t = Wire::Openai)]
    pub(super) provider: Wire,
    /// Run only cases whose id, name or a tag contains this.
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Option<String>,
    /// How many cases run at the same time; twice the processors when left out.
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<usize>,
    /// Keep what is new as the snapshots.
    #[arg(long)]
    pub(super) update: bool,
    /// The engine; beside this program when left out.
    #[arg(long, value_name = "PATH")]
    pub(super) engine: Option<PathBuf>,
    /// The scripted model; beside this program when left out.
    #[arg(long, value_name = "PATH")]
    pub(super) mock_llm: Option<PathBuf>,
    /// Content for the engine; `fixtures/content` here or in a directory above when left out.
    #[arg(long, value_name = "DIR")]
    pub(super) content: Option<PathBuf>,
    /// External services: the engine's API.
    #[arg(long, value_name = "URL")]
    pub(super) api_url: Option<String>,
    /// External services: the Redis behind the engine; looked at once, to see that it is there.
    #[arg(long, value_name = "URL")]
    pub(super) redis_url: Option<String>,
    /// External services: the scripted model that the engine calls.
    #[arg(long, value_name = "URL")]
    pub(super) mock_url: Option<String>,
    /// Keep the directory with logs, configurations and stores, and say where it is.
    #[arg(long)]
    pub(super) keep: bool,
    #[command(flatten)]
    pub(super) reports: ReportArgs,
    /// Give up on the whole run after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub(super) timeout: Option<u64>,
}

/// Reports beside what is printed.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Write a `JUnit` report.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write everything that happens as JSON lines; `-` is stdout, and people are told on stderr.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write one HTML page with a timeline of every case.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print annotations for GitHub Actions; there they are printed anyway.
    #[arg(long)]
    github: bool,
}

impl ReportArgs {
    pub(super) fn wanted(&self) -> crate::report::Wanted {
        crate::report::Wanted {
            junit: self.junit.clone(),
            json: self.json.clone(),
            html: self.html.clone(),
            github: self.github || std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
        }
    }
}

/// The mode that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Auto,
    Mode(Mode),
}

pub(super) fn wanted_mode(text: &str) -> Result<Wanted, String> {
    if text == "auto" {
        return Ok(Wanted::Auto);
    }
    <Mode as clap::ValueEnum>::from_str(text, false)
        .map(Wanted::Mode)
        .map_err(|_| "one of auto, local, docker, embedded, external".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_service_mode_that_is_none_is_refused_with_those_that_are() {
        let error = Cli::try_parse_from(["harness", "run", "--services", "podman"]).unwrap_err().to_string();
        assert!(error.contains("auto, local, docker, embedded, external"), "{error}");
    }
}
