//! What operators look at besides the queue.

use async_trait::async_trait;
use protocol::{AttemptView, RequestId};

use super::StoreError;

/// Looks at what the store keeps. Nothing is changed.
#[async_trait]
pub trait Watch {
    /// How the attempts at a request ended that did not commit, the first one first.
    async fn attempts(&self, id: RequestId) -> Result<Vec<AttemptView>, StoreError>;

    /// How many unfinished requests each of these buckets has, which a limit counts.
    async fn unfinished(&self, buckets: &[String]) -> Result<Vec<u64>, StoreError>;
}
