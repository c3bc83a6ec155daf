//! Files that change while a person looks at the results: what `harness run --watch` waits for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// So long nothing may change before what changed counts as whole: an editor writes a file in several steps, a linker takes
/// its time.
const QUIET: Duration = Duration::from_millis(200);

/// What is watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// Case files, and directories with them: cases and snapshots count.
    pub cases: Vec<PathBuf>,
    /// Directories in which everything counts.
    pub trees: Vec<PathBuf>,
    /// Files.
    pub files: Vec<PathBuf>,
}

/// Watches places and reports what changes there.
#[derive(Debug)]
pub(crate) struct Changes {
    watcher: RecommendedWatcher,
    events: mpsc::UnboundedReceiver<PathBuf>,
    places: Places,
    /// What has changed and was not reported yet.
    changed: BTreeSet<PathBuf>,
}

impl Changes {
    /// Watches nothing yet.
    pub(crate) fn new() -> notify::Result<Self> {
        let (sender, events) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            for path in event.into_iter().filter(|event| changes_content(event.kind)).flat_map(|event| event.paths) {
                // Nobody listens any more once the harness ends.
                let _ = sender.send(path);
            }
        })?;
        Ok(Self { watcher, events, places: Places::default(), changed: BTreeSet::new() })
    }

    /// Watches these places from now on, besides those that were watched before. What is not there is not watched.
    pub(crate) fn watch(&mut self, places: Places) {
        let places = places.real();
        let recursive = |path: &PathBuf| (path.clone(), RecursiveMode::Recursive);
        // A file is watched by its directory: editors and linkers put another file in its place.
        let beside = |path: &PathBuf| path.parent().map(|dir| (dir.to_owned(), RecursiveMode::NonRecursive));
        let (dirs, files): (Vec<_>, Vec<_>) = places.cases.iter().partition(|path| path.is_dir());
        let trees = dirs.into_iter().chain(&places.trees).map(recursive);
        for (path, mode) in files.into_iter().chain(&places.files).filter_map(beside).chain(trees) {
            // Gone in this moment, or out of watches: what is left is still worth watching.
            if let Err(error) = self.watcher.watch(&path, mode) {
                note!("{} is not watched: {error}", path.display());
            }
        }
        self.places = places;
    }

    /// Waits for changes until no more come, and returns what has changed. No change is lost if the future is
    /// dropped.
    pub(crate) async fn next(&mut self) -> BTreeSet<PathBuf> {
        loop {
            let event = if self.changed.is_empty() {
                self.events.recv().await
            } else {
                match tokio::time::timeout(QUIET, self.events.recv()).await {
                    Ok(event) => event,
                    Err(_) => return std::mem::take(&mut self.changed),
                }
            };
            match event {
                Some(path) if self.places.hold(&path) => {
                    self.changed.insert(path);
                }
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }
}

impl Places {
    fn real(self) -> Self {
        // A file that is being replaced is not there at this moment; its directory is.
        let placed = |path: PathBuf| {
            path.canonicalize().ok().or_else(|| Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?)))
        };
        let real = |paths: Vec<PathBuf>| paths.into_iter().filter_map(placed).collect();
        Self { cases: real(self.cases), trees: real(self.trees), files: real(self.files) }
    }

    /// Whether a change of this file counts. What a run itself writes must not, or it would never end.
    fn hold(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_case = name.ends_with(".json") || name.ends_with(".snap");
        let under = |root: &PathBuf| path.strip_prefix(root).ok();
        let hidden = |rest: &Path| rest.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
        // A case that was named as a file has its snapshots next to it.
        let snapshot = |case: &PathBuf| {
            let (dir, stem) = (case.parent(), case.file_stem().unwrap_or_default().to_string_lossy());
            dir.is_some_and(|dir| path.parent() == Some(&dir.join("snapshots")))
                && name.strip_prefix(&*stem).is_some_and(|rest| rest.starts_with('.'))
        };
        is_case && self.cases.iter().any(|root| under(root).is_some_and(|rest| !hidden(rest)) || snapshot(root))
            || self.trees.iter().filter_map(under).any(|rest| !hidden(rest))
            || self.files.iter().any(|file| file == path)
    }
}

/// Whether a file is another one after such an event, and not only read or looked at.
const fn changes_content(kind: EventKind) -> bool {
    match kind {
        EventKind::Create(_) | EventKind::Remove(_) => true,
        EventKind::Modify(kind) => !matches!(kind, ModifyKind::Metadata(_)),
        EventKind::Any | EventKind::Access(_) | EventKind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn what_changes_is_told_once_and_what_a_run_writes_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for name in ["cases/snapshots", "cases/.harness", "content", "bin"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        fs::write(root.join("bin/engine"), "").unwrap();
        let mut changes = Changes::new().unwrap();
        changes.watch(Places {
            cases: vec![root.join("cases")],
            trees: vec![root.join("content")],
            files: vec![root.join("bin/engine"), root.join("bin/gone")],
        });
        for name in [
            "cases/a.json",
            "cases/notes.md",
            "cases/.harness/last-run.json",
            "cases/snapshots/a.events.snap",
            "cases/snapshots/a.events.snap.new",
            "content/x.json",
            "bin/other",
        ] {
            fs::write(root.join(name), "x").unwrap();
        }
        // Put in its place, as a linker does.
        fs::rename(root.join("bin/other"), root.join("bin/engine")).unwrap();
        let reported = changes.next().await;
        let reported: Vec<_> =
            reported.iter().map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap()).collect();
        assert_eq!(reported, ["bin/engine", "cases/a.json", "cases/snapshots/a.events.snap", "content/x.json"]);
    }

    #[test]
    fn a_case_that_is_named_as_a_file_is_watched_with_its_snapshots_only() {
        let places = Places { cases: vec![PathBuf::from("/c/a.json")], ..Places::default() };
        for (path, counts) in [
            ("/c/a.json", true),
            ("/c/b.json", false),
            ("/c/snapshots/a.events.snap", true),
            ("/c/snapshots/ab.events.snap", false),
            ("/c/snapshots/a.events.snap.new", false),
        ] {
            assert_eq!(places.hold(Path::new(path)), counts, "{path}");
        }
    }
}
