//! Errors for what this version of the engine never stores and no script of it replies.

use std::fmt::{Debug, Display};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;

/// A reply that no script of this version gives.
pub(super) fn unexpected_reply(what: &str, reply: &impl Debug) -> StoreError {
    StoreError::Corrupt { what: what.to_owned(), reason: format!("unexpected reply {reply:?}") }
}

/// Reads JSON that the engine itself wrote.
pub(super) fn from_json<T: DeserializeOwned>(what: impl Display, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt { what: what.to_string(), reason: error.to_string() })
}

/// Writes a value as JSON.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unwritable(&error))
}

pub(super) fn unwritable(error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { what: "a value to be written".to_owned(), reason: error.to_string() }
}
