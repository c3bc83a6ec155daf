//! `[retention]`: how long games are kept that nobody plays.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const DAY: u64 = 86_400;

/// `[retention]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// After how many days without a change a game leaves the store; 0 keeps games without a limit.
    pub idle_days: u64,
    /// The same for games that have ended; 0 treats them as all others.
    pub ended_days: u64,
    /// Where games go when they leave the store: a directory that all processes share, or `s3://bucket/prefix`. A game comes back
    /// when it is asked for. Without it, games are deleted for good.
    pub archive: Option<String>,
    /// How many minutes pass between two searches for such games.
    pub sweep_minutes: u64,
    /// How many games a process deletes or archives in a second at most.
    pub games_per_second: u64,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { idle_days: 0, ended_days: 0, archive: None, sweep_minutes: 60, games_per_second: 20 }
    }
}

impl RetentionConfig {
    /// After which time a game leaves the store, if it ever does.
    #[must_use]
    pub fn idle(&self) -> Option<Duration> {
        days(self.idle_days)
    }

    /// After which time a game that has ended leaves the store, if it ever does.
    #[must_use]
    pub fn ended(&self) -> Option<Duration> {
        days(self.ended_days).or_else(|| self.idle())
    }
}

fn days(days: u64) -> Option<Duration> {
    (days > 0).then(|| Duration::from_secs(days * DAY))
}
