//! What monitoring asks of a store besides the queue's depth.

use std::collections::BTreeMap;

/// A store's totals and its size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// Leases that have expired since the deployment began, all workers together: their holders cannot count them.
    pub leases_expired: u64,
    /// Requests that became dead letters since the deployment began, by the slug of their problem.
    pub failed: BTreeMap<String, u64>,
    /// Bytes in use: of Redis' memory, of the shard that is fullest; of the embedded database's file.
    pub used_bytes: u64,
    /// How many bytes that may become; none without a limit.
    pub limit_bytes: Option<u64>,
}

impl StoreFigures {
    /// How full the store is, to compare shards.
    pub(super) fn fullness(&self) -> (u64, u64) {
        (self.limit_bytes.map_or(0, |limit| self.used_bytes.saturating_mul(1000) / limit.max(1)), self.used_bytes)
    }
}
