//! The event log in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{EventId, GameId};

use super::rows::{self, EVENT};
use super::step::{Step, signed, unsigned};
use super::{EmbeddedStore, StoreError};
use crate::store::{Events, LogEvent, LogRead, Subscription};

#[async_trait]
impl Events for EmbeddedStore {
    async fn read_log(&self, game: GameId, after: Option<EventId>, limit: usize) -> Result<LogRead, StoreError> {
        self.step(move |step| {
            let Some(after) = after.filter(|id| id.offset > 0) else { return entries(step, game, 0, limit) };
            let key = game.to_string();
            let epoch_at = |offset: u64| {
                step.first(
                    "SELECT epoch FROM events WHERE game_id = ?1 AND offset = ?2",
                    (&key, signed(offset)),
                    |row| row.get(0).map(unsigned),
                )
            };
            // The event itself is kept, or it is the one before the first one kept.
            let follows = match epoch_at(after.offset)? {
                Some(epoch) => epoch == after.epoch,
                None => epoch_at(after.offset + 1)?.is_some_and(|epoch| epoch >= after.epoch),
            };
            if follows {
                return entries(step, game, after.offset, limit);
            }
            let head = step.cursor(game)?;
            let lost = after.offset > head.offset;
            let reason =
                if lost { "the store has lost later events" } else { "the log no longer reaches back that far" };
            Ok(LogRead::Reset { reason, head })
        })
        .await
    }

    async fn subscribe(&self, game: GameId) -> Result<Subscription, StoreError> {
        Ok(self.fanout.subscribe(game).0)
    }
}

fn entries(step: &Step<'_>, game: GameId, after: u64, limit: usize) -> Result<LogRead, StoreError> {
    let sql = format!("SELECT {EVENT} FROM events WHERE game_id = ?1 AND offset > ?2 ORDER BY offset LIMIT ?3");
    let events: Vec<LogEvent> = step.all(&sql, (game.to_string(), signed(after), signed(limit as u64)), rows::event)?;
    Ok(LogRead::Events(events.into_iter().map(Arc::new).collect()))
}
