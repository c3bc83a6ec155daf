//! The findings of `engine fsck`: stored data that breaks a rule of the store.

use protocol::{GameId, RequestId};

/// The result of an inspection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Games that were inspected.
    pub games: u64,
    /// Unfinished requests that were inspected.
    pub requests: u64,
    /// The rules that are broken.
    pub inconsistencies: Vec<Inconsistency>,
}

/// Stored data that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inconsistency {
    /// The game, where one is concerned.
    pub game: Option<GameId>,
    /// The request, where one is concerned.
    pub request: Option<RequestId>,
    /// What is wrong.
    pub what: String,
    /// What repairs it, or has repaired it.
    pub remedy: String,
}
