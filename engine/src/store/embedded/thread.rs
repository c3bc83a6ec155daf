//! The thread that owns the database: runs steps one after the other, and tells the process what they did once they
//! are committed.

use std::fs::File;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use protocol::GameId;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{Notify, broadcast, oneshot};

use super::rows::unavailable;
use super::step::Step;
use super::wal::Carrier;
use crate::store::fanout::{Fanout, LogEvent};
use crate::store::{LeaseToken, StoreError, StoreOptions};

type Job = Box<dyn FnOnce(&mut Database) + Send>;

/// The way to the thread. Dropping it ends the thread and closes the database, so that it can be opened again.
#[derive(Debug)]
pub(super) struct DatabaseThread {
    /// Taken when the way is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread owns.
struct Database {
    connection: Connection,
    epoch: u64,
    options: StoreOptions,
    fanout: Fanout,
    work: Arc<Notify>,
    revoked: broadcast::Sender<LeaseToken>,
    /// Of a database in a file. The lock is held for as long as it is open, so that no second process opens it.
    file: Option<(Carrier, File)>,
}

impl DatabaseThread {
    pub(super) fn start(
        connection: Connection,
        file: Option<(Carrier, File)>,
        options: StoreOptions,
        fanout: Fanout,
        work: Arc<Notify>,
        revoked: broadcast::Sender<LeaseToken>,
    ) -> Self {
        let (jobs, receiver) = mpsc::channel::<Job>();
        let thread = std::thread::spawn(move || {
            let epoch = connection
                .query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| row.get::<_, String>(0))
                .ok()
                .and_then(|epoch| epoch.parse().ok())
                .unwrap_or_default();
            let mut database = Database { connection, epoch, options, fanout, work, revoked, file };
            while let Ok(job) = receiver.recv() {
                job(&mut database);
            }
        });
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    /// Runs a step; its effects are committed when this returns `Ok`, and undone when it returns `Err`.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        step: impl FnOnce(&mut Step<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let gone = || StoreError::Unavailable { reason: "the database thread has ended".to_owned() };
        let job: Job = Box::new(move |database| {
            // A caller that has gone does not need the answer; the step has happened all the same.
            let _ = answer.send(database.run(step));
        });
        self.jobs.as_ref().ok_or_else(gone)?.send(job).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl Drop for DatabaseThread {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has closed the database as well.
            let _ = thread.join();
        }
    }
}

impl Database {
    fn run<T>(&mut self, step: impl FnOnce(&mut Step<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unavailable)?;
        let mut running = Step {
            tx: &transaction,
            now: i64::try_from(now).unwrap_or(i64::MAX),
            epoch: self.epoch,
            options: &self.options,
            appended: Vec::new(),
            deleted: None,
            revoked: Vec::new(),
            wake: false,
        };
        let value = step(&mut running)?;
        let Step { appended, deleted, revoked, wake, .. } = running;
        transaction.commit().map_err(unavailable)?;
        if let Some((carrier, _)) = &mut self.file {
            carrier.committed();
        }
        self.tell(appended, wake);
        for token in revoked {
            // Without a worker that listens, nobody needs to know.
            let _ = self.revoked.send(token);
        }
        if let Some(game) = deleted {
            // Whoever follows the game is to look again, and finds that it is gone.
            self.fanout.resync_game(game);
        }
        Ok(value)
    }

    fn tell(&self, appended: Vec<(GameId, LogEvent)>, wake: bool) {
        for (game, event) in appended {
            if !self.fanout.publish(game, event) {
                self.fanout.forget_if_unused(game);
            }
        }
        if wake {
            self.work.notify_one();
        }
    }
}
