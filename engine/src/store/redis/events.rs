//! The event log in Redis: `game-events:{id}`, a stream for reading and a channel of the same name for following.

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{EventId, GameId};

use super::codec;
use super::listen::Channels;
use super::script::{self, ScriptArgs};
use super::unexpected::unexpected_reply;
use super::{RedisStore, StoreError};
use crate::store::{Events, LogRead, Subscription};

#[async_trait]
impl Events for RedisStore {
    async fn read_log(&self, game: GameId, after: Option<EventId>, limit: usize) -> Result<LogRead, StoreError> {
        let mut call = ScriptArgs::new().id(game).arg(limit);
        if let Some(after) = after {
            call = call.arg(after.epoch).arg(after.offset);
        }
        let mut reply: Vec<redis::Value> = self.shard(game).run(&script::READ_LOG, &call).await?;
        if reply.is_empty() {
            return Err(unexpected_reply("read_log", &reply));
        }
        let entries = reply.split_off(1);
        let text = |value: redis::Value| {
            redis::from_redis_value::<String>(value).map_err(|error| unexpected_reply("read_log", &error))
        };
        let kind = text(reply.remove(0))?;
        if kind == "events" {
            let mut events = Vec::new();
            for entry in entries {
                let (id, fields): (String, Vec<String>) =
                    redis::from_redis_value(entry).map_err(|error| unexpected_reply("read_log", &error))?;
                for event in codec::events_of_entry(&id, fields)? {
                    if after.is_none_or(|after| event.id.epoch != after.epoch || event.id.offset > after.offset) {
                        events.push(Arc::new(event));
                    }
                }
            }
            // Entries were counted, and one may hold two events.
            events.truncate(limit);
            return Ok(LogRead::Events(events));
        }
        let mut rest = entries.into_iter().map(text);
        match (rest.next().transpose()?.as_deref(), rest.next().transpose()?) {
            (Some(reason), Some(head)) => Ok(LogRead::Reset {
                reason: if reason == "lost" {
                    "the store has lost later events"
                } else {
                    "the log no longer reaches back that far"
                },
                head: head.parse().map_err(|error: protocol::IdError| unexpected_reply("read_log", &error))?,
            }),
            other => Err(unexpected_reply("read_log", &other)),
        }
    }

    async fn subscribe(&self, game: GameId) -> Result<Subscription, StoreError> {
        let channels = self.channels.get_or_init(|| Channels::start(&self.shards, self.fanout.clone()));
        channels.subscribe(game).await
    }
}
