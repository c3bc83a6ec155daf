//! Checkpoints the write-ahead log into the database file, on a thread and a connection of its own: a checkpoint waits for the
//! disk twice, and on the database thread every step would wait with it.

use std::path::Path;
use std::sync::mpsc::{self, SyncSender};
use std::thread::JoinHandle;

use rusqlite::Connection;

/// After how many committed steps a checkpoint is made: they write about a thousand pages, or fewer if they share transactions.
const STEPS: usize = 128;
/// How many pages (of 4 kB) the log may have before the writer checkpoints the rest itself. The log can restart from its beginning
/// only while nobody writes to it, and under a load that never pauses this is the only such moment.
pub(super) const LONGEST: u32 = 16_384;

/// The handle of the checkpoint thread. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct WalCheckpointer {
    /// Taken when the handle is dropped.
    request: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Committed steps since the last request.
    steps: usize,
}

/// The state of the checkpoint thread.
struct Checkpoints {
    connection: Connection,
    /// How many requests to skip: the writer makes these checkpoints.
    skips: u32,
}

impl Checkpoints {
    fn run(&mut self) {
        if self.skips > 0 {
            self.skips -= 1;
            return;
        }
        // A page that cannot be moved now is moved by the next checkpoint.
        let pages = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, u32>(1));
        if pages.is_ok_and(|pages| pages >= LONGEST) {
            // The writer cannot checkpoint while this thread does. The next request may be waiting already; before the one after it
            // the writer commits and is alone with the log.
            self.skips = 2;
        }
    }
}

impl WalCheckpointer {
    pub(super) fn start(file: &Path) -> Result<Self, rusqlite::Error> {
        let mut checkpoints = Checkpoints { connection: Connection::open(file)?, skips: 0 };
        let (request, requests) = mpsc::sync_channel(1);
        let thread = std::thread::spawn(move || {
            while requests.recv().is_ok() {
                checkpoints.run();
            }
        });
        Ok(Self { request: Some(request), thread: Some(thread), steps: 0 })
    }

    /// Counts committed steps, and requests a checkpoint when there are enough.
    pub(super) fn committed(&mut self, steps: usize) {
        self.steps += steps;
        if self.steps >= STEPS
            && let Some(request) = &self.request
        {
            self.steps = 0;
            // If a request is waiting already, its checkpoint includes these steps.
            let _ = request.try_send(());
        }
    }
}

impl Drop for WalCheckpointer {
    fn drop(&mut self) {
        drop(self.request.take());
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has closed its connection as well.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::Synchronous;
    use crate::embedded::file::{self, NAME};

    #[test]
    fn what_is_committed_reaches_the_database_file_while_it_is_open() {
        let directory = tempfile::tempdir().unwrap();
        let (connection, _lock) = file::open(directory.path(), Synchronous::Normal).unwrap();
        connection.execute_batch("CREATE TABLE ballast (text TEXT)").unwrap();
        let path = directory.path().join(NAME);
        let mut checkpointer = WalCheckpointer::start(&path).unwrap();

        for _ in 0..STEPS {
            connection.execute("INSERT INTO ballast VALUES (?1)", ["x".repeat(8_000)]).unwrap();
            checkpointer.committed(1);
        }
        drop(checkpointer);

        assert!(std::fs::metadata(&path).unwrap().len() > STEPS as u64 * 8_000);
    }

    #[test]
    fn a_log_that_has_grown_long_is_left_to_the_writer_for_a_while() {
        let directory = tempfile::tempdir().unwrap();
        let (connection, _lock) = file::open(directory.path(), Synchronous::Normal).unwrap();
        connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        connection.execute_batch("CREATE TABLE ballast (bytes BLOB)").unwrap();
        let write =
            |pages: u32| connection.execute("INSERT INTO ballast VALUES (zeroblob(?1))", [pages * 4_096]).unwrap();
        let path = directory.path().join(NAME);
        let checkpointed = || std::fs::metadata(&path).unwrap().len();
        let mut checkpoints = Checkpoints { connection: Connection::open(&path).unwrap(), skips: 0 };

        write(LONGEST);
        checkpoints.run();
        let first = checkpointed();
        write(100);
        for _ in 0..2 {
            checkpoints.run();
            assert_eq!(checkpointed(), first);
        }
        checkpoints.run();
        assert!(checkpointed() > first);
    }
}
