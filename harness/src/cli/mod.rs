//! The command line: what can be asked for, and how it is answered with an exit code.

mod args;
mod bench;
mod chaos;
mod check;
mod crash;
mod exit;
mod explain;
mod fix;
mod gather;
mod interrupt;
mod new;
mod out;
mod record;
mod run;
mod run_args;
mod unreferenced;
mod watch;

pub use exit::Exit;

use clap::{CommandFactory, Parser};

use crate::services::{reap, supervise};
use args::{Cli, Command};

/// Does what the command line asks for.
pub async fn main() -> Exit {
    match Cli::parse().command {
        Command::Run(args) => run::run(*args).await,
        Command::Chaos(args) => chaos::run(args).await,
        Command::Crash(args) => crash::run(*args).await,
        Command::Record(args) => record::run(*args).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Check(args) => check::check(&args.paths, args.lenient),
        Command::Fix(args) => fix::run(&args),
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
        Command::Supervise { parent, program } => {
            let Some((program, args)) = program.split_first() else { return Exit::Usage };
            let error = supervise(parent, program, args);
            note!("{}: {error}", program.display());
            Exit::Services
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
