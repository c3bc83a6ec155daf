//! Commands and flags.

use clap::{Parser, Subcommand};

use super::bench::BenchArgs;
use super::chaos::ChaosArgs;
use super::check::CheckArgs;
use super::crash::CrashArgs;
use super::explain::ExplainArgs;
use super::merge::MergeArgs;
use super::new::{NewArgs, SchemaArgs};
use super::record::RecordArgs;
use super::run_args::{self, RunArgs};
use super::shared::CaseArgs;

/// Shown below the commands.
const EXAMPLES: &str = "\
Examples:
  harness new cases/test_bell       write a small case that passes
  harness run cases/test_bell.json  run it; `--watch`: and again whenever something changes
  harness explain cases/test_bell.json
  harness check                     read everything in cases/ and say what is wrong
  harness run                       run everything in cases/
  harness chaos                     break what no case breaks";

/// Runs JSON cases against the real story engine and breaks it on purpose.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run cases.
    #[command(after_help = run_args::EXAMPLES, after_long_help = run_args::EXAMPLES, args_override_self = true)]
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
    #[command(args_override_self = true)]
    Crash(Box<CrashArgs>),
    /// Let a person play, through the page, the console or another client, and write the case.
    Record(Box<RecordArgs>),
    /// Measure the engine under load, side by side with a peer if asked for, or this program itself. Build with `--profile dist` first.
    ///
    /// Exit codes: 0 nothing was wrong, 1 something was (lost, doubled, out of order), 2 usage, 4 no services, 130 Ctrl-C.
    /// Whether the numbers are good is for who reads them.
    Bench(BenchArgs),
    /// Read cases and say what is wrong with them; run nothing.
    ///
    /// Exit codes: 0 nothing, 2 usage, 3 something. Names that `run` reads with a warning are errors here,
    /// each with its right name.
    Check(CheckArgs),
    /// Make one report of the JSON reports of several shards: on the terminal, as `JUnit`, as HTML, as JSON lines.
    ///
    /// Exit codes: as those of `run`, for all shards together; 1 too if one was broken off, 2 if a file is no report or a case is
    /// in two of them.
    #[command(
        after_help = "Example:\n  harness run --shard 1/2 --json one.json; harness run --shard 2/2 --json two.json\n  \
                            harness merge one.json two.json --junit all.xml --html all.html"
    )]
    Merge(MergeArgs),
    /// Say in plain words what a case will do and demand, step by step.
    ///
    /// Exit codes: 0 said, 2 usage, 3 it is not a case.
    Explain(ExplainArgs),
    /// Write a small case that passes, to go on from. A file that is there already is never overwritten.
    ///
    /// The schema for editors is written next to it as `case.schema.json`, unless it is there.
    New(NewArgs),
    /// List the cases: id, file, name. `harness run --list` does so for those that its flags select.
    List(CaseArgs),
    /// Print the JSON Schema of case files.
    Schema(SchemaArgs),
    /// Print a completion script for a shell.
    #[command(
        after_help = "Examples:\n  harness completions bash > ~/.local/share/bash-completion/completions/harness\n  \
                            harness completions zsh > \"${fpath[1]}/_harness\"\n  \
                            harness completions fish > ~/.config/fish/completions/harness.fish"
    )]
    Completions {
        /// Which one.
        shell: clap_complete::Shell,
    },
    /// Remove containers when stdin ends.
    #[command(hide = true)]
    Reap {
        /// Their ids.
        #[arg(required = true)]
        containers: Vec<String>,
    },
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
