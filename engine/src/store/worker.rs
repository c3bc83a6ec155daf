//! The workers of a deployment, as operators see them.

use async_trait::async_trait;
use protocol::{WorkerInfo, WorkerView};

use super::{StoreError, WorkerId};

/// The workers that live.
#[async_trait]
pub trait Workers {
    /// Keeps what a worker says of itself, until it retires. Repeat it now and then: a store that was emptied forgets it.
    async fn announce_worker(&self, worker: &WorkerId, about: &WorkerInfo) -> Result<(), StoreError>;

    /// The workers that were seen within three lease TTLs, with their turns (of 1,000 at most), by name.
    async fn workers(&self) -> Result<Vec<WorkerView>, StoreError>;
}
