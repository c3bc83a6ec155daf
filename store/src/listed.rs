//! What a list holds for each of its games.

use jiff::Timestamp;
use protocol::GameId;

use super::{Game, GamesCursor, Owner, StoreError};

/// A game of a list. One that cannot be read takes nothing but itself from the list.
#[derive(Debug, Clone, PartialEq)]
pub enum ListedGame {
    /// It can be read.
    Readable(Box<Game>),
    /// It cannot.
    Unreadable(UnreadableGame),
}

/// What is known of a game that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableGame {
    /// The game.
    pub id: GameId,
    /// Whose it is, as far as that can be read.
    pub owner: Option<Owner>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What of it cannot be read, and why.
    pub reason: String,
}

impl ListedGame {
    /// The game.
    #[must_use]
    pub fn id(&self) -> GameId {
        self.cursor().id
    }

    /// The place behind it in the list.
    #[must_use]
    pub fn cursor(&self) -> GamesCursor {
        match self {
            Self::Readable(game) => GamesCursor { updated_at: game.updated_at, id: game.id },
            Self::Unreadable(game) => GamesCursor { updated_at: game.updated_at, id: game.id },
        }
    }

    /// The game, if it can be read.
    #[must_use]
    pub fn readable(&self) -> Option<&Game> {
        match self {
            Self::Readable(game) => Some(game),
            Self::Unreadable(_) => None,
        }
    }

    /// What a read of a listed game has found: nothing if the game was deleted after the list was read.
    pub(super) fn found(at: GamesCursor, read: Result<Option<Game>, StoreError>) -> Result<Option<Self>, StoreError> {
        let GamesCursor { id, updated_at } = at;
        match read {
            Ok(game) => Ok(game.map(|game| Self::Readable(Box::new(game)))),
            Err(StoreError::Corrupt { what, reason }) => {
                let reason = format!("{what}: {reason}");
                Ok(Some(Self::Unreadable(UnreadableGame { id, owner: None, updated_at, reason })))
            }
            Err(error) => Err(error),
        }
    }
}
