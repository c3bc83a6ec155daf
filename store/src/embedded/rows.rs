//! Converts between rows and the types that the engine works with.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use protocol::{Attempt, EventId, GameId};
use rusqlite::types::FromSql;
use rusqlite::{ErrorCode, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::extras::Extras;
use super::row_keys::number_of;
use super::values::corrupt;
use crate::content::{ContentId, ContentVersion, unpack};
use crate::secret::SecretHash;
use crate::{Checkpoints, Game, IdleGame, LogEvent, Outage, Owner, Request, StoreError, Stored};

/// SQLite has refused a statement or failed.
pub(super) fn unavailable(error: rusqlite::Error) -> StoreError {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    if let FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) = error {
        return corrupt("a row", error);
    }
    let outage = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Outage::Full,
        Some(ErrorCode::ReadOnly) => Outage::ReadOnly,
        _ => Outage::Unreachable,
    };
    StoreError::Unavailable { outage, reason: error.to_string() }
}

/// The query of a [`Game`], for [`game`].
pub(super) const GAME: &str = "SELECT id, game_name, version, epoch, offset, document, created_at, updated_at, tenant, user \
     FROM games JOIN documents ON documents.game_id = id LEFT JOIN owners ON owners.game_id = id";

/// A game from a row of [`GAME`]. `content` finds a version of content.
pub(super) fn game(
    row: &Row<'_>,
    content: impl Fn(ContentId) -> Result<Option<Arc<ContentVersion>>, StoreError>,
) -> Result<Game, StoreError> {
    let row = Columns::new("a game", row);
    let document: String = row.need("document")?;
    let version = ContentId::named_by(&document).map_or(Ok(None), content)?;
    Ok(Game {
        id: row.parse("id")?,
        name: row.get("game_name")?,
        version: row.number("version")?,
        cursor: EventId { epoch: row.number("epoch")?, offset: row.number("offset")? },
        document: unpack(&document, version).map_err(|error| row.corrupt("document", error))?,
        owner: owner(&row)?,
        created_at: row.time("created_at")?.unwrap_or_default(),
        updated_at: row.time("updated_at")?.unwrap_or_default(),
    })
}

/// An idle game from its columns `id`, `version` and `updated_at`.
pub(super) fn idle_game(row: &Row<'_>, now: i64) -> Result<IdleGame, StoreError> {
    let row = Columns::new("a game", row);
    let updated_at = row.time("updated_at")?.unwrap_or_default();
    let idle = u64::try_from(now.saturating_sub(updated_at.as_millisecond())).unwrap_or(0);
    Ok(IdleGame {
        id: row.parse("id")?,
        // One that cannot be read is that of no game: a step that asks for it changes nothing.
        version: row.number("version").unwrap_or_default(),
        updated_at,
        idle: Duration::from_millis(idle),
    })
}

/// Whose a game is, from its columns `tenant` and `user`.
pub(super) fn owner(row: &Columns<'_>) -> Result<Option<Owner>, StoreError> {
    let Some(tenant) = row.parse_optional("tenant")? else { return Ok(None) };
    Ok(Some(Owner { tenant, user: row.parse_optional("user")? }))
}

/// The columns of a [`Stored`], for [`stored`].
pub(super) const STORED: &str = "hash, grants, created_at, expires_at";

/// A key or a capability from the columns [`STORED`].
pub(super) fn stored<T: DeserializeOwned>(row: &Row<'_>) -> Result<Stored<T>, StoreError> {
    let row = Columns::new("a key", row);
    let hash = SecretHash::try_from(row.need::<String>("hash")?).map_err(|error| row.corrupt("hash", error))?;
    Ok(Stored {
        hash,
        grants: row.json("grants")?.ok_or_else(|| row.corrupt("grants", "it is missing"))?,
        created_at: row.time("created_at")?.unwrap_or_default(),
        expires_at: row.time("expires_at")?,
    })
}

/// The columns of a [`Request`], for [`request`].
pub(super) const REQUEST: &str = "id, game_id, type, message, actor, user_message, caused_by, status, attempt, \
     enqueued_at, started_at, completed_at, not_before, cursor, error, result, narration, delta, first_cursor, alternatives";

/// A request from the columns [`REQUEST`].
pub(super) fn request(row: &Row<'_>, position: Option<u64>) -> Result<Request, StoreError> {
    let row = Columns::new("a request", row);
    let cursor = row.parse("cursor")?;
    let Extras { alternatives, trace, priority, budgets, owner: _ } = extras(&row)?;
    Ok(Request {
        id: row.parse("id")?,
        game: row.parse("game_id")?,
        kind: row.parse("type")?,
        message: row.need("message")?,
        actor: row.get("actor")?,
        user_message: row.need("user_message")?,
        caused_by: row.parse_optional("caused_by")?,
        status: row.parse("status")?,
        attempt: Attempt(row.number("attempt")?),
        enqueued_at: row.time("enqueued_at")?.unwrap_or_default(),
        started_at: row.time("started_at")?,
        completed_at: row.time("completed_at")?,
        not_before: row.time("not_before")?,
        position,
        cursor,
        first_cursor: row.parse_optional("first_cursor")?.unwrap_or(cursor),
        error: row.json("error")?,
        result: row.json("result")?,
        alternatives,
        trace,
        priority,
        budgets,
        checkpoints: Checkpoints { narration: row.json("narration")?, delta: row.json("delta")? },
    })
}

/// What few requests have, from the column `alternatives`.
pub(super) fn extras(row: &Columns<'_>) -> Result<Extras, StoreError> {
    Ok(row.json("alternatives")?.unwrap_or_default())
}

/// The columns of a [`LogEvent`], for [`event`].
pub(super) const EVENT: &str = "id, epoch, request, name, data";

/// An event from the columns [`EVENT`].
pub(super) fn event(row: &Row<'_>) -> Result<LogEvent, StoreError> {
    let row = Columns::new("an event", row);
    let id = EventId { epoch: row.number("epoch")?, offset: number_of(row.need("id")?) };
    Ok(LogEvent::new(id, row.parse_optional("request")?, row.need("name")?, row.need("data")?))
}

/// The columns of a row by name. A value that cannot be read is [`StoreError::Corrupt`] and names the column.
pub(super) struct Columns<'a> {
    what: &'static str,
    row: &'a Row<'a>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(what: &'static str, row: &'a Row<'a>) -> Self {
        Self { what, row }
    }

    fn corrupt(&self, column: &str, reason: impl Display) -> StoreError {
        corrupt(format_args!("{}, column `{column}`", self.what), reason)
    }

    pub(super) fn get<T: FromSql>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.need(column)
    }

    pub(super) fn need<T: FromSql>(&self, column: &str) -> Result<T, StoreError> {
        self.row.get(column).map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn number<T: TryFrom<i64, Error: Display>>(&self, column: &str) -> Result<T, StoreError> {
        T::try_from(self.need::<i64>(column)?).map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn parse<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, StoreError> {
        self.need::<String>(column)?.parse().map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn parse_optional<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| text.parse().map_err(|error| self.corrupt(column, error))).transpose()
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| serde_json::from_str(&text).map_err(|error| self.corrupt(column, error))).transpose()
    }

    pub(super) fn time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        let ms: Option<i64> = self.get(column)?;
        ms.map(|ms| Timestamp::from_millisecond(ms).map_err(|error| self.corrupt(column, error))).transpose()
    }
}

/// Reads JSON that the engine itself wrote.
pub(super) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(what, error))
}

/// Writes a value as JSON.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt("a value to be written", error))
}

/// A game's id from its text in the database.
pub(super) fn id(text: &str) -> Result<GameId, StoreError> {
    text.parse().map_err(|error| corrupt("a game's id", error))
}
