//! The thread that owns the database: it runs steps one after the other, and notifies the process of their effects once they are
//! committed. Steps that wait at the same time share a transaction, because most of a step's cost is its commit; each step is all
//! or nothing.

use std::any::Any;
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{Notify, broadcast, oneshot};

use super::rows::unavailable;
use super::step::{Effects, Step};
use super::wal::WalCheckpointer;
use crate::contents::Contents;
use crate::fanout::Fanout;
use crate::measure::{function_of, measured};
use crate::{LeaseToken, StoreError, StoreOptions};

/// How many steps share a transaction at most: the first returns only with the last.
const MAX_BATCH: usize = 32;

/// What a step returns, whatever its type is: the way to the thread and back is compiled once for all of them.
type Returned = Box<dyn Any + Send>;
type Run = Box<dyn FnOnce(&mut Step<'_>) -> Result<Returned, StoreError> + Send>;

/// A step that waits for the thread, its result, and the caller that waits for it.
struct Job {
    /// Taken when it runs.
    step: Option<Run>,
    result: Result<Returned, StoreError>,
    reply: oneshot::Sender<Result<Returned, StoreError>>,
}

impl Job {
    /// Runs it. If it fails, its writes are rolled back.
    fn run(&mut self, running: &mut Step<'_>) -> Result<(), StoreError> {
        if let Some(step) = self.step.take() {
            self.result = step(running);
        }
        self.result.as_ref().map(|_| ()).map_err(StoreError::clone)
    }

    /// Sends the result to the caller, or the error of the commit.
    fn reply(self, committed: Result<(), StoreError>) {
        // If the caller is gone, the step has happened all the same.
        let _ = self.reply.send(committed.and(self.result));
    }
}

/// The handle of the thread. Dropping it ends the thread and closes the database, so that it can be opened again.
#[derive(Debug)]
pub(super) struct DatabaseThread {
    /// Taken when the handle is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// The state of the thread.
struct Database {
    connection: Connection,
    epoch: u64,
    options: StoreOptions,
    contents: Contents,
    fanout: Fanout,
    work: Arc<Notify>,
    revoked: broadcast::Sender<LeaseToken>,
    /// Of a database in a file: its WAL thread, and the lock that keeps other processes out for as long as it is open.
    file: Option<(WalCheckpointer, File)>,
}

impl DatabaseThread {
    pub(super) fn start(
        connection: Connection,
        file: Option<(WalCheckpointer, File)>,
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
            let contents = Contents::new(options.contents_cached);
            let mut database = Database { connection, epoch, options, contents, fanout, work, revoked, file };
            while let Ok(first) = receiver.recv() {
                let mut jobs = vec![first];
                jobs.extend(receiver.try_iter().take(MAX_BATCH - 1));
                match database.run(&mut jobs) {
                    // In order, as if each step had been alone: no worker is notified that a lease is revoked before it gets that lease.
                    Ok(done) => {
                        let committed_at = SystemTime::now();
                        for (job, effects) in jobs.into_iter().zip(done) {
                            database.notify(effects, committed_at);
                            job.reply(Ok(()));
                        }
                    }
                    Err(error) => jobs.into_iter().for_each(|job| job.reply(Err(error.clone()))),
                }
            }
        });
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    /// Runs a step; its effects are committed when this returns `Ok`, and undone when it returns `Err`.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        step: impl FnOnce(&mut Step<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let name = function_of(&step);
        let returned = self.run_any(name, Box::new(|running| Ok(Box::new(step(running)?)))).await?;
        returned.downcast().map(|returned| *returned).map_err(|_| broken("it returned something else"))
    }

    /// Begins a step for whose outcome nobody waits. It is tried once.
    pub(super) fn begin(&self, step: impl FnOnce(&mut Step<'_>) -> Result<(), StoreError> + Send + 'static) {
        let step: Run = Box::new(|running| Ok(Box::new(step(running)?)));
        let job = Job { step: Some(step), result: Err(broken("it panicked")), reply: oneshot::channel().0 };
        // A thread that has ended has closed the database.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
    }

    async fn run_any(&self, name: &'static str, step: Run) -> Result<Returned, StoreError> {
        let (reply, received) = oneshot::channel();
        let gone = || StoreError::unreachable("the database thread has ended");
        // What the caller gets if the step panics.
        let panicked = Err(broken("it panicked; the log says where"));
        let job = Job { step: Some(step), result: panicked, reply };
        let run = async {
            self.jobs.as_ref().ok_or_else(gone)?.send(job).map_err(|_| gone())?;
            received.await.map_err(|_| gone())?
        };
        measured(name.into(), run).await
    }
}

fn broken(reason: &str) -> StoreError {
    StoreError::Corrupt { what: "a step".to_owned(), reason: reason.to_owned() }
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
    /// Runs steps in one transaction; returns the effects of each that succeeded. If the transaction fails, all of them have
    /// failed.
    fn run(&mut self, jobs: &mut [Job]) -> Result<Vec<Effects>, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unavailable)?;
        // One of several steps is rolled back without the others. A savepoint costs a copy of each page, so a single step has none.
        let shared = jobs.len() > 1;
        let savepoint =
            |sql| transaction.prepare_cached(sql).and_then(|mut moved| moved.execute([])).map_err(unavailable);
        let mut done = Vec::with_capacity(jobs.len());
        for job in jobs {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            let mut step = Step {
                tx: &transaction,
                now: i64::try_from(now).unwrap_or(i64::MAX),
                epoch: self.epoch,
                options: &self.options,
                contents: &self.contents,
                effects: Effects::default(),
            };
            if shared {
                savepoint("SAVEPOINT step")?;
            }
            // A step that panics fails alone: were the thread to end, one game that cannot be counted on would end all others.
            let run = panic::catch_unwind(AssertUnwindSafe(|| job.run(&mut step)));
            match run.unwrap_or_else(|_| Err(StoreError::unreachable("a step panicked"))) {
                Ok(()) => done.push(step.effects),
                // SQLite has rolled back the whole transaction by itself, as it does when the disk is full.
                Err(error) if transaction.is_autocommit() => return Err(error),
                Err(_) if shared => {
                    savepoint("ROLLBACK TO step")?;
                    done.push(Effects::default());
                }
                // Dropping the transaction rolls it back.
                Err(_) => return Ok(vec![Effects::default()]),
            }
            if shared {
                savepoint("RELEASE step")?;
            }
        }
        transaction.commit().map_err(unavailable)?;
        if let Some((checkpointer, _)) = &mut self.file {
            checkpointer.committed(done.len());
        }
        Ok(done)
    }

    fn notify(&self, effects: Effects, committed_at: SystemTime) {
        let Effects { appended, deleted, revoked, wake } = effects;
        for (game, event) in appended {
            if !self.fanout.publish(game, event.committed(Some(committed_at))) {
                self.fanout.remove_if_unused(game);
            }
        }
        if wake {
            self.work.notify_one();
        }
        for token in revoked {
            // Fails only where no worker listens.
            let _ = self.revoked.send(token);
        }
        if let Some(game) = deleted {
            // Its subscribers read the log and find that the game is gone.
            self.fanout.resync_game(game);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::embedded::file;

    fn start(work: &Arc<Notify>) -> Arc<DatabaseThread> {
        let connection = file::open_in_memory().unwrap();
        let (options, fanout, revoked) = (StoreOptions::default(), Fanout::default(), broadcast::channel(1).0);
        Arc::new(DatabaseThread::start(connection, None, options, fanout, Arc::clone(work), revoked))
    }

    fn note(step: &Step<'_>, name: &str) -> Result<(), StoreError> {
        step.execute("INSERT INTO meta (name, value) VALUES (?1, '')", [name]).map(drop)
    }

    /// As a defect would in the middle of a step.
    fn panics() -> Result<(), StoreError> {
        panic!("the test wants it")
    }

    async fn noted(database: &DatabaseThread) -> Vec<String> {
        let names = "SELECT name FROM meta WHERE value = '' ORDER BY name";
        database.run(|step| step.all(names, [], |row| row.get(0).map_err(unavailable))).await.unwrap()
    }

    /// Keeps the thread busy until the returned sender is dropped: steps that are sent meanwhile share a transaction.
    fn hold(database: &Arc<DatabaseThread>) -> mpsc::Sender<()> {
        let (held, holds) = mpsc::channel::<()>();
        let database = Arc::clone(database);
        tokio::spawn(async move { database.run(move |_| holds.recv().or(Ok(()))).await });
        held
    }

    #[tokio::test]
    async fn a_step_that_fails_undoes_nothing_of_those_that_share_its_transaction() {
        let database = start(&Arc::default());
        let held = hold(&database);
        tokio::task::yield_now().await;

        let refuse = |step: &mut Step<'_>| note(step, "refused").and(Err::<(), _>(StoreError::LeaseLost));
        let before = database.run(|step| note(step, "before"));
        let refused = database.run(refuse);
        let after = database.run(|step| note(step, "after"));
        let release = async { drop(held) };
        let (before, refused, after, ()) = tokio::join!(before, refused, after, release);

        assert!(matches!((before, refused, after), (Ok(()), Err(StoreError::LeaseLost), Ok(()))));
        assert_eq!(noted(&database).await, ["after", "before"]);
    }

    #[tokio::test]
    async fn a_step_that_panics_fails_alone_and_the_thread_goes_on() {
        let database = start(&Arc::default());
        let held = hold(&database);
        tokio::task::yield_now().await;

        let before = database.run(|step| note(step, "before"));
        let panicking = database.run(|step| {
            note(step, "half")?;
            panics()
        });
        let after = database.run(|step| note(step, "after"));
        let release = async { drop(held) };
        let (before, broken, after, ()) = tokio::join!(before, panicking, after, release);
        assert!(matches!((before, broken, after), (Ok(()), Err(StoreError::Corrupt { .. }), Ok(()))));

        let alone = database.run(|step| {
            note(step, "alone")?;
            panics()
        });
        assert!(matches!(alone.await, Err(StoreError::Corrupt { .. })));
        assert_eq!(noted(&database).await, ["after", "before"]);
    }

    #[tokio::test]
    async fn when_there_is_no_space_left_all_that_share_the_transaction_fail_and_nobody_is_notified() {
        let work = Arc::default();
        let database = start(&work);
        let held = hold(&database);
        tokio::task::yield_now().await;

        let before = database.run(|step| {
            step.effects.wake = true;
            note(step, "before")
        });
        let full = database.run(|step| {
            step.first("PRAGMA max_page_count = 1", [], |_| Ok(()))?;
            note(step, &"x".repeat(100_000))
        });
        let after = database.run(|step| note(step, "after"));
        let release = async { drop(held) };
        let (before, full, after, ()) = tokio::join!(before, full, after, release);

        for answer in [before, full, after] {
            let Err(StoreError::Unavailable { outage: crate::Outage::Full, reason }) = answer else {
                panic!("{answer:?}")
            };
            assert!(reason.contains("full"), "{reason}");
        }
        assert!(noted(&database).await.is_empty());
        assert!(work.notified().now_or_never().is_none());
        let widen = |step: &mut Step<'_>| step.first("PRAGMA max_page_count = 100000", [], |_| Ok(()));
        database.run(widen).await.unwrap();
        database.run(|step| note(step, "later")).await.unwrap();
        assert_eq!(noted(&database).await, ["later"]);
    }

    #[tokio::test]
    async fn a_step_alone_that_finds_no_space_left_says_so() {
        let database = start(&Arc::default());
        let full = database.run(|step| {
            step.first("PRAGMA max_page_count = 1", [], |_| Ok(()))?;
            note(step, &"x".repeat(100_000))
        });
        let Err(StoreError::Unavailable { outage: crate::Outage::Full, reason }) = full.await else {
            panic!("there was space")
        };
        assert!(reason.contains("full"), "{reason}");
    }
}
