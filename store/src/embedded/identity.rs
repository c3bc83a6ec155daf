//! Whether the database's file is still the one that was opened.
//!
//! A file that is deleted or replaced under a running engine stays open: everything works, and all that is written goes with the process.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The file that was opened.
#[derive(Debug)]
pub(super) struct FileIdentity {
    path: PathBuf,
    device_and_inode: (u64, u64),
}

impl FileIdentity {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let found = path.metadata()?;
        Ok(Self { path: path.to_owned(), device_and_inode: (found.dev(), found.ino()) })
    }

    /// What has happened to the file, if it is not in its place any more.
    pub(super) async fn lost(&self) -> Option<String> {
        let what = match tokio::fs::metadata(&self.path).await {
            Ok(found) if (found.dev(), found.ino()) == self.device_and_inode => return None,
            Ok(_) => "was replaced",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "was deleted",
            // A directory that cannot be read for a moment says nothing of the file.
            Err(_) => return None,
        };
        Some(format!(
            "{} {what} since this process began: what is written now is lost when it ends",
            self.path.display()
        ))
    }
}
