//! From the command line of `harness run` to the cases that it means, in the order in which they start.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use harness_case::profile::Profile;
use harness_case::{Case, Content, Discovered, WarningAbout, discover};
use harness_runner::services::Mode;
use miette::Report;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::json;

use super::Exit;
use super::defaults;
use super::run_args::RunArgs;
use crate::last_run::{self, LastRun, LastRunError};

/// The cases that are to be run. An exit code if there is nothing to run, or something is wrong.
pub(super) fn gather(args: &RunArgs, profile: &Profile, seed: u64) -> Result<Vec<Case>, Exit> {
    let mut found = discover(&args.paths, &args.variables.reading(profile, content(args)));
    say_warnings(&mut found);
    let found = complain(found)?;
    if found.cases.is_empty() {
        note!("there are no cases");
        return Err(Exit::Usage);
    }
    let mut cases = found.cases;
    if !args.which.last_failed.is_empty() {
        cases = not_passed_since(args, cases)?;
    }
    let selection = args.which.selection();
    let (all, tags) = (cases.len(), cases.iter().flat_map(|case| case.tags.clone()).collect::<BTreeSet<_>>());
    cases.retain(|case| selection.holds(case));
    let mut cases = those_marked(cases, in_ci())?;
    if cases.is_empty() {
        note!("no case is selected: none of {all} fits {selection}");
        if !selection.tags.is_empty() && !tags.is_empty() {
            note!("their tags: {}", tags.into_iter().collect::<Vec<_>>().join(", "));
        }
        if selection.shard.is_some() {
            // Not a success either: a job that has run nothing would look like one that has found nothing.
            note!("a shard without a case is one too many: run fewer of them");
        }
        return Err(Exit::Usage);
    }
    if args.order.shuffle {
        cases.shuffle(&mut StdRng::seed_from_u64(seed));
    }
    Ok(cases)
}

/// The content that the cases are played with.
fn content(args: &RunArgs) -> Content {
    let services = &args.services;
    if services.mode() == Some(Mode::External) {
        return Content::Unknown;
    }
    let found = || defaults::content(harness_case::files_named(&args.paths).first().map(PathBuf::as_path));
    services.content.clone().or_else(found).map_or(Content::Shipped, Content::Directory)
}

/// Says in one line that old names were read as what they were meant to be. Each of them with its place would be hundreds of
/// lines before each run of an old project. So it is with other warnings, unless there is but one.
fn say_warnings(found: &mut Discovered) {
    let names = found.warnings.extract_if(.., |warning| warning.about() == WarningAbout::OldName).count();
    match std::mem::take(&mut found.warnings).as_slice() {
        [] => {}
        [warning] => note!("{warning}"),
        many => note!("{} warnings on these cases: `harness check` shows them", many.len()),
    }
    if names > 0 {
        note!(
            "{names} old names were read as what they were meant to be: `harness check` shows them and their right names"
        );
    }
}

/// Whether this is a CI server, by the variable that all of them set.
pub(super) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"))
}

/// Those of the cases that are marked with `only`, if any is. In CI the mark is refused: it would hide all the others.
pub(super) fn those_marked(mut cases: Vec<Case>, in_ci: bool) -> Result<Vec<Case>, Exit> {
    let marked: Vec<String> =
        cases.iter().filter(|case| case.terms.only).map(|case| case.path.display().to_string()).collect();
    if marked.is_empty() {
        return Ok(cases);
    }
    if in_ci {
        for path in marked {
            note!("{path}: `only` is for its author's machine, and this is CI (`CI` is set): take it away");
        }
        return Err(Exit::CaseErrors);
    }
    note!("only {} of {} cases are run: those with `only`", marked.len(), cases.len());
    cases.retain(|case| case.terms.only);
    Ok(cases)
}

/// Those of the cases that failed or were not run before.
fn not_passed_since(args: &RunArgs, mut cases: Vec<Case>) -> Result<Vec<Case>, Exit> {
    let place = last_run::place(&args.paths);
    let remembered = remembered(args, &place).map_err(|error| {
        note!("{error}");
        Exit::Usage
    })?;
    cases.retain(|case| remembered.holds(case, &place));
    if cases.is_empty() {
        note!("nothing is left that failed or was not run");
        return Err(Exit::Ok);
    }
    Ok(cases)
}

fn remembered(args: &RunArgs, place: &Path) -> Result<LastRun, LastRunError> {
    let mut all = LastRun::default();
    for file in &args.which.last_failed {
        // The flag without a file is read as this directory, which is no file.
        all.merge(LastRun::read(if file == Path::new(".") { place } else { file })?);
    }
    Ok(all)
}

/// Says which cases would be run: one line a case, or a JSON list.
pub(super) fn print(cases: &[Case], json: Option<&Path>) -> Exit {
    let text = match json {
        None => cases.iter().map(line).collect(),
        Some(_) => format!("{:#}\n", cases.iter().map(described).collect::<serde_json::Value>()),
    };
    let written = match json {
        Some(path) if path != Path::new("-") => std::fs::write(path, text),
        _ => std::io::stdout().write_all(text.as_bytes()),
    };
    match written {
        Ok(()) => Exit::Ok,
        // Who reads the list has seen enough of it.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error) => {
            note!("{}: {error}", json.unwrap_or(Path::new("-")).display());
            Exit::Usage
        }
    }
}

fn line(case: &Case) -> String {
    format!("{}\t{}\t{}\n", case.id, case.path.display(), case.name)
}

fn described(case: &Case) -> serde_json::Value {
    json!({
        "id": case.id,
        "path": case.path,
        "name": case.name,
        "tags": case.tags,
        "steps": case.all_steps().count(),
        "workers": case.workers,
    })
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
