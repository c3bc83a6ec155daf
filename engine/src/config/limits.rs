//! Limits of callers, as an operator writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Amount;

/// `[limits]`: for each user, tenant and address; 0 is no limit. They hold with `auth.mode = "keys"`, those of addresses
/// with `"open"` as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Calls in a minute of one user, of whatever kind, at a process. One that sends or is answered much counts as several: see `bytes_per_call`.
    pub calls_per_minute_per_user: u64,
    /// The same of one tenant.
    pub calls_per_minute_per_tenant: u64,
    /// The same from one address, also of those that are refused.
    pub calls_per_minute_per_address: u64,
    /// A call counts as one for each so many bytes that it sends, and as one for each so many that it is answered; the last of them need not be full.
    pub bytes_per_call: u64,
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
    /// A game that is imported or branched counts as one for each so many bytes of it, the last of which need not be full.
    pub bytes_per_game: u64,
    /// Tokens that the turns of one user use in 24 hours, read and written, by the counts of the models' servers.
    pub tokens_per_day_per_user: u64,
    /// The same of one tenant.
    pub tokens_per_day_per_tenant: u64,
    /// The same of what is sent from one address.
    pub tokens_per_day_per_address: u64,
    /// What the turns of one user cost in 30 days, in the currency of the price tables (`providers.NAME.price`).
    pub cost_per_month_per_user: Amount,
    /// The same of one tenant.
    pub cost_per_month_per_tenant: Amount,
    /// The same of what is sent from one address.
    pub cost_per_month_per_address: Amount,
    /// Event streams of one user that are open at a process.
    pub streams_per_user: usize,
    /// Event streams of one tenant that are open at a process.
    pub streams_per_tenant: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            calls_per_minute_per_user: 600,
            calls_per_minute_per_tenant: 60_000,
            calls_per_minute_per_address: 6000,
            bytes_per_call: 256 * 1024,
            messages_per_minute_per_user: 60,
            messages_per_minute_per_tenant: 6000,
            messages_per_minute_per_address: 600,
            unfinished_per_user: 50,
            unfinished_per_tenant: 10_000,
            unfinished_per_address: 1000,
            games_per_day_per_user: 200,
            games_per_day_per_tenant: 20_000,
            games_per_day_per_address: 2000,
            bytes_per_game: 256 * 1024,
            tokens_per_day_per_user: 5_000_000,
            tokens_per_day_per_tenant: 500_000_000,
            tokens_per_day_per_address: 50_000_000,
            cost_per_month_per_user: Amount::NONE,
            cost_per_month_per_tenant: Amount::NONE,
            cost_per_month_per_address: Amount::NONE,
            streams_per_user: 50,
            streams_per_tenant: 5000,
        }
    }
}

impl LimitsConfig {
    /// No limit is larger.
    pub(super) const LARGEST: u64 = 1_000_000_000_000;

    /// No limits.
    pub const NONE: Self = Self {
        calls_per_minute_per_user: 0,
        calls_per_minute_per_tenant: 0,
        calls_per_minute_per_address: 0,
        bytes_per_call: 0,
        messages_per_minute_per_user: 0,
        messages_per_minute_per_tenant: 0,
        messages_per_minute_per_address: 0,
        unfinished_per_user: 0,
        unfinished_per_tenant: 0,
        unfinished_per_address: 0,
        games_per_day_per_user: 0,
        games_per_day_per_tenant: 0,
        games_per_day_per_address: 0,
        bytes_per_game: 0,
        tokens_per_day_per_user: 0,
        tokens_per_day_per_tenant: 0,
        tokens_per_day_per_address: 0,
        cost_per_month_per_user: Amount::NONE,
        cost_per_month_per_tenant: Amount::NONE,
        cost_per_month_per_address: Amount::NONE,
        streams_per_user: 0,
        streams_per_tenant: 0,
    };

    /// Whether any limit is one of cost.
    pub(super) fn limits_cost(&self) -> bool {
        let limits = [self.cost_per_month_per_user, self.cost_per_month_per_tenant, self.cost_per_month_per_address];
        limits.into_iter().any(|limit| limit > Amount::NONE)
    }

    /// Every limit by its key.
    pub(super) fn each(&self) -> [(&'static str, u64); 19] {
        [
            ("limits.calls_per_minute_per_user", self.calls_per_minute_per_user),
            ("limits.calls_per_minute_per_tenant", self.calls_per_minute_per_tenant),
            ("limits.calls_per_minute_per_address", self.calls_per_minute_per_address),
            ("limits.bytes_per_call", self.bytes_per_call),
            ("limits.messages_per_minute_per_user", self.messages_per_minute_per_user),
            ("limits.messages_per_minute_per_tenant", self.messages_per_minute_per_tenant),
            ("limits.messages_per_minute_per_address", self.messages_per_minute_per_address),
            ("limits.unfinished_per_user", self.unfinished_per_user),
            ("limits.unfinished_per_tenant", self.unfinished_per_tenant),
            ("limits.unfinished_per_address", self.unfinished_per_address),
            ("limits.games_per_day_per_user", self.games_per_day_per_user),
            ("limits.games_per_day_per_tenant", self.games_per_day_per_tenant),
            ("limits.games_per_day_per_address", self.games_per_day_per_address),
            ("limits.bytes_per_game", self.bytes_per_game),
            ("limits.tokens_per_day_per_user", self.tokens_per_day_per_user),
            ("limits.tokens_per_day_per_tenant", self.tokens_per_day_per_tenant),
            ("limits.tokens_per_day_per_address", self.tokens_per_day_per_address),
            ("limits.streams_per_user", self.streams_per_user as u64),
            ("limits.streams_per_tenant", self.streams_per_tenant as u64),
        ]
    }
}

/// `[tiers.NAME.limits]`: those of `[limits]` that differ for the tenants of a tier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsOfTier {
    /// Calls in a minute of one user, of whatever kind, at a process. One that sends or is answered much counts as several: see `bytes_per_call`.
    pub calls_per_minute_per_user: Option<u64>,
    /// The same of one tenant.
    pub calls_per_minute_per_tenant: Option<u64>,
    /// The same from one address, also of those that are refused.
    pub calls_per_minute_per_address: Option<u64>,
    /// A call counts as one for each so many bytes that it sends, and as one for each so many that it is answered; the last of them need not be full.
    pub bytes_per_call: Option<u64>,
    /// Messages in a minute of one user.
    pub messages_per_minute_per_user: Option<u64>,
    /// Messages in a minute of one tenant.
    pub messages_per_minute_per_tenant: Option<u64>,
    /// Messages in a minute from one address.
    pub messages_per_minute_per_address: Option<u64>,
    /// Unfinished requests of one user.
    pub unfinished_per_user: Option<u64>,
    /// Unfinished requests of one tenant.
    pub unfinished_per_tenant: Option<u64>,
    /// Unfinished requests from one address.
    pub unfinished_per_address: Option<u64>,
    /// Games that one user creates in a day.
    pub games_per_day_per_user: Option<u64>,
    /// Games that one tenant creates in a day.
    pub games_per_day_per_tenant: Option<u64>,
    /// Games that are created from one address in a day.
    pub games_per_day_per_address: Option<u64>,
    /// A game that is imported or branched counts as one for each so many bytes of it.
    pub bytes_per_game: Option<u64>,
    /// Tokens that the turns of one user use in 24 hours, read and written, by the counts of the models' servers.
    pub tokens_per_day_per_user: Option<u64>,
    /// The same of one tenant.
    pub tokens_per_day_per_tenant: Option<u64>,
    /// The same of what is sent from one address.
    pub tokens_per_day_per_address: Option<u64>,
    /// What the turns of one user cost in 30 days, in the currency of the price tables (`providers.NAME.price`).
    pub cost_per_month_per_user: Option<Amount>,
    /// The same of one tenant.
    pub cost_per_month_per_tenant: Option<Amount>,
    /// The same of what is sent from one address.
    pub cost_per_month_per_address: Option<Amount>,
    /// Event streams of one user that are open at a process.
    pub streams_per_user: Option<usize>,
    /// Event streams of one tenant that are open at a process.
    pub streams_per_tenant: Option<usize>,
}

impl LimitsOfTier {
    /// One in which every key has a value.
    pub(super) fn example() -> Self {
        Self {
            calls_per_minute_per_user: Some(0),
            calls_per_minute_per_tenant: Some(0),
            calls_per_minute_per_address: Some(0),
            bytes_per_call: Some(0),
            messages_per_minute_per_user: Some(0),
            messages_per_minute_per_tenant: Some(0),
            messages_per_minute_per_address: Some(0),
            unfinished_per_user: Some(0),
            unfinished_per_tenant: Some(0),
            unfinished_per_address: Some(0),
            games_per_day_per_user: Some(0),
            games_per_day_per_tenant: Some(0),
            games_per_day_per_address: Some(0),
            bytes_per_game: Some(0),
            tokens_per_day_per_user: Some(0),
            tokens_per_day_per_tenant: Some(0),
            tokens_per_day_per_address: Some(0),
            cost_per_month_per_user: Some(Amount::NONE),
            cost_per_month_per_tenant: Some(Amount::NONE),
            cost_per_month_per_address: Some(Amount::NONE),
            streams_per_user: Some(0),
            streams_per_tenant: Some(0),
        }
    }

    /// The limits of a tier: its own, and these where it has none.
    #[must_use]
    pub fn over(&self, others: LimitsConfig) -> LimitsConfig {
        LimitsConfig {
            calls_per_minute_per_user: self.calls_per_minute_per_user.unwrap_or(others.calls_per_minute_per_user),
            calls_per_minute_per_tenant: self.calls_per_minute_per_tenant.unwrap_or(others.calls_per_minute_per_tenant),
            calls_per_minute_per_address: self
                .calls_per_minute_per_address
                .unwrap_or(others.calls_per_minute_per_address),
            bytes_per_call: self.bytes_per_call.unwrap_or(others.bytes_per_call),
            messages_per_minute_per_user: self
                .messages_per_minute_per_user
                .unwrap_or(others.messages_per_minute_per_user),
            messages_per_minute_per_tenant: self
                .messages_per_minute_per_tenant
                .unwrap_or(others.messages_per_minute_per_tenant),
            messages_per_minute_per_address: self
                .messages_per_minute_per_address
                .unwrap_or(others.messages_per_minute_per_address),
            unfinished_per_user: self.unfinished_per_user.unwrap_or(others.unfinished_per_user),
            unfinished_per_tenant: self.unfinished_per_tenant.unwrap_or(others.unfinished_per_tenant),
            unfinished_per_address: self.unfinished_per_address.unwrap_or(others.unfinished_per_address),
            games_per_day_per_user: self.games_per_day_per_user.unwrap_or(others.games_per_day_per_user),
            games_per_day_per_tenant: self.games_per_day_per_tenant.unwrap_or(others.games_per_day_per_tenant),
            games_per_day_per_address: self.games_per_day_per_address.unwrap_or(others.games_per_day_per_address),
            bytes_per_game: self.bytes_per_game.unwrap_or(others.bytes_per_game),
            tokens_per_day_per_user: self.tokens_per_day_per_user.unwrap_or(others.tokens_per_day_per_user),
            tokens_per_day_per_tenant: self.tokens_per_day_per_tenant.unwrap_or(others.tokens_per_day_per_tenant),
            tokens_per_day_per_address: self.tokens_per_day_per_address.unwrap_or(others.tokens_per_day_per_address),
            cost_per_month_per_user: self.cost_per_month_per_user.unwrap_or(others.cost_per_month_per_user),
            cost_per_month_per_tenant: self.cost_per_month_per_tenant.unwrap_or(others.cost_per_month_per_tenant),
            cost_per_month_per_address: self.cost_per_month_per_address.unwrap_or(others.cost_per_month_per_address),
            streams_per_user: self.streams_per_user.unwrap_or(others.streams_per_user),
            streams_per_tenant: self.streams_per_tenant.unwrap_or(others.streams_per_tenant),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_limit_of_cost_needs_the_price_of_each_model() {
        let provider = "[providers.a]\nadapter = 'ollama'\nmodel = 'small'\n";
        let price = "price = { prompt = 1.0, completion = 2.0 }\n";
        let other = "backend_model = 'big'\n";
        let refused = |limits: &str, keys: &str| {
            let config: Config = toml::from_str(&format!("{limits}\n{provider}{keys}")).unwrap();
            config.check().err().map(|error| error.to_string())
        };
        let of_tier = "[tiers.gold]\ntenants = ['acme']\nlimits.cost_per_month_per_user = 3";
        for limits in ["[limits]\ncost_per_month_per_tenant = 2.5", of_tier] {
            let without = refused(limits, "").unwrap();
            assert!(without.contains("`providers.a.price`") && without.contains("for a million tokens"), "{without}");
            let half = refused(limits, &format!("{price}{other}")).unwrap();
            assert!(half.contains("`providers.a.backend_price`"), "{half}");
            assert_eq!(refused(limits, price), None);
            assert_eq!(
                refused(limits, &format!("{price}{other}backend_price = {{ prompt = 0, completion = 0 }}")),
                None
            );
        }
        assert_eq!(refused("", ""), None);
    }
}
