//! `harness fix`: rewrites old names in case files.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use harness_case::files;
use harness_case::fix::{Fixed, fix};
use harness_case::profile::Profile;
use miette::Report;
use similar::TextDiff;

use super::Exit;
use super::out::say;
use super::setup::find_profile;

#[derive(Debug, Args)]
pub(super) struct FixArgs {
    /// Case files, or directories with them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What they are for; as for `check`.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Rewrites files. One that is not a case is left as it is, and the others are rewritten all the same.
pub(super) fn run(args: &FixArgs) -> Exit {
    let profile = match find_profile(args.profile.as_deref(), &args.paths) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    let (files, errors) = files(&args.paths);
    let mut exit = Exit::Ok;
    for error in errors {
        note!("{:?}", Report::new(error));
        exit = Exit::CaseErrors;
    }
    let (mut rewritten, mut names) = (0, 0);
    for file in &files {
        match one(file, &profile, args.dry_run) {
            Ok(changes) => {
                rewritten += usize::from(changes > 0);
                names += changes;
            }
            Err(report) => {
                note!("{report:?}");
                exit = Exit::CaseErrors;
            }
        }
    }
    let would = if args.dry_run { "would be " } else { "" };
    say(format_args!("{names} names in {rewritten} of {} files {would}rewritten\n", files.len()));
    exit
}

/// Rewrites one file; returns how many names were changed.
fn one(path: &Path, profile: &Profile, dry_run: bool) -> Result<usize, Report> {
    let failed = |error: std::io::Error| Report::msg(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(failed)?;
    let Fixed { text: fixed, changes } = fix(&text, path, profile)?;
    if changes.is_empty() {
        return Ok(0);
    }
    if dry_run {
        let name = path.display().to_string();
        say(TextDiff::from_lines(&text, &fixed).unified_diff().context_radius(2).header(&name, &name));
        return Ok(changes.len());
    }
    fs::write(path, fixed).map_err(failed)?;
    for (line, change) in &changes {
        say(format_args!("{}:{line}: {change}\n", path.display()));
    }
    Ok(changes.len())
}
