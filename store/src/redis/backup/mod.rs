//! Backups of Redis: all stores of a deployment in one file, made while the engine works, and put back into empty ones.
//!
//! A copy by the server itself (`redis-cli --rdb`) has everything at one moment, but is refused by most rented servers, holds what else is on the
//! server, and cannot be put into one with another number of shards. Here each game is read in one step, so it is consistent in itself: state,
//! history, turns, log, lane and dead letters. Nothing else relates two games. Values are in the form in which servers hand them
//! on (DUMP), which keeps ids and scores exactly, whatever a later release adds to a key. A form of our own would be read by older servers
//! too, and would be a second description of every key.

mod file;
mod one_game;
mod read;
mod write;

use std::path::PathBuf;

pub use self::file::{BackupFile, Summary};
pub use self::one_game::restore_game;
pub use self::read::backup;
pub use self::write::{TierRedis, restore};

use crate::{NotRestored, StoreError};

/// A backup cannot be made, or put back.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// What would be written is there already.
    #[error("{} is there already: it is not overwritten", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is no backup, or is not as it was written.
    #[error("{} is no sound backup of Redis: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file was written for another layout of the store.
    #[error(
        "{} is a backup of layout {found}, and this engine reads layout {reads}: restore it with the engine that made it", .path.display()
    )]
    Layout {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// That of this engine.
        reads: u32,
    },
    /// The file has the games of tiers that the configuration gives no store, or lacks some.
    #[error(
        "the backup has the stores of the tiers {found}, and the configuration has {configured}: configure the same, or choose with \
         --tier among those that both have"
    )]
    Tiers {
        /// Those of the file.
        found: String,
        /// Those of the configuration.
        configured: String,
    },
    /// There is a store already.
    #[error(
        "there is a store already under the prefix `{prefix}` of the Redis of the tier `{tier}`: restore into an empty Redis, or \
         choose another redis.prefix"
    )]
    NotEmpty {
        /// Whose.
        tier: String,
        /// Where.
        prefix: String,
    },
    /// The one game that is asked for is not put back.
    #[error(transparent)]
    NotRestored(#[from] NotRestored),
    /// The server was restarted while it was copied.
    #[error("a Redis server was restarted while it was copied: make the backup again")]
    Restarted,
    /// The server does not take a value.
    #[error(
        "Redis refuses a value of the backup ({reason}): its version must not be older than that of the server that was copied"
    )]
    Refused {
        /// What it says.
        reason: String,
    },
    /// A store does not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Bytes that the server handed out.
type Bytes = Vec<u8>;

/// Keys of the first shard that are copied as they are. Settings bound their sizes (`auth.max_keys`, `auth.audit_kept`).
const WHOLE: [&str; 2] = ["api-keys", "audit"];
