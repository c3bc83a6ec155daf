//! `[redis]`: where the server is, and what the process shows it.

use std::path::{Path, PathBuf};

use redis::{ClientTlsConfig, TlsCertificates};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::redis::RedisAddress;
use url::Url;

use super::ConfigError;

/// `[redis]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RedisConfig {
    /// `redis://[user:password@]host[:port][/db]`, or `rediss://…` for TLS; of a cluster, one node or several, separated by commas. With
    /// `sentinel_master`, the Sentinels.
    pub url: Option<String>,
    /// A file that holds the URL, so that it is in no other file and no environment. It is read when the process starts.
    pub url_file: Option<PathBuf>,
    /// A file that holds the password for the URL. It is read when the process starts.
    pub password_file: Option<PathBuf>,
    /// PEM file of the authority that signed the server's certificate. Without it, those of the system are trusted.
    pub ca_file: Option<PathBuf>,
    /// PEM file of the certificate that this process shows to the server.
    pub cert_file: Option<PathBuf>,
    /// PEM file of the key of `cert_file`.
    pub key_file: Option<PathBuf>,
    /// The name under which Sentinels know the master. The servers of `url` are then Sentinels, asked with its user and password if they want one.
    pub sentinel_master: Option<String>,
    /// Put before every key, so that several deployments can share a server.
    pub prefix: String,
    /// Over how many shards games are spread, each with an order of arrival of its own. It cannot be changed once there are
    /// games.
    pub shards: usize,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            password_file: None,
            ca_file: None,
            cert_file: None,
            key_file: None,
            sentinel_master: None,
            prefix: String::new(),
            shards: 1,
        }
    }
}

impl RedisConfig {
    /// Puts the contents of files into the URL, so that there is one place that says where the server is.
    pub(super) fn read_files(&mut self) -> Result<(), ConfigError> {
        if let Some(file) = &self.url_file {
            if self.url.is_some() {
                return Err(invalid("redis.url_file", "`redis.url` is set too: leave one of them out"));
            }
            self.url = Some(read_secret("redis.url_file", file)?);
        }
        let Some(file) = &self.password_file else { return Ok(()) };
        let password = read_secret("redis.password_file", file)?;
        let Some(urls) = &self.url else {
            return Err(invalid("redis.password_file", "no `redis.url` says where the server is"));
        };
        self.url = Some(
            urls.split(',').map(|url| with_password(url.trim(), &password)).collect::<Result<Vec<_>, _>>()?.join(","),
        );
        Ok(())
    }

    /// Settings that say nothing, or half of something.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let is_tls =
            self.url.as_deref().is_some_and(|urls| urls.split(',').all(|url| url.trim().starts_with("rediss://")));
        for (key, file) in
            [("redis.ca_file", &self.ca_file), ("redis.cert_file", &self.cert_file), ("redis.key_file", &self.key_file)]
        {
            if file.is_some() && !is_tls {
                return Err(invalid(
                    key,
                    "certificates are for TLS: each URL in `redis.url` begins with `rediss://` then",
                ));
            }
        }
        if self.cert_file.is_some() != self.key_file.is_some() {
            return Err(invalid("redis.cert_file", "`cert_file` and `key_file` belong together: set both or none"));
        }
        if self.sentinel_master.is_some() && self.url.is_none() {
            return Err(invalid("redis.sentinel_master", "no `redis.url` says where the Sentinels are"));
        }
        Ok(())
    }

    /// Where the server is, with the certificates read; none without a URL.
    pub(crate) fn address(&self) -> Result<Option<RedisAddress>, ConfigError> {
        let Some(urls) = &self.url else { return Ok(None) };
        let mut tls = TlsCertificates { client_tls: None, root_cert: None };
        if let Some(file) = &self.ca_file {
            tls.root_cert = Some(read("redis.ca_file", file)?);
        }
        if let (Some(cert), Some(key)) = (&self.cert_file, &self.key_file) {
            tls.client_tls = Some(ClientTlsConfig {
                client_cert: read("redis.cert_file", cert)?,
                client_key: read("redis.key_file", key)?,
            });
        }
        let has_tls = tls.client_tls.is_some() || tls.root_cert.is_some();
        Ok(Some(RedisAddress {
            urls: urls.clone(),
            tls: has_tls.then_some(tls),
            sentinel_master: self.sentinel_master.clone(),
        }))
    }
}

fn with_password(url: &str, password: &str) -> Result<String, ConfigError> {
    // A URL that cannot be read is reported where all of them are parsed.
    let Ok(mut parsed) = Url::parse(url) else { return Ok(url.to_owned()) };
    if parsed.password().is_some() {
        return Err(invalid("redis.password_file", "the URL has a password too: leave one of them out"));
    }
    match parsed.set_password(Some(password)) {
        Ok(()) => Ok(parsed.into()),
        Err(()) => Err(invalid("redis.password_file", "the URL names no host that could ask for a password")),
    }
}

fn read_secret(key: &str, file: &Path) -> Result<String, ConfigError> {
    let bytes = read(key, file)?;
    let text = String::from_utf8(bytes).map_err(|_| invalid(key, format!("{} is not text", file.display())))?;
    match text.trim() {
        "" => Err(invalid(key, format!("{} is empty", file.display()))),
        text => Ok(text.to_owned()),
    }
}

fn read(key: &str, file: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(file).map_err(|error| invalid(key, format!("cannot read {}: {error}", file.display())))
}

fn invalid(key: &str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Invalid { key: key.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(directory: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn url_and_password_are_read_from_files_without_their_line_ends() {
        let directory = tempfile::tempdir().unwrap();
        let mut redis = RedisConfig {
            url_file: Some(file(&directory, "url", "rediss://app@one:1,rediss://two:2/3\n")),
            password_file: Some(file(&directory, "password", "p@ss/word\n")),
            ..RedisConfig::default()
        };
        redis.read_files().unwrap();
        assert_eq!(redis.url.as_deref(), Some("rediss://app:p%40ss%2Fword@one:1,rediss://:p%40ss%2Fword@two:2/3"));
    }

    #[test]
    fn what_is_said_twice_or_by_half_is_refused_with_its_key() {
        let directory = tempfile::tempdir().unwrap();
        let some = |text: &str| Some(file(&directory, "file", text));
        let tls = || Some("rediss://host".to_owned());
        for (key, mut redis) in [
            ("redis.url_file", RedisConfig { url: tls(), url_file: some("redis://x"), ..RedisConfig::default() }),
            ("redis.url_file", RedisConfig { url_file: some(" \n"), ..RedisConfig::default() }),
            ("redis.url_file", RedisConfig { url_file: Some("/nowhere/url".into()), ..RedisConfig::default() }),
            ("redis.password_file", RedisConfig { password_file: some("secret"), ..RedisConfig::default() }),
            (
                "redis.password_file",
                RedisConfig { url: Some("redis://:a@x".into()), password_file: some("b"), ..RedisConfig::default() },
            ),
            (
                "redis.ca_file",
                RedisConfig { url: Some("redis://x".into()), ca_file: some(""), ..RedisConfig::default() },
            ),
            ("redis.cert_file", RedisConfig { url: tls(), cert_file: some(""), ..RedisConfig::default() }),
            ("redis.sentinel_master", RedisConfig { sentinel_master: Some("m".into()), ..RedisConfig::default() }),
        ] {
            let refused = redis.read_files().and_then(|()| redis.check());
            let Err(ConfigError::Invalid { key: named, .. }) = refused else { panic!("{key}: {refused:?}") };
            assert_eq!(named, key);
        }
    }
}
