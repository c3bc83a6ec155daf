//! Annotations for GitHub Actions: failures as errors and flaky cases as warnings, at the line that a person must look at.

use std::path::Path;

use harness_events::{CaseOutcome, CaseReport, Failure};

/// What a log line says so that GitHub shows a case's failures at its file. Nothing for a case that simply passed.
/// `workspace` is where the repository is checked out, for paths that are absolute.
pub(super) fn annotations(report: &CaseReport, workspace: Option<&Path>) -> Vec<String> {
    match &report.outcome {
        CaseOutcome::Passed | CaseOutcome::Skipped(_) => Vec::new(),
        CaseOutcome::Failed(failure) => vec![annotation("error", "failed", report, failure, workspace)],
        CaseOutcome::Flaky(failures) => {
            failures.iter().map(|failure| annotation("warning", "is flaky", report, failure, workspace)).collect()
        }
    }
}

fn annotation(level: &str, verb: &str, report: &CaseReport, failure: &Failure, workspace: Option<&Path>) -> String {
    let path = Path::new(&report.path);
    let path = workspace.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path).display().to_string();
    let line = failure.line.map(|line| format!(",line={line}")).unwrap_or_default();
    let title = property(&format!("{} {verb}", report.case));
    format!("::{level} file={}{line},title={title}::{}", property(&path), message(failure.headline().trim_end()))
}

/// The characters that end a message.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Those, and the ones that end a property.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    fn report(path: &str, outcome: CaseOutcome) -> CaseReport {
        CaseReport {
            case: "bell".to_owned(),
            name: String::new(),
            path: path.to_owned(),
            outcome,
            note: None,
            took: Duration::ZERO,
            steps: 1,
            timeline: Arc::from([]),
        }
    }

    #[test]
    fn a_failure_is_an_error_at_the_line_of_its_step() {
        let failure = Failure { step: Some("ring".into()), line: Some(12), ..Failure::new("100% wrong\r\nso") };
        let report = report("cases/a,b:c.json", CaseOutcome::Failed(Box::new(failure)));
        assert_eq!(
            annotations(&report, None),
            ["::error file=cases/a%2Cb%3Ac.json,line=12,title=bell failed::step \"ring\": 100%25 wrong%0D%0Aso"]
        );
    }

    #[test]
    fn a_flaky_case_is_a_warning_and_its_path_is_seen_from_the_repository() {
        let report = report("/home/runner/work/x/cases/a.json", CaseOutcome::Flaky(vec![Failure::new("late")]));
        assert_eq!(
            annotations(&report, Some(Path::new("/home/runner/work/x"))),
            ["::warning file=cases/a.json,title=bell is flaky::late"]
        );
    }

    #[test]
    fn a_case_that_passed_is_not_mentioned() {
        assert_eq!(annotations(&report("a.json", CaseOutcome::Passed), None), Vec::<String>::new());
    }
}
