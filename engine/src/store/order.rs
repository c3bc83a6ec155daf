//! In which order free games are claimed.

use std::collections::BTreeMap;

/// What a turn costs a tenant of weight 1. The clock of fair order counts in these units, and whole numbers keep both backends exact:
/// SQLite and Redis would round fractions each in their own way.
const TURN: f64 = 1024.0;

/// In which order free games are claimed. Within a game the order is that of arrival in any case.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Order {
    /// The request that arrived first goes first.
    #[default]
    Arrival,
    /// Tenants take turns, by their shares.
    Fair(Shares),
}

impl Order {
    /// The shares of tenants, in fair order.
    pub(crate) const fn shares(&self) -> Option<&Shares> {
        match self {
            Self::Arrival => None,
            Self::Fair(shares) => Some(shares),
        }
    }
}

/// How many turns tenants get while several of them wait. Games without a tenant count as one tenant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shares {
    weights: BTreeMap<String, f64>,
}

impl Shares {
    /// The least and the greatest weight.
    pub(crate) const WEIGHTS: (f64, f64) = (0.01, 100.0);

    /// Shares by the names of tenants; those that have none here have the weight 1.
    #[must_use]
    pub const fn new(weights: BTreeMap<String, f64>) -> Self {
        Self { weights }
    }

    /// What a turn costs a tenant.
    #[expect(clippy::cast_possible_truncation, reason = "it lies between 10 and 102400")]
    pub(crate) fn cost(&self, tenant: &str) -> i64 {
        let (least, greatest) = Self::WEIGHTS;
        let weight = self.weights.get(tenant).copied().unwrap_or(1.0);
        (TURN / weight.clamp(least, greatest)).round() as i64
    }

    /// What a turn costs each tenant that has a weight, and under an empty name, which no tenant has, all others.
    pub(crate) fn costs(&self) -> BTreeMap<&str, i64> {
        self.weights.keys().map(String::as_str).chain([""]).map(|tenant| (tenant, self.cost(tenant))).collect()
    }
}
