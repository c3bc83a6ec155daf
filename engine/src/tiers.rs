//! Tiers while a process runs: which one a tenant belongs to, how much it may do, and which providers its games may name.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::{Problem, Tenant};

use crate::config::{AuthMode, Config, LimitsConfig};

/// The tiers, and the limits of tenants that are in none.
#[derive(Debug, Clone)]
pub struct Tiers {
    limits: LimitsConfig,
    by_tenant: Arc<BTreeMap<String, Arc<Tier>>>,
}

/// A tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Its name in the configuration.
    pub name: String,
    limits: LimitsConfig,
    /// All of them when empty.
    providers: Vec<String>,
    default_provider: Option<String>,
}

impl From<LimitsConfig> for Tiers {
    /// Everybody is in the default tier.
    fn from(limits: LimitsConfig) -> Self {
        Self { limits, by_tenant: Arc::default() }
    }
}

impl Tiers {
    /// As the configuration has them. On loopback, all who can call are also able to change limits, so there are none.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let is_local = config.auth.mode == AuthMode::Local;
        let limits = |limits: LimitsConfig| if is_local { LimitsConfig::NONE } else { limits };
        let mut by_tenant = BTreeMap::new();
        for (name, tier) in &config.tiers {
            let of_tier = Arc::new(Tier {
                name: name.clone(),
                limits: limits(tier.limits.over(config.limits)),
                providers: tier.providers.clone(),
                default_provider: tier.default_provider.clone(),
            });
            by_tenant.extend(tier.tenants.iter().map(|tenant| (tenant.clone(), Arc::clone(&of_tier))));
        }
        Self { limits: limits(config.limits), by_tenant: Arc::new(by_tenant) }
    }

    /// The tier of a tenant; none is the default one.
    #[must_use]
    pub fn of(&self, tenant: Option<&str>) -> Option<&Tier> {
        self.by_tenant.get(tenant?).map(|tier| &**tier)
    }

    /// How much a tenant and its users may do.
    #[must_use]
    pub fn limits(&self, tenant: Option<&str>) -> &LimitsConfig {
        self.of(tenant).map_or(&self.limits, |tier| &tier.limits)
    }

    /// The provider of a tenant's games that name none, where its tier has one.
    #[must_use]
    pub fn default_provider(&self, tenant: Option<&Tenant>) -> Option<&str> {
        self.of(tenant.map(Tenant::as_str))?.default_provider.as_deref()
    }

    /// Whether a tenant's new game may be told by a provider.
    pub fn check_provider(&self, tenant: Option<&Tenant>, provider: &str) -> Result<(), Problem> {
        match self.of(tenant.map(Tenant::as_str)) {
            Some(tier) if !tier.providers.is_empty() && !tier.providers.iter().any(|name| name == provider) => {
                let names = tier.providers.join(", ");
                let detail = format!("the games of this tenant are told by {names}, and not by `{provider}`");
                Err(Problem::field("/provider", detail))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers(mode: &str) -> Tiers {
        let text = format!(
            "[auth]\nmode = '{mode}'\n[limits]\nunfinished_per_user = 3\nstreams_per_user = 4\n[tiers.gold]\ntenants = ['acme']\n\
             providers = ['a', 'b']\ndefault_provider = 'b'\n[tiers.gold.limits]\nunfinished_per_user = 30\n[tiers.free]\n\
             tenants = ['trial']"
        );
        Tiers::new(&toml::from_str(&text).unwrap())
    }

    #[test]
    fn a_tier_has_the_limits_of_all_but_for_its_own() {
        let tiers = tiers("keys");
        let of = |tenant| (tiers.limits(tenant).unfinished_per_user, tiers.limits(tenant).streams_per_user);
        assert_eq!([Some("acme"), Some("trial"), Some("other"), None].map(of), [(30, 4), (3, 4), (3, 4), (3, 4)]);
        assert_eq!(self::tiers("local").limits(Some("acme")), &LimitsConfig::NONE);
    }

    #[test]
    fn the_games_of_a_tier_name_its_providers_only() {
        let tiers = tiers("keys");
        let tenant = |name: &str| name.parse::<Tenant>().unwrap();
        let (acme, trial) = (tenant("acme"), tenant("trial"));
        assert_eq!([&acme, &trial].map(|tenant| tiers.default_provider(Some(tenant))), [Some("b"), None]);
        let refused = tiers.check_provider(Some(&acme), "c").unwrap_err();
        assert!(refused.detail.contains("told by a, b"), "{}", refused.detail);
        for (tenant, provider) in [(Some(&acme), "a"), (Some(&trial), "c"), (None, "c")] {
            tiers.check_provider(tenant, provider).unwrap();
        }
    }
}
