//! The workers of a process: one for each store whose games it plays, with claims, slots and leases of its own.

use std::sync::Arc;

use futures::future::join_all;
use store::tiers::TierStore;
use store::{SharedStore, WorkerId};
use story::Library;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::config::Config;
use crate::llm::Models;
use crate::retention::{Archive, Retention};
use crate::watchdog::Watchdog;
use crate::worker::Worker;

/// What workers are made of.
pub(super) struct Workers {
    /// Under which name the process works, in every store.
    pub(super) id: WorkerId,
    pub(super) stores: Vec<TierStore>,
    pub(super) library: Arc<Library>,
    pub(super) models: Arc<Models>,
    pub(super) config: Config,
    pub(super) watchdog: Watchdog,
    pub(super) archive: Option<Archive>,
}

impl Workers {
    /// Works until `stop` is cancelled and all turns have ended. Where a store is away, the others are worked for.
    pub(super) async fn run(self, stop: CancellationToken) {
        join_all(self.stores.iter().map(|store| self.work_for(store, &stop))).await;
    }

    async fn work_for(&self, tier: &TierStore, stop: &CancellationToken) {
        let store = tokio::select! {
            () = stop.cancelled() => return,
            store = tier.wait() => SharedStore::clone(store),
        };
        let search = Retention::new(Arc::clone(&store), self.archive.clone(), &self.config.retention);
        let _search = search.map(|search| AbortOnDropHandle::new(tokio::spawn(search.run(stop.clone()))));
        let (library, models) = (Arc::clone(&self.library), Arc::clone(&self.models));
        let worker = Worker::new(store, library, models, &self.config, &self.watchdog).known_as(self.id.clone());
        worker.run(stop.clone()).await;
    }
}
