//! What the errors of the Redis client mean.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::{Outage, StoreError};

/// Whether a new connection may help: this one is broken, or its server no longer owns the key.
pub(super) fn is_worth_reconnecting(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_cluster_error()
        || matches!(error.kind(), ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown))
}

/// An error reply of the server: it cannot run the step at present, or the data is not what the step expects.
pub(super) fn refused(error: &RedisError) -> StoreError {
    let is_of_the_step = match error.code() {
        Some("WRONGTYPE") => true,
        // A server that is full or cannot write to its disk names the step too, under another code.
        Some("ERR") => error.detail().is_some_and(|text| text.contains("user_function")),
        _ => false,
    };
    // A value that is no text, where the engine writes none but texts. A reply of another form is an outage: a connection may have broken it,
    // and the step is repeated.
    let is_no_text = error.kind() == ErrorKind::Parse && error.to_string().contains("UTF-8");
    if is_of_the_step || is_no_text { corrupt(error.to_string()) } else { unavailable(error) }
}

/// The same for one turn of a step that commits many, from the server's message.
pub(super) fn refused_part(message: &str) -> StoreError {
    let is_temporary = ["OOM", "MISCONF", "NOREPLICAS"].iter().any(|code| names(message, code));
    if message.contains("WRONGTYPE") || message.contains("user_function") && !is_temporary {
        return corrupt(message.to_owned());
    }
    StoreError::Unavailable { outage: outage(message), reason: message.to_owned() }
}

fn corrupt(reason: String) -> StoreError {
    StoreError::Corrupt { what: "a step's keys".to_owned(), reason }
}

/// The error as the Redis client words it: it never contains credentials, at most the address.
pub(super) fn unavailable(error: &RedisError) -> StoreError {
    let said = error.detail().unwrap_or_default();
    let code = error.code().unwrap_or_default();
    let reason = error.to_string();
    // An aborted transaction names the code of its first error in its text only.
    StoreError::Unavailable { outage: outage(&format!("{code} {said} {reason}")), reason }
}

/// What a server that answers with this error lacks.
fn outage(words: &str) -> Outage {
    let says = |code: &str| names(words, code);
    if says("OOM") || says("MISCONF") && words.contains("No space left") {
        Outage::Full
    } else if says("READONLY") || says("MISCONF") || says("NOREPLICAS") {
        Outage::ReadOnly
    } else {
        Outage::Unreachable
    }
}

/// Whether the words have this error code among them, however it is quoted.
fn names(words: &str, code: &str) -> bool {
    words.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| word == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_no_text_is_corrupt_and_a_reply_of_another_form_is_repeated() {
        let read = |value: redis::Value| redis::from_redis_value::<Vec<String>>(value).unwrap_err();
        let no_text = read(redis::Value::Array(vec![redis::Value::BulkString(vec![0xff, 0xfe])]));
        assert!(matches!(refused(&no_text.into()), StoreError::Corrupt { .. }));
        let other = read(redis::Value::Array(vec![redis::Value::Array(Vec::new())]));
        assert!(matches!(refused(&other.into()), StoreError::Unavailable { .. }));
    }

    #[test]
    fn what_a_server_lacks_is_known_however_its_error_is_quoted() {
        for (words, lacks) in [
            ("OOM command not allowed when used memory > 'maxmemory'.", Outage::Full),
            ("Transaction aborted: [(Index 0, error: \"OOM\": command not allowed when used memory)]", Outage::Full),
            ("-MISCONF Errors writing to the AOF file: No space left on device", Outage::Full),
            ("MISCONF Redis is configured to save RDB snapshots", Outage::ReadOnly),
            ("[(Index 1, error: \"READONLY\": You can't write against a read only replica.)]", Outage::ReadOnly),
            ("\"NOREPLICAS\": Not enough good replicas to write", Outage::ReadOnly),
            ("connection refused: no ROOMS, no MISCONFIGURATION", Outage::Unreachable),
        ] {
            assert_eq!(outage(words), lacks, "{words}");
        }
        let part = refused_part("user_function:3: \"OOM\": command not allowed script: 1f, on @user_function:3.");
        assert!(matches!(part, StoreError::Unavailable { outage: Outage::Full, .. }), "{part:?}");
    }
}
