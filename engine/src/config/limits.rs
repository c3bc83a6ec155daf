//! Limits of callers, as an operator writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[limits]`: for each user, tenant and address; 0 is no limit. They hold with `auth.mode = "keys"`, those of addresses
/// with `"open"` as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Messages in a minute of one user.
    pub messages_per_minute_per_user: u64,
    /// Messages in a minute of one tenant.
    pub messages_per_minute_per_tenant: u64,
    /// Messages in a minute from one address.
    pub messages_per_minute_per_address: u64,
    /// Unfinished requests of one user.
    pub unfinished_per_user: u64,
    /// Unfinished requests of one tenant.
    pub unfinished_per_tenant: u64,
    /// Unfinished requests from one address.
    pub unfinished_per_address: u64,
    /// Games that one user creates in a day.
    pub games_per_day_per_user: u64,
    /// Games that one tenant creates in a day.
    pub games_per_day_per_tenant: u64,
    /// Games that are created from one address in a day.
    pub games_per_day_per_address: u64,
    /// Event streams of one user that are open at a process.
    pub streams_per_user: usize,
    /// Event streams of one tenant that are open at a process.
    pub streams_per_tenant: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            messages_per_minute_per_user: 60,
            messages_per_minute_per_tenant: 6000,
            messages_per_minute_per_address: 600,
            unfinished_per_user: 50,
            unfinished_per_tenant: 10_000,
            unfinished_per_address: 1000,
            games_per_day_per_user: 200,
            games_per_day_per_tenant: 20_000,
            games_per_day_per_address: 2000,
            streams_per_user: 50,
            streams_per_tenant: 5000,
        }
    }
}

impl LimitsConfig {
    /// No limits.
    pub const NONE: Self = Self {
        messages_per_minute_per_user: 0,
        messages_per_minute_per_tenant: 0,
        messages_per_minute_per_address: 0,
        unfinished_per_user: 0,
        unfinished_per_tenant: 0,
        unfinished_per_address: 0,
        games_per_day_per_user: 0,
        games_per_day_per_tenant: 0,
        games_per_day_per_address: 0,
        streams_per_user: 0,
        streams_per_tenant: 0,
    };

    /// Every limit by its key.
    pub(super) fn each(&self) -> [(&'static str, u64); 11] {
        [
            ("limits.messages_per_minute_per_user", self.messages_per_minute_per_user),
            ("limits.messages_per_minute_per_tenant", self.messages_per_minute_per_tenant),
            ("limits.messages_per_minute_per_address", self.messages_per_minute_per_address),
            ("limits.unfinished_per_user", self.unfinished_per_user),
            ("limits.unfinished_per_tenant", self.unfinished_per_tenant),
            ("limits.unfinished_per_address", self.unfinished_per_address),
            ("limits.games_per_day_per_user", self.games_per_day_per_user),
            ("limits.games_per_day_per_tenant", self.games_per_day_per_tenant),
            ("limits.games_per_day_per_address", self.games_per_day_per_address),
            ("limits.streams_per_user", self.streams_per_user as u64),
            ("limits.streams_per_tenant", self.streams_per_tenant as u64),
        ]
    }
}
