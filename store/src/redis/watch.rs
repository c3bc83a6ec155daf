//! What operators look at, in Redis.

use std::collections::HashMap;

use async_trait::async_trait;
use protocol::{AttemptView, RequestId};

use super::unexpected::unexpected_reply;
use super::{RedisStore, StoreError, budgets};
use crate::dead_letter::read_attempts;
use crate::{Bucket, Spending, Watch};

#[async_trait]
impl Watch for RedisStore {
    async fn attempts(&self, id: RequestId) -> Result<Vec<AttemptView>, StoreError> {
        let shard = self.shard_of(id);
        let mut read = redis::cmd("HGET");
        read.arg(shard.key("chat-request-status", id)).arg("attempts");
        let record: Option<String> = shard.query(&read).await?;
        read_attempts(&record.unwrap_or_default())
            .map_err(|error| unexpected_reply("the attempts of a request", &error.to_string()))
    }

    async fn unfinished(&self, buckets: &[Bucket]) -> Result<Vec<u64>, StoreError> {
        let mut all = vec![0; buckets.len()];
        if buckets.is_empty() {
            return Ok(all);
        }
        for shard in &self.shards {
            let mut read = redis::pipe();
            for bucket in buckets {
                read.scard(shard.key("requests:of", bucket));
            }
            let counts: Vec<u64> = shard.query_all(&read).await?;
            all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        Ok(all)
    }

    async fn used(&self, buckets: &[Bucket]) -> Result<Vec<Spending>, StoreError> {
        let mut all = vec![Spending::default(); buckets.len()];
        if buckets.is_empty() {
            return Ok(all);
        }
        for shard in &self.shards {
            let mut read = redis::pipe();
            for bucket in buckets {
                read.hgetall(shard.key("used", bucket));
            }
            let now = shard.now().await?;
            let hashes: Vec<HashMap<String, i64>> = shard.query_all(&read).await?;
            all.iter_mut().zip(hashes).for_each(|(sum, hash)| *sum = *sum + budgets::used(&hash, now));
        }
        Ok(all)
    }
}
