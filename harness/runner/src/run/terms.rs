//! On what terms a case is run: how often, how often again, and what counts as its success.

use harness_case::{ExpectedFailure, Terms};
use harness_events::{CaseOutcome, CaseReport, Events, Failure, RunEventKind};

use super::RunContext;
use super::case::{self, Play};

/// Runs a case as its terms say. `retries` is how often every case is tried again.
pub(super) async fn run(context: &RunContext, play: &Play, retries: usize, events: &Events) -> CaseReport {
    let terms = &play.case.terms;
    let report = if terms.runs > 1 {
        rated(context, play, events).await
    } else {
        // What is expected to fail is not tried again until it passes.
        let retries = if terms.expected_failure.is_some() { 0 } else { retries.max(terms.retries) };
        attempts(context, play, retries, events).await
    };
    match &terms.expected_failure {
        Some(expected) => expected_to_fail(report, expected),
        None => report,
    }
}

/// Runs a case, again if it fails and may be tried again. Each attempt has a world of its own.
async fn attempts(context: &RunContext, play: &Play, retries: usize, events: &Events) -> CaseReport {
    let mut before = Vec::new();
    loop {
        let report = once(context, play, events).await;
        let outcome = match report.outcome {
            CaseOutcome::Failed(failure) if before.len() < retries && worth_another_try(&failure) => {
                before.push(*failure);
                continue;
            }
            CaseOutcome::Passed if !before.is_empty() => CaseOutcome::Flaky(before),
            other => other,
        };
        return CaseReport { outcome, ..report };
    }
}

async fn once(context: &RunContext, play: &Play, events: &Events) -> CaseReport {
    events.send(RunEventKind::CaseStarted { case: play.case.id.clone() });
    case::run(context, play, events).await
}

/// Runs a case several times. It ends early as soon as too many runs have failed.
async fn rated(context: &RunContext, play: &Play, events: &Events) -> CaseReport {
    let mut tally = Tally::new(&play.case.terms);
    loop {
        let report = once(context, play, events).await;
        if let Some(outcome) = tally.take(report.outcome) {
            let took = tally.took + report.took;
            return CaseReport { outcome, note: Some(tally.note()), took, ..report };
        }
        tally.took += report.took;
    }
}

/// How the runs of a case have gone so far.
#[derive(Debug)]
struct Tally {
    runs: usize,
    /// So many must pass.
    wanted: usize,
    passed: usize,
    failed: usize,
    first_failure: Option<Failure>,
    took: std::time::Duration,
}

impl Tally {
    fn new(terms: &Terms) -> Self {
        Self {
            runs: terms.runs,
            wanted: runs_that_must_pass(terms),
            passed: 0,
            failed: 0,
            first_failure: None,
            took: std::time::Duration::ZERO,
        }
    }

    /// Counts one run. The outcome of all comes back as soon as it is known, or when none is left.
    fn take(&mut self, outcome: CaseOutcome) -> Option<CaseOutcome> {
        match outcome {
            // Every other run would be skipped too.
            skipped @ CaseOutcome::Skipped(_) => return Some(skipped),
            CaseOutcome::Passed | CaseOutcome::Flaky(_) => self.passed += 1,
            CaseOutcome::Failed(failure) => {
                self.failed += 1;
                self.first_failure.get_or_insert(*failure);
            }
        }
        if self.failed > self.runs - self.wanted {
            let failure = self.first_failure.take().unwrap_or_default();
            let what = format!(
                "{}; {} of {} must pass. The first failure: {}",
                self.note(),
                self.wanted,
                self.runs,
                failure.what
            );
            return Some(CaseOutcome::Failed(Box::new(Failure { what, ..failure })));
        }
        (self.passed + self.failed == self.runs).then_some(CaseOutcome::Passed)
    }

    fn note(&self) -> String {
        format!("{} of {} runs passed", self.passed, self.passed + self.failed)
    }
}

/// How many of a case's runs must pass.
#[expect(clippy::cast_precision_loss, reason = "there are at most a thousand runs")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and the number of runs")]
fn runs_that_must_pass(terms: &Terms) -> usize {
    // 0.7 of 10 is 7 and not 8, although 0.7 is a little more than it says.
    (terms.runs as f64).mul_add(terms.pass_rate, -1e-9).ceil() as usize
}

/// A case that is expected to fail: that it does is well, that it does not is not.
fn expected_to_fail(report: CaseReport, expected: &ExpectedFailure) -> CaseReport {
    let ExpectedFailure { reason, text } = expected;
    match report.outcome {
        // What is expected is something that the steps do, and not a service that does not start.
        CaseOutcome::Failed(failure) if failure.before_it_began => {
            CaseReport { outcome: CaseOutcome::Failed(failure), ..report }
        }
        CaseOutcome::Failed(failure)
            if let Some(text) = text
                && !failure.headline().contains(text.as_str()) =>
        {
            let what = format!("it fails, but not with \"{text}\" as expected ({reason}): {}", failure.what);
            CaseReport { outcome: CaseOutcome::Failed(Box::new(Failure { what, ..*failure })), ..report }
        }
        CaseOutcome::Failed(failure) => {
            let note = format!("it fails, as expected ({reason}): {}", failure.what);
            CaseReport { outcome: CaseOutcome::Passed, note: Some(note), ..report }
        }
        CaseOutcome::Passed | CaseOutcome::Flaky(_) => {
            let what = format!("it has passed, and was expected to fail ({reason}): take `expected_failure` away");
            CaseReport { outcome: CaseOutcome::Failed(Box::new(Failure::new(what))), ..report }
        }
        CaseOutcome::Skipped(_) => report,
    }
}

/// A snapshot that was never kept will not be there the next time either.
fn worth_another_try(failure: &Failure) -> bool {
    !failure.only_snapshots() || failure.snapshots.iter().any(|(_, kept, _)| !kept.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    fn terms(runs: usize, pass_rate: f64) -> Terms {
        Terms { only: false, skip: None, expected_failure: None, limit: None, priority: 0, retries: 0, runs, pass_rate }
    }

    fn failed() -> CaseOutcome {
        CaseOutcome::Failed(Box::new(Failure::new("it broke")))
    }

    fn report(outcome: CaseOutcome) -> CaseReport {
        CaseReport {
            case: "a".to_owned(),
            name: "A".to_owned(),
            path: "cases/a.json".to_owned(),
            outcome,
            note: None,
            took: Duration::ZERO,
            steps: 1,
            timeline: Arc::from([]),
        }
    }

    #[test]
    fn a_new_snapshot_is_not_tried_again() {
        let failure = |kept: &str| Failure {
            snapshots: vec![("x.events".to_owned(), kept.to_owned(), "now".to_owned())],
            ..Failure::new("differs")
        };
        assert!(!worth_another_try(&failure("")));
        assert!(worth_another_try(&failure("then")));
        assert!(worth_another_try(&Failure::new("it broke")));
    }

    #[test]
    fn a_rate_is_kept_or_is_broken_as_soon_as_that_is_certain() {
        let mut kept = Tally::new(&terms(3, 0.6));
        assert!(kept.take(failed()).is_none() && kept.take(CaseOutcome::Passed).is_none());
        assert!(matches!(kept.take(CaseOutcome::Passed), Some(CaseOutcome::Passed)));
        assert_eq!(kept.note(), "2 of 3 runs passed");
        let mut broken = Tally::new(&terms(10, 0.9));
        assert!(broken.take(failed()).is_none());
        let Some(CaseOutcome::Failed(failure)) = broken.take(failed()) else { panic!("eight more would not help") };
        assert_eq!(failure.what, "0 of 2 runs passed; 9 of 10 must pass. The first failure: it broke");
        let skipped = Tally::new(&terms(5, 1.0)).take(CaseOutcome::Skipped("no".to_owned()));
        assert!(matches!(skipped, Some(CaseOutcome::Skipped(_))));
    }

    #[test]
    fn so_many_must_pass_that_the_rate_is_kept() {
        for (runs, rate, wanted) in [(10, 0.7, 7), (20, 0.9, 18), (3, 0.5, 2), (5, 1.0, 5), (1000, 0.001, 1)] {
            assert_eq!(runs_that_must_pass(&terms(runs, rate)), wanted, "{runs} at {rate}");
        }
    }

    #[test]
    fn an_expected_failure_is_well_and_an_unexpected_pass_is_red() {
        let expected =
            |text: Option<&str>| ExpectedFailure { reason: "not built yet".to_owned(), text: text.map(str::to_owned) };
        for text in [None, Some("broke")] {
            let fails = expected_to_fail(report(failed()), &expected(text));
            assert!(matches!(fails.outcome, CaseOutcome::Passed));
            assert_eq!(fails.note.unwrap(), "it fails, as expected (not built yet): it broke");
        }
        let other = expected_to_fail(report(failed()), &expected(Some("another place")));
        assert!(
            matches!(other.outcome, CaseOutcome::Failed(failure) if failure.what.contains("not with \"another place\""))
        );
        let passes = expected_to_fail(report(CaseOutcome::Passed), &expected(None));
        assert!(matches!(passes.outcome, CaseOutcome::Failed(failure) if failure.what.contains("has passed")));
    }
}
