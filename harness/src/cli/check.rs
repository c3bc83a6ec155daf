//! `harness check` and `harness list`: read cases, run nothing.

use miette::Report;

use super::args::Paths;
use super::out::say;
use super::run::find_profile;
use super::{Exit, gather};
use crate::case::{CaseError, DiscoverError, Discovered, discover};

/// Says what is wrong with the cases. Old names are wrong, unless `lenient` lets them pass as warnings.
pub(super) fn check(args: &Paths, lenient: bool) -> Exit {
    let profile = match find_profile(args.profile.as_deref(), &args.paths) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    let mut found = discover(&args.paths, &profile);
    if !lenient {
        let old = found.warnings.drain(..);
        found.errors.extend(old.map(|warning| DiscoverError::Case(Box::new(CaseError::from(warning)))));
    }
    let counts = (found.cases.len(), found.errors.len(), found.warnings.len());
    say(format_args!("{} cases, {} errors, {} warnings\n", counts.0, counts.1, counts.2));
    complain(found).map_or_else(|exit| exit, |_| Exit::Ok)
}

/// One line a case: id, file, what it is about.
pub(super) fn list(args: &Paths) -> Exit {
    let profile = match find_profile(args.profile.as_deref(), &args.paths) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    match complain(discover(&args.paths, &profile)) {
        Ok(found) => gather::list(&found.cases, None),
        Err(exit) => exit,
    }
}

/// Prints warnings and errors; hands the cases on if there are no errors.
pub(super) fn complain(mut found: Discovered) -> Result<Discovered, Exit> {
    for warning in found.warnings.drain(..) {
        note!("{:?}", Report::new(warning));
    }
    let failed = !found.errors.is_empty();
    for error in found.errors.drain(..) {
        note!("{:?}", Report::new(error));
    }
    if failed { Err(Exit::CaseErrors) } else { Ok(found) }
}
