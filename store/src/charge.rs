//! Limits of callers: how often in a time, and how many unfinished requests, for each user, tenant and address.
//!
//! "How often" is the generic cell rate algorithm (GCRA): a limit of 60 a minute lets 60 through at once, and then one each
//! second. It keeps one number for each limit, the time at which everything that was used is free again.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::UsedUp;

/// What a call uses up of one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Whose limit it is.
    pub bucket: Bucket,
    /// How often in a time.
    pub rate: Option<Rate>,
    /// How many unfinished requests.
    pub unfinished: Option<u64>,
}

/// Whose limit it is, by a name without white space: stores keep lists of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Bucket(String);

/// So many in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many; at least 1.
    pub count: u64,
    /// In which time.
    pub period: Duration,
    /// As how many the call counts; at least 1. One that counts as more than there may be takes all of them.
    pub taken: u64,
}

/// A limit is reached; nothing was charged. `charge` is the place of the charge in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// As many in the time as may be.
    Rate {
        /// Which one.
        charge: usize,
        /// When there is room for one more.
        retry_after: Duration,
    },
    /// As many unfinished requests as may be.
    Unfinished {
        /// Which one.
        charge: usize,
    },
    /// A budget is used up.
    Budget(UsedUp),
}

impl From<String> for Bucket {
    fn from(name: String) -> Self {
        Self(if name.contains(char::is_whitespace) { name.replace(char::is_whitespace, "_") } else { name })
    }
}

impl From<&str> for Bucket {
    fn from(name: &str) -> Self {
        Self::from(name.to_owned())
    }
}

impl Bucket {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Bucket {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The outcome of [`super::Games::create_game`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The game is stored, by this try of the step or an earlier one.
    Done,
    /// A limit is reached.
    Limited(Limited),
}

impl Rate {
    /// The period in microseconds, and the part of it that the call takes.
    pub(super) fn micros(self) -> (i64, i64) {
        let period = i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
        let count = i64::try_from(self.count).unwrap_or(i64::MAX).max(1);
        let taken = i64::try_from(self.taken).unwrap_or(i64::MAX).max(1);
        let each = (period / count).max(1);
        // `period / count` is rounded, so that a whole period may be a little less than `count` of it.
        (period, if taken < count { each.saturating_mul(taken).min(period) } else { period.max(each) })
    }
}
