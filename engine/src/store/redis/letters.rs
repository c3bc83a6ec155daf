//! Dead letters in Redis: `chat-requests-failed`, a stream of whole records, and its index by request.

use std::cmp::Reverse;
use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{DeadLetter, DeadLetters, RequestId};

use super::codec::Fields;
use super::connection::Connection;
use super::queue::{accepted, surprising};
use super::script::{self, Call};
use super::{RedisStore, StoreError};
use crate::store::{LetterId, Letters, Revived};

/// A letter's entry: its id, which begins with the time of its making, and its fields.
type Entry = (String, HashMap<String, String>);

#[async_trait]
impl Letters for RedisStore {
    async fn dead_letters(&self, after: Option<LetterId>, limit: usize) -> Result<DeadLetters, StoreError> {
        // An entry's id orders the letters of a shard; between shards the time in it does.
        let mut all: Vec<(LetterId, DeadLetter)> = Vec::new();
        let from = match after {
            Some(after) => format!("({after}"),
            None => "+".to_owned(),
        };
        for shard in &self.shards {
            let mut page = redis::cmd("XREVRANGE");
            page.arg(stream(shard)).arg(&from).arg("-").arg("COUNT").arg(limit.saturating_add(1));
            for entry in shard.query::<Vec<Entry>>(&page).await? {
                all.push((place(&entry.0)?, letter(entry)?));
            }
        }
        all.sort_by_key(|(id, _)| Reverse(*id));
        let more = all.len() > limit;
        all.truncate(limit);
        let next = all.last().filter(|_| more).map(|(id, _)| id.to_string());
        Ok(DeadLetters { dead_letters: all.into_iter().map(|(_, letter)| letter).collect(), next })
    }

    async fn dead_letter(&self, id: RequestId) -> Result<Option<DeadLetter>, StoreError> {
        let shard = self.shard_of(id);
        let mut find = redis::cmd("HGET");
        find.arg(format!("{}:index", stream(shard))).arg(id.to_string());
        let Some(entry) = shard.query::<Option<String>>(&find).await? else { return Ok(None) };
        let mut read = redis::cmd("XRANGE");
        read.arg(stream(shard)).arg(&entry).arg(&entry);
        shard.query::<Vec<Entry>>(&read).await?.pop().map(letter).transpose()
    }

    async fn retry_letter(&self, id: RequestId) -> Result<Revived, StoreError> {
        let reply: Vec<String> = self.shard_of(id).run(&script::RETRY_LETTER, &Call::new().id(id)).await?;
        match reply.first().map(String::as_str) {
            Some("accepted") => accepted(&reply).map(Revived::Accepted),
            Some("unknown") => Ok(Revived::Unknown),
            Some("no_game") => Ok(Revived::NoGame),
            _ => Err(surprising("retry_letter", &reply)),
        }
    }

    async fn delete_letter(&self, id: RequestId) -> Result<bool, StoreError> {
        let deleted: u8 = self.shard_of(id).run(&script::DELETE_LETTER, &Call::new().id(id)).await?;
        Ok(deleted == 1)
    }
}

fn stream(shard: &Connection) -> String {
    format!("{}chat-requests-failed", shard.prefix())
}

fn place(id: &str) -> Result<LetterId, StoreError> {
    id.parse().map_err(|_| surprising("a dead letter's id", &id))
}

fn letter((id, fields): Entry) -> Result<DeadLetter, StoreError> {
    let failed_at = Timestamp::from_millisecond(place(&id)?.ms).map_err(|error| surprising("a time", &error))?;
    Fields::new(format!("dead letter {id}"), fields).dead_letter(failed_at)
}
