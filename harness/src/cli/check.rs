//! `harness check` and `harness list`: read cases, run nothing.

use miette::Report;

use super::Exit;
use super::args::Paths;
use super::run::find_profile;
use crate::case::{Discovered, discover};

/// Says what is wrong with the cases.
pub(super) fn check(args: &Paths) -> Exit {
    let profile = match find_profile(args.profile.as_deref(), &args.paths) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    let found = discover(&args.paths, &profile);
    println!("{} cases, {} errors, {} warnings", found.cases.len(), found.errors.len(), found.warnings.len());
    complain(found).map_or_else(|exit| exit, |_| Exit::Ok)
}

/// One line a case: id, file, what it is about.
pub(super) fn list(args: &Paths) -> Exit {
    let profile = match find_profile(args.profile.as_deref(), &args.paths) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    match complain(discover(&args.paths, &profile)) {
        Ok(found) => {
            for case in found.cases {
                println!("{}\t{}\t{}", case.id, case.path.display(), case.name);
            }
            Exit::Ok
        }
        Err(exit) => exit,
    }
}

/// Prints warnings and errors; hands the cases on if there are no errors.
pub(super) fn complain(mut found: Discovered) -> Result<Discovered, Exit> {
    for warning in found.warnings.drain(..) {
        eprintln!("{:?}", Report::new(warning));
    }
    let failed = !found.errors.is_empty();
    for error in found.errors.drain(..) {
        eprintln!("{:?}", Report::new(error));
    }
    if failed { Err(Exit::CaseErrors) } else { Ok(found) }
}
