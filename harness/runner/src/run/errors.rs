//! From an error of any kind to the failure of a case.

use harness_events::Failure;

/// A failure that says what the error says.
pub(super) fn failed(error: &impl ToString) -> Failure {
    Failure::new(error.to_string())
}
