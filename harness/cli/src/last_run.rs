//! What is still to be fixed: cases that failed or were not run, remembered until they pass.
//!
//! It is kept in `.harness/last-run.json` next to the cases, a plain list, so that the files of several shards can be read
//! together. Cases are named by their path from the directory in which `.harness` is, with `[ROW]` behind it for a row of a table.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use harness_case::Case;
use harness_runner::run::CaseStatus;
use serde::{Deserialize, Serialize};

/// The file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LastRunError {
    /// There is none.
    #[error("{}: no run is remembered here", .0.display())]
    Missing(PathBuf),
    /// It is there, but it is no such file.
    #[error("{}: this is not a list of a run's failures: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Cases that are still to be fixed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LastRun {
    failed: BTreeSet<String>,
    not_run: BTreeSet<String>,
}

/// Where the file for these paths is: in the first directory, or next to the first file.
#[must_use]
pub(crate) fn place(paths: &[PathBuf]) -> PathBuf {
    let files = harness_case::files_named(paths.get(..1).unwrap_or_default());
    let first = files.first().map_or(Path::new("."), PathBuf::as_path);
    let dir = if first.is_dir() { first } else { first.parent().unwrap_or(Path::new("")) };
    dir.join(".harness").join("last-run.json")
}

impl LastRun {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, LastRunError> {
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => LastRunError::Missing(path.to_owned()),
            _ => LastRunError::Io { path: path.to_owned(), source },
        })?;
        from_text(&text, path)
    }

    /// Takes in what another file knows: a shard's, say.
    pub(crate) fn merge(&mut self, other: Self) {
        self.failed.extend(other.failed);
        self.not_run.extend(other.not_run);
        self.not_run.retain(|case| !self.failed.contains(case));
    }

    /// Whether the case is one of them. `place` is where the file of this run is kept.
    #[must_use]
    pub(crate) fn holds(&self, case: &Case, place: &Path) -> bool {
        let key = key(&case.path, case.row.as_deref(), place);
        self.failed.contains(&key) || self.not_run.contains(&key)
    }

    fn note(&mut self, key: String, status: CaseStatus) {
        if status == CaseStatus::Skipped {
            return;
        }
        self.failed.remove(&key);
        self.not_run.remove(&key);
        match status {
            CaseStatus::Failed => self.failed.insert(key),
            CaseStatus::NotRun => self.not_run.insert(key),
            CaseStatus::Passed | CaseStatus::Skipped => false,
        };
    }
}

/// Brings the file up to date after a run. What the run did not touch stays in it, unless its case is gone. Locked, so that
/// two shards on one machine forget nothing.
pub(crate) fn update<'a>(
    path: &Path,
    cases: impl IntoIterator<Item = (&'a Path, Option<&'a str>, CaseStatus)>,
) -> Result<(), LastRunError> {
    let failed = |source| LastRunError::Io { path: path.to_owned(), source };
    let dir = path.parent().unwrap_or(Path::new(""));
    make(dir).map_err(failed)?;
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
    file.lock().map_err(failed)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    // A file that a crash has cut short is no reason to remember nothing from now on.
    let mut last = from_text(&text, path).unwrap_or_default();
    let root = dir.parent().unwrap_or(Path::new(""));
    for list in [&mut last.failed, &mut last.not_run] {
        list.retain(|key| root.join(file_of(key)).exists());
    }
    for (case, row, status) in cases {
        last.note(key(case, row, path), status);
    }
    let text = serde_json::to_string_pretty(&last).map_err(|error| failed(error.into()))?;
    file.rewind().map_err(failed)?;
    file.set_len(0).map_err(failed)?;
    writeln!(file, "{text}").map_err(failed)
}

/// Makes the directory, of which nothing reaches a repository.
fn make(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let ignore = dir.join(".gitignore");
    if ignore.exists() { Ok(()) } else { fs::write(&ignore, "*\n") }
}

/// The file for the history of a run of these paths; none where none can be written.
pub(crate) fn history(paths: &[PathBuf]) -> Option<PathBuf> {
    let path = place(paths).with_file_name("history.jsonl");
    make(path.parent()?).ok()?;
    File::options().append(true).create(true).open(&path).ok()?;
    Some(path)
}

fn from_text(text: &str, path: &Path) -> Result<LastRun, LastRunError> {
    let invalid = |error: serde_json::Error| LastRunError::Invalid { path: path.to_owned(), reason: error.to_string() };
    serde_json::from_str(text).map_err(invalid)
}

/// A case's path from the directory in which `.harness` is; whole if it is not below it.
fn key(case: &Path, row: Option<&str>, place: &Path) -> String {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let root = place.parent().and_then(Path::parent).unwrap_or(Path::new(""));
    let root = real(if root.as_os_str().is_empty() { Path::new(".") } else { root });
    let case = real(case);
    let row = row.map(|row| format!("[{row}]")).unwrap_or_default();
    format!("{}{row}", case.strip_prefix(root).unwrap_or(&case).display())
}

/// The file of a case that is named so.
fn file_of(key: &str) -> &str {
    key.strip_suffix(']').and_then(|key| key.rsplit_once('[')).map_or(key, |(file, _)| file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let place = place(&[dir.path().to_owned()]);
        (dir, place)
    }

    fn names(list: &BTreeSet<String>) -> Vec<&str> {
        list.iter().map(String::as_str).collect()
    }

    #[test]
    fn a_case_stays_until_it_passes() {
        let (dir, place) = files(&["a.json", "b.json", "c.json"]);
        let [a, b, c] = ["a.json", "b.json", "c.json"].map(|name| dir.path().join(name));
        update(
            &place,
            [(a.as_path(), None, CaseStatus::Failed), (&b, None, CaseStatus::NotRun), (&c, None, CaseStatus::Passed)],
        )
        .unwrap();
        update(&place, [(b.as_path(), None, CaseStatus::Passed)]).unwrap();
        update(&place, [(a.as_path(), None, CaseStatus::Skipped)]).unwrap();
        let last = LastRun::read(&place).unwrap();
        assert_eq!((names(&last.failed), names(&last.not_run)), (vec!["a.json"], vec![]));
        update(&place, [(a.as_path(), None, CaseStatus::Passed)]).unwrap();
        assert_eq!(LastRun::read(&place).unwrap(), LastRun::default());
    }

    #[test]
    fn a_row_that_passes_does_not_forget_one_that_failed() {
        let (dir, place) = files(&["a.json"]);
        let a = dir.path().join("a.json");
        update(&place, [(a.as_path(), Some("one"), CaseStatus::Failed), (&a, Some("two"), CaseStatus::Passed)])
            .unwrap();
        update(&place, []).unwrap();
        assert_eq!(names(&LastRun::read(&place).unwrap().failed), ["a.json[one]"]);
    }

    #[test]
    fn a_case_that_is_gone_is_forgotten() {
        let (dir, place) = files(&["a.json"]);
        update(&place, [(dir.path().join("a.json").as_path(), None, CaseStatus::Failed)]).unwrap();
        fs::remove_file(dir.path().join("a.json")).unwrap();
        update(&place, []).unwrap();
        assert_eq!(LastRun::read(&place).unwrap(), LastRun::default());
    }

    #[test]
    fn files_of_shards_are_read_together() {
        let these = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let mut last = LastRun { failed: these(&["a"]), not_run: these(&["b"]) };
        last.merge(LastRun { failed: these(&["b"]), not_run: these(&["c"]) });
        assert_eq!(last, LastRun { failed: these(&["a", "b"]), not_run: these(&["c"]) });
    }

    #[test]
    fn nothing_of_it_reaches_a_repository() {
        let (dir, place) = files(&[]);
        update(&place, []).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join(".harness/.gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn a_file_that_is_missing_or_broken_says_so() {
        let (dir, place) = files(&["x.json"]);
        assert!(matches!(LastRun::read(&place), Err(LastRunError::Missing(_))));
        fs::write(dir.path().join("x.json"), r#"{"faild": []}"#).unwrap();
        let error = LastRun::read(&dir.path().join("x.json")).unwrap_err().to_string();
        assert!(error.contains("faild"), "{error}");
    }
}
