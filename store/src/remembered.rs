//! What a store keeps beside a game, so that what is sent again is recognised and earlier tries can be chosen.
//!
//! A game that leaves a store takes it along: in the store that it comes to, a message that is sent again under its key is not told again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use protocol::{EventId, RequestId};
use serde::{Deserialize, Serialize};

use super::Try;

/// What is kept beside a game.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// The tries of the last message that can be chosen again, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Try>,
    /// The latest changes from outside a turn, the latest first. Where they come to, they are remembered for as long as new ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<RememberedChange>,
    /// Requests of the game that have ended. A store that keeps them whatever becomes of their game hands none on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<EndedRequest>,
}

/// A change from outside a turn, as it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedChange {
    /// The name under which it was made.
    pub key: String,
    /// The fingerprint of what was asked for.
    pub fingerprint: String,
    /// The version that it made.
    pub version: u64,
    /// The last turn that it left.
    pub turn: u64,
    /// The id before its events.
    pub cursor: EventId,
    /// The request that it brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
}

/// A request that has ended, in the form of the store that it comes from: only a store of the same kind keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedRequest {
    /// Its id.
    pub id: RequestId,
    /// Until when it is kept.
    pub expires_at: Timestamp,
    /// What is recorded of it.
    pub fields: BTreeMap<String, String>,
}
