//! An expectation that does not hold.

use std::fmt::Display;

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Which expectation, as a path in the step: `expect.inventory`. Or `the service`, where it has not answered.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What there was.
    pub actual: String,
    /// Whether it can never hold again, whatever happens.
    pub hopeless: bool,
}

impl Mismatch {
    /// A mismatch of two values that can be shown.
    pub fn new(what: impl Into<String>, expected: impl Display, actual: impl Display) -> Self {
        Self { what: what.into(), expected: format!("{expected}"), actual: format!("{actual}"), hopeless: false }
    }

    /// The same mismatch, of something that never becomes right again if `hopeless`.
    #[must_use]
    pub const fn hopeless(mut self, hopeless: bool) -> Self {
        self.hopeless = hopeless;
        self
    }
}
