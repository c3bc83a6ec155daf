//! What a deployment is agreed on: the layout of its data, and over how many shards its games are spread.

use std::sync::Arc;

use super::address::RedisAddress;
use super::failures::unavailable;
use super::servers::Servers;
use super::{RedisStore, StoreError};

/// The layouts that this version works on. An engine of another one would corrupt the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Each game holds its whole state. The release before this one reads no other.
    Whole,
    /// Games may be stored as what differs from their content.
    ByReference,
}

impl Layout {
    const ALL: [Self; 2] = [Self::Whole, Self::ByReference];
    /// The one in which deployments begin.
    pub(super) const LATEST: Self = Self::ByReference;

    pub(super) const fn number(self) -> u32 {
        match self {
            Self::Whole => 3,
            Self::ByReference => 4,
        }
    }

    pub(super) fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.number() == number)
    }

    /// Whether games may be stored as what differs from their content. They are read in either case: another engine may have moved the
    /// deployment on.
    pub(super) fn is_by_reference(self) -> bool {
        self == Self::ByReference
    }
}

/// What `engine migrate` finds, and does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migration {
    /// There is no deployment.
    NoStore,
    /// It has the latest layout.
    UpToDate,
    /// It has, or had, an earlier one.
    From(u32),
}

/// Sets the layout in one step, if it is still the one that was found.
const MOVE_ON: &str =
    "if redis.call('HGET', KEYS[1], 'layout') == ARGV[1] then redis.call('HSET', KEYS[1], 'layout', ARGV[2]) end";

/// The key that records how a deployment was created.
fn deployment_key(prefix: &str) -> String {
    format!("{prefix}deployment")
}

/// The field of the same key that says from which backup the deployment is being restored.
const RESTORING: &str = "restoring";

/// Marks a deployment that is not there yet as one that is being restored. Answers whether it is.
const BEGIN_RESTORE: &str = "
local layout, restoring = unpack(redis.call('HMGET', KEYS[1], 'layout', 'restoring'))
if layout then return restoring == ARGV[3] and 1 or 0 end
redis.call('HSET', KEYS[1], 'layout', ARGV[1], 'shards', ARGV[2], 'restoring', ARGV[3])
return 1";

/// Begins a deployment that is restored from a backup, or goes on with it. Answers `false` if there is another one.
pub(super) async fn begin_restore(
    address: RedisAddress,
    prefix: &str,
    shards: usize,
    backup: &str,
) -> Result<bool, StoreError> {
    let key = deployment_key(prefix);
    let servers = Servers::new(address)?;
    let begun = async {
        let mut connection = servers.owner_of(&key).await?.client.get_multiplexed_async_connection().await?;
        // Engines that went on after their Redis was emptied make games that belong to no deployment: they would be mixed with the backup's.
        let goes_on: bool = redis::cmd("HEXISTS").arg(&key).arg(RESTORING).query_async(&mut connection).await?;
        if !goes_on && has_games(&servers, prefix, shards).await? {
            return Ok(false);
        }
        let script = redis::Script::new(BEGIN_RESTORE);
        let mut call = script.key(&key);
        call.arg(Layout::LATEST.number()).arg(shards.max(1)).arg(backup);
        call.invoke_async::<bool>(&mut connection).await
    };
    begun.await.map_err(|error| unavailable(&error))
}

/// Whether there are games under a prefix, in one shard without a name or in several.
async fn has_games(servers: &Servers, prefix: &str, shards: usize) -> redis::RedisResult<bool> {
    let named = (0..shards.max(1)).map(|shard| format!("{prefix}{{s{shard}}}:games"));
    for key in std::iter::once(format!("{prefix}games")).chain(named) {
        let mut connection = servers.owner_of(&key).await?.client.get_multiplexed_async_connection().await?;
        if redis::cmd("EXISTS").arg(&key).query_async(&mut connection).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The restored deployment is complete: engines may start on it.
pub(super) async fn end_restore(servers: &Servers, prefix: &str) -> Result<(), StoreError> {
    let key = deployment_key(prefix);
    let ended = async {
        let mut connection = servers.owner_of(&key).await?.client.get_multiplexed_async_connection().await?;
        redis::cmd("HDEL").arg(&key).arg(RESTORING).query_async::<()>(&mut connection).await
    };
    ended.await.map_err(|error| unavailable(&error))
}

/// Stores the layout and the number of shards with the data, and refuses others: data would be misread, and games looked up on
/// the wrong shard.
pub(super) async fn agree(
    servers: &Arc<Servers>,
    prefix: &str,
    shards: usize,
    restores: Option<&str>,
) -> Result<Layout, StoreError> {
    let failed = |error: redis::RedisError| unavailable(&error);
    let connect = async |key: &str| servers.owner_of(key).await?.client.get_multiplexed_async_connection().await;
    // The first layout had this key instead of the hash, perhaps on another node.
    let first = format!("{prefix}shards");
    let mut connection = connect(&first).await.map_err(failed)?;
    if redis::cmd("EXISTS").arg(&first).query_async(&mut connection).await.map_err(failed)? {
        return Err(other_layout(1));
    }
    let key = deployment_key(prefix);
    let mut connection = connect(&key).await.map_err(failed)?;
    // Read first: a server that is full or a replica refuses even a write that would change nothing, and what is there can be looked at.
    let known: (Option<u32>, Option<usize>, Option<String>) =
        redis::Cmd::hmget(&key, &["layout", "shards", RESTORING]).query_async(&mut connection).await.map_err(failed)?;
    let (layout, kept, unfinished) = if let (Some(layout), Some(kept), unfinished) = known {
        (layout, kept, unfinished)
    } else {
        let (agreed,): ((u32, usize, Option<String>),) = redis::pipe()
            .atomic()
            .hset_nx(&key, "layout", Layout::LATEST.number())
            .ignore()
            .hset_nx(&key, "shards", shards)
            .ignore()
            .hmget(&key, &["layout", "shards", RESTORING])
            .query_async(&mut connection)
            .await
            .map_err(failed)?;
        agreed
    };
    let layout = Layout::of(layout).ok_or_else(|| other_layout(layout))?;
    if unfinished.as_deref() != restores {
        return Err(StoreError::Mismatch {
            reason: "a backup is being restored into this Redis, or was, and not all of it is here: run `engine restore` with the same \
                     file until it is done"
                .to_owned(),
        });
    }
    if kept != shards {
        return Err(StoreError::Mismatch {
            reason: format!(
                "this Redis keeps its games in {kept} shards, and {shards} are configured: set redis.shards = {kept}, or \
                 choose another redis.prefix for a new deployment"
            ),
        });
    }
    Ok(layout)
}

fn other_layout(layout: u32) -> StoreError {
    let [earlier, latest] = Layout::ALL.map(Layout::number);
    StoreError::Mismatch {
        reason: format!(
            "this Redis keeps its games in layout {layout}, and this engine reads layouts {earlier} and {latest}: run the engine that began \
             the deployment, or choose another redis.prefix for a new one"
        ),
    }
}

impl RedisStore {
    /// Whether there is a deployment: a command that only reads must not create one.
    pub async fn is_at(address: impl Into<RedisAddress>, prefix: &str) -> Result<bool, StoreError> {
        Ok(Self::migrate(address, prefix, false).await? != Migration::NoStore)
    }

    /// Finds out whether a deployment has an earlier layout, and moves it on to the latest if `really`. Games stay as they are stored, and
    /// those that are made from then on are stored in the new way. Engines of an earlier release are refused from then on; there must be none that
    /// runs already.
    pub async fn migrate(
        address: impl Into<RedisAddress>,
        prefix: &str,
        really: bool,
    ) -> Result<Migration, StoreError> {
        let key = deployment_key(prefix);
        let client = Servers::new(address.into())?.owner_of(&key).await.map_err(|error| unavailable(&error))?.client;
        let failed = |error: redis::RedisError| unavailable(&error);
        let mut connection = client.get_multiplexed_async_connection().await.map_err(failed)?;
        let found: Option<u32> =
            redis::cmd("HGET").arg(&key).arg("layout").query_async(&mut connection).await.map_err(failed)?;
        let Some(number) = found else { return Ok(Migration::NoStore) };
        match Layout::of(number).ok_or_else(|| other_layout(number))? {
            Layout::LATEST => return Ok(Migration::UpToDate),
            earlier if really => {
                let script = redis::Script::new(MOVE_ON);
                let mut call = script.prepare_invoke();
                call.key(&key).arg(earlier.number()).arg(Layout::LATEST.number());
                call.invoke_async::<()>(&mut connection).await.map_err(failed)?;
            }
            _ => {}
        }
        Ok(Migration::From(number))
    }
}
