//! `[traces]`: where spans of requests, turns and model calls go.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::ConfigError;

/// `[traces]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TracesConfig {
    /// An OTLP receiver, as `http://127.0.0.1:4318`: spans go to `/v1/traces` of it. Without it, none are made.
    pub endpoint: Option<String>,
    /// The share of traces that is recorded, from 0 to 1, of those that begin here. A caller's `traceparent` says it of its own.
    pub sample_ratio: f64,
    /// How many spans wait for the receiver at most; further ones are dropped.
    pub queue: usize,
    /// How long the receiver may take, for each batch of spans and while the process stops.
    pub timeout_seconds: f64,
}

impl Default for TracesConfig {
    fn default() -> Self {
        Self { endpoint: None, sample_ratio: 1.0, queue: 2048, timeout_seconds: 5.0 }
    }
}

impl TracesConfig {
    /// The URL that spans are sent to, if they are sent.
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        let url = Url::parse(self.endpoint.as_deref()?).ok()?;
        let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
        let mut url = url;
        url.set_path(&path);
        Some(url)
    }

    /// How long the receiver may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs_f64(self.timeout_seconds)
    }

    /// Values that make no sense.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let invalid = |key: &str, reason: &str| {
            Err(ConfigError::Invalid { key: format!("traces.{key}"), reason: reason.to_owned() })
        };
        let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if self.endpoint.is_some() && !self.url().is_some_and(|url| is_http(&url)) {
            return invalid("endpoint", "it is no URL of an OTLP receiver, as `http://127.0.0.1:4318`");
        }
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            return invalid("sample_ratio", "it is not a number from 0 to 1");
        }
        if !(1..=100_000).contains(&self.queue) {
            return invalid("queue", "it is not a number of spans from 1 to 100000");
        }
        if !(0.001..=60.0).contains(&self.timeout_seconds) {
            return invalid("timeout_seconds", "it is not a number of seconds from 0.001 to 60");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_go_to_a_path_of_the_receiver() {
        let url = |endpoint: &str| {
            let config = TracesConfig { endpoint: Some(endpoint.to_owned()), ..TracesConfig::default() };
            config.check().map(|()| config.url().unwrap().to_string())
        };
        assert_eq!(url("http://127.0.0.1:4318").unwrap(), "http://127.0.0.1:4318/v1/traces");
        assert_eq!(url("https://otlp.example/team/").unwrap(), "https://otlp.example/team/v1/traces");
        for wrong in ["127.0.0.1:4318", "grpc://a:4317", ""] {
            assert!(url(wrong).unwrap_err().to_string().contains("traces.endpoint"), "{wrong}");
        }
        for config in [
            TracesConfig { sample_ratio: 1.5, ..TracesConfig::default() },
            TracesConfig { sample_ratio: f64::NAN, ..TracesConfig::default() },
            TracesConfig { queue: 0, ..TracesConfig::default() },
            TracesConfig { timeout_seconds: 0.0, ..TracesConfig::default() },
        ] {
            assert!(config.check().is_err(), "{config:?}");
        }
    }
}
