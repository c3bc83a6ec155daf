//! What operators look at besides the queue.

use async_trait::async_trait;
use protocol::{AttemptView, RequestId};

use super::{Bucket, Spending, StoreError};

/// Looks at what the store keeps. Nothing is changed.
#[async_trait]
pub trait Watch {
    /// How the attempts at a request ended that did not commit, the first one first.
    async fn attempts(&self, id: RequestId) -> Result<Vec<AttemptView>, StoreError>;

    /// How many unfinished requests each of these buckets has, which a limit counts.
    async fn unfinished(&self, buckets: &[Bucket]) -> Result<Vec<u64>, StoreError>;

    /// What is used of the budgets of these buckets: tokens in the last 24 hours, and cost in the last 30 days. What turns have reserved that run
    /// is part of it.
    async fn used(&self, buckets: &[Bucket]) -> Result<Vec<Spending>, StoreError>;
}
