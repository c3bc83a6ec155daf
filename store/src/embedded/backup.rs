//! Copies of the database: one is made while an engine works on it, and becomes a store again elsewhere.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::file::{self, NAME, OpenError};
use crate::NotRestored;

/// How long a copy waits for the engine's writes.
const BUSY: Duration = Duration::from_secs(30);

/// A copy cannot be made, or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// What would be written is there already.
    #[error("{} is there already: it is not overwritten", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The copy is damaged.
    #[error("{} is no sound copy of a store: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite finds.
        reason: String,
    },
    /// The store, or the place for it, cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The one game that is asked for is not put back.
    #[error(transparent)]
    NotRestored(#[from] NotRestored),
    /// The store holds what it should not.
    #[error("{0}")]
    Store(String),
    /// SQLite refuses.
    #[error("the copy cannot be made: {0}")]
    Database(#[from] rusqlite::Error),
}

/// Copies the store in `directory` to a new file, as it is at one moment. An engine may have it open: it goes on meanwhile.
pub fn backup(directory: &Path, to: &Path) -> Result<(), BackupError> {
    if to.exists() {
        return Err(BackupError::Exists { path: to.to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let store = Connection::open_with_flags(directory.join(NAME), flags)?;
    store.busy_timeout(BUSY)?;
    // A consistent copy without its free pages, which no checkpoint of the log can disturb.
    store.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    let failed = |source| BackupError::File { path: to.to_owned(), source };
    File::open(to).and_then(|copy| copy.sync_all()).map_err(failed)?;
    check(to)
}

/// Makes a store of a copy, in a directory that has none.
///
/// It begins a new epoch: what the old store has appended since the copy is lost, so its offsets will be assigned again, and
/// readers that know the old ones are reset.
pub fn restore(copy: &Path, directory: &Path) -> Result<(), BackupError> {
    check(copy)?;
    let (store, draft) = (directory.join(NAME), directory.join("restoring.db"));
    std::fs::create_dir_all(directory).map_err(|source| BackupError::File { path: directory.to_owned(), source })?;
    let _lock = file::lock(directory)?;
    if store.exists() {
        return Err(BackupError::Exists { path: store });
    }
    let failed = |source| BackupError::File { path: draft.clone(), source };
    std::fs::copy(copy, &draft).map_err(failed)?;
    let opened = Connection::open(&draft)?;
    opened.execute("DELETE FROM meta WHERE name IN ('boot', 'sync')", [])?;
    opened.close().map_err(|(_, error)| error)?;
    File::open(&draft).and_then(|draft| draft.sync_all()).map_err(failed)?;
    std::fs::rename(&draft, &store).map_err(failed)?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}

/// Whether a copy is whole, and of a layout that this version reads.
pub(super) fn check(copy: &Path) -> Result<(), BackupError> {
    let damaged = |reason: String| BackupError::Damaged { path: copy.to_owned(), reason };
    let opened = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found: String =
        opened.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(|error| damaged(error.to_string()))?;
    if found != "ok" {
        return Err(damaged(found));
    }
    let layout = opened.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if file::reads(layout) { Ok(()) } else { Err(OpenError::Layout { found: layout }.into()) }
}
