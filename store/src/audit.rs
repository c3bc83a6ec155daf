//! The audit log: what operators have changed, in their order, the latest entries up to a number.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use protocol::AuditPage;

use super::StoreError;

/// An entry that is to be written. The store adds the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// Tells entries apart, so that a repeat writes none.
    pub nonce: u64,
    /// Who.
    pub by: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// How it went.
    pub outcome: String,
}

/// A place in the audit log: behind the entry with these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCursor {
    /// Of a Redis: when it was written, in ms since 1970.
    pub ms: u64,
    /// Its number.
    pub number: u64,
}

impl fmt::Display for AuditCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.number)
    }
}

/// The text is no [`AuditCursor`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the `next` of a page of the audit log")]
pub struct AuditCursorError(String);

impl FromStr for AuditCursor {
    type Err = AuditCursorError;

    fn from_str(text: &str) -> Result<Self, AuditCursorError> {
        let parse = || {
            let (ms, number) = text.split_once('-')?;
            Some(Self { ms: ms.parse().ok()?, number: number.parse().ok()? })
        };
        parse().ok_or_else(|| AuditCursorError(text.to_owned()))
    }
}

/// The audit log.
#[async_trait]
pub trait AuditLog {
    /// Writes an entry; the oldest go when there are more than are kept. Repeating it within a minute changes nothing.
    async fn record_audit(&self, entry: &NewAuditEntry) -> Result<(), StoreError>;

    /// A page, the latest entry first. `after` is the `next` of the page before.
    async fn audit(&self, after: Option<AuditCursor>, limit: usize) -> Result<AuditPage, StoreError>;
}
