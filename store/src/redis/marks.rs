//! Whether the shards still hold what they held when this process began.
//!
//! Each shard has a mark: a random id that the first engine writes. A Redis that comes back empty, or with the data of another deployment, has none or
//! another one. Counting games would not show it: a deployment may have none, and games are deleted on purpose.

use uuid::Uuid;

use super::StoreError;
use super::connection::Connection;

/// The marks of the shards, in their order. None of a shard that takes no writes and had none yet.
#[derive(Debug)]
pub(super) struct Marks(Vec<Option<String>>);

impl Marks {
    /// Reads the marks, and sets those that are not there yet.
    pub(super) async fn of(shards: &[Connection]) -> Result<Self, StoreError> {
        let mut marks = Vec::with_capacity(shards.len());
        for shard in shards {
            marks.push(match read(shard).await? {
                Some(mark) => Some(mark),
                None => set(shard).await?,
            });
        }
        Ok(Self(marks))
    }

    /// What is wrong with each shard that has lost its mark.
    pub(super) async fn lost(&self, shards: &[Connection]) -> Result<Vec<String>, StoreError> {
        let mut lost = Vec::new();
        for (number, (mark, shard)) in self.0.iter().zip(shards).enumerate() {
            let Some(mark) = mark else { continue };
            let what = match read(shard).await? {
                None => "is empty, or was emptied",
                Some(found) if found != *mark => "holds other data",
                Some(_) => continue,
            };
            let place = if shards.len() == 1 { "Redis".to_owned() } else { format!("the Redis of shard {number}") };
            lost.push(format!("{place} {what} since this process began"));
        }
        Ok(lost)
    }
}

fn key(shard: &Connection) -> String {
    shard.named("deployment-mark")
}

async fn read(shard: &Connection) -> Result<Option<String>, StoreError> {
    shard.query(redis::cmd("GET").arg(key(shard))).await
}

/// Sets the mark, unless another process does so first, or the server takes no writes: what is there can be looked at all the same.
async fn set(shard: &Connection) -> Result<Option<String>, StoreError> {
    let mark = Uuid::new_v4().to_string();
    match shard.query::<Option<String>>(redis::cmd("SET").arg(key(shard)).arg(mark).arg("NX")).await {
        Ok(_) => read(shard).await,
        Err(error @ StoreError::Unavailable { .. }) if !error.is_unreachable() => Ok(None),
        Err(error) => Err(error),
    }
}
