//! The `harness` program: what can be asked for on the command line, and how it is answered with an exit code.

#[macro_use]
mod terminal;

mod args;
mod bench;
mod changes;
mod chaos;
mod check;
mod crash;
mod debug;
mod defaults;
mod exit;
mod explain;
mod gather;
mod interrupt;
mod last_run;
mod merge;
mod new;
mod out;
mod preset;
mod record;
mod run;
mod run_args;
mod run_dir;
mod select;
mod setup;
mod shared;
mod unreferenced;
mod watch;

use std::process::ExitCode;

use clap::CommandFactory;
use harness_runner::services::{reap, supervise};

use args::{Cli, Command};
use exit::Exit;

fn main() -> ExitCode {
    if let Some(error) = supervise() {
        note!("{error}");
        return Exit::Services.into();
    }
    answer()
}

// One thread, and not only because one is enough: children die with the thread that started them (see `supervise`), so it
// must be the one that lives as long as the process.
#[tokio::main(flavor = "current_thread")]
async fn answer() -> ExitCode {
    if let Err(error) = harness_runner::time_factor() {
        note!("{error}");
        return Exit::Usage.into();
    }
    match preset::command() {
        Ok(command) => Box::pin(execute(command)).await.into(),
        Err(exit) => exit.into(),
    }
}

/// Does what the command line asks for.
async fn execute(command: Command) -> Exit {
    match command {
        Command::Run(args) if args.order.watch => watch::run(&args).await,
        Command::Run(args) => run::run(*args).await,
        Command::Chaos(args) => chaos::run(args).await,
        Command::Crash(args) => Box::pin(crash::run(*args)).await,
        Command::Record(args) => record::run(*args).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Check(args) => check::check(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::List(paths) => check::list(&paths),
        Command::New(args) => new::run(&args),
        Command::Schema(args) => new::print_schema(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "harness", &mut script);
            out::say(String::from_utf8_lossy(&script));
            Exit::Ok
        }
        Command::Reap { containers } => match reap(&containers) {
            Ok(()) => Exit::Ok,
            Err(error) => {
                note!("{error}");
                Exit::Services
            }
        },
    }
}
