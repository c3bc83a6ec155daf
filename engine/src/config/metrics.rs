//! `[metrics]`: how much `/metrics` says of tenants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Two series each: what a scraper keeps grows with every name.
const MOST_TENANTS: usize = 100;
/// What one look may cost.
const MOST_REQUESTS: usize = 100_000;

/// `[metrics]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// How many tenants are named with what of theirs waits, those with the most first; the others are one. 0 names none and counts none.
    pub tenants: usize,
    /// How many waiting requests are looked at for that, the oldest first; what is behind them counts for no tenant.
    pub tenant_requests: usize,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { tenants: 20, tenant_requests: 2000 }
    }
}

impl MetricsConfig {
    /// Values that make no sense.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let invalid = |key: &str, reason: String| Err(ConfigError::Invalid { key: format!("metrics.{key}"), reason });
        if self.tenants > MOST_TENANTS {
            return invalid("tenants", format!("`{}` is more than {MOST_TENANTS}", self.tenants));
        }
        if !(1..=MOST_REQUESTS).contains(&self.tenant_requests) {
            return invalid("tenant_requests", format!("it is not a number of requests from 1 to {MOST_REQUESTS}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_bounded_and_something_is_looked_at() {
        let wrong = |config: MetricsConfig| config.check().unwrap_err().to_string();
        assert!(wrong(MetricsConfig { tenants: 101, ..MetricsConfig::default() }).contains("metrics.tenants"));
        assert!(wrong(MetricsConfig { tenant_requests: 0, ..MetricsConfig::default() }).contains("tenant_requests"));
        MetricsConfig { tenants: 0, ..MetricsConfig::default() }.check().unwrap();
    }
}
