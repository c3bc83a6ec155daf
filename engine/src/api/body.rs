//! A JSON body, read so that an error says where it is.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::iter::successors;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use protocol::{Problem, ProblemType};
use serde::de::{self, DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use story::suggest;

use super::error::ApiError;
use crate::http::BodyTimedOut;

/// The body of a request, as JSON. No body is `{}`: what has only optional fields can be left out.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = bytes(request, state).await?;
        read(&bytes).map(Self).map_err(ApiError::from)
    }
}

/// The body of a request that is declared as JSON; `{}` for none.
pub(super) async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let declared = request.headers().get(header::CONTENT_TYPE).cloned();
    let declared = declared.as_ref().and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = declared.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let is_json = essence == "application/json" || essence.ends_with("+json");
    let wrong = Problem::new(ProblemType::UnsupportedMediaType, "send the body with `content-type: application/json`");
    // A body that is declared as something else need not be read to its end.
    if !is_json && !essence.is_empty() {
        return Err(wrong);
    }
    let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
    match (bytes.is_empty(), is_json) {
        (true, _) => Ok(Bytes::from_static(b"{}")),
        (false, true) => Ok(bytes),
        (false, false) => Err(wrong),
    }
}

fn unread(rejection: &BytesRejection) -> Problem {
    if let Some(known) = timed_out(rejection).or_else(|| said_by(rejection)) {
        return known;
    }
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(ProblemType::TooLarge, "the body is larger than this path accepts")
    } else {
        Problem::new(ProblemType::MalformedJson, "the body could not be read to its end")
    }
}

/// The problem of a body that did not come in time, if that is what lies behind an error.
pub(super) fn timed_out(error: &(dyn Error + 'static)) -> Option<Problem> {
    let late = causes(error).find_map(|error| error.downcast_ref::<BodyTimedOut>())?;
    Some(Problem::new(ProblemType::BodyTimeout, late.to_string()))
}

/// The problem that the stream of a body ended with.
pub(super) fn said_by(error: &(dyn Error + 'static)) -> Option<Problem> {
    causes(error).find_map(|error| error.downcast_ref::<Problem>()).cloned()
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}

pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Every body is an object; the reader of structs would also take their fields in order, as an array.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::field("", "it is an array; send an object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner();
        match inner.classify() {
            Category::Data => Problem::field(pointer(error.path()), explain(inner)),
            // serde_json says of a number in place of one of some names that it expects a value, as it does of what is no JSON.
            _ if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() => {
                Problem::field(pointer(error.path()), "it is none of the values that can stand here")
            }
            _ => Problem::new(ProblemType::MalformedJson, inner.to_string()),
        }
    })?;
    json.end().map_err(|error| Problem::new(ProblemType::MalformedJson, error.to_string()))?;
    check_numbers(bytes)?;
    Ok(value)
}

/// The largest whole number of any body, up or down: what every reader of JSON, and Redis, can count exactly. Counters of a game come from imports and patches; one
/// at the end of its type's range could not be counted on.
const LARGEST: u64 = (1 << 53) - 1;

/// Refuses a body with a number that nothing in a game can reach.
fn check_numbers(bytes: &[u8]) -> Result<(), Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, Countable>(&mut json) {
        Ok(Countable) => Ok(()),
        Err(error) => Err(Problem::field(pointer(error.path()), explain(error.inner()))),
    }
}

/// Any JSON whose numbers are not beyond [`LARGEST`].
struct Countable;

impl<'de> Deserialize<'de> for Countable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Countable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Countable, E> {
        Ok(Countable)
    }

    fn visit_str<E>(self, _: &str) -> Result<Countable, E> {
        Ok(Countable)
    }

    fn visit_unit<E>(self) -> Result<Countable, E> {
        Ok(Countable)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Countable, E> {
        if number > LARGEST { Err(beyond(number)) } else { Ok(Countable) }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Countable, E> {
        if number.unsigned_abs() > LARGEST { Err(beyond(number)) } else { Ok(Countable) }
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Countable, E> {
        // 2^53 exactly.
        if number.abs() > 9_007_199_254_740_992.0 { Err(beyond(number)) } else { Ok(Countable) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Countable, A::Error> {
        while seq.next_element::<Countable>()?.is_some() {}
        Ok(Countable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Countable, A::Error> {
        while map.next_entry::<Cow<'de, str>, Countable>()?.is_some() {}
        Ok(Countable)
    }
}

fn beyond<E: de::Error>(number: impl fmt::Display) -> E {
    E::custom(format!("it is {number}; no number here is beyond {LARGEST}"))
}

/// The path as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

/// What is wrong, with the field that was probably meant. The pointer says where: line and column would not help.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    // serde names the unknown field first, then all known ones.
    let mut quoted = text.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| text.starts_with("unknown "));
    let nearest = unknown.and_then(|field| suggest::nearest(field, quoted));
    format!("{text}{}", suggest::did_you_mean(nearest))
}

#[cfg(test)]
mod tests {
    use protocol::ChatRequest;

    use super::*;

    #[test]
    fn a_wrong_field_is_named_by_its_pointer() {
        let problem = read::<ChatRequest>(br#"{"game_state_id": 7, "message": "x"}"#).unwrap_err();
        assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (422, "/game_state_id"));
    }

    #[test]
    fn a_value_of_another_type_than_a_name_is_a_wrong_field_and_not_broken_json() {
        for (value, field) in [("7", "priority"), ("[]", "if_busy"), ("true", "priority")] {
            let body = format!(
                r#"{{"game_state_id": "01a20af8-e752-7486-bed1-1f877b41c1aa", "message": "x", "{field}": {value}}}"#
            );
            let problem = read::<ChatRequest>(body.as_bytes()).unwrap_err();
            let at = format!("/{field}");
            assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (422, at.as_str()), "{value}: {problem}");
        }
    }

    #[test]
    fn a_mistyped_field_gets_a_suggestion() {
        let problem = read::<ChatRequest>(br#"{"mesage": "x"}"#).unwrap_err();
        assert!(problem.errors[0].detail.ends_with("did you mean `message`?"), "{problem}");
    }

    #[test]
    fn a_number_that_no_game_reaches_is_refused_where_it_stands() {
        for (number, is_taken) in [
            ("9007199254740991", true),
            ("-9007199254740991", true),
            ("9007199254740992", false),
            ("18446744073709551615", false),
            ("1e300", false),
        ] {
            let body = format!(r#"{{"a": [{{"b": {number}}}]}}"#);
            let read = read::<serde_json::Value>(body.as_bytes());
            assert_eq!(read.is_ok(), is_taken, "{number}");
            if let Err(problem) = read {
                assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (422, "/a/0/b"), "{problem}");
            }
        }
    }

    #[test]
    fn an_array_is_not_taken_for_an_object() {
        let body = br#"["01a20af8-e752-7486-bed1-1f877b41c1aa", "hi", null, "enqueue", null]"#;
        assert_eq!(read::<ChatRequest>(body).unwrap_err().status, 422);
    }

    #[test]
    fn text_that_is_not_json_is_distinguished_from_json_of_another_form() {
        for text in ["{", "", "{} x", "nonsense"] {
            assert_eq!(read::<serde_json::Value>(text.as_bytes()).unwrap_err().status, 400, "{text}");
        }
    }
}
