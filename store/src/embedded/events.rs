//! The event log in SQLite.

use std::sync::Arc;

use super::row_keys::RowKeys;
use super::rows::{self, EVENT, unavailable};
use super::step::Step;
use super::values::{corrupt, signed, unsigned};
use super::{EmbeddedStore, StoreError};
use crate::joined::{self, JoinedError};
use crate::{Events, LogEvent, LogRead, Subscription};
use async_trait::async_trait;
use protocol::{Event, EventId, EventName, GameId};

#[async_trait]
impl Events for EmbeddedStore {
    async fn read_log(&self, game: GameId, after: Option<EventId>, limit: usize) -> Result<LogRead, StoreError> {
        self.step(move |step| {
            let Some(after) = after else { return entries(step, game, None, limit) };
            let (rows, head) = (step.row_keys(game)?, step.cursor(game)?);
            let oldest = first_entry(step, rows.range())?;
            let first = oldest.map_or(Ok(head.offset + 1), |entry| joined::first(&entry).map_err(unreadable))?;
            // The event must be kept, or be the one before the first one kept. It must also be the one that had this offset in the
            // reader's epoch, because that one may be among those that were lost.
            let nearest = first_entry(step, (rows.key(after.offset), rows.last()))?;
            let reaches = (first..=head.offset + 1).contains(&after.offset.saturating_add(1));
            let is_known = after.offset == 0 || nearest.is_some_and(|entry| entry.id.epoch == after.epoch);
            if reaches && (is_known || first == after.offset + 1 && step.rested_at(game)? == Some(after)) {
                return entries(step, game, Some(after), limit);
            }
            // The log of a game that has rested, or came back from an archive, is empty until something happens.
            if after == head && first > head.offset {
                return entries(step, game, Some(after), limit);
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

impl Step<'_> {
    /// Appends an event to a game's log. Chunks before another event are joined.
    pub(super) fn append(&mut self, game: GameId, event: &Event) -> Result<(), StoreError> {
        let key = game.to_string();
        let (number, before) = self
            .first("SELECT number, epoch, offset FROM games WHERE id = ?1", [&key], |row| {
                Ok((row.get(0)?, EventId { epoch: unsigned(row.get(1)?), offset: unsigned(row.get(2)?) }))
            })?
            .ok_or_else(|| corrupt(format!("the log of {game}"), "the game is not there"))?;
        let (rows, offset) = (RowKeys::of_game(number)?, before.offset + 1);
        // Readers of a log that is gone have the game's last id. In another epoch the first event behind it could not be told from one
        // that has replaced others, so the game keeps this id.
        if before.epoch != self.epoch && before.offset > 0 && first_entry(self, rows.range())?.is_none() {
            self.execute("UPDATE games SET rested_at = ?2 WHERE id = ?1", (&key, before.to_string()))?;
        }
        if event.name() != EventName::ChatChunk {
            self.join_chunks(rows, event)?;
        }
        self.execute(
            "UPDATE games SET offset = ?2, epoch = ?3, rests_since = iif(lane_length = 0, ?4, NULL) WHERE id = ?1",
            (&key, signed(offset), signed(self.epoch), self.now),
        )?;
        let entry = LogEvent::from_event(EventId { epoch: self.epoch, offset }, event);
        self.execute(
            "INSERT INTO events (id, epoch, request, name, data) VALUES (?1, ?2, ?3, ?4, ?5)",
            (rows.key(offset), signed(self.epoch), entry.request.map(|id| id.to_string()), &entry.name, &entry.data),
        )?;
        let last_gone = offset.saturating_sub(self.options.events_kept as u64);
        self.execute("DELETE FROM events WHERE id >= ?1 AND id <= ?2", (rows.range().0, rows.key(last_gone)))?;
        self.effects.appended.push((game, entry));
        Ok(())
    }

    /// Joins the chunks at the end of a game's log, because `next` follows. They are of one attempt: another one begins with an event.
    fn join_chunks(&self, rows: RowKeys, next: &Event) -> Result<(), StoreError> {
        let (mut chunks, mut first) = (Vec::new(), 0);
        let mut backwards = self
            .tx
            .prepare_cached(
                "SELECT name, data, id, request, epoch FROM events WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC",
            )
            .map_err(unavailable)?;
        let mut entries = backwards.query(rows.range()).map_err(unavailable)?;
        let mut last = None;
        while let Some(row) = entries.next().map_err(unavailable)? {
            let at = || Ok((row.get::<_, i64>(2)?, row.get::<_, Option<String>>(3)?, row.get::<_, i64>(4)?));
            let name: String = row.get(0).map_err(unavailable)?;
            if name != EventName::ChatChunk.as_str() {
                break;
            }
            let (key, request, epoch) = at().map_err(unavailable)?;
            let (end, owner, written_in) = last.get_or_insert_with(|| (key, request.clone(), epoch));
            if (&request, epoch) != (&*owner, *written_in) || key + i64::try_from(chunks.len()).unwrap_or(0) != *end {
                break;
            }
            chunks.push(row.get::<_, String>(1).map_err(unavailable)?);
            first = key;
        }
        drop(entries);
        let Some((last, owner, _)) = last else { return Ok(()) };
        let is_void = joined::ends_void(next.name()) && next.request_id().map(|id| id.to_string()) == owner;
        if chunks.len() == 1 && !is_void {
            return Ok(());
        }
        let chunks: Vec<&str> = chunks.iter().rev().map(String::as_str).collect();
        let data = joined::join(&chunks, is_void).map_err(unreadable)?;
        self.execute("DELETE FROM events WHERE id >= ?1 AND id < ?2", (first, last))?;
        self.execute("UPDATE events SET data = ?2 WHERE id = ?1", (last, data))?;
        Ok(())
    }

    /// The id before the first event of a game's log, if that began again in another epoch.
    fn rested_at(&self, game: GameId) -> Result<Option<EventId>, StoreError> {
        let sql = "SELECT rested_at FROM games WHERE id = ?1 AND rested_at IS NOT NULL";
        let id: Option<String> = self.first(sql, [game.to_string()], |row| row.get(0))?;
        id.map(|id| id.parse().map_err(|error| corrupt("where a game rested", error))).transpose()
    }

    /// The id of a game's latest event.
    pub(super) fn cursor(&self, game: GameId) -> Result<EventId, StoreError> {
        let found = self.first("SELECT epoch, offset FROM games WHERE id = ?1", [game.to_string()], |row| {
            Ok(EventId { epoch: unsigned(row.get(0)?), offset: unsigned(row.get(1)?) })
        })?;
        Ok(found.unwrap_or(EventId { epoch: self.epoch, offset: 0 }))
    }
}

/// The first entry of a range of keys.
fn first_entry(step: &Step<'_>, keys: (i64, i64)) -> Result<Option<LogEvent>, StoreError> {
    let sql = format!("SELECT {EVENT} FROM events WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1");
    Ok(step.all(&sql, keys, rows::event)?.pop())
}

fn entries(step: &Step<'_>, game: GameId, after: Option<EventId>, limit: usize) -> Result<LogRead, StoreError> {
    let sql = format!("SELECT {EVENT} FROM events WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3");
    let keys = step.row_keys(game)?;
    let from = keys.key(after.map_or(0, |after| after.offset));
    let kept: Vec<LogEvent> = step.all(&sql, (from, keys.last(), signed(limit as u64)), rows::event)?;
    let events = kept.into_iter().filter_map(|entry| joined::rest(entry, after).map_err(unreadable).transpose());
    Ok(LogRead::Events(events.map(|event| event.map(Arc::new)).collect::<Result<_, _>>()?))
}

fn unreadable(error: JoinedError) -> StoreError {
    corrupt("an event", error)
}
