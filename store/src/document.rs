//! A game as the store keeps it: its state and settings, without its history and its events.

use std::time::Duration;

use jiff::Timestamp;
use protocol::{BranchedFrom, EventId, GameId};
use serde::{Deserialize, Serialize};
use story::GameState;

use super::{Origin, Owner};

/// The part of a game that is written as a whole whenever it changes. Its size does not grow with the number of turns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GameDocument {
    /// The configured provider that narrates.
    pub provider: String,
    /// The state of the story.
    pub state: GameState,
    /// The number of the last turn record. An engine of an earlier release keeps none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turns: Option<u64>,
    /// The game that this one was branched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branched_from: Option<BranchedFrom>,
    /// What it shares with other games in the store.
    #[serde(skip)]
    pub origin: Origin,
}

impl GameDocument {
    /// A game that begins in this state, which comes of content and of what players may choose when they begin.
    #[must_use]
    pub fn begun(provider: String, state: GameState) -> Self {
        let origin = Origin::of_new_game(&state);
        Self { provider, state, origin, ..Self::default() }
    }

    /// The number of the last turn, whether its record is kept or not. Turns that were played before there were records are
    /// counted as the story counts them.
    #[must_use]
    pub fn last_turn(&self) -> u64 {
        self.turns.unwrap_or(self.state.turn_counter)
    }
}

/// A game with the store's bookkeeping.
#[derive(Debug, Clone, PartialEq)]
pub struct Game {
    /// The game.
    pub id: GameId,
    /// Its name, if it has one.
    pub name: Option<String>,
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

/// The outcome of renaming or deleting a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GameWrite {
    /// It happened.
    Done,
    /// No such game.
    Unknown,
    /// The game has unfinished requests: their turns would overwrite the change or fail because of it.
    Busy,
    /// The game has changed since it was found idle, or has left the store and come back.
    Changed,
}

/// A game that has not changed for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleGame {
    /// The game.
    pub id: GameId,
    /// Its version.
    pub version: u64,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How long ago that is, by the store's time.
    pub idle: Duration,
}
