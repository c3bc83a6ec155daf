//! `/v1/queue`: what waits, for operators and the harness.

use serde::{Deserialize, Serialize};

use crate::{GameId, RequestId};

/// The queue at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// Queued requests of all games.
    pub depth: u64,
    /// Games that a worker could claim now.
    pub ready: u64,
    /// Games whose head request is in back-off.
    pub delayed: u64,
    /// Games under a lease.
    pub active: u64,
    /// Dead letters.
    pub dead_letters: u64,
    /// How long the oldest queued request has waited, in milliseconds; 0 when none waits.
    pub oldest_age_ms: u64,
}

/// One game's lane: its unfinished requests in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneView {
    /// The game.
    pub game_id: GameId,
    /// Unfinished requests, the head first; the head is the one in processing while the game is leased.
    pub requests: Vec<RequestId>,
    /// Whether a worker holds the game's lease.
    pub leased: bool,
}
