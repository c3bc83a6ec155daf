//! Snapshots that no case asks for any more: the case is gone, or it keeps other kinds.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use harness_case::{Action, Case, Snapshots};

use super::path;

/// Every kind of snapshot that the case keeps: of its own, and of answers.
fn kinds(case: &Case) -> Vec<&str> {
    let Snapshots { events, state, history, prompts, filters: _ } = &case.snapshot;
    let kinds = [("events", events), ("state", state), ("history", history), ("prompts", prompts)];
    let answers = case.all_steps().filter_map(|step| match &step.action {
        Action::Http(http) => http.snapshot.as_deref(),
        _ => None,
    });
    kinds.into_iter().filter(|(_, kept)| **kept).map(|(kind, _)| kind).chain(answers).collect()
}

/// The snapshots below the directories that none of the cases asks for, also those that wait to be reviewed. Other files in
/// `snapshots/` are left alone.
pub fn unreferenced(dirs: &[PathBuf], cases: &[Case]) -> io::Result<Vec<PathBuf>> {
    let mut wanted = BTreeSet::new();
    for case in cases {
        for kind in kinds(case) {
            wanted.insert(real(&path(case, kind)));
        }
    }
    let mut found = BTreeSet::new();
    for dir in dirs {
        walk(dir, &wanted, &mut found)?;
    }
    Ok(found.into_iter().collect())
}

fn walk(dir: &Path, wanted: &BTreeSet<PathBuf>, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let of_cases = dir.file_name().is_some_and(|name| name == "snapshots");
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if path.is_dir() && !hidden {
            walk(&path, wanted, found)?;
        } else if of_cases && kept_as(&path).is_some_and(|kept| !wanted.contains(&real(&kept))) {
            found.insert(path);
        }
    }
    Ok(())
}

/// The snapshot that a file holds, or waits to become; `None` if it is no snapshot of a case.
fn kept_as(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_str()?;
    let name = name.strip_suffix(".new").unwrap_or(name);
    let (_, kind) = name.strip_suffix(".snap")?.rsplit_once('.')?;
    (!kind.is_empty()).then(|| file.with_file_name(name))
}

/// The path by which a file is known, also if it is not there itself.
fn real(path: &Path) -> PathBuf {
    let dir = path.parent().and_then(|dir| dir.canonicalize().ok());
    dir.zip(path.file_name()).map_or_else(|| path.to_owned(), |(dir, name)| dir.join(name))
}

#[cfg(test)]
mod tests {
    use harness_case::profile::Profile;
    use harness_case::{Reading, discover};

    use super::*;

    #[test]
    fn what_no_case_keeps_is_found_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let case = r#"{"name": "x", "scenario": "s", "snapshot": {"events": true}, "steps": [{"user_prompt": "a"}]}"#;
        for (name, text) in [
            ("a.json", case),
            ("snapshots/a.events.snap", ""),
            ("snapshots/a.events.snap.new", ""),
            ("snapshots/a.state.snap", ""),
            ("snapshots/gone.events.snap", ""),
            ("snapshots/gone.events.snap.new", ""),
            ("snapshots/suite__mine.snap", ""),
            ("snapshots/notes.txt", ""),
            ("deep/snapshots/gone.prompts.snap", ""),
            ("deep/gone.events.snap", ""),
        ] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let dirs = [dir.path().to_owned()];
        let found = unreferenced(&dirs, &discover(&dirs, &Reading::of(&Profile::story_engine())).cases).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "deep/snapshots/gone.prompts.snap",
                "snapshots/a.state.snap",
                "snapshots/gone.events.snap",
                "snapshots/gone.events.snap.new"
            ]
        );
    }
}
