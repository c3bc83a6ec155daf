//! From paths on the command line to the cases of a run: directories are walked, sequences followed, doubles left out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Case;
use super::error::{CaseWarning, DiscoverError};
use super::parse::{Parsed, named_path, parse};
use crate::profile::Profile;

/// The cases of a run, in the order of their paths, and everything that is wrong with the files.
#[derive(Debug, Default)]
pub struct Discovered {
    /// Cases that can be run.
    pub cases: Vec<Case>,
    /// What cannot be read, or is not a case.
    pub errors: Vec<DiscoverError>,
    /// What was read with good will.
    pub warnings: Vec<CaseWarning>,
}

/// Gathers the cases below the given paths. A file that is reached twice counts once.
#[must_use]
pub fn discover(paths: &[PathBuf], profile: &Profile) -> Discovered {
    let mut walk = Walk { profile, found: Discovered::default(), seen: BTreeSet::new(), sequences: Vec::new() };
    for path in paths {
        walk.path(path);
    }
    let mut found = walk.found;
    let mut ids = BTreeSet::new();
    for case in &mut found.cases {
        let stem = case.id.clone();
        let mut n = 1;
        while !ids.insert(case.id.clone()) {
            n += 1;
            case.id = format!("{stem}-{n}");
        }
    }
    found
}

struct Walk<'a> {
    profile: &'a Profile,
    found: Discovered,
    seen: BTreeSet<PathBuf>,
    sequences: Vec<PathBuf>,
}

impl Walk<'_> {
    fn path(&mut self, path: &Path) {
        if !path.is_dir() {
            return self.file(path);
        }
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(source) => return self.found.errors.push(DiscoverError::Unreadable { path: path.to_owned(), source }),
        };
        let mut inside: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        inside.sort();
        for path in inside {
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            let is_case = path.extension().is_some_and(|extension| extension == "json");
            if !hidden && (is_case || path.is_dir() && !path.ends_with("snapshots")) {
                self.path(&path);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(source) => return self.found.errors.push(DiscoverError::Unreadable { path: path.to_owned(), source }),
        };
        let canonical = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.sequences.contains(&canonical) {
            return self.found.errors.push(DiscoverError::Cycle { path: path.to_owned() });
        }
        if !self.seen.insert(canonical.clone()) {
            return;
        }
        match parse(&text, path, self.profile) {
            Err(error) => self.found.errors.push(error.into()),
            Ok((parsed, warnings)) => {
                self.found.warnings.extend(warnings);
                match parsed {
                    Parsed::Case(case) => self.found.cases.push(*case),
                    Parsed::Sequence(sequence) => {
                        self.sequences.push(canonical);
                        for named in &sequence.cases {
                            self.named(path, named);
                        }
                        self.sequences.pop();
                    }
                }
            }
        }
    }

    fn named(&mut self, from: &Path, named: &str) {
        let path = named_path(from, named);
        if path.is_file() {
            self.file(&path);
        } else {
            self.found.errors.push(DiscoverError::MissingCase { path: from.to_owned(), named: named.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "hello"}]}"#;

    fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn a_directory_gives_its_cases_once_and_leaves_snapshots_alone() {
        let dir = files(&[
            ("b.json", CASE),
            ("a.json", r#"{"name": "all", "cases": ["b", "deep/c.json"]}"#),
            ("deep/c.json", CASE),
            ("deep/b.json", CASE),
            ("snapshots/x.json", "not a case"),
        ]);
        let found = discover(&[dir.path().to_owned()], &Profile::story_engine());
        assert!(found.errors.is_empty(), "{:?}", found.errors);
        let ids: Vec<_> = found.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["b", "c", "b-2"]);
    }

    #[test]
    fn a_sequence_that_contains_itself_is_an_error_and_not_a_loop() {
        let dir =
            files(&[("a.json", r#"{"name": "a", "cases": ["b"]}"#), ("b.json", r#"{"name": "b", "cases": ["a"]}"#)]);
        let found = discover(&[dir.path().join("a.json")], &Profile::story_engine());
        assert!(matches!(found.errors.as_slice(), [DiscoverError::Cycle { .. }]), "{:?}", found.errors);
    }

    #[test]
    fn what_is_missing_is_named() {
        let dir = files(&[("a.json", r#"{"name": "a", "cases": ["gone"]}"#)]);
        let found = discover(&[dir.path().to_owned(), dir.path().join("nowhere.json")], &Profile::story_engine());
        let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        assert!(errors[0].contains("`gone`"), "{errors:?}");
        assert!(errors[1].contains("nowhere.json"), "{errors:?}");
    }
}
