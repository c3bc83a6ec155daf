//! In which order free games are claimed.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::Priority;

/// What a turn costs a tenant of weight 1. The clock of fair order counts in these units, and whole numbers keep both backends exact:
/// SQLite and Redis would round fractions each in their own way.
const TURN: f64 = 1024.0;

/// In which order free games are claimed. Within a game the order is that of arrival in any case.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Order {
    /// The request that arrived first goes first.
    #[default]
    Arrival,
    /// Tenants take turns, by their shares; within a tenant, games go by the priorities of their heads.
    Fair(Shares, Ageing),
}

impl Order {
    /// The shares of tenants, in fair order.
    pub(crate) const fn shares(&self) -> Option<&Shares> {
        match self {
            Self::Arrival => None,
            Self::Fair(shares, _) => Some(shares),
        }
    }

    /// How priorities count, in fair order.
    #[must_use]
    pub const fn ageing(&self) -> Option<Ageing> {
        match self {
            Self::Arrival => None,
            Self::Fair(_, ageing) => Some(*ageing),
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
    pub const WEIGHTS: (f64, f64) = (0.01, 100.0);

    /// Shares by the names of tenants; those that have none here have the weight 1.
    #[must_use]
    pub const fn new(weights: BTreeMap<String, f64>) -> Self {
        Self { weights }
    }

    /// What a turn costs a tenant.
    #[expect(clippy::cast_possible_truncation, reason = "it lies between 10 and 102400")]
    #[must_use]
    pub fn cost(&self, tenant: &str) -> i64 {
        let (least, greatest) = Self::WEIGHTS;
        let weight = self.weights.get(tenant).copied().unwrap_or(1.0);
        (TURN / weight.clamp(least, greatest)).round() as i64
    }

    /// What a turn costs each tenant that has a weight, and under an empty name, which no tenant has, all others.
    pub(crate) fn costs(&self) -> BTreeMap<&str, i64> {
        self.weights.keys().map(String::as_str).chain([""]).map(|tenant| (tenant, self.cost(tenant))).collect()
    }
}

/// How long a request waits for one of a higher priority that arrives later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ageing(Duration);

impl Ageing {
    /// The longest step between two priorities.
    pub const LONGEST: Duration = Duration::from_hours(24 * 7);
    /// The step that is meant if none is given.
    pub const USUAL: Duration = Duration::from_mins(1);

    /// `step` lies between two priorities that are next to each other.
    #[must_use]
    pub fn new(step: Duration) -> Self {
        Self(step.min(Self::LONGEST))
    }

    /// How much later than it has arrived a request counts as arrived, in ms.
    #[must_use]
    pub fn allowance(self, priority: Priority) -> i64 {
        let steps = match priority {
            Priority::High => 0,
            Priority::Normal => 1,
            Priority::Low => 2,
        };
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX / 2) * steps
    }
}

impl Default for Ageing {
    fn default() -> Self {
        Self(Self::USUAL)
    }
}
