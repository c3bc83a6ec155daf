//! Who may call, as an operator writes it: the mode, and keys for small set-ups that need no store of keys.

use std::path::PathBuf;
use std::time::Duration;

use protocol::{Priority, Role, Tenant, User};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::secret::{NotASecret, Secret, SecretHash, SecretKind};
use store::{Holder, KeyGrants};

use super::{ConfigError, JwtConfig};

/// `[auth]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// Who may call.
    pub mode: AuthMode,
    /// How many keys may be stored.
    pub max_keys: usize,
    /// How many capabilities a game may have; tickets do not count.
    pub max_capabilities_per_game: usize,
    /// How long a stream can be opened with a ticket.
    pub ticket_seconds: u64,
    /// How long a stream that was opened with a ticket lasts. Others are asked about again with each keep-alive.
    pub ticket_stream_seconds: u64,
    /// How many entries of the audit log are kept, at least: of what operators have changed.
    pub audit_kept: usize,
    /// Keys besides those that are stored.
    pub keys: Vec<ConfiguredKey>,
    /// An identity provider whose tokens are as good as players' keys.
    pub jwt: Option<JwtConfig>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            mode: AuthMode::default(),
            max_keys: 10_000,
            max_capabilities_per_game: 100,
            ticket_seconds: 60,
            ticket_stream_seconds: 3600,
            audit_kept: 10_000,
            keys: Vec::new(),
            jwt: None,
        }
    }
}

/// Who may call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// Programs on this machine: the process listens on loopback only.
    #[default]
    Local,
    /// Everybody who reaches the address.
    Open,
    /// Who has a key.
    Keys,
}

/// `[[auth.keys]]`: a key by its hash, or by where it is read from when the process starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfiguredKey {
    /// What it may do.
    pub role: Role,
    /// Whose games it is for; of a player and a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// Who plays with it; of a player.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The highest priority that counts for its messages: `normal` for a player and `high` for others when left out. A viewer has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_priority: Option<Priority>,
    /// `sha256:` and the hash of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub hash: Option<SecretHash>,
    /// A file that holds the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// An environment variable that holds the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
}

impl AuthConfig {
    /// How long a stream can be opened with a ticket.
    pub(crate) fn ticket_lifetime(&self) -> Duration {
        Duration::from_secs(self.ticket_seconds.max(1))
    }

    /// The hashes of the configured keys, each with what it gives. Files and variables are read now.
    pub(crate) fn resolve(&self) -> Result<Vec<(SecretHash, KeyGrants)>, ConfigError> {
        let each = self.keys.iter().enumerate();
        each.map(|(n, key)| {
            let invalid = |reason: String| ConfigError::Invalid { key: format!("auth.keys[{n}]"), reason };
            Ok((key.read().map_err(invalid)?, key.grants().map_err(invalid)?))
        })
        .collect()
    }

    /// Values that make no sense, found without reading anything.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (n, key) in self.keys.iter().enumerate() {
            let invalid = |reason: String| ConfigError::Invalid { key: format!("auth.keys[{n}]"), reason };
            key.grants().map_err(invalid)?;
            let sources = [key.hash.is_some(), key.file.is_some(), key.env.is_some()];
            if sources.into_iter().filter(|is_given| *is_given).count() != 1 {
                return Err(invalid("give one of `hash`, `file` and `env`".to_owned()));
            }
        }
        let Some(jwt) = &self.jwt else { return Ok(()) };
        if self.mode != AuthMode::Keys {
            let reason = "nobody is asked for a token unless `auth.mode = \"keys\"`".to_owned();
            return Err(ConfigError::Invalid { key: "auth.jwt".to_owned(), reason });
        }
        jwt.check()
    }
}

impl ConfiguredKey {
    fn grants(&self) -> Result<KeyGrants, String> {
        let holder = Holder::new(self.role, self.tenant.clone(), self.user.clone());
        holder.and_then(|holder| KeyGrants::new(holder, self.max_priority)).map_err(|error| error.to_string())
    }

    /// The key's hash. What is wrong is said without the text that was read.
    fn read(&self) -> Result<SecretHash, String> {
        let (text, place) = match (&self.hash, &self.file, &self.env) {
            (Some(hash), ..) => return Ok(hash.clone()),
            (_, Some(path), _) => {
                let text = std::fs::read_to_string(path);
                (text.map_err(|error| format!("cannot read {}: {error}", path.display()))?, path.display().to_string())
            }
            (.., Some(name)) => {
                let text = std::env::var(name);
                (text.map_err(|_| format!("the environment has no variable {name}"))?, format!("the variable {name}"))
            }
            (None, None, None) => return Err("give one of `hash`, `file` and `env`".to_owned()),
        };
        match text.trim().parse::<Secret>() {
            Ok(secret) if secret.kind() == SecretKind::Key => Ok(secret.hash()),
            Ok(_) | Err(NotASecret) => {
                Err(format!("what {place} holds is not a key: make one with `engine keys generate`"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(more: &str) -> ConfiguredKey {
        serde_json::from_str(&format!("{{{more}}}")).unwrap()
    }

    fn checked(more: &str) -> Result<(), String> {
        let config = AuthConfig { keys: vec![key(more)], ..AuthConfig::default() };
        config.check().map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_says_who_holds_it_and_where_it_is() {
        checked(r#""role": "operator", "env": "KEY""#).unwrap();
        checked(r#""role": "player", "tenant": "acme", "user": "ada", "file": "key", "max_priority": "low""#).unwrap();
        for (wrong, why) in [
            (r#""role": "operator""#, "give one of"),
            (r#""role": "operator", "env": "A", "file": "b""#, "give one of"),
            (r#""role": "player", "tenant": "acme", "env": "A""#, "needs a user"),
            (r#""role": "service", "env": "A""#, "needs a tenant"),
            (r#""role": "viewer", "max_priority": "low", "env": "A""#, "sends no messages"),
            (r#""role": "viewer", "tenant": "acme", "env": "A""#, "whole deployment"),
        ] {
            let error = checked(wrong).unwrap_err();
            assert!(error.contains(why) && error.contains("auth.keys[0]"), "{error}");
        }
    }

    #[test]
    fn a_key_is_read_from_its_file_and_what_is_no_key_is_not_shown() {
        let secret = Secret::generate(SecretKind::Key).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let at = key(&format!(r#""role": "operator", "file": {:?}"#, file.path()));
        std::fs::write(file.path(), format!("{}\n", secret.reveal())).unwrap();
        assert!(at.read().unwrap().is(&secret.hash()));
        std::fs::write(file.path(), "hunter2").unwrap();
        let error = at.read().unwrap_err();
        assert!(error.contains("engine keys generate") && !error.contains("hunter2"), "{error}");
    }
}
