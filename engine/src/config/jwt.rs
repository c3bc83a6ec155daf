//! `[auth.jwt]`: tokens of an identity provider, as another way to be a player.

use std::path::PathBuf;
use std::time::Duration;

use protocol::Tenant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::ConfigError;
use crate::outbound::is_loopback;

/// `[auth.jwt]`: who has a valid token of this identity provider is a player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtConfig {
    /// What the claim `iss` must be, to the letter.
    pub issuer: String,
    /// What the claim `aud` must hold: the name under which the identity provider knows this engine.
    pub audience: String,
    /// Where the provider's public keys are (a JSON Web Key Set): an `https://` address, or a file for `file://`.
    #[schemars(with = "String")]
    pub keys: Url,
    /// The tenant of everybody with such a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// The claim that names the tenant, in place of `tenant`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_claim: Option<String>,
    /// The claim that names the user.
    #[serde(default = "subject")]
    pub user_claim: String,
    /// After how many seconds the keys are read again. A token that names an unknown key has them read at once, at most every ten seconds.
    #[serde(default = "an_hour")]
    pub refresh_seconds: u64,
    /// By how many seconds the clocks of both sides may differ.
    #[serde(default = "half_a_minute")]
    pub leeway_seconds: u64,
}

fn subject() -> String {
    "sub".to_owned()
}

const fn an_hour() -> u64 {
    3600
}

const fn half_a_minute() -> u64 {
    30
}

impl JwtConfig {
    /// After how long the keys are read again.
    pub(crate) const fn refresh(&self) -> Duration {
        Duration::from_secs(self.refresh_seconds)
    }

    /// Values that make no sense.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let invalid = |key: &str, reason: &str| {
            Err(ConfigError::Invalid { key: format!("auth.jwt.{key}"), reason: reason.to_owned() })
        };
        match self.keys.scheme() {
            "https" => {}
            "file" if self.file().is_some() => {}
            "file" => return invalid("keys", "a file is written as file:///path/to/keys.json"),
            "http" if is_loopback(&self.keys) => {}
            _ => {
                return invalid("keys", "somebody on the way could replace the keys: use https://, or a file");
            }
        }
        if self.issuer.is_empty() {
            return invalid("issuer", "any provider's token would be valid: write the claim `iss` of its tokens");
        }
        if self.audience.is_empty() {
            return invalid(
                "audience",
                "tokens for other services would be valid: write the claim `aud` of tokens for this one",
            );
        }
        if self.tenant.is_some() == self.tenant_claim.is_some() {
            return invalid("tenant", "set one of `tenant` and `tenant_claim`");
        }
        if !(10..=86_400).contains(&self.refresh_seconds) {
            return invalid("refresh_seconds", "it is not a number of seconds from 10 to 86400");
        }
        if self.leeway_seconds > 600 {
            return invalid("leeway_seconds", "it is not a number of seconds from 0 to 600");
        }
        Ok(())
    }

    /// The file that holds the keys, if they are not at an address.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        if self.keys.scheme() == "file" { self.keys.to_file_path().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_lets_strangers_in_is_refused_with_its_key() {
        let with = |change: serde_json::Value| {
            let mut config = serde_json::json!({
                "issuer": "https://id.example", "audience": "games", "keys": "https://id.example/keys", "tenant": "acme",
            });
            for (key, value) in change.as_object().unwrap() {
                config[key] = value.clone();
            }
            serde_json::from_value::<JwtConfig>(config).unwrap().check().map_err(|error| error.to_string())
        };
        with(serde_json::json!({})).unwrap();
        with(serde_json::json!({"tenant": null, "tenant_claim": "org"})).unwrap();
        with(serde_json::json!({"keys": "file:///etc/keys.json"})).unwrap();
        with(serde_json::json!({"keys": "http://127.0.0.1:8000/keys"})).unwrap();
        for (key, change) in [
            ("keys", serde_json::json!({"keys": "http://id.example/keys"})),
            ("issuer", serde_json::json!({"issuer": ""})),
            ("audience", serde_json::json!({"audience": ""})),
            ("tenant", serde_json::json!({"tenant_claim": "org"})),
            ("tenant", serde_json::json!({"tenant": null})),
            ("refresh_seconds", serde_json::json!({"refresh_seconds": 1})),
            ("leeway_seconds", serde_json::json!({"leeway_seconds": 3600})),
        ] {
            let refused = with(change).unwrap_err();
            assert!(refused.contains(&format!("`auth.jwt.{key}`")), "{key}: {refused}");
        }
    }
}
