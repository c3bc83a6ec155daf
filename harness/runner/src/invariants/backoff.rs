//! The back-off before each retry: it doubles, whatever the attempts are like.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{Event, RequestId, RequestRetrying};

use super::{Finding, FindingKind};
use crate::watch::Journal;

/// The longest back-off of the engine.
const LONGEST: Duration = Duration::from_mins(5);

/// Every further retry of a request waits at least half of its doubled delay: the engine draws between half and all of it.
/// `first` is the configured delay before the first retry. The ends of two back-offs are compared, and no arrival times, so that
/// a busy machine only makes the difference larger.
pub(crate) fn backoff(journal: &Journal, first: Duration) -> Vec<Finding> {
    let mut last: BTreeMap<RequestId, &RequestRetrying> = BTreeMap::new();
    let mut found = Vec::new();
    for event in journal.events().iter().filter_map(|seen| seen.event.as_ref()) {
        let Event::RequestRetrying(retrying) = event else { continue };
        let id = retrying.request_id;
        let Some(before) = last.insert(id, retrying).filter(|before| before.attempt.0 + 1 == retrying.attempt.0) else {
            continue;
        };
        let doubled = first.saturating_mul(2_u32.saturating_pow(before.attempt.0)).min(LONGEST);
        let waited = Duration::try_from(retrying.not_before.duration_since(before.not_before)).unwrap_or_default();
        if waited < doubled / 2 {
            let (attempt, limit) = (retrying.attempt, doubled / 2);
            let what = format!(
                "request {id}: the back-off after attempt {attempt} ends {waited:?} after the one before it, and not at least \
                 {limit:?}"
            );
            found.push(Finding::of(id, FindingKind::Contradiction, what));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use protocol::{Attempt, Problem, ProblemType};

    use super::*;
    use crate::invariants::testing::Story;

    /// A request whose back-offs end so many milliseconds after its first failure.
    fn found(ends: &[u64], first: u64) -> Vec<Finding> {
        let mut story = Story::new();
        let (request_id, game_id, now) = (RequestId::new(), story.game, Timestamp::now());
        story.queued(request_id);
        for (attempt, end) in (1..).zip(ends) {
            story.processing(request_id, attempt);
            let not_before = now + Duration::from_millis(*end);
            let error = Problem::new(ProblemType::ModelFailed, "no");
            story.publish(RequestRetrying { request_id, game_id, attempt: Attempt(attempt), not_before, error });
        }
        backoff(&story.journal, Duration::from_millis(first))
    }

    #[test]
    fn a_backoff_that_does_not_double_is_noticed() {
        assert_eq!(found(&[50, 150, 350], 100), [], "the shortest that can be drawn");
        assert_eq!(found(&[100, 310, 720], 100), []);
        let found = found(&[100, 205, 310], 100);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].what.contains("after attempt 3") && found[0].what.contains("200ms"), "{found:?}");
    }
}
