//! A place in the list of requests that wait.

use std::fmt;
use std::str::FromStr;

/// Behind the request with this rank, of this shard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QueuedCursor {
    /// The shard; 0 where there is one.
    pub shard: usize,
    /// The rank. Those of story events that go next are fractions.
    pub rank: f64,
}

impl fmt::Display for QueuedCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.shard, self.rank)
    }
}

/// The text is no [`QueuedCursor`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the `next` of a page of requests")]
pub struct QueuedCursorError(String);

impl FromStr for QueuedCursor {
    type Err = QueuedCursorError;

    fn from_str(text: &str) -> Result<Self, QueuedCursorError> {
        let parse = || {
            let (shard, rank) = text.split_once('_')?;
            let rank = rank.parse().ok().filter(|rank: &f64| rank.is_finite())?;
            Some(Self { shard: shard.parse().ok()?, rank })
        };
        parse().ok_or_else(|| QueuedCursorError(text.to_owned()))
    }
}
