//! Keys, capabilities and owners in Redis: `api-keys` (hash, on the first shard), `game-capabilities:{game}` (hash).

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{GameId, KeyId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::connection::Connection;
use super::step::{self, StepArgs, millis};
use super::unexpected::{from_json, unexpected_reply};
use super::{RedisStore, StoreError};
use crate::secret::SecretHash;
use crate::{
    Access, AddOutcome, Keys, NewCapability, NewKey, Owner, StoreOptions, Stored, StoredCapability, StoredKey, Subject,
};

/// What a record says besides its times.
#[derive(Debug, Serialize, Deserialize)]
struct Body<T> {
    hash: SecretHash,
    grants: T,
}

#[async_trait]
impl Keys for RedisStore {
    async fn add_key(&self, key: &NewKey) -> Result<AddOutcome<StoredKey>, StoreError> {
        let NewKey { hash, grants, expires_in } = key;
        let most = Most::Others(self.options.max_keys);
        add(self.keys_shard(), "", hash, grants, *expires_in, (most, self.options.ticket_lifetime)).await
    }

    async fn key(&self, id: &KeyId) -> Result<Option<StoredKey>, StoreError> {
        let (now, found) = read(self.keys_shard(), &StepArgs::new().arg("").id(id)).await?;
        Ok(found.into_iter().find(|key| key.is_valid(now)))
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let (_, mut found) = read(self.keys_shard(), &StepArgs::new().arg("")).await?;
        found.sort_by_key(|key: &StoredKey| (key.created_at, key.id()));
        Ok(found)
    }

    async fn delete_key(&self, id: &KeyId) -> Result<bool, StoreError> {
        let shard = self.keys_shard();
        shard.query(redis::cmd("HDEL").arg(format!("{}api-keys", shard.prefix())).arg(id.as_str())).await
    }

    async fn access(&self, subject: Subject, capability: Option<&SecretHash>) -> Result<Option<Access>, StoreError> {
        let shown = capability.map(|hash| hash.id().to_string()).unwrap_or_default();
        let (shard, call) = match subject {
            Subject::Game(game) => (self.shard(game), StepArgs::new().arg("game").id(game)),
            Subject::Request(request) => (self.shard_of(request), StepArgs::new().arg("request").id(request)),
        };
        let reply: Vec<String> = shard.run(&step::ACCESS, &call.arg(shown)).await?;
        let [game, tenant, user, found, now] = &reply[..] else {
            return if reply.is_empty() { Ok(None) } else { Err(unexpected_reply("access", &reply)) };
        };
        let wrong = |error: protocol::IdError| unexpected_reply("access", &error);
        let owner = if tenant.is_empty() {
            None
        } else {
            let user = if user.is_empty() { None } else { Some(user.parse().map_err(wrong)?) };
            Some(Owner { tenant: tenant.parse().map_err(wrong)?, user })
        };
        let found: Option<StoredCapability> = if found.is_empty() { None } else { Some(record(found)?) };
        let now = time(now)?;
        let granted = found
            .filter(|found| found.is_valid(now) && capability.is_some_and(|shown| found.hash.is(shown)))
            .map(|found| found.grants);
        Ok(Some(Access { game: game.parse().map_err(wrong)?, owner, capability: granted }))
    }

    async fn add_capability(
        &self,
        game: GameId,
        capability: &NewCapability,
    ) -> Result<AddOutcome<StoredCapability>, StoreError> {
        let NewCapability { hash, access, expires_in } = capability;
        let StoreOptions { max_capabilities, max_tickets, ticket_lifetime, .. } = &self.options;
        let is_ticket = *expires_in == Some(*ticket_lifetime);
        let most = if is_ticket { Most::Tickets(*max_tickets) } else { Most::Others(*max_capabilities) };
        add(self.shard(game), &game.to_string(), hash, access, *expires_in, (most, *ticket_lifetime)).await
    }

    async fn capabilities(&self, game: GameId) -> Result<Vec<StoredCapability>, StoreError> {
        capabilities(self.shard(game), game).await
    }

    async fn delete_capability(&self, game: GameId, id: &KeyId) -> Result<bool, StoreError> {
        let shard = self.shard(game);
        shard.query(redis::cmd("HDEL").arg(shard.key("game-capabilities", game)).arg(id.as_str())).await
    }
}

/// The capabilities of a game that are valid, the oldest first.
pub(super) async fn capabilities(shard: &Connection, game: GameId) -> Result<Vec<StoredCapability>, StoreError> {
    let (now, mut found) = read(shard, &StepArgs::new().id(game)).await?;
    found.retain(|capability: &StoredCapability| capability.is_valid(now));
    found.sort_by_key(|capability| (capability.created_at, capability.id()));
    Ok(found)
}

impl RedisStore {
    /// A key belongs to no game, so one shard has them all.
    fn keys_shard(&self) -> &Connection {
        &self.shards[0]
    }
}

/// How many there may be of what is stored.
enum Most {
    /// The oldest ends when there is one more.
    Tickets(usize),
    /// One more is refused.
    Others(usize),
}

async fn add<T: Serialize + DeserializeOwned + Clone>(
    shard: &Connection,
    game: &str,
    hash: &SecretHash,
    grants: &T,
    expires_in: Option<Duration>,
    (most, ticket_lifetime): (Most, Duration),
) -> Result<AddOutcome<Stored<T>>, StoreError> {
    let call = StepArgs::new()
        .arg(game)
        .id(hash.id())
        .arg(expires_in.map(|wait| millis(wait).to_string()).unwrap_or_default())
        .json(&Body { hash: hash.clone(), grants: grants.clone() })?
        .arg(millis(ticket_lifetime));
    let call = match most {
        Most::Tickets(most) => call.arg("ticket").arg(most),
        Most::Others(most) => call.arg("").arg(most),
    };
    let reply: Vec<String> = shard.run(&step::ADD_SECRET, &call).await?;
    match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["done", stored] => record(stored).map(AddOutcome::Done),
        ["full"] => Ok(AddOutcome::Full),
        ["unknown"] => Ok(AddOutcome::UnknownGame),
        _ => Err(unexpected_reply("storing a key", &reply)),
    }
}

/// The records that are asked for, and the time of the store.
async fn read<T: DeserializeOwned>(
    shard: &Connection,
    call: &StepArgs,
) -> Result<(Timestamp, Vec<Stored<T>>), StoreError> {
    let reply: Vec<String> = shard.run(&step::SECRETS, call).await?;
    let Some((now, records)) = reply.split_first() else { return Err(unexpected_reply("keys", &reply)) };
    Ok((time(now)?, records.iter().map(|text| record(text)).collect::<Result<_, _>>()?))
}

fn record<T: DeserializeOwned>(text: &str) -> Result<Stored<T>, StoreError> {
    let mut parts = text.splitn(3, ' ');
    let (Some(created), Some(ends), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(unexpected_reply("the record of a key", &"it has other parts"));
    };
    let Body { hash, grants } = from_json("the record of a key", body)?;
    let expires_at = if ends == "-" { None } else { Some(time(ends)?) };
    Ok(Stored { hash, grants, created_at: time(created)?, expires_at })
}

fn time(text: &str) -> Result<Timestamp, StoreError> {
    let ms = text.parse().map_err(|error| unexpected_reply("a time", &error))?;
    Timestamp::from_millisecond(ms).map_err(|error| unexpected_reply("a time", &error))
}
