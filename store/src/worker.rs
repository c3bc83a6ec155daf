//! The workers of a deployment, as operators see them.

use async_trait::async_trait;
use protocol::{WorkerInfo, WorkerView};

use super::{StoreError, WorkerId};

/// The workers that live.
#[async_trait]
pub trait Workers {
    /// Keeps what a worker says of itself, until it retires. Repeat it now and then: a store that was emptied forgets it.
    async fn announce_worker(&self, worker: &WorkerId, about: &WorkerInfo) -> Result<(), StoreError>;

    /// Ends the leases that earlier processes of this worker hold, as its name says: their attempts are lost, and the next claim
    /// goes on with their requests. Returns how many there were, of the 1,000 leases that expire first; none for a worker
    /// without a name.
    async fn end_former_leases(&self, worker: &WorkerId) -> Result<usize, StoreError>;

    /// The workers that were seen within three lease TTLs, with their turns (of 1,000 at most), by name.
    async fn workers(&self) -> Result<Vec<WorkerView>, StoreError>;
}
