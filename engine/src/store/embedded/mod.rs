//! The embedded backend: SQLite in one file, for one process, with nothing to install.
//!
//! Steps run in transactions on one thread that owns the database; another one carries what is committed from the log into
//! the file. Subscribers and idle workers live in this process, so they are told directly, after the commit.

mod claim;
mod events;
mod file;
mod games;
mod inspect;
mod lanes;
mod letters;
mod queue;
mod rows;
mod step;
mod thread;
mod wal;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::{Notify, broadcast};

pub use self::file::{OpenError, Sync};
use self::step::Step;
use self::thread::DatabaseThread;
use self::wal::Carrier;
use super::fanout::Fanout;
use super::{Inspection, LeaseToken, Store, StoreError, StoreOptions, WorkerId};

/// More revoked leases than this are not kept for a worker that does not look; its heartbeat tells it the same.
const REVOKED_KEPT: usize = 256;

/// Games, queue and events in a SQLite file, or in memory.
#[derive(Debug)]
pub struct EmbeddedStore {
    database: DatabaseThread,
    fanout: Fanout,
    work: Arc<Notify>,
    revoked: broadcast::Sender<LeaseToken>,
    /// Those of this process, for no other has the store open.
    workers: Mutex<HashSet<WorkerId>>,
    at: Option<PathBuf>,
    sync: Sync,
}

impl EmbeddedStore {
    /// Opens the store in a directory, which is made if it is not there. A second process is refused.
    pub fn open(directory: &Path, sync: Sync, options: StoreOptions) -> Result<Self, OpenError> {
        let (connection, lock) = file::open(directory, sync)?;
        let carrier = Carrier::start(&directory.join(file::NAME))?;
        Ok(Self::start(connection, Some((carrier, lock)), options, Some(directory.to_owned()), sync))
    }

    /// Whether there is a store in a directory.
    #[must_use]
    pub fn is_in(directory: &Path) -> bool {
        directory.join(file::NAME).exists()
    }

    /// A store that is gone with the process, for tests.
    pub fn in_memory(options: StoreOptions) -> Result<Self, OpenError> {
        Ok(Self::start(file::open_in_memory()?, None, options, None, Sync::Normal))
    }

    fn start(
        connection: rusqlite::Connection,
        file: Option<(Carrier, std::fs::File)>,
        options: StoreOptions,
        at: Option<PathBuf>,
        sync: Sync,
    ) -> Self {
        let (fanout, work, revoked) = (Fanout::default(), Arc::new(Notify::new()), broadcast::channel(REVOKED_KEPT).0);
        let database =
            DatabaseThread::start(connection, file, options, fanout.clone(), Arc::clone(&work), revoked.clone());
        Self { database, fanout, work, revoked, workers: Mutex::default(), at, sync }
    }

    fn workers(&self) -> MutexGuard<'_, HashSet<WorkerId>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a step, as a whole or not at all.
    async fn step<T: Send + 'static>(
        &self,
        step: impl FnOnce(&mut Step<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.database.run(step).await
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.step(|_| Ok(())).await
    }

    async fn describe(&self) -> Result<String, StoreError> {
        let Some(directory) = &self.at else { return Ok("embedded store in memory: gone with the process".to_owned()) };
        let guarantee = match self.sync {
            Sync::Normal => "nothing accepted is lost when the process is killed; power loss may take the last moments",
            Sync::Full => "nothing accepted is lost, also over power loss",
        };
        Ok(format!("embedded store (SQLite) in {}: {guarantee}", directory.display()))
    }

    async fn inspect(&self, repair: bool) -> Result<Inspection, StoreError> {
        self.step(move |step| inspect::inspect(step, repair)).await
    }
}
