//! The events of a run. The runner sends them; every report is made from them and from nothing else.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{Entry, Failure};

/// Something that happens in a run.
#[derive(Debug, Clone)]
pub struct RunEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: RunEventKind,
}

/// What happens in a run.
#[derive(Debug, Clone)]
pub enum RunEventKind {
    /// The services are there.
    RunStarted {
        /// How many cases there are.
        cases: usize,
        /// How the services are provided.
        mode: String,
        /// Why so.
        reason: String,
    },
    /// A case begins, or begins again.
    CaseStarted {
        /// Its id.
        case: String,
    },
    /// A step of a case begins.
    StepStarted {
        /// The case's id.
        case: String,
        /// What the step is about.
        step: String,
    },
    /// What a case waits for has changed.
    Waiting {
        /// The case's id.
        case: String,
        /// What it waits for.
        what: String,
    },
    /// A case has ended.
    CaseFinished(CaseReport),
    /// The run has ended.
    RunFinished(Summary),
}

/// How a case went.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// Its id.
    pub case: String,
    /// What it is about.
    pub name: String,
    /// The file.
    pub path: String,
    /// How it ended.
    pub outcome: CaseOutcome,
    /// What else is to be said of that: how many of its runs passed, why its failure was expected.
    pub note: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// How many steps it has.
    pub steps: usize,
    /// Everything that happened in it, in the order of time; of its last attempt, if it was tried again.
    pub timeline: Arc<[Entry]>,
}

/// How a case ended.
#[derive(Debug, Clone)]
pub enum CaseOutcome {
    /// Everything held.
    Passed,
    /// Everything held, but not at the first try: what was wrong before.
    Flaky(Vec<Failure>),
    /// Something did not.
    Failed(Box<Failure>),
    /// It cannot be run here, for this reason.
    Skipped(String),
}

/// How a run went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cases that passed, the flaky ones included.
    pub passed: usize,
    /// Of those that passed: those that had failed before.
    pub flaky: usize,
    /// Cases that failed, those with pending snapshots included.
    pub failed: usize,
    /// Of those that failed: those where nothing is wrong but a snapshot that waits to be reviewed.
    pub pending: usize,
    /// Cases that cannot be run here.
    pub skipped: usize,
    /// Cases that were still to be run when the run was cut short.
    pub not_run: usize,
    /// How long it all took.
    pub took: Duration,
}

impl Summary {
    /// Counts one more case.
    pub fn count(&mut self, outcome: &CaseOutcome) {
        match outcome {
            CaseOutcome::Passed => self.passed += 1,
            CaseOutcome::Flaky(_) => {
                self.passed += 1;
                self.flaky += 1;
            }
            CaseOutcome::Skipped(_) => self.skipped += 1,
            CaseOutcome::Failed(failure) => {
                self.failed += 1;
                self.pending += usize::from(failure.only_snapshots());
            }
        }
    }
}

/// Where the runner sends its events.
#[derive(Debug, Clone)]
pub struct Events(mpsc::UnboundedSender<RunEvent>);

impl Events {
    /// A sender and what it sends to. Reports are made by one reader, so that lines never mix.
    #[must_use]
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<RunEvent>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Sends an event. A report that has stopped listening does not stop the run.
    pub fn send(&self, kind: RunEventKind) {
        let _ = self.0.send(RunEvent { at: Timestamp::now(), kind });
    }
}
