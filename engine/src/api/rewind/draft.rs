//! What a game is to become.

use protocol::RewindCause;
use store::{NewRequest, Rewrite, StoredTurn, Try};
use story::{ChatMessage, GameState};

/// What the game is to become.
pub(super) struct Draft {
    pub(super) cause: RewindCause,
    pub(super) state: GameState,
    /// Its last turn.
    pub(super) turn: u64,
    pub(super) history: Rewrite<ChatMessage>,
    pub(super) turns: Rewrite<StoredTurn>,
    pub(super) tries: Vec<Try>,
    pub(super) request: Option<NewRequest>,
}
