//! `harness explain`: what a case will do and demand, in plain words.

use std::path::PathBuf;

use clap::Args;

use super::Exit;
use super::check::complain;
use super::out::say;
use crate::case::discover;
use crate::explain::explain;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A case file; several, or a directory, are explained one after the other.
    #[arg(required = true)]
    cases: Vec<PathBuf>,
}

/// Explains cases.
pub(super) fn run(args: &ExplainArgs) -> Exit {
    match complain(discover(&args.cases)) {
        Ok(found) => {
            let texts: Vec<String> = found.cases.iter().map(explain).collect();
            say(texts.join("\n\n"));
            Exit::Ok
        }
        Err(exit) => exit,
    }
}
