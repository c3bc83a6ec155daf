//! A game as the store keeps it: its state and settings, without its history and its events.

use jiff::Timestamp;
use protocol::{EventId, GameId};
use serde::{Deserialize, Serialize};
use story::GameState;

use super::Owner;

/// The part of a game that is written as a whole whenever it changes. Its size does not grow with the number of turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameDocument {
    /// The configured provider that narrates.
    pub provider: String,
    /// The state of the story.
    pub state: GameState,
}

/// A game with the store's bookkeeping.
#[derive(Debug, Clone, PartialEq)]
pub struct Game {
    /// The game.
    pub id: GameId,
    /// Counts its commits and patches, from 1.
    pub version: u64,
    /// Its latest event; offset 0 when it has none.
    pub cursor: EventId,
    /// Its state.
    pub document: GameDocument,
    /// Whose it is; nobody's if it was created without keys.
    pub owner: Option<Owner>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The part of a game that a turn needs.
#[derive(Debug, Clone, PartialEq)]
pub struct LeasedGame {
    /// As in [`Game`].
    pub version: u64,
    /// Its state.
    pub document: GameDocument,
}

/// The outcome of a write to a game from outside a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GameWrite {
    /// It happened.
    Done,
    /// No such game.
    Unknown,
    /// The game has unfinished requests: their turns would overwrite the change or fail because of it.
    Busy,
    /// The game has another version than the expected one.
    Changed {
        /// The version that it has.
        version: u64,
    },
}
