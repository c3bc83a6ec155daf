//! Numbers as SQLite keeps them, and what is wrong with a value that this engine did not write.

use std::fmt::Display;

use super::StoreError;

/// The database holds something that this engine did not write.
pub(super) fn corrupt(what: impl Display, reason: impl Display) -> StoreError {
    StoreError::Corrupt { what: what.to_string(), reason: reason.to_string() }
}

/// SQLite has signed integers only; ours stay far below the difference.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The inverse of [`signed`].
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
