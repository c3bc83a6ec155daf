//! Dead letters in Redis: `chat-requests-failed`, a stream of whole records, and its index by request.

use std::cmp::Reverse;
use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{DeadLetter, DeadLetters, IdError, RequestId};

use super::codec::{Fields, accepted};
use super::connection::Connection;
use super::step::{self, StepArgs};
use super::unexpected::unexpected_reply;
use super::{RedisStore, StoreError};
use crate::{DeadLetterCursor, DeadLetterId, DeadLetterQueue, DeadLetterRetry};

/// The entry of a dead letter: its id, which begins with the time at which it was made, and its fields.
type Entry = (String, HashMap<String, String>);

#[async_trait]
impl DeadLetterQueue for RedisStore {
    async fn dead_letters(&self, after: Option<DeadLetterCursor>, limit: usize) -> Result<DeadLetters, StoreError> {
        // Ids order the dead letters of a shard; between shards the time in them does, and of one id the requests.
        let mut all: Vec<(DeadLetterId, DeadLetter)> = Vec::new();
        let from = after.map_or_else(|| "+".to_owned(), |after| after.id.to_string());
        for shard in &self.shards {
            let mut page = redis::cmd("XREVRANGE");
            // One more than is shown says whether there are more, and one may be the last of the page before.
            page.arg(stream(shard)).arg(&from).arg("-").arg("COUNT").arg(limit.saturating_add(2));
            for entry in shard.query::<Vec<Entry>>(&page).await? {
                let (id, letter) = (parse_id(&entry.0)?, read(entry)?);
                if !after.is_some_and(|after| after.had(id, letter.request_id)) {
                    all.push((id, letter));
                }
            }
        }
        all.sort_by_key(|(id, letter)| Reverse((*id, letter.request_id)));
        let more = all.len() > limit;
        all.truncate(limit);
        let last = all.last().filter(|_| more);
        let next = last.map(|(id, letter)| DeadLetterCursor { id: *id, request: Some(letter.request_id) }.to_string());
        let mut dead_letters = Vec::with_capacity(all.len());
        for (_, letter) in all {
            dead_letters.push(self.with_its_game(letter).await?);
        }
        Ok(DeadLetters { dead_letters, next })
    }

    async fn dead_letter(&self, id: RequestId) -> Result<Option<DeadLetter>, StoreError> {
        let shard = self.shard_of(id);
        let mut find = redis::cmd("HGET");
        find.arg(format!("{}:index", stream(shard))).arg(id.to_string());
        let Some(entry) = shard.query::<Option<String>>(&find).await? else { return Ok(None) };
        let mut range = redis::cmd("XRANGE");
        range.arg(stream(shard)).arg(&entry).arg(&entry);
        let Some(entry) = shard.query::<Vec<Entry>>(&range).await?.pop() else { return Ok(None) };
        self.with_its_game(read(entry)?).await.map(Some)
    }

    async fn retry_dead_letter(&self, id: RequestId) -> Result<DeadLetterRetry, StoreError> {
        let reply: Vec<String> = self.shard_of(id).run(&step::RETRY_DEAD_LETTER, &StepArgs::new().id(id)).await?;
        match reply.first().map(String::as_str) {
            Some("accepted") => accepted(&reply).map(DeadLetterRetry::Queued),
            Some("unknown") => Ok(DeadLetterRetry::Unknown),
            Some("no_game") => Ok(DeadLetterRetry::NoGame),
            _ => Err(unexpected_reply("retry_dead_letter", &reply)),
        }
    }

    async fn delete_dead_letter(&self, id: RequestId) -> Result<bool, StoreError> {
        let deleted: u8 = self.shard_of(id).run(&step::DELETE_DEAD_LETTER, &StepArgs::new().id(id)).await?;
        Ok(deleted == 1)
    }
}

impl RedisStore {
    /// The record does not say who narrates the game, nor how far it is: that may have changed since. One of an earlier release does not say either whose it is.
    async fn with_its_game(&self, letter: DeadLetter) -> Result<DeadLetter, StoreError> {
        let shard = self.shard(letter.game_id);
        let mut read = redis::cmd("HMGET");
        read.arg(shard.key("gamestate", letter.game_id)).arg(&["provider", "tenant", "user", "version"]);
        let (provider, tenant, user, version): (Option<String>, Option<String>, Option<String>, Option<String>) =
            shard.query(&read).await?;
        // One that cannot be read is for the inspection to find.
        let game_version = version.and_then(|version| version.parse().ok());
        let wrong = |error: IdError| unexpected_reply("an owner", &error.to_string());
        let tenant = tenant.map(|tenant| tenant.parse()).transpose().map_err(wrong)?;
        let user = user.map(|user| user.parse()).transpose().map_err(wrong)?;
        let (tenant, user) = (letter.tenant.clone().or(tenant), letter.user.clone().or(user));
        Ok(DeadLetter { provider, tenant, user, game_version, ..letter })
    }
}

fn stream(shard: &Connection) -> String {
    format!("{}chat-requests-failed", shard.prefix())
}

fn parse_id(id: &str) -> Result<DeadLetterId, StoreError> {
    id.parse().map_err(|_| unexpected_reply("a dead letter's id", &id))
}

fn read((id, fields): Entry) -> Result<DeadLetter, StoreError> {
    let failed_at =
        Timestamp::from_millisecond(parse_id(&id)?.ms).map_err(|error| unexpected_reply("a time", &error))?;
    Fields::new(format!("dead letter {id}"), fields).dead_letter(failed_at)
}
