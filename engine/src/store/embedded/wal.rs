//! Carries the write-ahead log over into the database file, on a thread and a connection of its own: that waits for the disk
//! twice, and whoever wanted to write meanwhile would wait as long.

use std::path::Path;
use std::sync::mpsc::{self, SyncSender};
use std::thread::JoinHandle;

use rusqlite::Connection;

/// After how many committed steps the log is carried over; those that write anything make some thousand pages, or fewer if
/// they share transactions.
const STEPS: usize = 128;
/// How many pages (of 4 kB) the log may have before the writer carries over the rest itself. The log can begin anew only while
/// nobody writes to it, and under a load that never pauses that is the one such moment.
pub(super) const LONGEST: u32 = 16_384;

/// The way to the thread. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Carrier {
    /// Taken when the way is dropped.
    tell: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Since it was last told.
    steps: usize,
}

/// What the thread works with.
struct Carrying {
    connection: Connection,
    /// How many calls are still the writer's.
    rests: u32,
}

impl Carrying {
    fn called(&mut self) {
        if self.rests > 0 {
            self.rests -= 1;
            return;
        }
        // What is not carried over now is next time, or by the writer.
        let pages = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, u32>(1));
        if pages.is_ok_and(|pages| pages >= LONGEST) {
            // The writer cannot carry over the rest while this thread does. A next call may wait already; before the one after it the
            // writer commits, and has the log to itself.
            self.rests = 2;
        }
    }
}

impl Carrier {
    pub(super) fn start(file: &Path) -> Result<Self, rusqlite::Error> {
        let mut carrying = Carrying { connection: Connection::open(file)?, rests: 0 };
        let (tell, told) = mpsc::sync_channel(1);
        let thread = std::thread::spawn(move || {
            while told.recv().is_ok() {
                carrying.called();
            }
        });
        Ok(Self { tell: Some(tell), thread: Some(thread), steps: 0 })
    }

    /// Counts steps that are committed.
    pub(super) fn committed(&mut self, steps: usize) {
        self.steps += steps;
        if self.steps >= STEPS
            && let Some(tell) = &self.tell
        {
            self.steps = 0;
            // One that is told already has not begun yet.
            let _ = tell.try_send(());
        }
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        drop(self.tell.take());
        if let Some(thread) = self.thread.take() {
            // One that has panicked has closed its connection as well.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::embedded::Sync;
    use crate::store::embedded::file::{self, NAME};

    #[test]
    fn what_is_committed_reaches_the_database_file_while_it_is_open() {
        let directory = tempfile::tempdir().unwrap();
        let (connection, _lock) = file::open(directory.path(), Sync::Normal).unwrap();
        connection.execute_batch("CREATE TABLE ballast (text TEXT)").unwrap();
        let path = directory.path().join(NAME);
        let mut carrier = Carrier::start(&path).unwrap();

        for _ in 0..STEPS {
            connection.execute("INSERT INTO ballast VALUES (?1)", ["x".repeat(8_000)]).unwrap();
            carrier.committed(1);
        }
        drop(carrier);

        assert!(std::fs::metadata(&path).unwrap().len() > STEPS as u64 * 8_000);
    }

    #[test]
    fn a_log_that_has_grown_long_is_left_to_the_writer_for_a_while() {
        let directory = tempfile::tempdir().unwrap();
        let (connection, _lock) = file::open(directory.path(), Sync::Normal).unwrap();
        connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        connection.execute_batch("CREATE TABLE ballast (bytes BLOB)").unwrap();
        let write =
            |pages: u32| connection.execute("INSERT INTO ballast VALUES (zeroblob(?1))", [pages * 4_096]).unwrap();
        let path = directory.path().join(NAME);
        let carried = || std::fs::metadata(&path).unwrap().len();
        let mut carrying = Carrying { connection: Connection::open(&path).unwrap(), rests: 0 };

        write(LONGEST);
        carrying.called();
        let first = carried();
        write(100);
        for _ in 0..2 {
            carrying.called();
            assert_eq!(carried(), first);
        }
        carrying.called();
        assert!(carried() > first);
    }
}
