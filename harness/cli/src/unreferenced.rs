//! Snapshots that belong to no case any more: what is done about them after a run of everything.

use std::path::PathBuf;

use harness_case::Case;
use harness_runner::snapshot::unreferenced;

use super::Exit;
use super::run_args::{RunArgs, Unreferenced};

/// Finds them. Only if whole directories are run can it be known that a snapshot belongs to none of their cases.
pub(super) fn find(args: &RunArgs, cases: &[Case]) -> Vec<PathBuf> {
    let all = args.which.selection().is_everything()
        && args.which.last_failed.is_empty()
        && !cases.iter().any(|case| case.terms.only);
    if args.results.unreferenced == Unreferenced::Ignore || !all || !args.paths.iter().all(|path| path.is_dir()) {
        return Vec::new();
    }
    unreferenced(&args.paths, cases).unwrap_or_else(|error| {
        note!("it is not known which snapshots belong to no case: {error}");
        Vec::new()
    })
}

/// Says so, or deletes them; the exit code of a run where nothing else is wrong.
pub(super) fn settle(found: &[PathBuf], wish: Unreferenced) -> Exit {
    if found.is_empty() {
        return Exit::Ok;
    }
    let becomes = match wish {
        Unreferenced::Delete => "belonged to no case and are deleted:",
        _ => "belong to no case any more (`--unreferenced delete` removes them):",
    };
    note!("{} snapshots {becomes}", found.len());
    for path in found {
        note!("  {}", path.display());
        if wish == Unreferenced::Delete
            && let Err(error) = std::fs::remove_file(path)
        {
            note!("  it is still there: {error}");
        }
    }
    if wish == Unreferenced::Fail { Exit::SnapshotsPending } else { Exit::Ok }
}
