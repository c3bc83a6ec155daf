//! A run as JSON lines: one object for each [`RunEvent`], with a shape of its own, so that it stays when the types inside
//! change.
//!
//! Every line has `type` and `at` (RFC 3339). Members are added, never renamed; what is not known is left out.
//!
//! | `type` | members |
//! |---|---|
//! | `run_started` | `cases`, `services`, `reason` |
//! | `case_started` | `case` |
//! | `step_started` | `case`, `step` |
//! | `waiting` | `case`, `what` |
//! | `case_finished` | `case`, `name`, `path`, `outcome` (`passed`, `flaky`, `failed`, `skipped`), `reason` of a skip, `note`, `took_ms`, `steps`, `failures`, `timeline` |
//! | `run_finished` | `passed` (the `flaky` included), `flaky`, `failed` (the `pending` included), `pending`, `skipped`, `took_ms` |
//!
//! A failure has `what`, `step`, `line`, `mismatches` (`what`, `expected`, `actual`), `snapshots` (`name`, `kept`, `now`,
//! `diff`), `logs` (`process`, `lines`) and its own `timeline`. An entry of a timeline has `at_ms`, `until_ms` if it lasted,
//! `source`, `lane`, `text` and `detail`; for an event, `detail` is `{"offset", "event", "data"}`.

use std::time::Duration;

use harness_events::{CaseOutcome, CaseReport, Entry, Failure, RunEvent, RunEventKind, Source, Summary};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    RunStarted { at: Timestamp, cases: usize, services: &'a str, reason: &'a str },
    CaseStarted { at: Timestamp, case: &'a str },
    StepStarted { at: Timestamp, case: &'a str, step: &'a str },
    Waiting { at: Timestamp, case: &'a str, what: &'a str },
    CaseFinished(Finished<'a>),
    RunFinished(Run),
}

/// A case that has ended.
#[derive(Debug, Serialize)]
struct Finished<'a> {
    at: Timestamp,
    case: &'a str,
    name: &'a str,
    path: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    took_ms: f64,
    steps: usize,
    failures: Vec<FailureJson<'a>>,
    timeline: Vec<Item<'a>>,
}

/// How a run went.
#[expect(clippy::struct_field_names, reason = "what was not run is called so")]
#[derive(Debug, Serialize)]
pub(super) struct Run {
    at: Timestamp,
    passed: usize,
    flaky: usize,
    failed: usize,
    pending: usize,
    skipped: usize,
    not_run: usize,
    took_ms: f64,
}

/// A failure.
#[derive(Debug, Serialize)]
pub(super) struct FailureJson<'a> {
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    mismatches: Vec<Mismatch<'a>>,
    snapshots: Vec<Snapshot<'a>>,
    logs: Vec<Log<'a>>,
    timeline: Vec<Item<'a>>,
}

#[derive(Debug, Serialize)]
struct Mismatch<'a> {
    what: &'a str,
    expected: &'a str,
    actual: &'a str,
}

#[derive(Debug, Serialize)]
struct Snapshot<'a> {
    name: &'a str,
    kept: &'a str,
    now: &'a str,
    diff: String,
}

#[derive(Debug, Serialize)]
struct Log<'a> {
    process: &'a str,
    lines: &'a [String],
}

/// An entry of a timeline.
#[derive(Debug, Serialize)]
pub(super) struct Item<'a> {
    at_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_ms: Option<f64>,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<&'a str>,
    text: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    detail: &'a Value,
}

/// An event as one line of JSON, without its end.
pub(super) fn line(event: &RunEvent) -> Result<String, serde_json::Error> {
    let at = event.at;
    serde_json::to_string(&match &event.kind {
        RunEventKind::RunStarted { cases, mode, reason } => {
            Line::RunStarted { at, cases: *cases, services: mode, reason }
        }
        RunEventKind::CaseStarted { case } => Line::CaseStarted { at, case },
        RunEventKind::StepStarted { case, step } => Line::StepStarted { at, case, step },
        RunEventKind::Waiting { case, what } => Line::Waiting { at, case, what },
        RunEventKind::CaseFinished(report) => Line::CaseFinished(Finished::new(at, report)),
        RunEventKind::RunFinished(summary) => Line::RunFinished(Run::new(at, summary)),
    })
}

impl<'a> Finished<'a> {
    fn new(at: Timestamp, report: &'a CaseReport) -> Self {
        let (outcome, reason, failures) = match &report.outcome {
            CaseOutcome::Passed => ("passed", None, Vec::new()),
            CaseOutcome::Flaky(failures) => ("flaky", None, failures.iter().map(FailureJson::new).collect()),
            CaseOutcome::Failed(failure) => ("failed", None, vec![FailureJson::new(failure)]),
            CaseOutcome::Skipped(reason) => ("skipped", Some(reason.as_str()), Vec::new()),
        };
        Self {
            at,
            case: &report.case,
            name: &report.name,
            path: &report.path,
            outcome,
            reason,
            note: report.note.as_deref(),
            took_ms: ms(report.took),
            steps: report.steps,
            failures,
            timeline: report.timeline.iter().map(Item::new).collect(),
        }
    }
}

impl Run {
    pub(super) fn new(at: Timestamp, summary: &Summary) -> Self {
        let Summary { passed, flaky, failed, pending, skipped, not_run, took } = *summary;
        Self { at, passed, flaky, failed, pending, skipped, not_run, took_ms: ms(took) }
    }
}

impl<'a> FailureJson<'a> {
    fn new(failure: &'a Failure) -> Self {
        let timeline = failure.evidence.as_deref().map(|evidence| evidence.timeline.iter().map(Item::new).collect());
        Self { timeline: timeline.unwrap_or_default(), ..Self::without_timeline(failure) }
    }

    pub(super) fn without_timeline(failure: &'a Failure) -> Self {
        let logs = failure.evidence.as_deref().map(|evidence| evidence.logs.as_slice()).unwrap_or_default();
        Self {
            what: &failure.what,
            step: failure.step.as_deref(),
            line: failure.line,
            mismatches: failure
                .mismatches
                .iter()
                .map(|m| Mismatch { what: &m.what, expected: &m.expected, actual: &m.actual })
                .collect(),
            snapshots: failure
                .snapshots
                .iter()
                .map(|(name, kept, now)| Snapshot { name, kept, now, diff: harness_events::diff(kept, now) })
                .collect(),
            logs: logs.iter().map(|(process, lines)| Log { process, lines }).collect(),
            timeline: Vec::new(),
        }
    }
}

impl<'a> Item<'a> {
    pub(super) fn new(entry: &'a Entry) -> Self {
        // What an event carries is in `detail`, once.
        let text = match (entry.source, &entry.detail) {
            (Source::Event, Value::Object(detail)) => {
                let part = |key: &str| detail.get(key).and_then(Value::as_str).unwrap_or("?");
                format!("{} {}", part("offset"), part("event"))
            }
            _ => entry.text.clone(),
        };
        Self {
            at_ms: ms(entry.at),
            until_ms: entry.until.map(ms),
            source: entry.source.label(),
            lane: entry.lane.as_deref(),
            text,
            detail: &entry.detail,
        }
    }
}

/// Milliseconds, to the microsecond.
pub(super) fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use harness_events::Mismatch;
    use serde_json::json;

    use super::*;

    fn json_of(kind: RunEventKind) -> Value {
        let text = line(&RunEvent { at: Timestamp::UNIX_EPOCH, kind }).unwrap();
        assert!(!text.contains('\n'));
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn every_event_has_the_shape_that_is_promised() {
        let at = "1970-01-01T00:00:00Z";
        let (case, step, what) = ("a".to_owned(), "ring".to_owned(), "the end".to_owned());
        let started = RunEventKind::RunStarted { cases: 2, mode: "local".to_owned(), reason: "so".to_owned() };
        assert_eq!(
            json_of(started),
            json!({"type": "run_started", "at": at, "cases": 2, "services": "local", "reason": "so"})
        );
        let begins = RunEventKind::CaseStarted { case: case.clone() };
        assert_eq!(json_of(begins), json!({"type": "case_started", "at": at, "case": "a"}));
        let begins = RunEventKind::StepStarted { case: case.clone(), step };
        assert_eq!(json_of(begins), json!({"type": "step_started", "at": at, "case": "a", "step": "ring"}));
        let waits = RunEventKind::Waiting { case, what };
        assert_eq!(json_of(waits), json!({"type": "waiting", "at": at, "case": "a", "what": "the end"}));
        let summary = Summary { passed: 2, flaky: 1, took: Duration::from_micros(1500), ..Summary::default() };
        assert_eq!(
            json_of(RunEventKind::RunFinished(summary)),
            json!({"type": "run_finished", "at": at, "passed": 2, "flaky": 1, "failed": 0, "pending": 0, "skipped": 0,
                "not_run": 0, "took_ms": 1.5})
        );
    }

    #[test]
    fn a_case_that_failed_is_told_with_its_step_what_was_expected_and_its_timeline() {
        let event = Entry::new(Duration::from_millis(2), Source::Event, "1 chat.chunk {\"content\":\"x\"}")
            .lane("[default]")
            .detail(json!({"offset": "1", "event": "chat.chunk", "data": {"content": "x"}}));
        let step = Entry::new(Duration::ZERO, Source::Step, "ring").until(Duration::from_millis(3));
        let failure = Failure { step: Some("ring".into()), line: Some(12), ..Failure::new("did not hold") };
        let failure = failure
            .with(vec![Mismatch::new("expect.location", "pier", "deck")])
            .evidence(vec![step.clone()], vec![("api".to_owned(), vec!["WARN late".to_owned()])]);
        let report = CaseReport {
            case: "a".to_owned(),
            name: "A".to_owned(),
            path: "cases/a.json".to_owned(),
            outcome: CaseOutcome::Failed(Box::new(failure)),
            note: None,
            took: Duration::from_millis(4),
            steps: 1,
            timeline: Arc::from([step, event]),
        };
        let step = json!({"at_ms": 0.0, "until_ms": 3.0, "source": "step", "text": "ring"});
        let expected = json!({
            "type": "case_finished", "at": "1970-01-01T00:00:00Z", "case": "a", "name": "A", "path": "cases/a.json",
            "outcome": "failed", "took_ms": 4.0, "steps": 1,
            "failures": [{
                "what": "did not hold", "step": "ring", "line": 12,
                "mismatches": [{"what": "expect.location", "expected": "pier", "actual": "deck"}],
                "snapshots": [], "logs": [{"process": "api", "lines": ["WARN late"]}], "timeline": [step],
            }],
            "timeline": [step, {
                "at_ms": 2.0, "source": "event", "lane": "[default]", "text": "1 chat.chunk",
                "detail": {"offset": "1", "event": "chat.chunk", "data": {"content": "x"}},
            }],
        });
        assert_eq!(json_of(RunEventKind::CaseFinished(report)), expected);
    }
}
