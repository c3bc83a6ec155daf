//! What operators look at, in SQLite.

use async_trait::async_trait;
use protocol::{AttemptView, RequestId};

use super::values::{corrupt, unsigned};
use super::{EmbeddedStore, StoreError, budgets};
use crate::dead_letter::read_attempts;
use crate::{Bucket, Spending, Watch};

#[async_trait]
impl Watch for EmbeddedStore {
    async fn attempts(&self, id: RequestId) -> Result<Vec<AttemptView>, StoreError> {
        self.step(move |step| {
            let sql = "SELECT attempts FROM requests WHERE id = ?1";
            let record: Option<Option<String>> = step.first(sql, [id.to_string()], |row| row.get(0))?;
            read_attempts(&record.flatten().unwrap_or_default())
                .map_err(|error| corrupt("the attempts of a request", error))
        })
        .await
    }

    async fn unfinished(&self, buckets: &[Bucket]) -> Result<Vec<u64>, StoreError> {
        let buckets = buckets.to_vec();
        self.step(move |step| {
            let count = |bucket: &Bucket| {
                step.first("SELECT unfinished FROM buckets WHERE name = ?1", [bucket.as_str()], |row| {
                    row.get(0).map(unsigned)
                })
                .map(Option::unwrap_or_default)
            };
            buckets.iter().map(count).collect()
        })
        .await
    }

    async fn used(&self, buckets: &[Bucket]) -> Result<Vec<Spending>, StoreError> {
        let buckets = buckets.to_vec();
        self.step(move |step| budgets::used(step, &buckets)).await
    }
}
