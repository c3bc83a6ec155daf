//! The event log in Redis: `game-events:{id}`, a stream for reading and a channel of the same name for following.

use std::fmt::Display;
use std::sync::Arc;

use async_trait::async_trait;
use protocol::{EventId, GameId};

use super::codec;
use super::listen::Channels;
use super::step::{self, StepArgs};
use super::unexpected::unexpected_reply;
use super::{RedisStore, StoreError};
use crate::joined::{self, JoinedError};
use crate::{Events, Games as _, LogEvent, LogRead, Subscription};

/// Whether an event is missing after `after` or between others: an engine of the release before this one appends behind chunks
/// that it does not know of, and they cannot be kept then.
fn has_gap(events: &[LogEvent], after: Option<EventId>) -> Result<bool, StoreError> {
    let mut last = after.map(|after| after.offset);
    for event in events {
        let first = joined::first(event).map_err(|error| unreadable(&event.id, &error))?;
        if last.is_some_and(|last| first != last + 1) {
            return Ok(true);
        }
        last = Some(event.id.offset);
    }
    Ok(false)
}

fn unreadable(id: &impl Display, error: &JoinedError) -> StoreError {
    StoreError::Corrupt { what: format!("event `{id}`"), reason: error.to_string() }
}

#[async_trait]
impl Events for RedisStore {
    async fn read_log(&self, game: GameId, after: Option<EventId>, limit: usize) -> Result<LogRead, StoreError> {
        let mut call = StepArgs::new().id(game).arg(limit);
        if let Some(after) = after {
            call = call.arg(after.epoch).arg(after.offset);
        }
        let mut reply: Vec<redis::Value> = self.shard(game).run(&step::READ_LOG, &call).await?;
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
                let unreadable = |error| unreadable(&id, &error);
                match id.strip_prefix("tail ") {
                    Some(id) => {
                        for chunk in codec::events_of_entry(id, fields)? {
                            events.extend(joined::pieces(&chunk, after).map_err(unreadable)?);
                        }
                    }
                    None => {
                        for event in codec::events_of_entry(&id, fields)? {
                            events.extend(joined::rest(event, after).map_err(unreadable)?);
                        }
                    }
                }
            }
            // Entries were counted, and one may hold several events.
            events.truncate(limit);
            if has_gap(&events, after)? {
                let head = self.game(game).await?.map_or(EventId { epoch: 0, offset: 0 }, |game| game.cursor);
                return Ok(LogRead::Reset { reason: "the log has a gap", head });
            }
            return Ok(LogRead::Events(events.into_iter().map(Arc::new).collect()));
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
