//! `[tiers.NAME]`: tenants that share providers, limits, a weight and perhaps a Redis of their own.

use std::collections::BTreeMap;

use protocol::Tenant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Shares;
use url::Url;

use super::{Config, ConfigError, LimitsConfig, LimitsOfTier, RedisConfig};

/// How many tiers there may be: a game that is asked for by its id is looked for in the store of each.
const MAX_TIERS: usize = 16;
/// How long the name of a tier may be.
const NAME_MAX: usize = 32;
/// The tier of tenants that are in none.
pub const DEFAULT_TIER: &str = "default";
/// Stands for every tier where tiers are named.
const EVERY_TIER: &str = "all";

/// `[tiers.NAME]`. A tenant that is in no tier belongs to the default one, which is made of the settings outside of `[tiers]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TierConfig {
    /// The tenants that belong to it.
    pub tenants: Vec<String>,
    /// The providers that its new games may name; all of them when empty.
    pub providers: Vec<String>,
    /// The provider of its games that name none; the `default_provider` of all when not set.
    pub default_provider: Option<String>,
    /// The weight of each of its tenants in fair order; one in `queue.weights` goes before it.
    pub weight: Option<f64>,
    /// Limits of its tenants and their users, where they differ from those in `[limits]`.
    pub limits: LimitsOfTier,
    /// The Redis of its games; the store of all others when it has no URL.
    pub redis: RedisConfig,
}

impl TierConfig {
    /// One in which every key has a value.
    pub(super) fn example() -> Self {
        Self {
            default_provider: Some(String::new()),
            weight: Some(1.0),
            limits: LimitsOfTier::example(),
            ..Self::default()
        }
    }
}

impl Config {
    /// The tier of each tenant that is in one.
    pub(crate) fn tiers_by_tenant(&self) -> BTreeMap<&str, (&str, &TierConfig)> {
        self.tiers
            .iter()
            .flat_map(|(name, tier)| tier.tenants.iter().map(move |tenant| (tenant.as_str(), (name.as_str(), tier))))
            .collect()
    }

    /// The weights of tenants: those in `queue.weights`, and those of tiers for the others.
    pub(super) fn weights(&self) -> BTreeMap<String, f64> {
        let of_tiers = self.tiers_by_tenant().into_iter();
        let of_tiers = of_tiers.filter_map(|(tenant, (_, tier))| Some((tenant.to_owned(), tier.weight?)));
        of_tiers.chain(self.queue.weights.clone()).collect()
    }

    /// What cannot be meant, with its key.
    pub(super) fn check_tiers(&self) -> Result<(), ConfigError> {
        if self.tiers.len() > MAX_TIERS {
            return Err(invalid("tiers", format!("{} are more than {MAX_TIERS}", self.tiers.len())));
        }
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, tier) in &self.tiers {
            let key = |below: &str| format!("tiers.{name}{below}");
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            if name.is_empty()
                || name.len() > NAME_MAX
                || !is_name
                || [DEFAULT_TIER, EVERY_TIER].contains(&name.as_str())
            {
                let reason = format!(
                    "a tier has a name of 1 to {NAME_MAX} letters, digits, `_` or `-`, other than `default` and `all`"
                );
                return Err(invalid(&key(""), reason));
            }
            for tenant in &tier.tenants {
                if let Err(error) = tenant.parse::<Tenant>() {
                    return Err(invalid(&key(".tenants"), format!("it is no name of a tenant: {error}")));
                }
                if let Some(other) = owners.insert(tenant, name) {
                    return Err(invalid(
                        &key(".tenants"),
                        format!("`{tenant}` is in `tiers.{other}` too: leave one of them out"),
                    ));
                }
            }
            let (least, greatest) = Shares::WEIGHTS;
            if tier.weight.is_some_and(|weight| !(least..=greatest).contains(&weight)) {
                return Err(invalid(&key(".weight"), format!("it is not a number from {least} to {greatest}")));
            }
            for (limit, value) in tier.limits.over(LimitsConfig::NONE).each() {
                if value > LimitsConfig::LARGEST {
                    return Err(invalid(
                        &key(&format!(".{limit}")),
                        format!("`{value}` is more than {}", LimitsConfig::LARGEST),
                    ));
                }
            }
            self.check_providers_of(name, tier)?;
            tier.redis.check().map_err(|error| error.within(&key("")))?;
        }
        for name in &self.worker.tiers {
            let has_redis = self.tiers.get(name).is_some_and(|tier| tier.redis.url.is_some());
            if name != DEFAULT_TIER && name != EVERY_TIER && !has_redis {
                let reason = if self.tiers.contains_key(name) {
                    format!("the games of the tier `{name}` are in the default store: name `default`")
                } else {
                    format!("there is no tier `{name}`; configured: {}", self.names_of_tiers())
                };
                return Err(invalid("worker.tiers", reason));
            }
        }
        if self.worker.tiers.is_empty() {
            return Err(invalid("worker.tiers", "a worker that plays no tier does nothing: name some".to_owned()));
        }
        self.check_stores()
    }

    fn names_of_tiers(&self) -> String {
        self.tiers.keys().map(String::as_str).chain([DEFAULT_TIER]).collect::<Vec<_>>().join(", ")
    }

    /// The tier whose store has a tenant's games: one with a Redis of its own, or the default one.
    pub(crate) fn storing_tier(&self, tenant: &str) -> &str {
        match self.tiers_by_tenant().get(tenant) {
            Some((name, tier)) if tier.redis.url.is_some() => name,
            _ => DEFAULT_TIER,
        }
    }

    /// The tier of a tenant, whatever its store.
    pub(crate) fn tier_named(&self, tenant: &str) -> &str {
        self.tiers_by_tenant().get(tenant).map_or(DEFAULT_TIER, |(name, _)| name)
    }

    /// Whether a worker process plays the games in the store of a tier.
    pub(crate) fn works_for(&self, tier: &str) -> bool {
        self.worker.tiers.iter().any(|name| name == tier || name == EVERY_TIER)
    }

    /// The providers of a tier are known, and what they hand over to is among them.
    fn check_providers_of(&self, name: &str, tier: &TierConfig) -> Result<(), ConfigError> {
        let key = |below: &str| format!("tiers.{name}.{below}");
        let known = self.providers.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        for provider in tier.providers.iter().chain(&tier.default_provider) {
            if !self.providers.contains_key(provider) {
                return Err(invalid(
                    &key("providers"),
                    format!("there is no provider `{provider}`; configured: {known}"),
                ));
            }
        }
        if tier.providers.is_empty() {
            return Ok(());
        }
        let only = self.providers.keys().next().filter(|_| self.providers.len() == 1);
        let default = tier.default_provider.as_ref().or(self.default_provider.as_ref()).or(only);
        if let Some(default) = default.filter(|default| !tier.providers.contains(default)) {
            let reason = format!("games that name none get `{default}`, which is not among `{}`", key("providers"));
            return Err(invalid(&key("default_provider"), reason));
        }
        for provider in &tier.providers {
            let Some(config) = self.providers.get(provider) else { continue };
            let mut others = config.fallback.iter().chain(&config.backend_provider);
            if let Some(other) = others.find(|other| !tier.providers.contains(other)) {
                let reason = format!(
                    "`{provider}` hands calls over to `{other}`, which is not among them: add it, or choose a provider without it"
                );
                return Err(invalid(&key("providers"), reason));
            }
        }
        Ok(())
    }

    /// No two tiers keep their games in the same place: one of them would claim and erase those of the other.
    fn check_stores(&self) -> Result<(), ConfigError> {
        let mut places: Vec<(String, Vec<String>, &str)> = Vec::new();
        let of_all = std::iter::once(("redis".to_owned(), &self.redis));
        let of_tiers = self.tiers.iter().map(|(name, tier)| (format!("tiers.{name}.redis"), &tier.redis));
        for (key, redis) in of_all.chain(of_tiers) {
            let Some(urls) = &redis.url else { continue };
            let servers: Vec<String> = urls.split(',').map(server).collect();
            let is_same = |place: &&(String, Vec<String>, &str)| {
                place.2 == redis.prefix && place.1.iter().any(|server| servers.contains(server))
            };
            if let Some((other, ..)) = places.iter().find(is_same) {
                let reason = format!(
                    "`{other}` has the same server and the prefix `{}` too: set another `{key}.prefix`, or leave the URL out to \
                     share that store",
                    redis.prefix
                );
                return Err(invalid(&format!("{key}.url"), reason));
            }
            places.push((key, servers, &redis.prefix));
        }
        if self.redis.url.is_none()
            && let Some((key, ..)) = places.first()
        {
            let reason = "the other tenants are in the embedded store of one process, where workers find no keys: set `redis.url` too";
            return Err(invalid(&format!("{key}.url"), reason.to_owned()));
        }
        Ok(())
    }
}

/// A server by machine, port and database, so that two ways to write it are seen to be one.
fn server(url: &str) -> String {
    let url = url.trim();
    let Ok(parsed) = Url::parse(url) else { return url.to_owned() };
    let host = parsed.host_str().unwrap_or_default();
    let host = if matches!(host, "localhost" | "[::1]") { "127.0.0.1" } else { host };
    let database = parsed.path().trim_matches('/');
    let database = if database.is_empty() { "0" } else { database };
    format!("{host}:{}/{database}", parsed.port().unwrap_or(6379))
}

fn invalid(key: &str, reason: String) -> ConfigError {
    ConfigError::Invalid { key: key.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use store::Order;

    use super::*;

    fn read(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_tenant_has_the_weight_of_its_tier_unless_it_has_its_own() {
        let config = read(
            "[queue]\norder = 'fair'\nweights = { acme = 0.5 }\n[tiers.gold]\ntenants = ['acme', 'globex']\nweight = 4.0",
        );
        config.check().unwrap();
        let Order::Fair(shares, _) = config.store_options().order else { panic!("it is in order of arrival") };
        assert_eq!(["acme", "globex", "other"].map(|tenant| shares.cost(tenant)), [2048, 256, 1024]);
    }

    #[test]
    fn a_tier_that_cannot_be_meant_is_refused_with_its_key_and_the_remedy() {
        let providers = "default_provider = 'a'\n[providers.a]\nadapter = 'ollama'\nmodel = 'm'\nfallback = ['b']\n\
                         [providers.b]\nadapter = 'ollama'\nmodel = 'm'\n";
        let redis = "[redis]\nurl = 'redis://user:secret@localhost'\n";
        for (text, key, remedy) in [
            ("[tiers.default]", "tiers.default", "other than"),
            ("[tiers.'a b']", "tiers.a b", "letters"),
            ("[tiers.a]\ntenants = ['x y']", "tiers.a.tenants", "no name of a tenant"),
            ("[tiers.a]\ntenants = ['x']\n[tiers.b]\ntenants = ['x']", "tiers.b.tenants", "`tiers.a` too"),
            ("[tiers.a]\nweight = 0.0", "tiers.a.weight", "0.01 to 100"),
            (
                "[tiers.a.limits]\nunfinished_per_user = 2000000000000",
                "tiers.a.limits.unfinished_per_user",
                "more than",
            ),
            (&format!("{providers}[tiers.a]\nproviders = ['c']"), "tiers.a.providers", "configured: a, b"),
            (&format!("{providers}[tiers.a]\nproviders = ['a']"), "tiers.a.providers", "hands calls over to `b`"),
            (&format!("{providers}[tiers.a]\nproviders = ['b']"), "tiers.a.default_provider", "which is not among"),
            ("[tiers.a.redis]\nurl = 'redis://one'", "tiers.a.redis.url", "set `redis.url` too"),
            ("[worker]\ntiers = ['b']", "worker.tiers", "configured: default"),
            ("[worker]\ntiers = ['a']\n[tiers.a]", "worker.tiers", "name `default`"),
            ("[worker]\ntiers = []", "worker.tiers", "name some"),
            ("[tiers.a.redis]\nsentinel_master = 'm'", "tiers.a.redis.sentinel_master", "Sentinels"),
            (
                &format!("{redis}[tiers.a.redis]\nurl = 'redis://127.0.0.1:6379/0'"),
                "tiers.a.redis.url",
                "another `tiers.a.redis.prefix`",
            ),
        ] {
            let refused = read(text).check().unwrap_err().to_string();
            assert!(refused.contains(&format!("`{key}`")) && refused.contains(remedy), "{text}: {refused}");
        }
        read(&format!("{redis}[tiers.a.redis]\nurl = 'redis://127.0.0.1'\nprefix = 'gold:'")).check().unwrap();
        let many: Vec<_> = (0..17).map(|n| format!("[tiers.t{n}]\n")).collect();
        assert!(read(&many.concat()).check().unwrap_err().to_string().contains("`tiers`"));
    }

    #[test]
    fn the_password_of_a_tiers_redis_is_not_shown() {
        let shown = read("[tiers.gold.redis]\nurl = 'redis://:hunter2@db'").masked();
        assert!(shown.contains("redis://***@db") && !shown.contains("hunter2"), "{shown}");
    }
}
