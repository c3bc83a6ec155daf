//! Budgets: how many tokens somebody's turns may use in 24 hours, and what they may cost in 30 days.
//!
//! What is used is counted by the hour and by the day, in the store's time. Each period ends with the present hour or day, and begins so
//! early that no 24 hours and no 30 days can hold more than is allowed. A turn reserves the most that it may use before it calls
//! a model. The reservation counts as used at once, so turns that run at the same time cannot overdraw a budget together: together they
//! go over it by less than one turn. The commit replaces it by what was used. An attempt that ends otherwise has perhaps used as much, and its
//! reservation stays; but where a provider was at fault before anything was narrated, the request gives it back and waits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Bucket;

/// A budget that a request is paid from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Whose it is.
    pub bucket: Bucket,
    /// Tokens in 24 hours; at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_a_day: Option<u64>,
    /// Cost in 30 days, in millionths of the currency of the price tables; at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_a_month: Option<u64>,
}

/// What a turn uses, or what somebody has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spending {
    /// Tokens that models read and wrote.
    pub tokens: u64,
    /// What they cost, in millionths of the currency of the price tables.
    pub cost: u64,
}

/// What a budget counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// Tokens in 24 hours.
    Tokens,
    /// Cost in 30 days.
    Cost,
}

/// A budget is used up: nothing was reserved, and nothing accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedUp {
    /// The place of the budget in the list.
    pub budget: usize,
    /// What there is no more of.
    pub what: Spent,
    /// When some of it is free again.
    pub retry_after: Duration,
}

/// The outcome of [`super::Queue::reserve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It is reserved: by this try of the step or an earlier one.
    Done,
    /// What turns that run have reserved is in the way: most of it comes back when they end.
    Wait,
    /// A budget is used up.
    UsedUp(UsedUp),
}

impl UsedUp {
    /// When there is room again, as a player reads it: `3 hours`.
    #[must_use]
    pub fn wait_in_words(&self) -> String {
        match self.retry_after.as_secs().div_ceil(60) {
            0..=1 => "a minute".to_owned(),
            minutes @ 2..=119 => format!("{minutes} minutes"),
            minutes @ 120..=2879 => format!("{} hours", minutes.div_ceil(60)),
            minutes => format!("{} days", minutes.div_ceil(1440)),
        }
    }
}

impl std::ops::Add for Spending {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { tokens: self.tokens.saturating_add(other.tokens), cost: self.cost.saturating_add(other.cost) }
    }
}

impl Spent {
    /// Both, in the order in which stores look at them.
    pub(super) const ALL: [Self; 2] = [Self::Tokens, Self::Cost];

    /// For how long what is used counts.
    #[must_use]
    pub const fn period(self) -> Duration {
        match self {
            Self::Tokens => Duration::from_hours(24),
            Self::Cost => Duration::from_hours(24 * 30),
        }
    }

    /// What is used is counted in slots of so many milliseconds; the period has so many of them, and the present one, which is not whole,
    /// is one more.
    pub(super) const fn slots(self) -> (i64, i64) {
        match self {
            Self::Tokens => (3_600_000, 24),
            Self::Cost => (86_400_000, 30),
        }
    }

    /// How much of it a budget allows.
    pub(super) const fn allowed(self, budget: &Budget) -> Option<u64> {
        match self {
            Self::Tokens => budget.tokens_a_day,
            Self::Cost => budget.cost_a_month,
        }
    }

    /// How much of it a turn uses.
    pub(super) const fn part(self, spending: Spending) -> u64 {
        match self {
            Self::Tokens => spending.tokens,
            Self::Cost => spending.cost,
        }
    }

    /// As stores name it.
    pub(super) const fn letter(self) -> &'static str {
        match self {
            Self::Tokens => "t",
            Self::Cost => "c",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_a_unit_that_a_player_reads() {
        let words = |minutes: u64| {
            let retry_after = Duration::from_mins(minutes);
            UsedUp { budget: 0, what: Spent::Tokens, retry_after }.wait_in_words()
        };
        assert_eq!(
            [0, 1, 2, 119, 120, 121, 2879, 2880, 43_000].map(words),
            ["a minute", "a minute", "2 minutes", "119 minutes", "2 hours", "3 hours", "48 hours", "2 days", "30 days"]
        );
    }
}
