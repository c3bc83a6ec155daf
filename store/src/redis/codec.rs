//! Converts between the hashes and streams that scripts write and the types that the engine works with.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use protocol::{Alternative, Attempt, DeadLetter, EventId, GameId, Priority, RequestId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::event_text;
use super::unexpected::{from_json, to_json, unexpected_reply};
use crate::content::{ContentId, ContentVersion, unpack};
use crate::trace_parent::TraceParent;
use crate::{
    Accepted, Budget, Checkpoints, Companion, Game, GameDocument, LeasedGame, LeasedRequest, LogEvent, NewRequest,
    Owner, Request, StoreError, StoredTurn, dead_letter, waited,
};

/// The fields of one hash, with a name of the hash for error messages.
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

    /// Pairs names with values; a missing value is left out.
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

    pub(super) fn parse<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.text(name).map(|text| text.parse().map_err(|error| self.corrupt(name, error))).transpose()
    }

    pub(super) fn need<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, StoreError> {
        self.parse(name)?.ok_or_else(|| self.corrupt(name, "it is missing"))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.text(name).map(|text| serde_json::from_str(text).map_err(|error| self.corrupt(name, error))).transpose()
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        self.parse::<i64>(name)?
            .map(|ms| Timestamp::from_millisecond(ms).map_err(|error| self.corrupt(name, error)))
            .transpose()
    }

    fn need_time(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.time(name)?.ok_or_else(|| self.corrupt(name, "it is missing"))
    }

    /// The part of a game that a turn needs.
    pub(super) fn leased_game(&self, content: Option<Arc<ContentVersion>>) -> Result<LeasedGame, StoreError> {
        Ok(LeasedGame { version: self.need("version")?, document: self.document(content)? })
    }

    /// `content` is the version of content that the document names.
    fn document(&self, content: Option<Arc<ContentVersion>>) -> Result<GameDocument, StoreError> {
        let text = self.text("document").ok_or_else(|| self.corrupt("document", "it is missing"))?;
        unpack(text, content).map_err(|error| self.corrupt("document", error))
    }

    /// The version of content that a game's document names.
    pub(super) fn content(&self) -> Option<ContentId> {
        self.text("document").and_then(ContentId::named_by)
    }

    /// The part of a request that a turn needs.
    pub(super) fn leased_request(&self) -> Result<LeasedRequest, StoreError> {
        let record = self.record()?;
        Ok(LeasedRequest {
            trace: record.trace(),
            priority: record.priority,
            kind: self.need("type")?,
            message: record.message.into_owned(),
            actor: record.actor.map(Cow::into_owned),
            user_message: self.need("user_message")?,
            alternatives: record.alternatives.into_owned(),
            budgets: record.budgets.into_owned(),
            checkpoints: self.checkpoints()?,
            waited: waited(self.need_time("enqueued_at")?, self.need_time("started_at")?),
        })
    }

    fn record(&self) -> Result<RequestRecord<'_>, StoreError> {
        let text = self.text("request").ok_or_else(|| self.corrupt("request", "it is missing"))?;
        serde_json::from_str(text).map_err(|error| self.corrupt("request", error))
    }

    fn checkpoints(&self) -> Result<Checkpoints, StoreError> {
        Ok(Checkpoints { narration: self.json("narration")?, delta: self.json("delta")? })
    }

    /// A game from its `gamestate:{id}`, and the version of content that it names.
    pub(super) fn game(&self, id: GameId, content: Option<Arc<ContentVersion>>) -> Result<Game, StoreError> {
        Ok(Game {
            id,
            name: self.text("name").map(str::to_owned),
            version: self.need("version")?,
            cursor: EventId { epoch: self.need("epoch")?, offset: self.need("offset")? },
            document: self.document(content)?,
            owner: match self.parse("tenant")? {
                Some(tenant) => Some(Owner { tenant, user: self.parse("user")? }),
                None => None,
            },
            created_at: self.need_time("created_at")?,
            updated_at: self.need_time("updated_at")?,
        })
    }

    /// A request from its `chat-request-status:{id}`.
    pub(super) fn request(&self, id: RequestId, position: Option<u64>) -> Result<Request, StoreError> {
        let record = self.record()?;
        Ok(Request {
            budgets: record.budgets.to_vec(),
            trace: record.trace(),
            priority: record.priority,
            id,
            game: record.game_id,
            kind: self.need("type")?,
            message: record.message.into_owned(),
            actor: record.actor.map(Cow::into_owned),
            user_message: self.need("user_message")?,
            caused_by: record.caused_by,
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
            alternatives: record.alternatives.into_owned(),
            checkpoints: self.checkpoints()?,
        })
    }
}

impl Fields {
    /// A dead letter from its entry, which was made at `failed_at`.
    pub(super) fn dead_letter(&self, failed_at: Timestamp) -> Result<DeadLetter, StoreError> {
        let request = self.request(self.need("request_id")?, None)?;
        let record = self.text("attempts").unwrap_or_default();
        let owner = match self.parse("tenant")? {
            Some(tenant) => Some(Owner { tenant, user: self.parse("user")? }),
            None => None,
        };
        let game = dead_letter::ItsGame { owner, ..dead_letter::ItsGame::default() };
        dead_letter::dead_letter(request, record, failed_at, self.need("version")?, game)
            .map_err(|error| self.corrupt("attempts", error))
    }
}

/// The part of a request that never changes and that no script of a turn needs. It is one value, and because of both ids always a
/// long one: Redis then stores the hash as a hash table from the start, and need not convert it when the result is written.
#[derive(Serialize, Deserialize)]
struct RequestRecord<'a> {
    request_id: RequestId,
    game_id: GameId,
    message: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caused_by: Option<RequestId>,
    #[serde(default, skip_serializing_if = "<[Alternative]>::is_empty")]
    alternatives: Cow<'a, [Alternative]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Priority::is_default")]
    priority: Priority,
    #[serde(default, skip_serializing_if = "<[Budget]>::is_empty")]
    budgets: Cow<'a, [Budget]>,
}

impl RequestRecord<'_> {
    /// A trace that cannot be read is none: it must not stop the request.
    fn trace(&self) -> Option<TraceParent> {
        self.trace.as_ref()?.parse().ok()
    }
}

/// A companion from its id and its request; none if they cannot be read.
pub(super) fn companion(id: &str, request: &str) -> Option<Companion> {
    let record: RequestRecord<'_> = serde_json::from_str(request).ok()?;
    Some(Companion { request_id: id.parse().ok()?, prompt: record.message.into_owned() })
}

/// The status fields that a new request brings; the script adds the rest. A priority other than the usual one is also a field of its own,
/// because scripts do not read the record.
pub(super) fn request_fields(request: &NewRequest) -> Result<Vec<String>, StoreError> {
    let record = RequestRecord {
        request_id: request.id,
        game_id: request.game,
        message: Cow::Borrowed(&request.message),
        actor: request.actor.as_deref().map(Cow::Borrowed),
        caused_by: request.caused_by,
        alternatives: Cow::Borrowed(&request.alternatives),
        trace: request.trace.map(|trace| Cow::Owned(trace.to_string())),
        priority: request.priority,
        budgets: Cow::Borrowed(&request.budgets),
    };
    let mut fields = vec![
        "type".to_owned(),
        request.kind.to_string(),
        "user_message".to_owned(),
        request.user_message.clone(),
        "request".to_owned(),
        to_json(&record)?,
    ];
    if !request.priority.is_default() {
        fields.extend(["priority".to_owned(), request.priority.to_string()]);
    }
    Ok(fields)
}

/// The events of an entry of a log: the request, then the data of each event under its name. The entry's id is that of the last
/// event.
pub(super) fn events_of_entry(id: &str, fields: Vec<String>) -> Result<Vec<LogEvent>, StoreError> {
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

/// The events of a pub/sub message: id, name, request and data of each on a line of its own; then, in the same form, when they were
/// committed.
pub(super) fn events_of_message(frames: &str) -> impl Iterator<Item = Result<LogEvent, StoreError>> {
    let (frames, committed_at) = split_time(frames);
    let mut lines = frames.split('\n');
    std::iter::from_fn(move || {
        let id = lines.next()?;
        let mut line = || lines.next().unwrap_or_default();
        let (name, request) = (line().to_owned(), line());
        let id = id.parse().map_err(|error| unreadable_event(id, &error));
        Some(id.and_then(|id| Ok(event(id, name, request, line().to_owned())?.committed(committed_at))))
    })
}

/// Takes the time off the end of a message; an engine of an earlier release sends none. To a reader of that release it is an event that
/// has come already, because it has the id of the last one: a line of its own would be an error there.
fn split_time(frames: &str) -> (&str, Option<SystemTime>) {
    let mut last = frames.rsplitn(5, '\n');
    let (Some(ms), Some(""), Some(TIME), Some(_), Some(events)) =
        (last.next(), last.next(), last.next(), last.next(), last.next())
    else {
        return (frames, None);
    };
    let since = ms.parse().ok().map(Duration::from_millis);
    (events, since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)))
}

/// The name of the frame with which a message ends; no event is called so.
const TIME: &str = "at";

fn event(id: EventId, name: String, request: &str, data: String) -> Result<LogEvent, StoreError> {
    let request = match request {
        "" => None,
        of => Some(of.parse().map_err(|error| unreadable_event(id, &error))?),
    };
    let data = event_text::finish(&name, data)
        .map_err(|error| StoreError::Corrupt { what: format!("event `{id}`"), reason: error.to_string() })?;
    Ok(LogEvent::new(id, request, name, data))
}

fn unreadable_event(id: impl Display, error: &protocol::IdError) -> StoreError {
    StoreError::Corrupt { what: format!("event `{id}`"), reason: error.to_string() }
}

/// A turn record from its entry: the number of messages before it, a line feed, and JSON.
pub(super) fn turn_of_entry(game: GameId, entry: &str) -> Result<StoredTurn, StoreError> {
    let unreadable = |reason: String| StoreError::Corrupt { what: format!("a turn record of {game}"), reason };
    let (before, record) = entry.split_once('\n').ok_or_else(|| unreadable("it has one line".to_owned()))?;
    let mut turn: StoredTurn = serde_json::from_str(record).map_err(|error| unreadable(error.to_string()))?;
    turn.messages_before = before.parse().map_err(|_| unreadable(format!("`{before}` is no number")))?;
    Ok(turn)
}

/// Reads `{'accepted', request, status, position, cursor, priority}`.
pub(super) fn accepted(reply: &[String]) -> Result<Accepted, StoreError> {
    let [_, id, status, position, cursor, priority] = reply else {
        return Err(unexpected_reply("an accepted request", &reply));
    };
    let wrong = |error: protocol::IdError| unexpected_reply("an accepted request", &error);
    Ok(Accepted {
        id: id.parse().map_err(wrong)?,
        status: status.parse().map_err(wrong)?,
        position: from_json("a request's position", position)?,
        priority: priority.parse().map_err(wrong)?,
        cursor: cursor.parse().map_err(wrong)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = "7:3\ngame.renamed\n\n{}";

    fn times(message: &str) -> Vec<(String, Option<u128>)> {
        let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let events = events_of_message(message).map(Result::unwrap);
        events.map(|event| (event.id.to_string(), event.committed_at.map(since))).collect()
    }

    #[test]
    fn the_events_of_a_message_have_the_time_that_it_ends_with() {
        let message = format!("{EVENT}\n7:4\ngame.renamed\n\n{{}}\n7:4\nat\n\n1700000000123");
        let at = Some(1_700_000_000_123);
        assert_eq!(times(&message), [("7:3".to_owned(), at), ("7:4".to_owned(), at)]);
    }

    #[test]
    fn a_message_of_an_earlier_release_has_events_and_no_time() {
        assert_eq!(times(EVENT), [("7:3".to_owned(), None)]);
        assert_eq!(times(&format!("{EVENT}\n7:3\nat\n\nsoon")), [("7:3".to_owned(), None)]);
    }
}
