//! Runs cases: several at a time, each in a world of its own, and sends what happens as [`RunEvent`]s.
//!
//! [`RunEvent`]: harness_events::RunEvent

mod branch;
mod case;
mod case_dir;
mod draw;
mod ending;
mod errors;
mod http_step;
mod inject;
mod keep;
mod links;
mod listen;
mod logs;
mod manner;
mod obstacle;
mod outcome;
mod pause;
mod redis;
mod schedule;
mod settings;
mod settle;
mod step;
mod summary;
mod terms;
mod turn_state;
mod turns;
mod world;

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use harness_case::Case;
use harness_case::profile::Profile;
use harness_events::{CaseLog, CaseOutcome, CaseReport, Events, Failure, RunEventKind, Summary};
use tokio::time::Instant;

pub use case::{Performed, Play};
pub use ending::{CallShape, End};
pub use manner::{Fault, FaultTarget, InjectionPoint, Manner};
pub use pause::{Go, Pauses, Stop};
pub use summary::{CaseStatus, CaseSummary};
pub use turns::{Rounds, Schedules};

use crate::model::{RealModel, Wire};
use crate::services::{Mode, Programs, Services};
use turns::{Turn, Turns};

/// What all cases of a run share.
#[derive(Debug)]
pub struct RunContext {
    /// Redis and the model.
    pub services: Services,
    /// The service that is tested.
    pub profile: Arc<Profile>,
    /// The wire format in which the engine speaks to the model.
    pub wire: Wire,
    /// A model that plays in place of the cases' scripts.
    pub real_model: Option<RealModel>,
    /// Whether the model's narrations stream.
    pub stream: bool,
    /// Where the programs are.
    pub programs: Programs,
    /// The content that the engine serves.
    pub content: PathBuf,
    /// Where logs and stores go.
    pub dir: PathBuf,
    /// What keeps this run's keys and namespaces apart from another's on the same services.
    pub run_id: String,
    /// What everything is drawn from that is left to chance.
    pub seed: u64,
    /// Whether snapshots that differ are replaced.
    pub update: bool,
    /// How many cases run at the same time.
    pub jobs: usize,
    /// Whether everything is to be kept that a report can show, of cases that pass too.
    pub evidence: bool,
    /// How long one attempt at a case may take.
    pub case_timeout: Option<Duration>,
    /// Where cases ask before each step whether to continue.
    pub pauses: Option<Pauses>,
    /// For the calls that the harness makes itself.
    pub http: reqwest::Client,
}

/// Which cases are run, in which order, and how often.
#[derive(Debug)]
pub struct Plan {
    /// The cases, in the order in which they start.
    pub cases: Vec<Case>,
    /// How often each of them runs.
    pub rounds: Rounds,
    /// Under how many schedules each of them is played in a round.
    pub schedules: Schedules,
    /// How often a case that has failed is tried again.
    pub retries: usize,
    /// Whether no case is started any more after one has failed.
    pub fail_fast: bool,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended<E> {
    /// The cases in the order in which they ended. Of a run without end, only those that did not pass.
    pub reports: Vec<CaseReport>,
    /// Their count.
    pub summary: Summary,
    /// Every case of the plan, and its result.
    pub cases: Vec<CaseSummary>,
    /// Why it was cut short from outside, if it was.
    pub cut: Option<E>,
}

/// Plays a case once and returns how it ended.
pub(crate) async fn perform(context: &RunContext, play: &Play) -> Result<Performed, Failure> {
    let (events, _unheard) = Events::channel();
    case::perform(context, play, &CaseLog::default(), &events).await
}

/// Runs cases and reports on them, in the order in which they end. When `cut` ends, what runs at that moment is dropped,
/// with its processes, and nothing else is started.
pub async fn run<E>(context: &RunContext, plan: Plan, events: Events, cut: impl Future<Output = E>) -> Ended<E> {
    let began = Instant::now();
    let services = &context.services;
    let Plan { cases, rounds, schedules, retries, fail_fast } = plan;
    let fail_fast = fail_fast || rounds == Rounds::UntilFailure;
    let mut turns = Turns::new(cases, rounds, schedules);
    events.send(RunEventKind::RunStarted {
        cases: turns.len(),
        mode: services.mode.to_string(),
        reason: services.reason.clone(),
    });
    // External services are shared with other users: nothing keeps two cases apart there.
    let jobs = if services.mode == Mode::External { 1 } else { context.jobs.max(1) };
    let mut summary = Summary::default();
    let mut reports = Vec::new();
    let mut running = FuturesUnordered::new();
    let mut stopping = false;
    let mut cut = pin!(cut);
    let why = loop {
        while !stopping && running.len() < jobs {
            let Some(turn) = turns.next() else { break };
            running.push(take_turn(context, turn, retries, &events));
        }
        let (index, report) = tokio::select! {
            ended = running.next() => match ended {
                Some(ended) => ended,
                None => break None,
            },
            why = &mut cut => break Some(why),
        };
        stopping |= fail_fast && matches!(report.outcome, CaseOutcome::Failed(_));
        turns.ended(index, &report.outcome);
        summary.count(&report.outcome);
        events.send(RunEventKind::CaseFinished(report.clone()));
        if rounds != Rounds::UntilFailure || !matches!(report.outcome, CaseOutcome::Passed) {
            reports.push(report);
        }
    };
    drop(running);
    summary.not_run = turns.not_run();
    summary.took = began.elapsed();
    events.send(RunEventKind::RunFinished(summary));
    let cases = turns.summaries().map(|(case, status, finished, failed)| CaseSummary {
        id: case.id.clone(),
        path: case.path.clone(),
        row: case.row.clone(),
        status,
        finished,
        failed,
    });
    Ended { reports, summary, cases: cases.collect(), cut: why }
}

/// Gives a case its turn.
async fn take_turn(context: &RunContext, turn: Turn, retries: usize, events: &Events) -> (usize, CaseReport) {
    let play = Play { case: Arc::new(turn.case), manner: turn.manner };
    (turn.index, terms::run(context, &play, retries, events).await)
}

/// Gives work that has begun `since` ago the rest of a limit.
async fn within<T>(
    limit: Option<Limit>,
    since: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(limit) = limit else { return work.await };
    let Limit { time, source } = limit;
    let late = |_| Failure::new(format!("the case was not over after {} s ({source})", time.as_secs_f64()));
    tokio::time::timeout(time.saturating_sub(since), work).await.map_err(late)?
}

/// How long a case may take, and who says so.
#[derive(Debug, Clone, Copy)]
struct Limit {
    time: Duration,
    source: &'static str,
}

impl Limit {
    /// The stricter of the run's limit and the case's own.
    fn of(context: &RunContext, case: &Case) -> Option<Self> {
        // A person takes as long as they take.
        if context.pauses.is_some() {
            return None;
        }
        let all = context.case_timeout.map(|time| Self { time, source: "--case-timeout" });
        let own = case.terms.limit.map(|time| Self { time: crate::stretched(time), source: "its `timeout_seconds`" });
        all.into_iter().chain(own).min_by_key(|limit| limit.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_case_has_what_its_start_has_left_of_the_limit() {
        let limit = Limit { time: Duration::from_secs(5), source: "--case-timeout" };
        assert!(within(Some(limit), Duration::ZERO, async { Ok(()) }).await.is_ok());
        let failure = within::<()>(Some(limit), limit.time, std::future::pending()).await.unwrap_err();
        assert!(failure.what.contains("not over after 5 s (--case-timeout)"), "{}", failure.what);
    }
}
