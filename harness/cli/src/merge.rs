//! `harness merge`: makes one report of those of several shards.

use std::path::PathBuf;

use clap::Args;
use harness_report::{Merged, Reporters, merge};

use super::Exit;
use super::run::exit_of;
use super::run_args::{Flaky, ReportArgs};

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// What `harness run --json FILE` has written, of each shard.
    #[arg(required = true, value_name = "REPORT")]
    reports: Vec<PathBuf>,
    /// What a flaky case does to the exit code.
    #[arg(long, value_enum, default_value_t = Flaky::Pass)]
    flaky: Flaky,
    #[command(flatten)]
    wanted: ReportArgs,
}

/// Reports on all shards as on one run, and ends as that would have ended.
pub(super) fn run(args: &MergeArgs) -> Exit {
    let Merged { events, summary, broken_off } = match merge(&args.reports) {
        Ok(merged) => merged,
        Err(error) => {
            note!("{error}");
            return Exit::Usage;
        }
    };
    let reported = match Reporters::open(&args.wanted.wanted(None)) {
        Ok(reporters) => reporters.replay(&events),
        Err(error) => Err(error),
    };
    if let Err(error) = reported {
        note!("{error}");
        return Exit::Usage;
    }
    for path in &broken_off {
        note!("{}: this run was broken off before its end", path.display());
    }
    if broken_off.is_empty() { exit_of(&summary, args.flaky) } else { Exit::Failed }
}
