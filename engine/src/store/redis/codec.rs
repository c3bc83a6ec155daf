//! Between the hashes that scripts keep and the types that the engine works with.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use protocol::{Attempt, DeadLetter, EventId, GameId, RequestId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::store::{
    Checkpoints, Game, GameDocument, LeasedGame, LeasedRequest, LogEvent, NewRequest, Request, StoreError, letter,
};

/// The fields of one hash, with the name of what they describe for messages.
#[derive(Debug)]
pub(super) struct Fields {
    what: String,
    fields: HashMap<Cow<'static, str>, String>,
}

impl Fields {
    pub(super) fn new(what: impl Into<String>, fields: HashMap<String, String>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect();
        Self { what: what.into(), fields }
    }

    /// Values under their names, those that are there.
    pub(super) fn named(
        what: impl Into<String>,
        names: &[&'static str],
        values: impl Iterator<Item = Option<String>>,
    ) -> Self {
        let field = |(name, value): (&&'static str, Option<String>)| Some((Cow::Borrowed(*name), value?));
        Self { what: what.into(), fields: names.iter().zip(values).filter_map(field).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn corrupt(&self, name: &str, reason: impl Display) -> StoreError {
        StoreError::Corrupt { what: format!("{}, field `{name}`", self.what), reason: reason.to_string() }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn parse<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.text(name).map(|text| text.parse().map_err(|error| self.corrupt(name, error))).transpose()
    }

    pub(super) fn need<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, StoreError> {
        self.parse(name)?.ok_or_else(|| self.corrupt(name, "it is missing"))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.text(name).map(|text| serde_json::from_str(text).map_err(|error| self.corrupt(name, error))).transpose()
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        self.parse::<i64>(name)?
            .map(|ms| Timestamp::from_millisecond(ms).map_err(|error| self.corrupt(name, error)))
            .transpose()
    }

    fn need_time(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.time(name)?.ok_or_else(|| self.corrupt(name, "it is missing"))
    }

    /// What a turn needs of its game.
    pub(super) fn leased_game(&self) -> Result<LeasedGame, StoreError> {
        Ok(LeasedGame { version: self.need("version")?, document: self.document()? })
    }

    fn document(&self) -> Result<GameDocument, StoreError> {
        self.json("document")?.ok_or_else(|| self.corrupt("document", "it is missing"))
    }

    /// What a turn needs of its request.
    pub(super) fn leased_request(&self) -> Result<LeasedRequest, StoreError> {
        let accepted = self.accepted()?;
        Ok(LeasedRequest {
            kind: self.need("type")?,
            message: accepted.message.into_owned(),
            actor: accepted.actor.map(Cow::into_owned),
            user_message: self.need("user_message")?,
            checkpoints: self.checkpoints()?,
        })
    }

    fn accepted(&self) -> Result<Accepted<'_>, StoreError> {
        let text = self.text("request").ok_or_else(|| self.corrupt("request", "it is missing"))?;
        serde_json::from_str(text).map_err(|error| self.corrupt("request", error))
    }

    fn checkpoints(&self) -> Result<Checkpoints, StoreError> {
        Ok(Checkpoints { narration: self.json("narration")?, delta: self.json("delta")? })
    }

    /// A game from its `gamestate:{id}`.
    pub(super) fn game(&self, id: GameId) -> Result<Game, StoreError> {
        Ok(Game {
            id,
            version: self.need("version")?,
            cursor: EventId { epoch: self.need("epoch")?, offset: self.need("offset")? },
            document: self.document()?,
            created_at: self.need_time("created_at")?,
            updated_at: self.need_time("updated_at")?,
        })
    }

    /// A request from its `chat-request-status:{id}`.
    pub(super) fn request(&self, id: RequestId, position: Option<u64>) -> Result<Request, StoreError> {
        let accepted = self.accepted()?;
        Ok(Request {
            id,
            game: accepted.game_id,
            kind: self.need("type")?,
            message: accepted.message.into_owned(),
            actor: accepted.actor.map(Cow::into_owned),
            user_message: self.need("user_message")?,
            caused_by: accepted.caused_by,
            status: self.need("status")?,
            attempt: Attempt(self.need("attempt")?),
            enqueued_at: self.need_time("enqueued_at")?,
            started_at: self.time("started_at")?,
            completed_at: self.time("completed_at")?,
            not_before: self.time("not_before")?,
            position,
            cursor: self.need("cursor")?,
            first_cursor: self.parse("first_cursor")?.map_or_else(|| self.need("cursor"), Ok)?,
            error: self.json("error")?,
            result: self.json("result")?,
            checkpoints: self.checkpoints()?,
        })
    }
}

impl Fields {
    /// A dead letter from its entry, which was made at `failed_at`.
    pub(super) fn dead_letter(&self, failed_at: Timestamp) -> Result<DeadLetter, StoreError> {
        let request = self.request(self.need("request_id")?, None)?;
        let record = self.text("attempts").unwrap_or_default();
        letter::dead_letter(request, record, failed_at, self.need("version")?)
            .map_err(|error| self.corrupt("attempts", error))
    }
}

/// What never changes of a request, and no script needs on a turn's way. It is one value, and with both ids always a long one:
/// Redis then keeps the hash in its final form from the start, and need not rebuild it when the result is written.
#[derive(Serialize, Deserialize)]
struct Accepted<'a> {
    request_id: RequestId,
    game_id: GameId,
    message: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caused_by: Option<RequestId>,
}

/// The status fields that a new request brings; the script adds the rest.
pub(super) fn request_fields(request: &NewRequest) -> Result<[String; 6], StoreError> {
    let accepted = Accepted {
        request_id: request.id,
        game_id: request.game,
        message: Cow::Borrowed(&request.message),
        actor: request.actor.as_deref().map(Cow::Borrowed),
        caused_by: request.caused_by,
    };
    Ok([
        "type".to_owned(),
        request.kind.to_string(),
        "user_message".to_owned(),
        request.user_message.clone(),
        "request".to_owned(),
        to_json(&accepted)?,
    ])
}

/// The events of an entry of a log: the request behind them, then the data of each under its name. The entry's id is that of
/// the last one.
pub(super) fn logged(id: &str, fields: Vec<String>) -> Result<Vec<LogEvent>, StoreError> {
    let last = id.replace('-', ":").parse::<EventId>().map_err(|error| unreadable_event(id, &error))?;
    let mut fields = fields.into_iter();
    let (_, request) = (fields.next(), fields.next().unwrap_or_default());
    let count = fields.len() as u64 / 2;
    let offsets = (last.offset + 1).saturating_sub(count)..=last.offset;
    offsets
        .map_while(|offset| Some((EventId { epoch: last.epoch, offset }, fields.next()?, fields.next()?)))
        .map(|(id, name, data)| event(id, name, &request, data))
        .collect()
}

/// The events of a message: id, name, request and data of each on a line of its own.
pub(super) fn told(frames: &str) -> impl Iterator<Item = Result<LogEvent, StoreError>> {
    let mut lines = frames.split('\n');
    std::iter::from_fn(move || {
        let id = lines.next()?;
        let mut line = || lines.next().unwrap_or_default();
        let (name, request) = (line().to_owned(), line());
        let id = id.parse().map_err(|error| unreadable_event(id, &error));
        Some(id.and_then(|id| event(id, name, request, line().to_owned())))
    })
}

fn event(id: EventId, name: String, request: &str, data: String) -> Result<LogEvent, StoreError> {
    let request = match request {
        "" => None,
        of => Some(of.parse().map_err(|error| unreadable_event(id, &error))?),
    };
    Ok(LogEvent::new(id, request, name, data))
}

fn unreadable_event(id: impl Display, error: &protocol::IdError) -> StoreError {
    StoreError::Corrupt { what: format!("event `{id}`"), reason: error.to_string() }
}

/// Reads JSON that the engine itself wrote.
pub(super) fn from_json<T: DeserializeOwned>(what: impl Display, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt { what: what.to_string(), reason: error.to_string() })
}

/// Writes what is kept as JSON.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unwritable(&error))
}

pub(super) fn unwritable(error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { what: "a value to be written".to_owned(), reason: error.to_string() }
}
