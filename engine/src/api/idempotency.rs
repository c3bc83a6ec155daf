//! The header `Idempotency-Key`: a client's name for one message, so that sending it again does not say it again.

use axum::http::HeaderMap;
use protocol::{GameId, Problem, ProblemType};
use serde::Serialize;
use store::IdempotencyKey;
use uuid::Uuid;

/// The longest key that is accepted, in bytes.
const LONGEST: usize = 255;
/// Keeps fingerprints apart from other uses of the same hash.
const FINGERPRINTS: Uuid = Uuid::from_u128(0x9f4e_1d1c_6a0b_4a57_8d2e_3f0c_7b61_a5d4);

/// The key of a message or a change, if it is sent under one.
pub(super) fn key(headers: &HeaderMap, message: &impl Serialize) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let invalid = |why: &str| Problem::new(ProblemType::InvalidHeader, format!("`Idempotency-Key` {why}"));
    if values.next().is_some() {
        return Err(invalid("is given more than once"));
    }
    let text = value.to_str().map_err(|_| invalid("holds more than printable ASCII"))?.trim();
    // The header is a structured one, whose strings are quoted; most clients leave the quotes out.
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    if key.is_empty() || key.len() > LONGEST {
        return Err(invalid(&format!("is a text of 1 to {LONGEST} bytes")));
    }
    Ok(Some(IdempotencyKey { key: key.to_owned(), fingerprint: fingerprint(message) }))
}

/// A key for a change that its client has not named: only the engine repeats the step under it.
pub(super) fn own_key() -> IdempotencyKey {
    IdempotencyKey { key: Uuid::now_v7().to_string(), fingerprint: String::new() }
}

/// The id of the game that is made of another one under a key: the same for the same key.
pub(super) fn game_under(game: GameId, key: &str) -> GameId {
    let name = format!("{game} {key}");
    // A UUID is the text of an id.
    Uuid::new_v5(&FINGERPRINTS, name.as_bytes()).to_string().parse().unwrap_or_default()
}

/// The same for the same message, however it was written down; another one for another.
fn fingerprint(message: &impl Serialize) -> String {
    // A plain struct: there is nothing in it that JSON cannot say.
    Uuid::new_v5(&FINGERPRINTS, &serde_json::to_vec(message).unwrap_or_default()).to_string()
}

#[cfg(test)]
mod tests {
    use protocol::{ChatRequest, IfBusy, Priority};

    use super::*;

    fn message(text: &str) -> ChatRequest {
        let game_state_id: GameId = "01a20af8-e752-7486-bed1-1f877b41c1aa".parse().unwrap();
        ChatRequest {
            game_state_id,
            message: text.to_owned(),
            actor: None,
            if_busy: IfBusy::Enqueue,
            priority: Priority::Normal,
            stream: None,
        }
    }

    fn key_of(values: &[&str]) -> Result<Option<IdempotencyKey>, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("idempotency-key", value.parse().unwrap());
        }
        key(&headers, &message("look"))
    }

    #[test]
    fn a_key_is_the_same_with_and_without_quotes() {
        assert_eq!(key_of(&["\"a b\""]).unwrap(), key_of(&["a b"]).unwrap());
        assert_eq!(key_of(&[]).unwrap(), None);
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        for values in [&[""][..], &["\"\""], &["a", "b"], &["ä"], &[&"x".repeat(256)]] {
            assert_eq!(key_of(values).unwrap_err().status, 400, "{values:?}");
        }
    }

    #[test]
    fn another_message_has_another_fingerprint() {
        let interrupting = ChatRequest { if_busy: IfBusy::Interrupt, ..message("look") };
        let acting = ChatRequest { actor: Some("Ada".to_owned()), ..message("look") };
        let urgent = ChatRequest { priority: Priority::High, ..message("look") };
        let others = [message("listen"), interrupting, acting, urgent];
        assert_eq!(fingerprint(&message("look")), fingerprint(&message("look")));
        assert!(others.iter().all(|other| fingerprint(other) != fingerprint(&message("look"))));
    }
}
