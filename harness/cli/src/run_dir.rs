//! The directory of a run: logs, configurations and stores. It is removed at the end, and by a later run if this one was killed.
//!
//! A living run holds a lock on a file in its directory. The kernel gives it up however the run ends, and unlike a process id
//! it is never used by another process, also not where containers share a directory for temporary files.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// How the names of such directories begin.
const PREFIX: &str = "harness-run-";

/// How the names of directories begin that `--keep` leaves. They are never swept.
const KEPT_PREFIX: &str = "harness-kept-";

/// The file that a living run has locked.
const LOCK: &str = "run.lock";

/// A directory for a run. Dropping it removes it.
#[derive(Debug)]
pub(super) struct RunDir {
    // Removed before the lock is given up.
    dir: TempDir,
    _lock: File,
}

impl RunDir {
    /// Makes a directory below `root`, after removing those of runs that were killed.
    pub(super) fn create(root: &Path, keep: bool) -> io::Result<Self> {
        sweep(root);
        let prefix = if keep { KEPT_PREFIX } else { PREFIX };
        let dir = tempfile::Builder::new().prefix(prefix).tempdir_in(root)?;
        // The file gets its name only when it is locked: a sweep never sees an unlocked one of a living run.
        let unnamed = dir.path().join("new.lock");
        let lock = File::create(&unnamed)?;
        lock.lock()?;
        fs::rename(&unnamed, dir.path().join(LOCK))?;
        Ok(Self { dir, _lock: lock })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Leaves it where it is.
    pub(super) fn keep(self) -> PathBuf {
        self.dir.keep()
    }
}

/// Removes the directories of runs that were killed. What cannot be removed, because it belongs to another user, stays.
fn sweep(root: &Path) {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        let Ok(lock) = File::open(entry.path().join(LOCK)) else { continue };
        match lock.try_lock() {
            Ok(()) => drop(fs::remove_dir_all(entry.path())),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_run_is_swept_and_a_living_or_kept_one_is_not() {
        let root = tempfile::tempdir().unwrap();
        let living = RunDir::create(root.path(), false).unwrap();
        let kept = RunDir::create(root.path(), true).unwrap().keep();
        let killed = root.path().join("harness-run-killed");
        fs::create_dir(&killed).unwrap();
        fs::write(killed.join(LOCK), "").unwrap();
        fs::write(killed.join("api.log"), "up").unwrap();
        let other = root.path().join("harness-run-without-lock");
        fs::create_dir(&other).unwrap();
        let next = RunDir::create(root.path(), false).unwrap();
        assert!(!killed.exists());
        assert!(living.path().exists() && kept.exists() && other.exists() && next.path().exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }
}
