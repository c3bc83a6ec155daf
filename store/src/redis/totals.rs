//! Totals since a shard began, which scripts keep in `totals`, and how full its server is.

use std::collections::HashMap;

use super::connection::Connection;
use crate::{StoreError, StoreFigures};

/// The totals of a shard, with the memory of its server.
pub(super) async fn figures(shard: &Connection) -> Result<StoreFigures, StoreError> {
    let mut read = redis::pipe();
    read.hgetall(format!("{}totals", shard.prefix())).cmd("INFO").arg("memory");
    let (totals, info): (HashMap<String, u64>, String) = shard.query_all(&read).await?;
    let bytes = |name: &str| {
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.and_then(|value| value.trim().parse::<u64>().ok()).unwrap_or_default()
    };
    let failed = totals.iter().filter_map(|(name, total)| Some((name.strip_prefix("failed:")?.to_owned(), *total)));
    Ok(StoreFigures {
        leases_expired: totals.get("leases_expired").copied().unwrap_or_default(),
        failed: failed.collect(),
        used_bytes: bytes("used_memory"),
        limit_bytes: Some(bytes("maxmemory")).filter(|limit| *limit > 0),
    })
}

/// What all shards have counted, and the size of the fullest.
pub(super) async fn all(shards: &[Connection]) -> Result<StoreFigures, StoreError> {
    let mut all = StoreFigures::default();
    for shard in shards {
        let one = figures(shard).await?;
        if one.fullness() > all.fullness() {
            (all.used_bytes, all.limit_bytes) = (one.used_bytes, one.limit_bytes);
        }
        all.leases_expired += one.leases_expired;
        for (slug, total) in one.failed {
            *all.failed.entry(slug).or_default() += total;
        }
    }
    Ok(all)
}
