//! Why one game of a backup is not put back, whichever store it is for.

use std::path::PathBuf;

use protocol::GameId;

/// One game of a backup is not put back; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum NotRestored {
    /// The game is not in the backup.
    #[error("{} has no game {game}", .path.display())]
    NoSuchGame {
        /// The file.
        path: PathBuf,
        /// Which one.
        game: GameId,
    },
    /// The game is in the store.
    #[error("there is a game {game} already: --replace puts that of the backup in its place")]
    GameExists {
        /// Which one.
        game: GameId,
    },
    /// The game that would be replaced is played.
    #[error(
        "the game {game} has unfinished requests: wait for their end, or cancel them (`engine queue cancel --game {game}`)"
    )]
    GameBusy {
        /// Which one.
        game: GameId,
    },
}
