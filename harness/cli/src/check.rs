//! `harness check` and `harness list`: read cases, run nothing.

use clap::Args;
use harness_case::{CaseError, DiscoverError, WarningAbout, check_contents, discover};

use super::gather::{complain, in_ci, print, those_marked};
use super::out::say;
use super::setup::find_profile;
use super::{Exit, shared::CaseArgs};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) paths: CaseArgs,
    /// Take names of the Go engine's cases for what they were meant to be, with a warning, as `run` does.
    #[arg(long)]
    pub(super) lenient: bool,
}

/// Says what is wrong with the cases. Old names are wrong, unless `lenient` lets them pass as warnings.
pub(super) fn check(args: &CheckArgs) -> Exit {
    let CheckArgs { paths: args, lenient } = args;
    let profile = match find_profile(args.profile.as_deref(), &args.paths) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    let mut found = discover(&args.paths, &args.reading(&profile));
    if !*lenient {
        let old = found.warnings.extract_if(.., |warning| warning.about() == WarningAbout::OldName);
        found.errors.extend(old.map(|warning| DiscoverError::Case(Box::new(CaseError::from(warning)))));
    }
    if profile.is_story_engine() {
        let (errors, warnings) = check_contents(&found.cases);
        found.errors.extend(errors);
        found.warnings.extend(warnings);
    }
    let counts = (found.cases.len(), found.errors.len(), found.warnings.len());
    say(format_args!("{} cases, {} errors, {} warnings\n", counts.0, counts.1, counts.2));
    let nothing = counts.0 == 0 && counts.1 == 0;
    let marked = complain(found).and_then(|found| those_marked(found.cases, in_ci()));
    if nothing {
        note!("there are no cases: name files, or directories with `.json` files in them");
        return Exit::Usage;
    }
    match marked {
        Ok(_) => Exit::Ok,
        Err(exit) => exit,
    }
}

/// One line a case: id, file, what it is about.
pub(super) fn list(args: &CaseArgs) -> Exit {
    let profile = match find_profile(args.profile.as_deref(), &args.paths) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    match complain(discover(&args.paths, &args.reading(&profile))) {
        Ok(found) => print(&found.cases, None),
        Err(exit) => exit,
    }
}
