//! Dead letters by cause: for the command line and for the operators' page.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use protocol::{DeadLetter, DeadLetterCause};

/// Counts dead letters by cause. Give it the latest first: its words and its id describe the cause.
#[derive(Debug, Default)]
pub(crate) struct Causes(BTreeMap<(String, String), DeadLetterCause>);

impl Causes {
    /// Counts one. What differs only in digits, as in times and addresses, is one cause.
    pub(crate) fn count(&mut self, letter: &DeadLetter) {
        let kind = letter.error.problem_type().map_or(letter.error.kind.clone(), |kind| kind.slug().to_owned());
        let words: String = letter.error.detail.chars().filter(|letter| !letter.is_ascii_digit()).collect();
        let cause = self.0.entry((kind.clone(), words)).or_insert_with(|| DeadLetterCause {
            problem: kind,
            detail: letter.error.detail.clone(),
            count: 0,
            first_failed_at: letter.failed_at,
            last_failed_at: letter.failed_at,
            example: letter.request_id,
        });
        cause.count += 1;
        cause.first_failed_at = cause.first_failed_at.min(letter.failed_at);
    }

    /// The causes, the most frequent first.
    pub(crate) fn into_vec(self) -> Vec<DeadLetterCause> {
        let mut causes: Vec<_> = self.0.into_values().collect();
        causes.sort_by_key(|cause| Reverse(cause.count));
        causes
    }
}
