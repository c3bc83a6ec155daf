//! Runs cases: several at a time, each in a world of its own, and sends what happens as [`RunEvent`]s.
//!
//! [`RunEvent`]: crate::report::RunEvent

mod blow;
mod branch;
mod case;
mod ending;
mod http_step;
mod listen;
mod manner;
mod outcome;
mod redis;
mod schedule;
mod settle;
mod step;
mod world;

pub use case::{Performed, Play};
pub use ending::{CallShape, End};
pub use manner::{Blow, Manner, Moment, Victim};

use std::path::PathBuf;
use std::sync::Arc;

use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::case::Case;
use crate::model::Wire;
use crate::profile::Profile;
use crate::report::{CaseLog, CaseReport, Events, Failure, RunEventKind, Summary};
use crate::services::{Mode, Programs, Services};

/// What all cases of a run share.
#[derive(Debug)]
pub struct RunContext {
    /// Redis and the model.
    pub services: Services,
    /// The service that is tested.
    pub profile: Arc<Profile>,
    /// The wire format in which the engine speaks to the model.
    pub wire: Wire,
    /// Where the programs are.
    pub programs: Programs,
    /// The content that the engine serves.
    pub content: PathBuf,
    /// The script for cases that bring none.
    pub offline_script: Option<PathBuf>,
    /// Where logs and stores go.
    pub dir: PathBuf,
    /// What keeps this run's keys and namespaces apart from another's on the same services.
    pub run_id: String,
    /// Whether snapshots that differ are replaced.
    pub update: bool,
    /// How many cases run at the same time.
    pub jobs: usize,
    /// Whether everything is to be kept that a report can show, of cases that pass too.
    pub evidence: bool,
    /// For the calls that the harness makes itself.
    pub http: reqwest::Client,
}

/// Plays a case once, for what comes of it.
pub async fn perform(context: &RunContext, play: &Play) -> Result<Performed, Failure> {
    let (events, _unheard) = Events::channel();
    case::perform(context, play, &CaseLog::default(), &events).await
}

/// Runs cases and reports on them, in the order in which they end.
pub async fn run(context: Arc<RunContext>, cases: Vec<Case>, events: Events) -> (Vec<CaseReport>, Summary) {
    let began = Instant::now();
    let services = &context.services;
    events.send(RunEventKind::RunStarted {
        cases: cases.len(),
        mode: services.mode.to_string(),
        reason: services.reason.clone(),
    });
    // External services are shared with whoever else uses them: nothing keeps two cases apart there.
    let jobs = if services.mode == Mode::External { 1 } else { context.jobs.max(1) };
    let mut summary = Summary::default();
    let mut reports = Vec::new();
    let mut running = stream::iter(cases)
        .map(|case| {
            let (context, events) = (Arc::clone(&context), events.clone());
            async move {
                events.send(RunEventKind::CaseStarted { case: case.id.clone() });
                let play = Play { case: Arc::new(case), manner: Manner::Plain };
                case::run(&context, &play, &events).await
            }
        })
        .buffer_unordered(jobs);
    while let Some(report) = running.next().await {
        summary.count(&report.outcome);
        events.send(RunEventKind::CaseFinished(report.clone()));
        reports.push(report);
    }
    summary.took = began.elapsed();
    events.send(RunEventKind::RunFinished(summary));
    (reports, summary)
}
