//! The embedded backend: SQLite in one file, for one process, with nothing to install.
//!
//! Steps run in transactions on one thread that owns the database; another one checkpoints the write-ahead log into the file.
//! Subscribers and idle workers are in this process, so they are notified directly, after the commit.

mod accept;
mod audit;
mod backup;
mod backup_game;
mod budgets;
mod candidates;
mod changes;
mod charges;
mod claim;
mod contents;
mod dead_letters;
mod document;
mod events;
mod extras;
mod fair;
mod file;
mod games;
mod give_up;
mod identity;
mod inspect;
mod inspect_parts;
mod keys;
mod lanes;
mod pauses;
mod priority;
mod providers;
mod queue;
mod remembered;
mod resting;
mod row_keys;
mod rows;
mod staged;
mod step;
mod stop;
mod tenants;
mod thread;
mod totals;
mod turns;
mod values;
mod wal;
mod watch;
mod workers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use protocol::WorkerInfo;
use tokio::sync::{Notify, broadcast};

pub use self::backup::{BackupError, backup, restore};
pub use self::backup_game::restore_game;
pub use self::file::{OpenError, Synchronous};
use self::identity::FileIdentity;
use self::step::Step;
use self::thread::DatabaseThread;
use self::wal::WalCheckpointer;
use super::fanout::Fanout;
use super::{Inspection, LeaseToken, Store, StoreError, StoreFigures, StoreOptions};

/// A worker that reads late loses revoked leases beyond this number; its heartbeat then reports the same leases as lost.
const REVOKED_KEPT: usize = 256;

/// Games, queue and events in a SQLite file, or in memory.
#[derive(Debug)]
pub struct EmbeddedStore {
    database: DatabaseThread,
    fanout: Fanout,
    work: Arc<Notify>,
    revoked: broadcast::Sender<LeaseToken>,
    /// The workers of this process, and what they say of themselves: no other process has the store open.
    workers: Mutex<BTreeMap<String, Option<WorkerInfo>>>,
    directory: Option<PathBuf>,
    /// None of a store in memory.
    identity: Option<FileIdentity>,
    synchronous: Synchronous,
}

impl EmbeddedStore {
    /// Opens the store in a directory, which is created if needed. A second process is refused.
    pub fn open(directory: &Path, synchronous: Synchronous, options: StoreOptions) -> Result<Self, OpenError> {
        let (connection, lock) = file::open(directory, synchronous)?;
        priority::follow_lanes(&connection, &options)?;
        let path = directory.join(file::NAME);
        let checkpointer = WalCheckpointer::start(&path)?;
        let failed = |source| OpenError::Directory { directory: directory.to_owned(), source };
        let identity = Some(FileIdentity::of(&path).map_err(failed)?);
        let store =
            Self::start(connection, Some((checkpointer, lock)), options, Some(directory.to_owned()), synchronous);
        Ok(Self { identity, ..store })
    }

    /// Whether there is a store in a directory.
    #[must_use]
    pub fn is_in(directory: &Path) -> bool {
        directory.join(file::NAME).exists()
    }

    /// A store that ends with the process, for tests.
    pub fn in_memory(options: StoreOptions) -> Result<Self, OpenError> {
        let connection = file::open_in_memory()?;
        priority::follow_lanes(&connection, &options)?;
        Ok(Self::start(connection, None, options, None, Synchronous::Normal))
    }

    fn start(
        connection: rusqlite::Connection,
        file: Option<(WalCheckpointer, std::fs::File)>,
        options: StoreOptions,
        directory: Option<PathBuf>,
        synchronous: Synchronous,
    ) -> Self {
        let (fanout, work, revoked) = (Fanout::default(), Arc::new(Notify::new()), broadcast::channel(REVOKED_KEPT).0);
        let database =
            DatabaseThread::start(connection, file, options, fanout.clone(), Arc::clone(&work), revoked.clone());
        let workers = Mutex::default();
        Self { database, fanout, work, revoked, workers, directory, identity: None, synchronous }
    }

    /// Runs a step: all of it or nothing.
    fn step<T: Send + 'static>(
        &self,
        step: impl FnOnce(&mut Step<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        self.database.run(step)
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.step(|_| Ok(())).await
    }

    async fn probe_writes(&self) -> Vec<Result<(), StoreError>> {
        let probe = self.step(|step| {
            let sql = "INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', strftime('%s', 'now'))";
            step.execute(sql, []).map(drop)
        });
        vec![probe.await]
    }

    async fn figures(&self) -> Result<StoreFigures, StoreError> {
        self.step(|step| totals::figures(step)).await
    }

    async fn describe(&self) -> Result<String, StoreError> {
        let Some(directory) = &self.directory else {
            return Ok("embedded store in memory: gone with the process".to_owned());
        };
        let guarantee = match self.synchronous {
            Synchronous::Normal => {
                "nothing accepted is lost when the process is killed; power loss may take the last moments"
            }
            Synchronous::Full => "nothing accepted is lost, also over power loss",
        };
        Ok(format!("embedded store (SQLite) in {}: {guarantee}", directory.display()))
    }

    async fn risks(&self) -> Result<Vec<String>, StoreError> {
        // This process alone opens the file and says how it is written.
        Ok(Vec::new())
    }

    async fn lost(&self) -> Result<Vec<String>, StoreError> {
        let Some(identity) = &self.identity else { return Ok(Vec::new()) };
        Ok(identity.lost().await.into_iter().collect())
    }

    async fn clock_ahead(&self) -> Result<Option<f64>, StoreError> {
        Ok(None)
    }

    async fn inspect(&self, repair: bool) -> Result<Inspection, StoreError> {
        self.step(move |step| inspect::inspect(step, repair)).await
    }
}
