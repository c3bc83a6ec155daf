//! The event log in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{Event, EventId, EventName, GameId};
use rusqlite::Params;

use super::rows::{self, EVENT, corrupt, unavailable};
use super::step::{Step, signed, unsigned};
use super::{EmbeddedStore, StoreError};
use crate::store::joined::{self, JoinedError};
use crate::store::{Events, LogEvent, LogRead, Subscription};

#[async_trait]
impl Events for EmbeddedStore {
    async fn read_log(&self, game: GameId, after: Option<EventId>, limit: usize) -> Result<LogRead, StoreError> {
        self.step(move |step| {
            let Some(after) = after else { return entries(step, game, None, limit) };
            let (key, head) = (game.to_string(), step.cursor(game)?);
            let oldest = entry(step, "WHERE game_id = ?1 ORDER BY offset LIMIT 1", [&key])?;
            let first = oldest.map_or(Ok(head.offset + 1), |entry| joined::first(&entry).map_err(unreadable))?;
            // The event must be kept, or be the one before the first one kept. It must also be the one that had this offset in the
            // reader's epoch, because that one may be among those that were lost.
            let nearest = "WHERE game_id = ?1 AND offset >= ?2 ORDER BY offset LIMIT 1";
            let nearest = entry(step, nearest, (&key, signed(after.offset)))?;
            let reaches = (first..=head.offset + 1).contains(&after.offset.saturating_add(1));
            if reaches && (after.offset == 0 || nearest.is_some_and(|entry| entry.id.epoch == after.epoch)) {
                return entries(step, game, Some(after), limit);
            }
            // The log of a game that came back from an archive is empty until something happens.
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
        if event.name() != EventName::ChatChunk {
            self.join_chunks(&key, event)?;
        }
        let offset: i64 = self
            .first(
                "UPDATE games SET offset = offset + 1, epoch = ?2 WHERE id = ?1 RETURNING offset",
                (&key, signed(self.epoch)),
                |row| row.get(0),
            )?
            .ok_or_else(|| corrupt(format!("the log of {game}"), "the game is not there"))?;
        let entry = LogEvent::from_event(EventId { epoch: self.epoch, offset: unsigned(offset) }, event);
        self.execute(
            "INSERT INTO events (game_id, offset, epoch, request, name, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (&key, offset, signed(self.epoch), entry.request.map(|id| id.to_string()), &entry.name, &entry.data),
        )?;
        let kept = i64::try_from(self.options.events_kept).unwrap_or(i64::MAX);
        self.execute("DELETE FROM events WHERE game_id = ?1 AND offset <= ?2", (&key, offset.saturating_sub(kept)))?;
        self.effects.appended.push((game, entry));
        Ok(())
    }

    /// Joins the chunks at the end of a game's log, because `next` follows. They are of one attempt: another one begins with an event.
    fn join_chunks(&self, key: &str, next: &Event) -> Result<(), StoreError> {
        let (mut chunks, mut first) = (Vec::new(), 0);
        let mut backwards = self
            .tx
            .prepare_cached(
                "SELECT name, data, offset, request, epoch FROM events WHERE game_id = ?1 ORDER BY offset DESC",
            )
            .map_err(unavailable)?;
        let mut rows = backwards.query([key]).map_err(unavailable)?;
        let mut last = None;
        while let Some(row) = rows.next().map_err(unavailable)? {
            let at = || Ok((row.get::<_, i64>(2)?, row.get::<_, Option<String>>(3)?, row.get::<_, i64>(4)?));
            let name: String = row.get(0).map_err(unavailable)?;
            if name != EventName::ChatChunk.as_str() {
                break;
            }
            let (offset, request, epoch) = at().map_err(unavailable)?;
            let (end, owner, written_in) = last.get_or_insert_with(|| (offset, request.clone(), epoch));
            if (&request, epoch) != (&*owner, *written_in) || offset + i64::try_from(chunks.len()).unwrap_or(0) != *end
            {
                break;
            }
            chunks.push(row.get::<_, String>(1).map_err(unavailable)?);
            first = offset;
        }
        drop(rows);
        let Some((last, owner, _)) = last else { return Ok(()) };
        let is_void = joined::ends_void(next.name()) && next.request_id().map(|id| id.to_string()) == owner;
        if chunks.len() == 1 && !is_void {
            return Ok(());
        }
        let chunks: Vec<&str> = chunks.iter().rev().map(String::as_str).collect();
        let data = joined::join(&chunks, is_void).map_err(unreadable)?;
        self.execute("DELETE FROM events WHERE game_id = ?1 AND offset >= ?2 AND offset < ?3", (key, first, last))?;
        self.execute("UPDATE events SET data = ?3 WHERE game_id = ?1 AND offset = ?2", (key, last, data))?;
        Ok(())
    }

    /// The id of a game's latest event.
    pub(super) fn cursor(&self, game: GameId) -> Result<EventId, StoreError> {
        let found = self.first("SELECT epoch, offset FROM games WHERE id = ?1", [game.to_string()], |row| {
            Ok(EventId { epoch: unsigned(row.get(0)?), offset: unsigned(row.get(1)?) })
        })?;
        Ok(found.unwrap_or(EventId { epoch: self.epoch, offset: 0 }))
    }
}

fn entry(step: &Step<'_>, which: &str, params: impl Params) -> Result<Option<LogEvent>, StoreError> {
    Ok(step.all(&format!("SELECT {EVENT} FROM events {which}"), params, rows::event)?.pop())
}

fn entries(step: &Step<'_>, game: GameId, after: Option<EventId>, limit: usize) -> Result<LogRead, StoreError> {
    let sql = format!("SELECT {EVENT} FROM events WHERE game_id = ?1 AND offset > ?2 ORDER BY offset LIMIT ?3");
    let from = after.map_or(0, |after| signed(after.offset));
    let kept: Vec<LogEvent> = step.all(&sql, (game.to_string(), from, signed(limit as u64)), rows::event)?;
    let events = kept.into_iter().filter_map(|entry| joined::rest(entry, after).map_err(unreadable).transpose());
    Ok(LogRead::Events(events.map(|event| event.map(Arc::new)).collect::<Result<_, _>>()?))
}

fn unreadable(error: JoinedError) -> StoreError {
    corrupt("an event", error)
}
