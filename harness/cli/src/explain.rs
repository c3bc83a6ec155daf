//! `harness explain`: what a case will do and demand, in plain words.

use std::path::PathBuf;

use clap::Args;
use harness_case::explain::explain;
use harness_case::{Content, discover};

use super::Exit;
use super::gather::complain;
use super::out::say;
use super::setup::find_profile;
use super::shared::Variables;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A case file; several, or a directory, are explained one after the other.
    #[arg(required = true)]
    cases: Vec<PathBuf>,
    /// What they are for; as for `check`.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    variables: Variables,
}

/// Explains cases.
pub(super) fn run(args: &ExplainArgs) -> Exit {
    let profile = match find_profile(args.profile.as_deref(), &args.cases) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    match complain(discover(&args.cases, &args.variables.reading(&profile, Content::Unknown))) {
        Ok(found) => {
            let texts: Vec<String> = found.cases.iter().map(|case| explain(case, &profile)).collect();
            say(texts.join("\n\n"));
            Exit::Ok
        }
        Err(exit) => exit,
    }
}
