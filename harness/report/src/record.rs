//! A run as far as its events have come: the source of the reports that are written at its end.

use std::collections::BTreeMap;
use std::time::Duration;

use harness_events::{CaseReport, RunEvent, RunEventKind, Summary};
use jiff::Timestamp;

/// What is known of a run.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// When it began.
    pub(super) began: Option<Timestamp>,
    /// How many cases there are.
    pub(super) cases: usize,
    /// How the services are provided.
    pub(super) mode: String,
    /// Why so.
    pub(super) reason: String,
    /// The cases that have ended.
    pub(super) finished: Vec<Finished>,
    /// The cases that run, and since when.
    pub(super) running: BTreeMap<String, Timestamp>,
    /// How it went, so far.
    pub(super) summary: Summary,
    /// Whether it has ended.
    pub(super) over: bool,
}

/// A case that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    /// When it began.
    pub(super) began: Timestamp,
    /// How it went.
    pub(super) report: CaseReport,
}

impl Record {
    pub(super) fn take(&mut self, event: &RunEvent) {
        match &event.kind {
            RunEventKind::RunStarted { cases, mode, reason } => {
                self.began = Some(event.at);
                (self.cases, self.mode, self.reason) = (*cases, mode.clone(), reason.clone());
            }
            RunEventKind::CaseStarted { case } => {
                self.running.insert(case.clone(), event.at);
            }
            RunEventKind::StepStarted { .. } | RunEventKind::Waiting { .. } => {}
            RunEventKind::CaseFinished(report) => {
                let began = self.running.remove(&report.case).unwrap_or(event.at);
                self.summary.count(&report.outcome);
                self.summary.took = self.since_began(event.at);
                self.finished.push(Finished { began, report: report.clone() });
            }
            RunEventKind::RunFinished(summary) => (self.summary, self.over) = (*summary, true),
        }
    }

    /// How long after the run's beginning a moment was.
    pub(super) fn since_began(&self, at: Timestamp) -> Duration {
        let since = self.began.map(|began| at.duration_since(began));
        since.and_then(|since| Duration::try_from(since).ok()).unwrap_or_default()
    }

    /// The reports of the cases that have ended.
    pub(super) fn reports(&self) -> impl ExactSizeIterator<Item = &CaseReport> {
        self.finished.iter().map(|finished| &finished.report)
    }
}
