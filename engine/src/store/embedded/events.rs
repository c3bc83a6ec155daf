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
            let Some(after) = after else { return entries(step, game, 0, limit) };
            let (key, head) = (game.to_string(), step.cursor(game)?);
            let first: u64 = step
                .first("SELECT offset FROM events WHERE game_id = ?1 ORDER BY offset LIMIT 1", [&key], |row| {
                    row.get(0).map(unsigned)
                })?
                .unwrap_or(head.offset + 1);
            // The event must be kept, or be the one before the first one kept. It must also be the one that had this offset in the
            // reader's epoch, because that one may be among those that were lost.
            let epoch: Option<u64> = step.first(
                "SELECT epoch FROM events WHERE game_id = ?1 AND offset BETWEEN ?2 AND ?2 + 1 ORDER BY offset LIMIT 1",
                (&key, signed(after.offset)),
                |row| row.get(0).map(unsigned),
            )?;
            let reaches = (first..=head.offset + 1).contains(&after.offset.saturating_add(1));
            if reaches && (after.offset == 0 || epoch == Some(after.epoch)) {
                return entries(step, game, after.offset, limit);
            }
            let lost = after.offset >= first;
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
