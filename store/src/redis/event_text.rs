//! The events and records that scripts write by themselves, as Lua functions that are generated from the types that own them.
//!
//! A script cannot call `protocol`, and the caller cannot render these events: their contents (an attempt, a time) are known
//! only inside the atomic step. So each function is made once, from a sample of the type: the members that the script knows
//! become parameters, the others keep the sample's value. So the names and the order of members have one author. See
//! `docs/adr/0011-event-rendering.md`.
//!
//! Times are written in ms since 1970, because Lua has no calendar; [`finish`] makes them RFC 3339 when an event is read.

use std::fmt::Write as _;
use std::num::NonZeroU64;

use jiff::Timestamp;
use protocol::{
    Attempt, AttemptOutcome, AttemptSuperseded, Event, EventName, GameId, Problem, ProblemType, RequestCancelled,
    RequestFailed, RequestId, RequestProcessing, RequestQueued, RequestRetrying, RequestStatus, RequestType,
    RequestWaiting, WaitReason,
};
use serde::Serialize;
use serde_json::Value;

use crate::dead_letter::RecordedAttempt;
use crate::joined::{self, StoredChunk};

/// A member whose value is a parameter of the function.
#[derive(Debug, Clone, Copy)]
enum Parameter {
    /// Text without characters that JSON escapes: an id, a name.
    Text(&'static str),
    /// The same, and the member is left out where the parameter is nil.
    OptionalText(&'static str),
    /// JSON, also a number.
    Json(&'static str),
    /// The same, and the member is left out where the parameter is nil.
    OptionalJson(&'static str),
}

use Parameter::{Json, OptionalJson, OptionalText, Text};

impl Parameter {
    const fn name(self) -> &'static str {
        match self {
            Text(name) | OptionalText(name) | Json(name) | OptionalJson(name) => name,
        }
    }
}

/// What `common.lua` uses of chunks: how one is written, and after which events of its request its text is void.
pub(super) fn of_chunks() -> String {
    let (request_id, game_id, _) = ids();
    let chunk = StoredChunk {
        request_id,
        game_id,
        attempt: Attempt(0),
        content: String::new(),
        done: false,
        chunks: Some(NonZeroU64::MIN),
        pieces: Some(Vec::new()),
    };
    let name = EventName::ChatChunk.as_str().replace('.', "_") + "_event";
    let parameters = [
        Text("request_id"),
        Text("game_id"),
        Json("attempt"),
        Json("content"),
        Json("done"),
        OptionalJson("chunks"),
        OptionalJson("pieces"),
    ];
    let endings: Vec<String> = joined::endings_void().map(|name| format!("['{name}'] = true")).collect();
    format!("{}local ENDS_VOID = {{ {} }}\n", function(&name, &chunk, &parameters), endings.join(", "))
}

/// The functions that `ends.lua` uses.
pub(super) fn of_endings() -> String {
    let (request_id, game_id, kind) = ids();
    let attempt = Attempt(0);
    let ids = [Text("request_id"), Text("game_id")];
    [
        event(&AttemptSuperseded { request_id, game_id, attempt }.into(), &[ids[0], ids[1], Json("attempt")]),
        event(
            &RequestFailed { request_id, game_id, kind, status: RequestStatus::Failed, attempt, error: problem() }
                .into(),
            &[ids[0], ids[1], Text("type"), Json("attempt"), Json("error")],
        ),
        event(&RequestCancelled { request_id, game_id, status: RequestStatus::Cancelled }.into(), &ids),
        event(
            &RequestRetrying { request_id, game_id, attempt, not_before: Timestamp::UNIX_EPOCH, error: problem() }
                .into(),
            &[ids[0], ids[1], Json("attempt"), Json("not_before"), Json("error")],
        ),
        recorded_attempt(),
    ]
    .concat()
}

/// The function that announces a wait for a provider.
pub(super) fn of_waits() -> String {
    let (request_id, game_id, _) = ids();
    let (status, reason, probe_at) = (RequestStatus::Queued, WaitReason::Unreachable, Timestamp::UNIX_EPOCH);
    event(
        &RequestWaiting { request_id, game_id, status, reason, probe_at }.into(),
        &[Text("request_id"), Text("game_id"), Text("reason"), Json("probe_at")],
    )
}

/// The function that `lease.lua` uses.
pub(super) fn of_leases() -> String {
    let (request_id, game_id, kind) = ids();
    let (status, attempt, user_message) = (RequestStatus::Processing, Attempt(0), String::new());
    event(
        &RequestProcessing { request_id, game_id, kind, status, attempt, user_message }.into(),
        &[Text("request_id"), Text("game_id"), Text("type"), Json("attempt"), Json("user_message")],
    )
}

/// The functions that `retry_dead_letter.lua` uses.
pub(super) fn of_dead_letter_retries() -> String {
    let (request_id, game_id, kind) = ids();
    let (status, user_message, caused_by) = (RequestStatus::Queued, String::new(), Some(request_id));
    event(
        &RequestQueued { request_id, game_id, kind, status, user_message, caused_by }.into(),
        &[Text("request_id"), Text("game_id"), Text("type"), Json("user_message"), OptionalText("caused_by")],
    )
}

/// Completes the data of an event that a script has written: times become RFC 3339.
pub(super) fn finish(name: &str, data: String) -> Result<String, serde_json::Error> {
    let field = match name.parse() {
        Ok(EventName::RequestRetrying) => "not_before",
        Ok(EventName::RequestWaiting) => "probe_at",
        _ => return Ok(data),
    };
    let mut value: Value = serde_json::from_str(&data)?;
    if let Some(time) = value.get_mut(field)
        && let Some(ms) = time.as_i64()
    {
        *time = Value::from(Timestamp::from_millisecond(ms).map_err(serde::de::Error::custom)?.to_string());
    }
    serde_json::to_string(&value)
}

fn recorded_attempt() -> String {
    let sample = RecordedAttempt {
        attempt: Attempt(0),
        worker: String::new(),
        started_at: 0,
        ended_at: 0,
        outcome: AttemptOutcome::Failed,
        error: Some(problem()),
    };
    let parameters =
        [Json("attempt"), Json("worker"), Json("started_at"), Json("ended_at"), Text("outcome"), OptionalJson("error")];
    function("recorded_attempt", &sample, &parameters)
}

fn event(sample: &Event, parameters: &[Parameter]) -> String {
    let name = format!("{}_event", sample.name().as_str().replace('.', "_"));
    // An event is rendered by `protocol` alone; reading its data back gives the members in order.
    let value: Value = serde_json::from_str(&sample.data()).unwrap_or_default();
    function(&name, &value, parameters)
}

/// The text of a Lua function that renders a JSON object like `sample`.
fn function(name: &str, sample: &impl Serialize, parameters: &[Parameter]) -> String {
    let sample = serde_json::to_value(sample).unwrap_or_default();
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name()).collect();
    let mut text = format!("local function {name}({})\n  return '", names.join(", "));
    for (n, (member, value)) in sample.as_object().into_iter().flatten().enumerate() {
        let start = format!("{}\"{member}\":", if n == 0 { "{" } else { "," });
        let parameter = parameters.iter().find(|parameter| parameter.name() == member);
        // Writing to a string cannot fail.
        let _ = match parameter {
            Some(Text(name)) => write!(text, "{start}\"' .. {name} .. '\""),
            Some(Json(name)) => write!(text, "{start}' .. {name} .. '"),
            Some(OptionalText(name)) => write!(text, "' .. ({name} and '{start}\"' .. {name} .. '\"' or '') .. '"),
            Some(OptionalJson(name)) => write!(text, "' .. ({name} and '{start}' .. {name} or '') .. '"),
            None => write!(text, "{start}{value}"),
        };
    }
    text.push_str("}'\nend\n");
    text
}

fn ids() -> (RequestId, GameId, RequestType) {
    (RequestId::default(), GameId::default(), RequestType::Chat)
}

fn problem() -> Problem {
    Problem::new(ProblemType::Internal, String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_the_members_of_its_type_in_their_order() {
        assert_eq!(
            of_leases(),
            "local function request_processing_event(request_id, game_id, type, attempt, user_message)\n  \
             return '{\"request_id\":\"' .. request_id .. '\",\"game_id\":\"' .. game_id .. '\",\"type\":\"' .. type .. \
             '\",\"status\":\"processing\",\"attempt\":' .. attempt .. ',\"user_message\":' .. user_message .. '}'\nend\n"
        );
    }

    #[test]
    fn a_member_that_may_be_absent_is_left_out_with_its_name() {
        assert!(of_dead_letter_retries().contains("(caused_by and ',\"caused_by\":\"' .. caused_by .. '\"' or '')"));
    }

    #[test]
    fn a_time_in_milliseconds_is_finished_and_any_other_stays() {
        let stored = r#"{"not_before":1700000000123}"#.to_owned();
        let read = r#"{"not_before":"2023-11-14T22:13:20.123Z"}"#;
        assert_eq!(finish("request.retrying", stored).unwrap(), read);
        assert_eq!(finish("request.retrying", read.to_owned()).unwrap(), read);
        assert_eq!(finish("chat.chunk", "{}".to_owned()).unwrap(), "{}");
    }
}
