//! From paths on the command line to the cases of a run: directories are walked, sequences followed, doubles left out.

mod files;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use self::files::{Files, read_text};
use super::Case;
use super::error::{CaseWarning, DiscoverError};
use super::id;
use super::parse::{Parsed, Reading, Sequence, Shared, named_path, parse_with};
use crate::json::nearest;

/// Fewer files than this are not worth another thread.
const FILES_MIN: usize = 50;

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

/// The files and directories that arguments mean, each of which may be a path or an id.
#[must_use]
pub fn files_named(arguments: &[PathBuf]) -> Vec<PathBuf> {
    let file = |argument: &PathBuf| match id::named(argument).filter(|_| !argument.exists()) {
        Some((file, _)) => file,
        None => argument.clone(),
    };
    arguments.iter().map(file).collect()
}

/// Gathers the cases below the given paths, and those of the given ids. A file that is reached twice counts once.
#[must_use]
pub fn discover(arguments: &[PathBuf], reading: &Reading<'_>) -> Discovered {
    let paths = files_named(arguments);
    let mut rows = Rows::default();
    for (argument, path) in arguments.iter().zip(&paths) {
        rows.add(path, id::named(argument).filter(|_| !argument.exists()).and_then(|(_, row)| row));
    }
    let Files { cases: files, fragments, errors, warnings } = Files::below(&paths);
    let mut walk = Walk {
        reading,
        found: Discovered { errors, warnings, ..Discovered::default() },
        read: HashMap::new(),
        shared: Shared::default(),
        seen: BTreeSet::new(),
        sequences: Vec::new(),
    };
    walk.read = read_all(&files, reading, &walk.shared);
    for file in &files {
        walk.file(file);
    }
    let broken = fragments.iter().filter_map(|dir| walk.shared.fragments.broken(dir));
    walk.found.errors.extend(broken.map(DiscoverError::from));
    let undeclared = walk.shared.undeclared(&reading.given);
    let mut found = walk.found;
    found.errors.extend(undeclared);
    rows.choose(&mut found);
    let mut ids: BTreeMap<&str, &Path> = BTreeMap::new();
    for case in &found.cases {
        if let Some(other) = ids.insert(&case.id, &case.path).filter(|other| *other != case.path) {
            let (path, other) = (case.path.clone(), other.to_owned());
            found.errors.push(DiscoverError::SameId { path, other, id: case.id.clone() });
        }
    }
    // What is wrong with a file of fragments is said once.
    let mut said = BTreeSet::new();
    found.errors.retain(|error| said.insert(error.to_string()));
    found
}

/// The rows that arguments name of some files. Of a file that is also named as a whole, every row is meant.
#[derive(Default)]
struct Rows(BTreeMap<PathBuf, Option<BTreeSet<String>>>);

impl Rows {
    fn add(&mut self, path: &Path, row: Option<String>) {
        match (self.0.entry(real(path)).or_insert_with(|| Some(BTreeSet::new())), row) {
            (Some(rows), Some(row)) => drop(rows.insert(row)),
            (rows, None) => *rows = None,
            (None, Some(_)) => {}
        }
    }

    /// Leaves out the rows that are not named, and says which of the named ones there are not.
    fn choose(&self, found: &mut Discovered) {
        let mut there: BTreeMap<&PathBuf, Vec<String>> = BTreeMap::new();
        found.cases.retain(|case| {
            let Some((path, Some(rows))) = self.0.get_key_value(&real(&case.path)) else { return true };
            let row = case.row.clone().unwrap_or_default();
            let is_named = rows.contains(&row);
            there.entry(path).or_default().push(row);
            is_named
        });
        for (path, known) in there {
            let named = self.0.get(path).into_iter().flatten().flatten();
            for row in named.filter(|row| !known.contains(row)) {
                let help = match nearest(row, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("its rows: {}", known.join(", ")),
                };
                found.errors.push(DiscoverError::NoRow { path: path.clone(), row: row.clone(), help });
            }
        }
    }
}

type Read = Result<(Parsed, Vec<CaseWarning>), Vec<DiscoverError>>;

/// Reads the files on all processors.
fn read_all(files: &[PathBuf], reading: &Reading<'_>, shared: &Shared) -> HashMap<PathBuf, Read> {
    let threads =
        std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(files.len().div_ceil(FILES_MIN));
    let next = AtomicUsize::new(0);
    let work = || {
        let mine = std::iter::from_fn(|| files.get(next.fetch_add(1, Ordering::Relaxed)));
        mine.map(|file| (file.clone(), read(file, reading, shared))).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all: HashMap<PathBuf, Read> = work().into_iter().collect();
        // A file whose reader has panicked is read again where it is needed, and panics there.
        all.extend(others.into_iter().filter_map(|thread| thread.join().ok()).flatten());
        all
    })
}

fn read(path: &Path, reading: &Reading<'_>, shared: &Shared) -> Read {
    let text = read_text(path).map_err(|error| vec![error])?;
    parse_with(&text, path, reading, shared).map_err(|errors| errors.into_iter().map(DiscoverError::from).collect())
}

struct Walk<'a> {
    reading: &'a Reading<'a>,
    found: Discovered,
    /// Files that have been read already.
    read: HashMap<PathBuf, Read>,
    shared: Shared,
    seen: BTreeSet<PathBuf>,
    sequences: Vec<PathBuf>,
}

impl Walk<'_> {
    fn file(&mut self, path: &Path) {
        let canonical = real(path);
        if !self.seen.insert(canonical.clone()) {
            return;
        }
        let read = self.read.remove(path).unwrap_or_else(|| read(path, self.reading, &self.shared));
        match read {
            Err(errors) => self.found.errors.extend(errors),
            Ok((parsed, warnings)) => {
                self.found.warnings.extend(warnings);
                match parsed {
                    Parsed::Cases(cases) => self.found.cases.extend(cases),
                    Parsed::Sequence(sequence) => {
                        self.sequences.push(canonical);
                        for number in 0..sequence.cases.len() {
                            self.named(path, &sequence, number);
                        }
                        self.sequences.pop();
                    }
                }
            }
        }
    }

    fn named(&mut self, from: &Path, sequence: &Sequence, number: usize) {
        let path = named_path(from, &sequence.cases[number]);
        if !path.is_file() {
            let wrong = sequence.error(number, format!("there is no case {}", path.display()));
            self.found.errors.push(wrong.into());
        } else if self.sequences.contains(&real(&path)) {
            self.found.errors.push(sequence.error(number, "this sequence contains itself").into());
        } else {
            self.file(&path);
        }
    }
}

/// The path by which a file is known, whatever way led to it.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

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
            ("cases/b.json", CASE),
            ("cases/a.json", r#"{"name": "all", "cases": ["b", "deep/c.json"]}"#),
            ("cases/deep/c.json", CASE),
            ("cases/deep/b.json", CASE),
            ("cases/snapshots/x.json", "not a case"),
            ("cases/case.schema.json", "not a case"),
            ("cases/fragments.json", "{}"),
            ("cases/.harness/last-run.json", "not a case"),
        ]);
        let found = discover(&[dir.path().to_owned()], &Reading::of(&Profile::story_engine()));
        assert!(found.errors.is_empty(), "{:?}", found.errors);
        let ids: Vec<_> = found.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["b", "deep/c", "deep/b"]);
        let alone = discover(&[dir.path().join("cases/deep/b.json")], &Reading::of(&Profile::story_engine()));
        assert_eq!(alone.cases[0].id, "deep/b", "an id does not depend on what else is run");
    }

    #[test]
    fn a_row_that_is_named_is_taken_alone() {
        let table = r#"{"name": "x ${n}", "scenario": "s", "rows": {"one, two": {"n": 1}, "three": {"n": 3}},
            "steps": [{"user_prompt": "say ${n}"}]}"#;
        let dir = files(&[("cases/a.json", table), ("cases/ab.json", CASE)]);
        let ids = |names: &[&str]| {
            let paths: Vec<PathBuf> = names.iter().map(|name| dir.path().join("cases").join(name)).collect();
            let found = discover(&paths, &Reading::of(&Profile::story_engine()));
            let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
            (found.cases.into_iter().map(|case| case.id).collect::<Vec<_>>(), errors)
        };
        let one = "a[one, two]".to_owned();
        assert_eq!(ids(&["a[one, two]"]), (vec![one.clone()], vec![]));
        assert_eq!(ids(&["a.json[one, two]"]), (vec![one.clone()], vec![]));
        assert_eq!(ids(&["a"]), (vec![one.clone(), "a[three]".to_owned()], vec![]), "`ab` is another case");
        assert_eq!(ids(&["a[three]", "a[one, two]"]).0, [one.clone(), "a[three]".to_owned()]);
        assert_eq!(ids(&["a[three]", "a.json"]).0.len(), 2);
        let (_, errors) = ids(&["a[thre]"]);
        assert!(errors.len() == 1 && errors[0].ends_with("there is no row `thre`"), "{errors:?}");
    }

    #[test]
    fn two_cases_of_one_id_are_a_mistake() {
        let dir = files(&[("cases/a.json", CASE), ("cases/deep/cases/a.json", CASE)]);
        let found = discover(&[dir.path().to_owned()], &Reading::of(&Profile::story_engine()));
        assert!(
            matches!(found.errors.as_slice(), [DiscoverError::SameId { id, .. }] if id == "a"),
            "{:?}",
            found.errors
        );
    }

    #[test]
    fn a_broken_file_of_fragments_is_named_once() {
        let uses = r#"{"name": "x", "scenario": "s", "steps": [{"$use": "one"}]}"#;
        let dir = files(&[("cases/a.json", uses), ("cases/b.json", uses), ("cases/fragments.json", "{,}")]);
        let found = discover(&[dir.path().to_owned()], &Reading::of(&Profile::story_engine()));
        assert_eq!(found.errors.len(), 1, "{:?}", found.errors);
        assert!(found.errors[0].to_string().contains("fragments.json:1:2"), "{:?}", found.errors);
    }

    #[test]
    fn a_sequence_that_contains_itself_is_an_error_and_not_a_loop() {
        let dir =
            files(&[("a.json", r#"{"name": "a", "cases": ["b"]}"#), ("b.json", r#"{"name": "b", "cases": ["a"]}"#)]);
        let found = discover(&[dir.path().join("a.json")], &Reading::of(&Profile::story_engine()));
        let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        assert!(errors.len() == 1 && errors[0].contains("b.json:1:25: this sequence contains itself"), "{errors:?}");
    }

    #[test]
    fn a_file_in_another_encoding_is_named_with_it() {
        let dir = files(&[]);
        let utf16: Vec<u8> = CASE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, found) in [
            ([&[0xff, 0xfe], utf16.as_slice()].concat(), "UTF-16LE"),
            (utf16.clone(), "UTF-16LE"),
            (b"{\"name\":\n \"caf\xe9\"}".to_vec(), "a.json:2:6: this file is not UTF-8 here: the byte 0xe9"),
        ] {
            let path = dir.path().join("a.json");
            std::fs::write(&path, bytes).unwrap();
            let errors = discover(&[path], &Reading::of(&Profile::story_engine())).errors;
            assert!(errors[0].to_string().contains(found), "{errors:?}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let dir = files(&[("a.json", r#"{"name": "a", "cases": ["gone"]}"#)]);
        let found =
            discover(&[dir.path().to_owned(), dir.path().join("nowhere.json")], &Reading::of(&Profile::story_engine()));
        let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        assert!(errors[0].contains("a.json:1:25: there is no case") && errors[0].contains("gone.json"), "{errors:?}");
        assert!(errors[1].contains("nowhere.json"), "{errors:?}");
    }
}
