//! Between rows and the types that the engine works with.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use protocol::{Attempt, EventId, GameId, RequestId};
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{Checkpoints, Game, LogEvent, Request, StoreError};

/// SQLite refuses or fails.
#[expect(clippy::needless_pass_by_value, reason = "used as `map_err(unavailable)`")]
pub(super) fn unavailable(error: rusqlite::Error) -> StoreError {
    StoreError::Unavailable { reason: error.to_string() }
}

/// What makes a [`Game`], for [`game`].
pub(super) const GAME: &str = "SELECT id, version, epoch, offset, document, created_at, updated_at \
     FROM games JOIN documents ON game_id = id";

/// A game from a row of [`GAME`].
pub(super) fn game(row: &Row<'_>) -> Result<Game, StoreError> {
    let row = Columns { what: "a game", row };
    Ok(Game {
        id: row.parse(0)?,
        version: row.number(1)?,
        cursor: EventId { epoch: row.number(2)?, offset: row.number(3)? },
        document: row.json(4)?.ok_or_else(|| corrupt("a game", "it has no document"))?,
        created_at: row.time(5)?.unwrap_or_default(),
        updated_at: row.time(6)?.unwrap_or_default(),
    })
}

/// Columns that make a [`Request`], for [`request`].
pub(super) const REQUEST: &str = "id, game_id, type, message, actor, user_message, caused_by, status, attempt, \
     enqueued_at, started_at, completed_at, not_before, cursor, error, result, narration, delta, first_cursor";

/// A request from the columns [`REQUEST`].
pub(super) fn request(row: &Row<'_>, position: Option<u64>) -> Result<Request, StoreError> {
    let row = Columns { what: "a request", row };
    Ok(Request {
        id: row.parse(0)?,
        game: row.parse(1)?,
        kind: row.parse(2)?,
        message: row.need(3)?,
        actor: row.get(4)?,
        user_message: row.need(5)?,
        caused_by: row
            .get::<String>(6)?
            .map(|id| id.parse())
            .transpose()
            .map_err(|error| corrupt("a request", error))?,
        status: row.parse(7)?,
        attempt: Attempt(row.number(8)?),
        enqueued_at: row.time(9)?.unwrap_or_default(),
        started_at: row.time(10)?,
        completed_at: row.time(11)?,
        not_before: row.time(12)?,
        position,
        cursor: row.parse(13)?,
        first_cursor: if row.get::<String>(18)?.is_some() { row.parse(18)? } else { row.parse(13)? },
        error: row.json(14)?,
        result: row.json(15)?,
        checkpoints: Checkpoints { narration: row.json(16)?, delta: row.json(17)? },
    })
}

/// Columns that make a [`LogEvent`], for [`event`].
pub(super) const EVENT: &str = "epoch, offset, request, name, data";

/// An event from the columns [`EVENT`].
pub(super) fn event(row: &Row<'_>) -> Result<LogEvent, StoreError> {
    let row = Columns { what: "an event", row };
    let id = EventId { epoch: row.number(0)?, offset: row.number(1)? };
    let request: Option<RequestId> =
        row.get::<String>(2)?.map(|id| id.parse()).transpose().map_err(|error| corrupt("an event", error))?;
    Ok(LogEvent::new(id, request, row.need(3)?, row.need(4)?))
}

struct Columns<'a> {
    what: &'static str,
    row: &'a Row<'a>,
}

impl Columns<'_> {
    fn get<T: rusqlite::types::FromSql>(&self, column: usize) -> Result<Option<T>, StoreError> {
        self.row.get(column).map_err(|error| corrupt(self.what, error))
    }

    fn need<T: rusqlite::types::FromSql>(&self, column: usize) -> Result<T, StoreError> {
        self.row.get(column).map_err(|error| corrupt(self.what, error))
    }

    fn number<T: TryFrom<i64, Error: Display>>(&self, column: usize) -> Result<T, StoreError> {
        T::try_from(self.need::<i64>(column)?).map_err(|error| corrupt(self.what, error))
    }

    fn parse<T: FromStr<Err: Display>>(&self, column: usize) -> Result<T, StoreError> {
        self.need::<String>(column)?.parse().map_err(|error| corrupt(self.what, error))
    }

    fn json<T: DeserializeOwned>(&self, column: usize) -> Result<Option<T>, StoreError> {
        self.get::<String>(column)?.map(|text| from_json(self.what, &text)).transpose()
    }

    fn time(&self, column: usize) -> Result<Option<Timestamp>, StoreError> {
        self.get::<i64>(column)?
            .map(|ms| Timestamp::from_millisecond(ms).map_err(|error| corrupt(self.what, error)))
            .transpose()
    }
}

/// The database holds something that this engine did not write.
pub(super) fn corrupt(what: impl Display, reason: impl Display) -> StoreError {
    StoreError::Corrupt { what: what.to_string(), reason: reason.to_string() }
}

/// Reads JSON that the engine itself wrote.
pub(super) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(what, error))
}

/// Writes what is kept as JSON.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt("a value to be written", error))
}

/// An id that the database itself holds as text.
pub(super) fn id(text: &str) -> Result<GameId, StoreError> {
    text.parse().map_err(|error| corrupt("a game's id", error))
}
