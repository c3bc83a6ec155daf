//! Reads what [`super::json`] has written, so that the reports of shards can be made into one.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness_events::{CaseOutcome, CaseReport, Entry, Failure, Mismatch, RunEvent, RunEventKind, Source, Summary};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// A report cannot be read, or does not go with the others.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no such report.
    #[error("{}:{line}: this is no line of a JSON report: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// It has a case that another one has too: it is there twice, or the shards overlap.
    #[error("{}: the case {case} is in another report, too", path.display())]
    Double {
        /// The file.
        path: PathBuf,
        /// The case.
        case: String,
    },
}

/// Several runs as if they had been one.
#[derive(Debug)]
pub struct Merged {
    /// What happened, in the order of time. There is no end if one of the runs was broken off.
    pub events: Vec<RunEvent>,
    /// How they went, together.
    pub summary: Summary,
    /// The reports that end before their runs did.
    pub broken_off: Vec<PathBuf>,
}

/// Reads reports and makes one run of them.
///
/// # Errors
/// One cannot be read, or a case is in two of them.
pub fn merge(paths: &[PathBuf]) -> Result<Merged, MergeError> {
    let (mut runs, mut events, mut broken_off) = (Vec::new(), Vec::new(), Vec::new());
    let (mut summary, mut known) = (Summary::default(), BTreeSet::new());
    for path in paths {
        let mut is_over = false;
        for event in read(path)? {
            match event.kind {
                RunEventKind::RunStarted { .. } => runs.push(event),
                RunEventKind::RunFinished(of_shard) => {
                    is_over = true;
                    summary.not_run += of_shard.not_run;
                    // Shards run at the same time.
                    summary.took = summary.took.max(of_shard.took);
                }
                RunEventKind::CaseFinished(ref report) => {
                    if !known.insert(report.case.clone()) {
                        return Err(MergeError::Double { path: path.clone(), case: report.case.clone() });
                    }
                    summary.count(&report.outcome);
                    events.push(event);
                }
                RunEventKind::CaseStarted { .. } => events.push(event),
                RunEventKind::StepStarted { .. } | RunEventKind::Waiting { .. } => {}
            }
        }
        if !is_over {
            broken_off.push(path.clone());
        }
    }
    events.sort_by_key(|event| event.at);
    if let Some(began) = runs.iter().map(|run| run.at).min() {
        let (mut all, mut modes) = (0, BTreeSet::new());
        for run in runs {
            if let RunEventKind::RunStarted { cases, mode, .. } = run.kind {
                all += cases;
                modes.insert(mode);
            }
        }
        let mode = modes.into_iter().collect::<Vec<_>>().join(", ");
        let reason = format!("{} reports merged", paths.len());
        events.insert(0, RunEvent { at: began, kind: RunEventKind::RunStarted { cases: all, mode, reason } });
    }
    if let Some(ended) = events.last().map(|event| event.at).filter(|_| broken_off.is_empty()) {
        events.push(RunEvent { at: ended, kind: RunEventKind::RunFinished(summary) });
    }
    Ok(Merged { events, summary, broken_off })
}

fn read(path: &Path) -> Result<Vec<RunEvent>, MergeError> {
    let text = std::fs::read_to_string(path).map_err(|source| MergeError::Io { path: path.to_owned(), source })?;
    let mut lines: Vec<(usize, &str)> = text.lines().enumerate().collect();
    // A run that was killed may have left half a line.
    if !text.ends_with('\n') {
        lines.pop();
    }
    let event = |(n, line): (usize, &str)| {
        let invalid = |reason: String| MergeError::Invalid { path: path.to_owned(), line: n + 1, reason };
        let line: Line = serde_json::from_str(line).map_err(|error| invalid(error.to_string()))?;
        line.event().map_err(invalid)
    };
    lines.into_iter().map(event).filter_map(Result::transpose).collect()
}

/// One line, as it is written by [`super::json`].
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    RunStarted {
        at: Timestamp,
        cases: usize,
        services: String,
        reason: String,
    },
    CaseStarted {
        at: Timestamp,
        case: String,
    },
    CaseFinished(Box<Finished>),
    RunFinished {
        at: Timestamp,
        not_run: usize,
        took_ms: f64,
    },
    /// What is of no use to a report of several runs.
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Finished {
    at: Timestamp,
    case: String,
    name: String,
    path: String,
    outcome: String,
    reason: Option<String>,
    note: Option<String>,
    took_ms: f64,
    steps: usize,
    failures: Vec<FailureLine>,
    timeline: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct FailureLine {
    what: String,
    step: Option<String>,
    line: Option<usize>,
    mismatches: Vec<MismatchLine>,
    snapshots: Vec<SnapshotLine>,
    logs: Vec<LogLines>,
    timeline: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct MismatchLine {
    what: String,
    expected: String,
    actual: String,
}

#[derive(Debug, Deserialize)]
struct SnapshotLine {
    name: String,
    kept: String,
    now: String,
}

#[derive(Debug, Deserialize)]
struct LogLines {
    process: String,
    lines: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Item {
    at_ms: f64,
    until_ms: Option<f64>,
    source: String,
    lane: Option<String>,
    text: String,
    #[serde(default)]
    detail: Value,
}

impl Line {
    fn event(self) -> Result<Option<RunEvent>, String> {
        let (at, kind) = match self {
            Self::RunStarted { at, cases, services: mode, reason } => {
                (at, RunEventKind::RunStarted { cases, mode, reason })
            }
            Self::CaseStarted { at, case } => (at, RunEventKind::CaseStarted { case }),
            Self::CaseFinished(finished) => (finished.at, RunEventKind::CaseFinished(finished.report()?)),
            Self::RunFinished { at, not_run, took_ms } => {
                let summary = Summary { not_run, took: time(took_ms)?, ..Summary::default() };
                (at, RunEventKind::RunFinished(summary))
            }
            Self::Other => return Ok(None),
        };
        Ok(Some(RunEvent { at, kind }))
    }
}

impl Finished {
    fn report(self) -> Result<CaseReport, String> {
        let mut failures = self.failures.into_iter().map(FailureLine::failure).collect::<Result<Vec<_>, _>>()?;
        let outcome = match self.outcome.as_str() {
            "passed" => CaseOutcome::Passed,
            "flaky" => CaseOutcome::Flaky(failures),
            "failed" => CaseOutcome::Failed(Box::new(failures.pop().ok_or("a failed case has no failure")?)),
            "skipped" => CaseOutcome::Skipped(self.reason.unwrap_or_default()),
            other => return Err(format!("`{other}` is no outcome")),
        };
        Ok(CaseReport {
            case: self.case,
            name: self.name,
            path: self.path,
            outcome,
            note: self.note,
            took: time(self.took_ms)?,
            steps: self.steps,
            timeline: self.timeline.into_iter().map(Item::entry).collect::<Result<_, _>>()?,
        })
    }
}

impl FailureLine {
    fn failure(self) -> Result<Failure, String> {
        let mismatch = |line: MismatchLine| Mismatch::new(line.what, line.expected, line.actual);
        let failure = Failure {
            step: self.step.map(String::into_boxed_str),
            line: self.line,
            snapshots: self.snapshots.into_iter().map(|line| (line.name, line.kept, line.now)).collect(),
            ..Failure::new(self.what).with(self.mismatches.into_iter().map(mismatch).collect())
        };
        let logs: Vec<_> = self.logs.into_iter().map(|log| (log.process, log.lines)).collect();
        let timeline: Vec<Entry> = self.timeline.into_iter().map(Item::entry).collect::<Result<_, _>>()?;
        let has_evidence = !logs.is_empty() || !timeline.is_empty();
        Ok(if has_evidence { failure.evidence(timeline, logs) } else { failure })
    }
}

impl Item {
    fn entry(self) -> Result<Entry, String> {
        const SOURCES: [Source; 7] =
            [Source::Step, Source::Http, Source::Event, Source::Sse, Source::Model, Source::Process, Source::Log];
        let source = SOURCES.into_iter().find(|source| source.label() == self.source);
        let source = source.ok_or_else(|| format!("`{}` is no source", self.source))?;
        Ok(Entry {
            at: time(self.at_ms)?,
            until: self.until_ms.map(time).transpose()?,
            source,
            lane: self.lane,
            text: self.text,
            detail: self.detail,
        })
    }
}

fn time(ms: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(ms / 1000.0).map_err(|_| format!("`{ms}` is no number of milliseconds"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::json;

    fn report(case: &str, outcome: CaseOutcome) -> CaseReport {
        let entry = Entry::new(Duration::from_millis(2), Source::Event, "1 chat.chunk")
            .lane("[default]")
            .until(Duration::from_micros(3500))
            .detail(serde_json::json!({"offset": "1", "event": "chat.chunk", "data": {"content": "x"}}));
        CaseReport {
            case: case.to_owned(),
            name: "A".to_owned(),
            path: "cases/a.json".to_owned(),
            outcome,
            note: Some("2 of 3 runs passed".to_owned()),
            took: Duration::from_millis(4),
            steps: 1,
            timeline: Arc::from([entry]),
        }
    }

    /// A shard's report with these cases.
    fn write(path: &Path, at: i64, reports: Vec<CaseReport>, is_over: bool) {
        let at = |ms: i64| Timestamp::from_millisecond(at + ms).unwrap();
        let (mode, reason) = ("local".to_owned(), "so".to_owned());
        let mut events =
            vec![RunEvent { at: at(0), kind: RunEventKind::RunStarted { cases: reports.len(), mode, reason } }];
        let mut summary = Summary { took: Duration::from_secs(2), ..Summary::default() };
        for (n, report) in reports.into_iter().enumerate() {
            let case = report.case.clone();
            summary.count(&report.outcome);
            events.push(RunEvent { at: at(1), kind: RunEventKind::CaseStarted { case: case.clone() } });
            events.push(RunEvent { at: at(1), kind: RunEventKind::Waiting { case, what: "a gate".to_owned() } });
            events.push(RunEvent {
                at: at(10 + 10 * i64::try_from(n).unwrap()),
                kind: RunEventKind::CaseFinished(report),
            });
        }
        if is_over {
            events.push(RunEvent { at: at(99), kind: RunEventKind::RunFinished(summary) });
        }
        let lines: Vec<String> = events.iter().map(|event| json::line(event).unwrap() + "\n").collect();
        std::fs::write(path, lines.concat()).unwrap();
    }

    #[test]
    fn what_was_written_is_read_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("one.json");
        let entry = report("x", CaseOutcome::Passed).timeline[0].clone();
        let failure = Failure { step: Some("ring".into()), line: Some(12), ..Failure::new("did not hold") }
            .with(vec![Mismatch::new("expect.location", "pier", "deck")])
            .evidence(vec![entry], vec![("api".to_owned(), vec!["WARN late".to_owned()])]);
        let snapshots = vec![("a.events".to_owned(), "old".to_owned(), "new".to_owned())];
        let differs = Failure { snapshots, ..Failure::new("differs") };
        let reports = vec![
            report("a", CaseOutcome::Passed),
            report("b", CaseOutcome::Failed(Box::new(failure))),
            report("c", CaseOutcome::Failed(Box::new(differs))),
            report("d", CaseOutcome::Skipped("no docker".to_owned())),
            report("e", CaseOutcome::Flaky(vec![Failure::new("late"), Failure::new("later")])),
        ];
        write(&path, 0, reports.clone(), true);
        let merged = merge(&[path]).unwrap();
        let read = merged.events.iter().filter_map(|event| match &event.kind {
            RunEventKind::CaseFinished(report) => Some(format!("{report:?}")),
            _ => None,
        });
        assert_eq!(read.collect::<Vec<_>>(), reports.iter().map(|report| format!("{report:?}")).collect::<Vec<_>>());
        assert_eq!((merged.summary.passed, merged.summary.failed, merged.summary.pending), (2, 2, 1));
    }

    #[test]
    fn shards_become_one_run_in_the_order_of_time() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = ["one.json", "two.json"].map(|name| dir.path().join(name));
        write(&one, 1000, vec![report("a", CaseOutcome::Passed), report("b", CaseOutcome::Passed)], true);
        write(&two, 1015, vec![report("c", CaseOutcome::Failed(Box::new(Failure::new("no"))))], true);
        let merged = merge(&[one.clone(), two.clone()]).unwrap();
        let kinds: Vec<String> = merged
            .events
            .iter()
            .map(|event| match &event.kind {
                RunEventKind::RunStarted { cases, mode, reason } => format!("{cases} {mode} {reason}"),
                RunEventKind::CaseFinished(report) => report.case.clone(),
                RunEventKind::RunFinished(summary) => format!("{} passed, {} failed", summary.passed, summary.failed),
                _ => "-".to_owned(),
            })
            .collect();
        assert_eq!(kinds, ["3 local 2 reports merged", "-", "-", "a", "-", "b", "c", "2 passed, 1 failed"]);
        let error = merge(&[one.clone(), one.clone()]).unwrap_err().to_string();
        assert!(error.contains("the case a is in another report, too"), "{error}");
        write(&two, 1015, vec![], false);
        assert_eq!(merge(&[one, two.clone()]).unwrap().broken_off, std::slice::from_ref(&two));
        std::fs::write(&two, "{\"type\": 3}\n").unwrap();
        let error = merge(std::slice::from_ref(&two)).unwrap_err().to_string();
        assert!(error.contains("two.json:1: this is no line"), "{error}");
    }
}
