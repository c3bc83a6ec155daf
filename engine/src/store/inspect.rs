//! What `engine fsck` finds: places where the store contradicts the rules by which it is kept.

use protocol::{GameId, RequestId};

/// Everything that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Games that were looked at.
    pub games: u64,
    /// Unfinished requests that were looked at.
    pub requests: u64,
    /// What contradicts a rule.
    pub inconsistencies: Vec<Inconsistency>,
}

/// A contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inconsistency {
    /// The game, where one is concerned.
    pub game: Option<GameId>,
    /// The request, where one is concerned.
    pub request: Option<RequestId>,
    /// What is wrong.
    pub what: String,
    /// What mends it, or has mended it.
    pub remedy: String,
}
