//! What has been learned of a model, for every call to it.
//!
//! It is kept for a time and then doubted: a server is updated, a gateway changes, and one refusal that explains nothing may have meant
//! something else. One call then goes out as the first of all did; what it finds is kept for the same time. It stays in the process:
//! keeping it in the store was rejected, because learning costs a few refused calls, which no vendor charges for, and what one release
//! has learned another may read differently.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::dialect::Dialect;

/// What has been learned of a model.
#[derive(Debug)]
pub(super) struct Learned {
    /// How it is asked while nothing is known.
    first: Dialect,
    /// How long what was learned is believed.
    believed: Duration,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    dialect: Arc<Dialect>,
    /// When it is doubted.
    until: Instant,
    /// An output format that was given up for a refusal which did not name it.
    suspected: bool,
}

/// How a call is made.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) dialect: Arc<Dialect>,
    /// Whether this call finds out if what was learned still holds.
    pub(super) is_doubted: bool,
}

impl Learned {
    pub(super) fn new(first: Dialect, believed: Duration) -> Self {
        let now = Now { dialect: Arc::new(first.clone()), until: Instant::now() + believed, suspected: false };
        Self { first, believed, now: Mutex::new(now) }
    }

    /// How the model is asked while nothing is known.
    pub(super) const fn first(&self) -> &Dialect {
        &self.first
    }

    /// How the model is asked, as far as is known.
    pub(super) fn get(&self) -> Arc<Dialect> {
        Arc::clone(&self.lock().dialect)
    }

    /// How the next call is made: as was learned, or once in a while as if nothing had been.
    pub(super) fn for_a_call(&self) -> Known {
        let mut now = self.lock();
        let is_doubted = Instant::now() >= now.until;
        if is_doubted {
            now.until = Instant::now() + self.believed;
            // What a model does with its tokens is no refusal.
            let Dialect { limit_factor, thinks_first, .. } = *now.dialect;
            let dialect = Dialect { limit_factor, thinks_first, ..self.first.clone() };
            return Known { dialect: Arc::new(dialect), is_doubted };
        }
        Known { dialect: Arc::clone(&now.dialect), is_doubted }
    }

    /// Remembers a dialect that the server has answered to.
    pub(super) fn set(&self, dialect: Dialect) {
        let mut now = self.lock();
        now.until = Instant::now() + self.believed;
        now.suspected = false;
        now.dialect = Arc::new(dialect);
    }

    /// The server has answered after it had refused another output format without a word about it. Once may be chance: only when that
    /// happens again before the format is taken, it is believed. Answers whether it is.
    pub(super) fn suspect(&self) -> bool {
        std::mem::replace(&mut self.lock().suspected, true)
    }

    /// The server has taken the output format that it is asked by.
    pub(super) fn acquit(&self) {
        self.lock().suspected = false;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::{LimitName, OutputFormat};
    use super::*;

    #[test]
    fn what_was_learned_is_doubted_by_one_call_when_its_time_has_passed() {
        let first = Dialect::new(OutputFormat::Schema, LimitName::MaxTokens);
        let learned = Learned::new(first.clone(), Duration::from_hours(1));
        let plain = Dialect { output: OutputFormat::Plain, limit_factor: 4, ..first.clone() };
        learned.set(plain.clone());
        assert!(!learned.for_a_call().is_doubted);
        learned.lock().until = Instant::now();
        let doubted = learned.for_a_call();
        assert!(doubted.is_doubted);
        assert_eq!(*doubted.dialect, Dialect { limit_factor: 4, ..first });
        assert_eq!(*learned.for_a_call().dialect, plain, "only one call finds out");
    }
}
